// The part of oneDNN's binary interface that is used here, the same in all versions 2.x. Descriptors are opaque and have room
// to spare; abi_check.c compares all of it with oneDNN's own header where that is installed.
#ifndef KAPPA_ONEDNN_ABI_H
#define KAPPA_ONEDNN_ABI_H

#include <stdint.h>

enum {
  abi_success = 0,
  abi_engine_cpu = 1,
  abi_stream_default = 1,
  abi_float = 3,
  abi_tag_any = 1,
  abi_tag_abcd = 5,
  abi_tag_acdb = 20,
  abi_tag_aBcd16b = 69,
  abi_forward_inference = 96,
  abi_direct_convolution = 1,
  abi_scratchpad_user = 1,
  abi_query_code_name = 8,
  abi_query_argument = 255,
  abi_runtime_sequential = 1,
  abi_runtime_openmp = 2,
  abi_argument_source = 1,
  abi_argument_destination = 17,
  abi_argument_weights = 33,
  abi_argument_scratchpad = 80,
  abi_argument_source_gradient = 129,
  abi_argument_destination_gradient = 145,
  abi_argument_weights_gradient = 161,
};

typedef struct abi_object *abi_handle;  // engines, streams, primitives, their descriptors and attributes, memory

typedef struct {
  _Alignas(16) unsigned char bytes[1024];
} abi_memory_desc;
typedef struct {
  _Alignas(16) unsigned char bytes[8192];
} abi_convolution_desc;

typedef struct {
  int argument;
  abi_handle memory;
} abi_argument;

typedef struct {
  int major, minor, patch;
  const char *hash;
  unsigned cpu_runtime, gpu_runtime;
} abi_version;

#endif
