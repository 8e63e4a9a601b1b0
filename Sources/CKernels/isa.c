#include "kappa_isa.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static int detect(void) {
  int best = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) best = 1;
  if (best == 1 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    best = 2;
#endif
  const char *wish = getenv("KAPPA_ISA");
  if (wish != NULL) {
    if (strcmp(wish, "baseline") == 0) best = 0;
    if (strcmp(wish, "avx2") == 0 && best > 1) best = 1;
  }
  return best;
}

int kappa_isa(void) {
  // Two threads may both detect; they find the same answer.
  static _Atomic int chosen = -1;
  int isa = atomic_load_explicit(&chosen, memory_order_relaxed);
  if (__builtin_expect(isa < 0, 0)) {
    isa = detect();
    atomic_store_explicit(&chosen, isa, memory_order_relaxed);
  }
  return isa;
}

const char *kappa_isa_name(void) {
  static const char *const names[] = {"baseline", "avx2", "avx512"};
  return names[kappa_isa()];
}
