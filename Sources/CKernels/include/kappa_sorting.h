// Stable sorting of rows by their order, not their elements.
#ifndef KAPPA_SORTING_H
#define KAPPA_SORTING_H

#include <stddef.h>
#include <stdint.h>

/// order[0], order[1], ...: the positions of x from the smallest to the largest, or the other way round if `descending`; equal
/// elements stay in their order. NaN counts as larger than everything. `scratch`: 2 n (sizeof x[0] + 4) bytes, aligned for x.
void kappa_argsort_f32(size_t n, const float *_Nonnull x, int descending, void *_Nonnull scratch, int32_t *_Nonnull order);
void kappa_argsort_f64(size_t n, const double *_Nonnull x, int descending, void *_Nonnull scratch, int32_t *_Nonnull order);
void kappa_argsort_i32(size_t n, const int32_t *_Nonnull x, int descending, void *_Nonnull scratch, int32_t *_Nonnull order);
void kappa_argsort_i64(size_t n, const int64_t *_Nonnull x, int descending, void *_Nonnull scratch, int32_t *_Nonnull order);

#endif
