// Loops that exist for every element type: comparisons, selection, counting, gathering and integer arithmetic.
// `n` counts elements. Suffixes: f32, f64, i32, i64, and u8 for booleans, which are bytes of 0 or 1.
#ifndef KAPPA_ELEMENTS_H
#define KAPPA_ELEMENTS_H

#include <stddef.h>
#include <stdint.h>

enum kappa_comparison { kappa_equal, kappa_not_equal, kappa_less, kappa_less_or_equal };

/// y[i] = a[i sa] op b[i sb] ? 1 : 0. NaN is unequal to everything and neither less nor greater.
void kappa_compare_f32(int op, size_t n, const float *_Nonnull a, ptrdiff_t sa, const float *_Nonnull b, ptrdiff_t sb, uint8_t *_Nonnull y);
void kappa_compare_f64(int op, size_t n, const double *_Nonnull a, ptrdiff_t sa, const double *_Nonnull b, ptrdiff_t sb, uint8_t *_Nonnull y);
void kappa_compare_i32(int op, size_t n, const int32_t *_Nonnull a, ptrdiff_t sa, const int32_t *_Nonnull b, ptrdiff_t sb, uint8_t *_Nonnull y);
void kappa_compare_i64(int op, size_t n, const int64_t *_Nonnull a, ptrdiff_t sa, const int64_t *_Nonnull b, ptrdiff_t sb, uint8_t *_Nonnull y);
void kappa_compare_u8(int op, size_t n, const uint8_t *_Nonnull a, ptrdiff_t sa, const uint8_t *_Nonnull b, ptrdiff_t sb, uint8_t *_Nonnull y);

/// y[i] = mask[i] ? a[i sa] : b[i sb]. y may be a or b.
void kappa_choose_f32(size_t n, const uint8_t *_Nonnull mask, const float *_Nonnull a, ptrdiff_t sa, const float *_Nonnull b, ptrdiff_t sb, float *_Nonnull y);
void kappa_choose_f64(size_t n, const uint8_t *_Nonnull mask, const double *_Nonnull a, ptrdiff_t sa, const double *_Nonnull b, ptrdiff_t sb, double *_Nonnull y);
void kappa_choose_i32(size_t n, const uint8_t *_Nonnull mask, const int32_t *_Nonnull a, ptrdiff_t sa, const int32_t *_Nonnull b, ptrdiff_t sb, int32_t *_Nonnull y);
void kappa_choose_i64(size_t n, const uint8_t *_Nonnull mask, const int64_t *_Nonnull a, ptrdiff_t sa, const int64_t *_Nonnull b, ptrdiff_t sb, int64_t *_Nonnull y);
void kappa_choose_u8(size_t n, const uint8_t *_Nonnull mask, const uint8_t *_Nonnull a, ptrdiff_t sa, const uint8_t *_Nonnull b, ptrdiff_t sb, uint8_t *_Nonnull y);

/// How many x[i] are not 0 (NaN is not 0).
size_t kappa_count_nonzero_f32(size_t n, const float *_Nonnull x);
size_t kappa_count_nonzero_f64(size_t n, const double *_Nonnull x);
size_t kappa_count_nonzero_i32(size_t n, const int32_t *_Nonnull x);
size_t kappa_count_nonzero_i64(size_t n, const int64_t *_Nonnull x);
size_t kappa_count_nonzero_u8(size_t n, const uint8_t *_Nonnull x);

/// out[j] = how many x[i, j], i < rows, are not 0; rows stand ldx apart.
void kappa_count_nonzero_columns_f32(size_t rows, size_t columns, const float *_Nonnull x, size_t ldx, int32_t *_Nonnull out);
void kappa_count_nonzero_columns_f64(size_t rows, size_t columns, const double *_Nonnull x, size_t ldx, int32_t *_Nonnull out);
void kappa_count_nonzero_columns_i32(size_t rows, size_t columns, const int32_t *_Nonnull x, size_t ldx, int32_t *_Nonnull out);
void kappa_count_nonzero_columns_i64(size_t rows, size_t columns, const int64_t *_Nonnull x, size_t ldx, int32_t *_Nonnull out);
void kappa_count_nonzero_columns_u8(size_t rows, size_t columns, const uint8_t *_Nonnull x, size_t ldx, int32_t *_Nonnull out);

/// y[i] = x[index[i] step]; no index is negative.
void kappa_take_f32(size_t n, const int32_t *_Nonnull index, size_t step, const float *_Nonnull x, float *_Nonnull y);
void kappa_take_f64(size_t n, const int32_t *_Nonnull index, size_t step, const double *_Nonnull x, double *_Nonnull y);
void kappa_take_i32(size_t n, const int32_t *_Nonnull index, size_t step, const int32_t *_Nonnull x, int32_t *_Nonnull y);
void kappa_take_i64(size_t n, const int32_t *_Nonnull index, size_t step, const int64_t *_Nonnull x, int64_t *_Nonnull y);
void kappa_take_u8(size_t n, const int32_t *_Nonnull index, size_t step, const uint8_t *_Nonnull x, uint8_t *_Nonnull y);

/// y[i] = a[i sa] op b[i sb] for op kappa_add, kappa_subtract or kappa_multiply (kappa_elementwise.h). Returns 1 if any result overflowed
/// (that element is wrapped then), else 0.
int kappa_arithmetic_i32(int op, size_t n, const int32_t *_Nonnull a, ptrdiff_t sa, const int32_t *_Nonnull b, ptrdiff_t sb, int32_t *_Nonnull y);
int kappa_arithmetic_i64(int op, size_t n, const int64_t *_Nonnull a, ptrdiff_t sa, const int64_t *_Nonnull b, ptrdiff_t sb, int64_t *_Nonnull y);

#endif
