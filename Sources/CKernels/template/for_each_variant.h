// Compiles the file named by KAPPA_TEMPLATE once for every instruction set and scalar type (those of KAPPA_EACH), so that a loop is
// written once and clang vectorises it six ways. Inside the template `T` is the scalar, `NAME(f)` the variant's
// own name of `f`; kappa_isa() picks the variant when a kernel is called. No compiler flag is needed: the
// instruction set is an attribute of the function.
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kappa_isa.h"
#pragma clang fp contract(fast)

/// The loops in which an iteration reads and writes its own index alone. The result may lie where an operand lies, which without the pragma
/// would send the compiled loop, at run time, to its scalar twin.
#define FOR_EACH(i, n) _Pragma("clang loop vectorize(assume_safety)") for (size_t i = 0; i < (n); i++)

/// As above for long chains of instructions, where a core's window does not reach from one vector to the next: four side by side, as
/// far as whole ones go. `n` is evaluated twice.
#define FOR_EACH_INTERLEAVED(i, n, statement)                                                                      \
  {                                                                                                                \
    const size_t whole_ = (n) & ~(size_t)(256 / sizeof(T) - 1);                                                    \
    _Pragma("clang loop vectorize(assume_safety) interleave_count(4)") for (size_t i = 0; i < whole_; i++) statement \
    _Pragma("clang loop vectorize(assume_safety) interleave_count(1)") for (size_t i = whole_; i < (n); i++) statement \
  }

#define KAPPA_JOIN3_(a, b, c) a##_##b##_##c
#define KAPPA_JOIN3(a, b, c) KAPPA_JOIN3_(a, b, c)
#define NAME(f) KAPPA_JOIN3(f, SUFFIX, ISA)
#ifndef KAPPA_EACH
#define KAPPA_EACH "each_scalar.h"
#endif

#define ISA baseline
#include KAPPA_EACH
#undef ISA

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define ISA avx2
#include KAPPA_EACH
#undef ISA
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#define ISA avx512
#include KAPPA_EACH
#undef ISA
#pragma clang attribute pop

#define KAPPA_SELECT(f, suffix, arguments)        \
  do {                                            \
    switch (kappa_isa()) {                        \
      case 2: return f##_##suffix##_avx512 arguments;   \
      case 1: return f##_##suffix##_avx2 arguments;     \
      default: return f##_##suffix##_baseline arguments; \
    }                                             \
  } while (0)
#else
#define KAPPA_SELECT(f, suffix, arguments) return f##_##suffix##_baseline arguments
#endif

/// Defines the public `kappa_f_f32` and `kappa_f_f64` from the variants of `f`. `parameters` is a macro of the scalar.
#define KAPPA_DEFINE(result, f, parameters, arguments)                                        \
  result kappa_##f##_f32 parameters(float) { KAPPA_SELECT(f, f32, arguments); } \
  result kappa_##f##_f64 parameters(double) { KAPPA_SELECT(f, f64, arguments); }

/// As above for all element types; only of templates compiled with KAPPA_EACH "each_element.h".
#define KAPPA_DEFINE_INTEGERS(result, f, parameters, arguments)                                 \
  result kappa_##f##_i32 parameters(int32_t) { KAPPA_SELECT(f, i32, arguments); } \
  result kappa_##f##_i64 parameters(int64_t) { KAPPA_SELECT(f, i64, arguments); }
#define KAPPA_DEFINE_ELEMENTS(result, f, parameters, arguments) \
  KAPPA_DEFINE(result, f, parameters, arguments)                \
  KAPPA_DEFINE_INTEGERS(result, f, parameters, arguments)       \
  result kappa_##f##_u8 parameters(uint8_t) { KAPPA_SELECT(f, u8, arguments); }
