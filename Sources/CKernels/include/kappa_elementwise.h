// Element-wise loops. Every function may run in place: an output may be the same buffer as an input, never a
// shifted one. `n` counts elements. Suffix f32: Float, f64: Double.
#ifndef KAPPA_ELEMENTWISE_H
#define KAPPA_ELEMENTWISE_H

#include <stddef.h>
#include <stdint.h>

enum kappa_unary {
  kappa_negate, kappa_absolute, kappa_sign, kappa_square, kappa_reciprocal, kappa_sqrt, kappa_rsqrt,
  kappa_exp, kappa_expm1, kappa_log, kappa_log1p, kappa_tanh, kappa_sigmoid, kappa_softplus, kappa_relu,
  kappa_leaky_relu,  ///< x > 0 ? x : p x
  kappa_step,        ///< x > 0 ? 1 : p
  kappa_add_scalar, kappa_scale,
  kappa_sin, kappa_cos, kappa_erf,
  kappa_gelu,       ///< x Phi(x), Phi the normal distribution function
  kappa_gelu_tanh,  ///< x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
  kappa_floor, kappa_ceil,
  kappa_round,  ///< to the nearest integer, halves to the even one
  kappa_truncate,
  kappa_at_least, kappa_at_most,  ///< max(x, p), min(x, p); NaN stays NaN
};

/// y[i] = op(x[i]); `p` is the parameter of the operations that have one.
void kappa_unary_f32(int op, size_t n, const float *_Nonnull x, float p, float *_Nonnull y);
void kappa_unary_f64(int op, size_t n, const double *_Nonnull x, double p, double *_Nonnull y);

enum kappa_binary {
  kappa_add, kappa_subtract, kappa_multiply, kappa_divide,
  kappa_maximum, kappa_minimum,  ///< NaN if either is NaN
  kappa_power,
  kappa_tanh_gradient,     ///< a (1 - b^2)
  kappa_sigmoid_gradient,  ///< a b (1 - b)
};

/// y[i] = op(a[i sa], b[i sb]).
void kappa_binary_f32(int op, size_t n, const float *_Nonnull a, ptrdiff_t sa, const float *_Nonnull b, ptrdiff_t sb, float *_Nonnull y);
void kappa_binary_f64(int op, size_t n, const double *_Nonnull a, ptrdiff_t sa, const double *_Nonnull b, ptrdiff_t sb, double *_Nonnull y);

/// y[i] = x[i sx].
void kappa_gather_f32(size_t n, const float *_Nonnull x, ptrdiff_t sx, float *_Nonnull y);
void kappa_gather_f64(size_t n, const double *_Nonnull x, ptrdiff_t sx, double *_Nonnull y);

/// y[i ldy + j] = v.
void kappa_fill_f32(size_t rows, size_t columns, float v, float *_Nonnull y, size_t ldy);
void kappa_fill_f64(size_t rows, size_t columns, double v, double *_Nonnull y, size_t ldy);

/// y[j ldy + i] = x[i ldx + j], i < rows, j < columns: a transposing copy in cache-sized tiles.
void kappa_transpose_f32(size_t rows, size_t columns, const float *_Nonnull x, size_t ldx, float *_Nonnull y, size_t ldy);
void kappa_transpose_f64(size_t rows, size_t columns, const double *_Nonnull x, size_t ldx, double *_Nonnull y, size_t ldy);

/// y[k, j, i] = x[k, i, j], k < count, i < rows, j < columns, both contiguous; the next matrix comes into the cache meanwhile.
void kappa_transpose_each_f32(size_t count, size_t rows, size_t columns, const float *_Nonnull x, float *_Nonnull y);
void kappa_transpose_each_f64(size_t count, size_t rows, size_t columns, const double *_Nonnull x, double *_Nonnull y);

enum kappa_activation { kappa_identity_activation, kappa_tanh_activation, kappa_sigmoid_activation, kappa_leaky_relu_activation };

