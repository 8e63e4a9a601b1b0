#include "kappa_reduction.h"

#define KAPPA_TEMPLATE "reduction.h"
#include "template/for_each_variant.h"

#define ONE_VECTOR(T) (size_t n, const T *x)
KAPPA_DEFINE(double, sum, ONE_VECTOR, (n, x))
KAPPA_DEFINE(double, largest, ONE_VECTOR, (n, x))
KAPPA_DEFINE(int, all_finite, ONE_VECTOR, (n, x))

#define TWO_VECTORS(T) (size_t n, const T *a, const T *b)
KAPPA_DEFINE(double, dot, TWO_VECTORS, (n, a, b))

#define SUM_COLUMNS(T) (size_t rows, size_t columns, const T *x, size_t ldx, T scale, int accumulate, T *out)
KAPPA_DEFINE(void, sum_columns, SUM_COLUMNS, (rows, columns, x, ldx, scale, accumulate, out))

#define COLUMNS(T) (size_t rows, size_t columns, const T *x, size_t ldx, T *out)
KAPPA_DEFINE(void, largest_columns, COLUMNS, (rows, columns, x, ldx, out))

#define ROWS(T) (size_t rows, size_t columns, const T *x, T *out)
KAPPA_DEFINE(void, softmax_rows, ROWS, (rows, columns, x, out))
KAPPA_DEFINE(void, log_sum_exp_rows, ROWS, (rows, columns, x, out))

#define CUMULATIVE(T) (size_t count, size_t inner, const T *x, int reversed, T *out)
KAPPA_DEFINE(void, cumulative_sum, CUMULATIVE, (count, inner, x, reversed, out))
