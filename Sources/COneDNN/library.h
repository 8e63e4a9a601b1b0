// The functions of oneDNN that are used, found in the shared library.
#ifndef KAPPA_ONEDNN_LIBRARY_H
#define KAPPA_ONEDNN_LIBRARY_H

#include <stddef.h>

#include "kappa_onednn.h"
#include "onednn_abi.h"

struct kappa_onednn {
  const abi_version *version;
  abi_handle engine;
  // OpenMP's, which apply to the calling thread alone; null if oneDNN was built without.
  void (*set_num_threads)(int);
  int (*get_max_threads)(void);

  const abi_version *(*get_version)(void);
  int (*engine_create)(abi_handle *, int kind, size_t index);
  int (*stream_create)(abi_handle *, abi_handle engine, unsigned flags);
  int (*stream_wait)(abi_handle);
  int (*stream_destroy)(abi_handle);
  int (*memory_desc_init_by_tag)(abi_memory_desc *, int rank, const int64_t *lengths, int type, int tag);
  int (*memory_desc_equal)(const void *, const void *);
  size_t (*memory_desc_get_size)(const void *);
  int (*memory_create)(abi_handle *, const void *desc, abi_handle engine, void *buffer);
  int (*memory_destroy)(abi_handle);
  int (*convolution_forward_desc_init)(
    abi_convolution_desc *, int kind, int algorithm, const abi_memory_desc *x, const abi_memory_desc *w, const abi_memory_desc *bias,
    const abi_memory_desc *y, const int64_t *strides, const int64_t *dilations, const int64_t *before, const int64_t *after);
  int (*convolution_backward_data_desc_init)(
    abi_convolution_desc *, int algorithm, const abi_memory_desc *x, const abi_memory_desc *w, const abi_memory_desc *y,
    const int64_t *strides, const int64_t *dilations, const int64_t *before, const int64_t *after);
  int (*convolution_backward_weights_desc_init)(
    abi_convolution_desc *, int algorithm, const abi_memory_desc *x, const abi_memory_desc *w, const abi_memory_desc *bias,
    const abi_memory_desc *y, const int64_t *strides, const int64_t *dilations, const int64_t *before, const int64_t *after);
  int (*attr_create)(abi_handle *);
  int (*attr_set_scratchpad_mode)(abi_handle, int);
  int (*attr_destroy)(abi_handle);
  int (*primitive_desc_create)(abi_handle *, const void *operation, abi_handle attributes, abi_handle engine, abi_handle forward);
  int (*reorder_desc_create)(abi_handle *, const void *from, abi_handle engine, const void *to, abi_handle other, abi_handle attributes);
  const void *(*primitive_desc_query_md)(abi_handle, int what, int index);
  int (*primitive_desc_query)(abi_handle, int what, int index, void *result);
  int (*primitive_desc_destroy)(abi_handle);
  int (*primitive_create)(abi_handle *, abi_handle desc);
  int (*primitive_execute)(abi_handle, abi_handle stream, int count, const abi_argument *);
  int (*primitive_destroy)(abi_handle);
  int (*sgemm)(
    char transpose_a, char transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t lda, const float *b,
    int64_t ldb, float beta, float *c, int64_t ldc);
};

/// Keeps OpenMP to one thread on the calling thread until `leave`; what was set before is returned and set again by `leave`, so
/// that the caller's own use of OpenMP is not disturbed.
int kappa_onednn_enter(const kappa_onednn *dnn);
void kappa_onednn_leave(const kappa_onednn *dnn, int before);

#endif
