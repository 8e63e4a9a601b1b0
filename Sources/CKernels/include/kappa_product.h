// Products of matrices so small that bringing their operands in an order for the cache, as a BLAS does, costs more than it gains.
#ifndef KAPPA_PRODUCT_H
#define KAPPA_PRODUCT_H

#include <stddef.h>

/// c = a b, or c += a b if `adds`, for a [m, k], b [k, n], c [m, n]. Element (i, l) of a lies at a[i down + l across], so that a may be a
/// transpose; rows of b and c are contiguous, ldb and ldc >= n apart. c overlaps neither a nor b; without `adds` what it held does not
/// matter. k may be 0. Each element's sum runs over l in order, whatever m and n are.
void kappa_small_product_f32(size_t m, size_t n, size_t k, const float *_Nonnull a, size_t down, size_t across, const float *_Nonnull b, size_t ldb, int adds, float *_Nonnull c, size_t ldc);
void kappa_small_product_f64(size_t m, size_t n, size_t k, const double *_Nonnull a, size_t down, size_t across, const double *_Nonnull b, size_t ldb, int adds, double *_Nonnull c, size_t ldc);

#endif
