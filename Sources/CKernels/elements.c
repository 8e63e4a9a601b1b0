#include "kappa_elements.h"
#include "kappa_elementwise.h"

#define KAPPA_EACH "each_element.h"
#define KAPPA_TEMPLATE "elements.h"
#include "template/for_each_variant.h"

#define COMPARE(T) (int op, size_t n, const T *a, ptrdiff_t sa, const T *b, ptrdiff_t sb, uint8_t *y)
KAPPA_DEFINE_ELEMENTS(void, compare, COMPARE, (op, n, a, sa, b, sb, y))

#define CHOOSE(T) (size_t n, const uint8_t *mask, const T *a, ptrdiff_t sa, const T *b, ptrdiff_t sb, T *y)
KAPPA_DEFINE_ELEMENTS(void, choose, CHOOSE, (n, mask, a, sa, b, sb, y))

#define COUNT(T) (size_t n, const T *x)
KAPPA_DEFINE_ELEMENTS(size_t, count_nonzero, COUNT, (n, x))

#define COUNT_COLUMNS(T) (size_t rows, size_t columns, const T *x, size_t ldx, int32_t *out)
KAPPA_DEFINE_ELEMENTS(void, count_nonzero_columns, COUNT_COLUMNS, (rows, columns, x, ldx, out))

#define TAKE(T) (size_t n, const int32_t *index, size_t step, const T *x, T *y)
KAPPA_DEFINE_ELEMENTS(void, take, TAKE, (n, index, step, x, y))

#define ARITHMETIC(T) (int op, size_t n, const T *a, ptrdiff_t sa, const T *b, ptrdiff_t sb, T *y)
KAPPA_DEFINE_INTEGERS(int, arithmetic, ARITHMETIC, (op, n, a, sa, b, sb, y))
