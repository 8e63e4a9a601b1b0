// Reductions. Sums run in several lanes over short blocks whose totals are added in double precision: the error
// does not grow with the length in practice, and the result does not depend on the number of threads.
#ifndef KAPPA_REDUCTION_H
#define KAPPA_REDUCTION_H

#include <stddef.h>
#include <stdint.h>

/// The sum of x[i].
double kappa_sum_f32(size_t n, const float *_Nonnull x);
double kappa_sum_f64(size_t n, const double *_Nonnull x);

/// The sum of a[i] b[i].
double kappa_dot_f32(size_t n, const float *_Nonnull a, const float *_Nonnull b);
double kappa_dot_f64(size_t n, const double *_Nonnull a, const double *_Nonnull b);

/// out[j] = scale (sum over i < rows of x[i, j]) + (accumulate ? out[j] : 0); rows stand ldx apart.
void kappa_sum_columns_f32(size_t rows, size_t columns, const float *_Nonnull x, size_t ldx, float scale, int accumulate, float *_Nonnull out);
void kappa_sum_columns_f64(size_t rows, size_t columns, const double *_Nonnull x, size_t ldx, double scale, int accumulate, double *_Nonnull out);

enum kappa_fold {
  kappa_fold_sum, kappa_fold_sum_absolute, kappa_fold_sum_squares,
  kappa_fold_product,
  kappa_fold_largest, kappa_fold_smallest, kappa_fold_largest_absolute,  ///< NaN if there is one
};

/// The fold of x[i], in double; of no elements 0, 1 for the product, -infinity for the largest, infinity for the smallest.
double kappa_fold_f32(int op, size_t n, const float *_Nonnull x);
double kappa_fold_f64(int op, size_t n, const double *_Nonnull x);

/// out[j] = the fold of x[i, j] over i < rows; rows stand ldx apart.
void kappa_fold_columns_f32(int op, size_t rows, size_t columns, const float *_Nonnull x, size_t ldx, double *_Nonnull out);
void kappa_fold_columns_f64(int op, size_t rows, size_t columns, const double *_Nonnull x, size_t ldx, double *_Nonnull out);

/// out[0] = the sum of (x[i] - m)^2 and out[1] = that of x[i] - m, m = `mean` rounded to the scalar type. With both, the squared
/// deviations from the exact mean follow: out[0] - out[1]^2 / n (Chan, Golub & LeVeque, 1983).
void kappa_deviation_f32(size_t n, const float *_Nonnull x, double mean, double *_Nonnull out);
void kappa_deviation_f64(size_t n, const double *_Nonnull x, double mean, double *_Nonnull out);

/// The same for each column x[:, j] with mean[j].
void kappa_deviation_columns_f32(size_t rows, size_t columns, const float *_Nonnull x, size_t ldx, const double *_Nonnull mean, double *_Nonnull squares, double *_Nonnull drift);
void kappa_deviation_columns_f64(size_t rows, size_t columns, const double *_Nonnull x, size_t ldx, const double *_Nonnull mean, double *_Nonnull squares, double *_Nonnull drift);

/// The least i at which x[i] is largest (smallest if `largest` is 0); of the first NaN if there is one. n > 0.
size_t kappa_argument_f32(int largest, size_t n, const float *_Nonnull x);
size_t kappa_argument_f64(int largest, size_t n, const double *_Nonnull x);

/// out[j] = the same for x[i, j] over i < rows; rows > 0.
void kappa_argument_columns_f32(int largest, size_t rows, size_t columns, const float *_Nonnull x, size_t ldx, int32_t *_Nonnull out);
void kappa_argument_columns_f64(int largest, size_t rows, size_t columns, const double *_Nonnull x, size_t ldx, int32_t *_Nonnull out);

/// 1 if all x[i] are finite, else 0.
int kappa_all_finite_f32(size_t n, const float *_Nonnull x);
int kappa_all_finite_f64(size_t n, const double *_Nonnull x);

/// For each of `rows` rows of length `columns` > 0: out[i, :] = softmax(x[i, :]). May run in place.
void kappa_softmax_rows_f32(size_t rows, size_t columns, const float *_Nonnull x, float *_Nonnull out);
void kappa_softmax_rows_f64(size_t rows, size_t columns, const double *_Nonnull x, double *_Nonnull out);

/// For each row: out[i] = log sum_j e^{x[i, j]}, safe from overflow; -infinity for an empty sum.
void kappa_log_sum_exp_rows_f32(size_t rows, size_t columns, const float *_Nonnull x, float *_Nonnull out);
void kappa_log_sum_exp_rows_f64(size_t rows, size_t columns, const double *_Nonnull x, double *_Nonnull out);

/// out[i, j] = x[0, j] + ... + x[i, j] for i < count, j < inner, from the other end if `reversed`; rows of both stand ldx apart.
void kappa_cumulative_sum_f32(size_t count, size_t inner, const float *_Nonnull x, size_t ldx, int reversed, float *_Nonnull out);
void kappa_cumulative_sum_f64(size_t count, size_t inner, const double *_Nonnull x, size_t ldx, int reversed, double *_Nonnull out);

/// The same with products.
void kappa_cumulative_product_f32(size_t count, size_t inner, const float *_Nonnull x, size_t ldx, int reversed, float *_Nonnull out);
void kappa_cumulative_product_f64(size_t count, size_t inner, const double *_Nonnull x, size_t ldx, int reversed, double *_Nonnull out);

#endif
