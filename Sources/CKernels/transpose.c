#include "kappa_elementwise.h"

#define KAPPA_TEMPLATE "transpose.h"
#include "template/for_each_variant.h"

#define TRANSPOSE(T) (size_t rows, size_t columns, const T *x, size_t ldx, T *y, size_t ldy)
KAPPA_DEFINE(void, transpose, TRANSPOSE, (rows, columns, x, ldx, y, ldy))

#define TRANSPOSE_EACH(T) (size_t count, size_t rows, size_t columns, const T *x, T *y)
KAPPA_DEFINE(void, transpose_each, TRANSPOSE_EACH, (count, rows, columns, x, y))
