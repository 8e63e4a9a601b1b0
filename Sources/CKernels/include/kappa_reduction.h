// Reductions. Sums run in several lanes over short blocks whose totals are added in double precision: the error
// does not grow with the length in practice, and the result does not depend on the number of threads.
#ifndef KAPPA_REDUCTION_H
#define KAPPA_REDUCTION_H

#include <stddef.h>

/// The sum of x[i].
double kappa_sum_f32(size_t n, const float *_Nonnull x);
double kappa_sum_f64(size_t n, const double *_Nonnull x);

/// The sum of a[i] b[i].
double kappa_dot_f32(size_t n, const float *_Nonnull a, const float *_Nonnull b);
double kappa_dot_f64(size_t n, const double *_Nonnull a, const double *_Nonnull b);

/// out[j] = scale (sum over i < rows of x[i, j]) + (accumulate ? out[j] : 0); rows stand ldx apart.
void kappa_sum_columns_f32(size_t rows, size_t columns, const float *_Nonnull x, size_t ldx, float scale, int accumulate, float *_Nonnull out);
void kappa_sum_columns_f64(size_t rows, size_t columns, const double *_Nonnull x, size_t ldx, double scale, int accumulate, double *_Nonnull out);

/// The largest x[i], NaN if there is one; n > 0.
double kappa_largest_f32(size_t n, const float *_Nonnull x);
double kappa_largest_f64(size_t n, const double *_Nonnull x);

/// out[j] = the largest of x[i, j] over i < rows, NaN if there is one; rows > 0.
void kappa_largest_columns_f32(size_t rows, size_t columns, const float *_Nonnull x, size_t ldx, float *_Nonnull out);
void kappa_largest_columns_f64(size_t rows, size_t columns, const double *_Nonnull x, size_t ldx, double *_Nonnull out);

/// 1 if all x[i] are finite, else 0.
int kappa_all_finite_f32(size_t n, const float *_Nonnull x);
int kappa_all_finite_f64(size_t n, const double *_Nonnull x);

/// For each of `rows` rows of length `columns` > 0: out[i, :] = softmax(x[i, :]). May run in place.
void kappa_softmax_rows_f32(size_t rows, size_t columns, const float *_Nonnull x, float *_Nonnull out);
void kappa_softmax_rows_f64(size_t rows, size_t columns, const double *_Nonnull x, double *_Nonnull out);

/// For each row: out[i] = log sum_j e^{x[i, j]}, safe from overflow; -infinity for an empty sum.
void kappa_log_sum_exp_rows_f32(size_t rows, size_t columns, const float *_Nonnull x, float *_Nonnull out);
void kappa_log_sum_exp_rows_f64(size_t rows, size_t columns, const double *_Nonnull x, double *_Nonnull out);

/// out[i, j] = x[i, 0] + ... + x[i, j] along an axis of length `count` with `inner` contiguous elements behind it.
void kappa_cumulative_sum_f32(size_t count, size_t inner, const float *_Nonnull x, int reversed, float *_Nonnull out);
void kappa_cumulative_sum_f64(size_t count, size_t inner, const double *_Nonnull x, int reversed, double *_Nonnull out);

#endif
