#include "library.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static bool find_functions(void *library, kappa_onednn *dnn) {
  const struct {
    const char *name;
    void *place;
  } functions[] = {
    {"dnnl_version", &dnn->get_version},
    {"dnnl_engine_create", &dnn->engine_create},
    {"dnnl_stream_create", &dnn->stream_create},
    {"dnnl_stream_wait", &dnn->stream_wait},
    {"dnnl_stream_destroy", &dnn->stream_destroy},
    {"dnnl_memory_desc_init_by_tag", &dnn->memory_desc_init_by_tag},
    {"dnnl_memory_desc_equal", &dnn->memory_desc_equal},
    {"dnnl_memory_desc_get_size", &dnn->memory_desc_get_size},
    {"dnnl_memory_create", &dnn->memory_create},
    {"dnnl_memory_destroy", &dnn->memory_destroy},
    {"dnnl_dilated_convolution_forward_desc_init", &dnn->convolution_forward_desc_init},
    {"dnnl_dilated_convolution_backward_data_desc_init", &dnn->convolution_backward_data_desc_init},
    {"dnnl_dilated_convolution_backward_weights_desc_init", &dnn->convolution_backward_weights_desc_init},
    {"dnnl_primitive_attr_create", &dnn->attr_create},
    {"dnnl_primitive_attr_set_scratchpad_mode", &dnn->attr_set_scratchpad_mode},
    {"dnnl_primitive_attr_destroy", &dnn->attr_destroy},
    {"dnnl_primitive_desc_create", &dnn->primitive_desc_create},
    {"dnnl_reorder_primitive_desc_create", &dnn->reorder_desc_create},
    {"dnnl_primitive_desc_query_md", &dnn->primitive_desc_query_md},
    {"dnnl_primitive_desc_query", &dnn->primitive_desc_query},
    {"dnnl_primitive_desc_destroy", &dnn->primitive_desc_destroy},
    {"dnnl_primitive_create", &dnn->primitive_create},
    {"dnnl_primitive_execute", &dnn->primitive_execute},
    {"dnnl_primitive_destroy", &dnn->primitive_destroy},
    {"dnnl_sgemm", &dnn->sgemm},
  };
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    void *function = dlsym(library, functions[i].name);
    if (function == NULL) return false;
    *(void **)functions[i].place = function;
  }
  return true;
}

/// Whether oneDNN can be kept to the calling thread: it has no threads, or they are OpenMP's, which have a setting for each thread.
static bool find_thread_setting(void *library, kappa_onednn *dnn) {
  if (dnn->version->cpu_runtime == abi_runtime_sequential) return true;
  if (dnn->version->cpu_runtime != abi_runtime_openmp) return false;
  // The handle stands for the libraries that oneDNN depends on too, its OpenMP among them.
  *(void **)&dnn->set_num_threads = dlsym(library, "omp_set_num_threads");
  *(void **)&dnn->get_max_threads = dlsym(library, "omp_get_max_threads");
  return dnn->set_num_threads != NULL && dnn->get_max_threads != NULL;
}

const kappa_onednn *kappa_onednn_open(const char *name) {
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return NULL;
  kappa_onednn *dnn = calloc(1, sizeof *dnn);
  if (dnn != NULL && find_functions(library, dnn)) {
    dnn->version = dnn->get_version();
    if (dnn->version->major == 2 && find_thread_setting(library, dnn) &&
        dnn->engine_create(&dnn->engine, abi_engine_cpu, 0) == abi_success)
      return dnn;
  }
  free(dnn);
  // Not closed: OpenMP runtimes do not survive it.
  return NULL;
}

void kappa_onednn_version(const kappa_onednn *dnn, char *text, size_t capacity) {
  snprintf(text, capacity, "%d.%d.%d", dnn->version->major, dnn->version->minor, dnn->version->patch);
}

int kappa_onednn_enter(const kappa_onednn *dnn) {
  if (dnn->set_num_threads == NULL) return 1;
  int before = dnn->get_max_threads();
  if (before != 1) dnn->set_num_threads(1);
  return before;
}

void kappa_onednn_leave(const kappa_onednn *dnn, int before) {
  if (before != 1) dnn->set_num_threads(before);
}

int kappa_onednn_matrix_product(
  const kappa_onednn *dnn, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t lda, int transpose_a, const float *b,
  int64_t ldb, int transpose_b, float beta, float *c, int64_t ldc) {
  int before = kappa_onednn_enter(dnn);
  int status = dnn->sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  kappa_onednn_leave(dnn, before);
  return status;
}
