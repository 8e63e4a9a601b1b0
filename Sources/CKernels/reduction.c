#include "kappa_reduction.h"

#define KAPPA_TEMPLATE "reduction.h"
#include "template/for_each_variant.h"

#define ONE_VECTOR(T) (size_t n, const T *x)
KAPPA_DEFINE(double, sum, ONE_VECTOR, (n, x))
KAPPA_DEFINE(int, all_finite, ONE_VECTOR, (n, x))

#define TWO_VECTORS(T) (size_t n, const T *a, const T *b)
KAPPA_DEFINE(double, dot, TWO_VECTORS, (n, a, b))

#define SUM_COLUMNS(T) (size_t rows, size_t columns, const T *x, size_t ldx, T scale, int accumulate, T *out)
KAPPA_DEFINE(void, sum_columns, SUM_COLUMNS, (rows, columns, x, ldx, scale, accumulate, out))

#define FOLD_ROW(T) (int op, size_t n, const T *x)
KAPPA_DEFINE(double, fold, FOLD_ROW, (op, n, x))

#define FOLD_COLUMNS(T) (int op, size_t rows, size_t columns, const T *x, size_t ldx, double *out)
KAPPA_DEFINE(void, fold_columns, FOLD_COLUMNS, (op, rows, columns, x, ldx, out))

#define DEVIATION(T) (size_t n, const T *x, double mean, double *out)
KAPPA_DEFINE(void, deviation, DEVIATION, (n, x, mean, out))

#define DEVIATION_COLUMNS(T) (size_t rows, size_t columns, const T *x, size_t ldx, const double *mean, double *squares, double *drift)
KAPPA_DEFINE(void, deviation_columns, DEVIATION_COLUMNS, (rows, columns, x, ldx, mean, squares, drift))

#define ARGUMENT(T) (int largest, size_t n, const T *x)
KAPPA_DEFINE(size_t, argument, ARGUMENT, (largest, n, x))

#define ARGUMENT_COLUMNS(T) (int largest, size_t rows, size_t columns, const T *x, size_t ldx, int32_t *out)
KAPPA_DEFINE(void, argument_columns, ARGUMENT_COLUMNS, (largest, rows, columns, x, ldx, out))

#define ROWS(T) (size_t rows, size_t columns, const T *x, T *out)
KAPPA_DEFINE(void, softmax_rows, ROWS, (rows, columns, x, out))
KAPPA_DEFINE(void, log_sum_exp_rows, ROWS, (rows, columns, x, out))

#define CUMULATIVE(T) (size_t count, size_t inner, const T *x, size_t ldx, int reversed, T *out)
KAPPA_DEFINE(void, cumulative_sum, CUMULATIVE, (count, inner, x, ldx, reversed, out))
KAPPA_DEFINE(void, cumulative_product, CUMULATIVE, (count, inner, x, ldx, reversed, out))
