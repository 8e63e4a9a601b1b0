// Which instruction set the kernels use, chosen once when the first kernel runs.
#ifndef KAPPA_ISA_H
#define KAPPA_ISA_H

/// 0: what the compiler's target guarantees; 1: AVX2 and FMA; 2: AVX-512 F, BW, DQ and VL.
/// The environment variable KAPPA_ISA (baseline, avx2, avx512) lowers the choice, never raises it.
int kappa_isa(void);

/// The bytes in a vector of that instruction set.
static inline int kappa_vector_bytes(void) { return 16 << kappa_isa(); }

/// The name of `kappa_isa()`: "baseline", "avx2" or "avx512".
const char *_Nonnull kappa_isa_name(void);

#endif
