#include "kappa_elementwise.h"

#define KAPPA_TEMPLATE "elementwise.h"
#include "template/for_each_variant.h"

#define UNARY(T) (int op, size_t n, const T *x, T p, T *y)
KAPPA_DEFINE(void, unary, UNARY, (op, n, x, p, y))

#define BINARY(T) (int op, size_t n, const T *a, ptrdiff_t sa, const T *b, ptrdiff_t sb, T *y)
KAPPA_DEFINE(void, binary, BINARY, (op, n, a, sa, b, sb, y))

#define GATHER(T) (size_t n, const T *x, ptrdiff_t sx, T *y)
KAPPA_DEFINE(void, gather, GATHER, (n, x, sx, y))

#define FILL(T) (size_t rows, size_t columns, T v, T *y, size_t ldy)
KAPPA_DEFINE(void, fill, FILL, (rows, columns, v, y, ldy))

#define BIAS_ACTIVATION(T) (int f, size_t rows, size_t columns, const T *x, size_t ldx, const T *b, T p, T *y, size_t ldy)
KAPPA_DEFINE(void, bias_activation, BIAS_ACTIVATION, (f, rows, columns, x, ldx, b, p, y, ldy))

#define BIAS_ACTIVATION_TANGENT(T) (int f, size_t rows, size_t columns, const T *x, const T *b, const T *y, T p, T *out)
KAPPA_DEFINE(void, bias_activation_tangent, BIAS_ACTIVATION_TANGENT, (f, rows, columns, x, b, y, p, out))

#define ACTIVATION_GRADIENT(T) (int f, size_t n, const T *g, const T *y, T p, T *out)
KAPPA_DEFINE(void, activation_gradient, ACTIVATION_GRADIENT, (f, n, g, y, p, out))

#define ACTIVATION_GRADIENT_TANGENT(T) (int f, size_t n, const T *dg, const T *g, const T *dy, const T *y, T p, T *out)
KAPPA_DEFINE(void, activation_gradient_tangent, ACTIVATION_GRADIENT_TANGENT, (f, n, dg, g, dy, y, p, out))

#define AXPBY(T) (size_t n, T a, const T *x, T b, T *y)
KAPPA_DEFINE(void, axpby, AXPBY, (n, a, x, b, y))

#define ADD_PRODUCT(T) (size_t n, T c, const T *a, const T *b, T *y)
KAPPA_DEFINE(void, add_product, ADD_PRODUCT, (n, c, a, b, y))

#define MULTIPLY_ADD(T) (size_t n, const T *a, const T *b, const T *c, T *y)
KAPPA_DEFINE(void, multiply_add, MULTIPLY_ADD, (n, a, b, c, y))

#define PRODUCT_SUM(T) (int op, size_t n, const T *a, ptrdiff_t sa, const T *b, ptrdiff_t sb, const T *c, ptrdiff_t sc, T *y)
KAPPA_DEFINE(void, product_sum, PRODUCT_SUM, (op, n, a, sa, b, sb, c, sc, y))

#define ADD_QUOTIENT(T) (size_t n, T c, const T *a, const T *b, T *y)
KAPPA_DEFINE(void, add_quotient, ADD_QUOTIENT, (n, c, a, b, y))

#define CLASSIFY(T) (int kind, size_t n, const T *x, uint8_t *y)
KAPPA_DEFINE(void, classify, CLASSIFY, (kind, n, x, y))
