// Compares onednn_abi.h with oneDNN's header, where there is one, when this file is compiled.
#include "onednn_abi.h"

#if __has_include(<oneapi/dnnl/dnnl.h>)
#include <oneapi/dnnl/dnnl.h>
#if DNNL_VERSION_MAJOR == 2
#include <stddef.h>
#define SAME(ours, theirs) _Static_assert((int)(ours) == (int)(theirs), #theirs)
SAME(abi_success, dnnl_success);
SAME(abi_engine_cpu, dnnl_cpu);
SAME(abi_stream_default, dnnl_stream_default_flags);
SAME(abi_float, dnnl_f32);
SAME(abi_tag_any, dnnl_format_tag_any);
SAME(abi_tag_abcd, dnnl_abcd);
SAME(abi_tag_acdb, dnnl_acdb);
SAME(abi_tag_aBcd16b, dnnl_aBcd16b);
SAME(abi_forward_inference, dnnl_forward_inference);
SAME(abi_direct_convolution, dnnl_convolution_direct);
SAME(abi_scratchpad_user, dnnl_scratchpad_mode_user);
SAME(abi_query_code_name, dnnl_query_impl_info_str);
SAME(abi_query_argument, dnnl_query_exec_arg_md);
SAME(abi_runtime_sequential, DNNL_RUNTIME_SEQ);
SAME(abi_runtime_openmp, DNNL_RUNTIME_OMP);
SAME(abi_argument_source, DNNL_ARG_SRC);
SAME(abi_argument_destination, DNNL_ARG_DST);
SAME(abi_argument_weights, DNNL_ARG_WEIGHTS);
SAME(abi_argument_scratchpad, DNNL_ARG_SCRATCHPAD);
SAME(abi_argument_source_gradient, DNNL_ARG_DIFF_SRC);
SAME(abi_argument_destination_gradient, DNNL_ARG_DIFF_DST);
SAME(abi_argument_weights_gradient, DNNL_ARG_DIFF_WEIGHTS);
SAME(sizeof(abi_argument), sizeof(dnnl_exec_arg_t));
SAME(offsetof(abi_argument, memory), offsetof(dnnl_exec_arg_t, memory));
SAME(sizeof(abi_version), sizeof(dnnl_version_t));
SAME(offsetof(abi_version, cpu_runtime), offsetof(dnnl_version_t, cpu_runtime));
SAME(sizeof(dnnl_dim_t), sizeof(int64_t));
_Static_assert(
  __builtin_types_compatible_p(
    __typeof__(&dnnl_sgemm), dnnl_status_t (*)(char, char, int64_t, int64_t, int64_t, float, const float *, int64_t, const float *, int64_t,
                                               float, float *, int64_t)),
  "dnnl_sgemm");
_Static_assert(sizeof(dnnl_memory_desc_t) <= sizeof(abi_memory_desc), "dnnl_memory_desc_t");
_Static_assert(sizeof(dnnl_convolution_desc_t) <= sizeof(abi_convolution_desc), "dnnl_convolution_desc_t");
#endif
#endif

// A file with nothing in it is not C.
extern int kappa_onednn_abi_is_checked;