/// y[i, j] = f(x[i, j] + b[j]); rows stand ldx and ldy apart; `p` is the slope of the leaky ReLU.
void kappa_bias_activation_f32(int f, size_t rows, size_t columns, const float *_Nonnull x, size_t ldx, const float *_Nonnull b, float p, float *_Nonnull y, size_t ldy);
void kappa_bias_activation_f64(int f, size_t rows, size_t columns, const double *_Nonnull x, size_t ldx, const double *_Nonnull b, double p, double *_Nonnull y, size_t ldy);

/// out[i, j] = (x[i, j] + b[j]) f'(at y[i, j]); f' is written through the activation's value y. All rows are `columns` long.
void kappa_bias_activation_tangent_f32(int f, size_t rows, size_t columns, const float *_Nonnull x, const float *_Nonnull b, const float *_Nonnull y, float p, float *_Nonnull out);
void kappa_bias_activation_tangent_f64(int f, size_t rows, size_t columns, const double *_Nonnull x, const double *_Nonnull b, const double *_Nonnull y, double p, double *_Nonnull out);

/// out[i] = g[i] f'(at y[i]).
void kappa_activation_gradient_f32(int f, size_t n, const float *_Nonnull g, const float *_Nonnull y, float p, float *_Nonnull out);
void kappa_activation_gradient_f64(int f, size_t n, const double *_Nonnull g, const double *_Nonnull y, double p, double *_Nonnull out);

/// out[i] = dg[i] f'(at y[i]) + g[i] dy[i] d f'/dy: the tangent of `activation_gradient`.
void kappa_activation_gradient_tangent_f32(int f, size_t n, const float *_Nonnull dg, const float *_Nonnull g, const float *_Nonnull dy, const float *_Nonnull y, float p, float *_Nonnull out);
void kappa_activation_gradient_tangent_f64(int f, size_t n, const double *_Nonnull dg, const double *_Nonnull g, const double *_Nonnull dy, const double *_Nonnull y, double p, double *_Nonnull out);

/// y[i] = a x[i] + b y[i]; y is not read when b is 0.
void kappa_axpby_f32(size_t n, float a, const float *_Nonnull x, float b, float *_Nonnull y);
void kappa_axpby_f64(size_t n, double a, const double *_Nonnull x, double b, double *_Nonnull y);

/// y[i] += c a[i] b[i].
void kappa_add_product_f32(size_t n, float c, const float *_Nonnull a, const float *_Nonnull b, float *_Nonnull y);
void kappa_add_product_f64(size_t n, double c, const double *_Nonnull a, const double *_Nonnull b, double *_Nonnull y);

/// y[i] = a[i] b[i] + c[i].
void kappa_multiply_add_f32(size_t n, const float *_Nonnull a, const float *_Nonnull b, const float *_Nonnull c, float *_Nonnull y);
void kappa_multiply_add_f64(size_t n, const double *_Nonnull a, const double *_Nonnull b, const double *_Nonnull c, double *_Nonnull y);

enum kappa_product_sum_operation { kappa_product_plus, kappa_product_minus, kappa_minus_product };

/// y[i] = a[i sa] b[i sb] + c[i sc], a b - c or c - a b; the product is rounded before the sum. y may be one of the others.
void kappa_product_sum_f32(int op, size_t n, const float *_Nonnull a, ptrdiff_t sa, const float *_Nonnull b, ptrdiff_t sb, const float *_Nonnull c, ptrdiff_t sc, float *_Nonnull y);
void kappa_product_sum_f64(int op, size_t n, const double *_Nonnull a, ptrdiff_t sa, const double *_Nonnull b, ptrdiff_t sb, const double *_Nonnull c, ptrdiff_t sc, double *_Nonnull y);

/// y[i] += c a[i] / b[i].
void kappa_add_quotient_f32(size_t n, float c, const float *_Nonnull a, const float *_Nonnull b, float *_Nonnull y);
void kappa_add_quotient_f64(size_t n, double c, const double *_Nonnull a, const double *_Nonnull b, double *_Nonnull y);

enum kappa_class { kappa_is_nan, kappa_is_infinite, kappa_is_finite };

/// y[i] = 1 if x[i] is of the class, else 0.
void kappa_classify_f32(int kind, size_t n, const float *_Nonnull x, uint8_t *_Nonnull y);
void kappa_classify_f64(int kind, size_t n, const double *_Nonnull x, uint8_t *_Nonnull y);

#endif
