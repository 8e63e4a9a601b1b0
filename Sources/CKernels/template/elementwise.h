#include "functions.h"

// Arguments beyond the reach of the vector loop (rare) go to the C library, which reduces them exactly.
#define PERIODIC(f, LIBRARY)                                                                         \
  static void NAME(f##_loop)(size_t n, const T *x, T *y) {                                           \
    for (size_t i0 = 0; i0 < n; i0 += 256) {                                                         \
      size_t width = n - i0 < 256 ? n - i0 : 256;                                                    \
      T from[256];                                                                                   \
      memcpy(from, x + i0, width * sizeof(T));                                                       \
      UINT large = 0;                                                                                \
      for (size_t i = 0; i < width; i++) {                                                           \
        large |= (UINT)!(NAME(absolute)(from[i]) <= REDUCTION_LIMIT);                                \
        y[i0 + i] = NAME(f##_)(from[i]);                                                             \
      }                                                                                              \
      if (large)                                                                                     \
        for (size_t i = 0; i < width; i++)                                                           \
          if (!(NAME(absolute)(from[i]) <= REDUCTION_LIMIT)) y[i0 + i] = LIBRARY(from[i]);           \
    }                                                                                                \
  }
#if IS_FLOAT
PERIODIC(sine, sinf)
PERIODIC(cosine, cosf)
#else
PERIODIC(sine, sin)
PERIODIC(cosine, cos)
#endif
#undef PERIODIC

#define LOOP(expression) FOR_EACH(i, n) { T v = x[i]; y[i] = (expression); } return
// Functions of twenty instructions and more, one waiting for the other. (erf and gelu have branches that do not combine with it.)
#define LONG_LOOP(expression) FOR_EACH_INTERLEAVED(i, n, { T v = x[i]; y[i] = (expression); }) return
static void NAME(unary)(int op, size_t n, const T *x, T p, T *y) {
  switch (op) {
    case kappa_negate: LOOP(-v);
    case kappa_absolute: LOOP(NAME(absolute)(v));
    case kappa_sign: LOOP(v > 0 ? (T)1 : v < 0 ? (T)-1 : v);
    case kappa_square: LOOP(v * v);
    case kappa_reciprocal: LOOP((T)1 / v);
    case kappa_sqrt: LOOP(__builtin_elementwise_sqrt(v));
    case kappa_rsqrt: LOOP((T)1 / __builtin_elementwise_sqrt(v));
    case kappa_exp: LONG_LOOP(NAME(exp_)(v));
    case kappa_expm1: LONG_LOOP(NAME(expm1_)(v));
    case kappa_log: LONG_LOOP(NAME(log_)(v));
    case kappa_log1p: LONG_LOOP(NAME(log1p_)(v));
    case kappa_tanh: LONG_LOOP(NAME(tanh_)(v));
    case kappa_sigmoid: LONG_LOOP(NAME(sigmoid_)(v));
    case kappa_softplus: LONG_LOOP(NAME(softplus_)(v));
    case kappa_relu: LOOP(v < 0 ? (T)0 : v);
    case kappa_leaky_relu: LOOP(v > 0 ? v : p * v);
    case kappa_step: LOOP(v > 0 ? (T)1 : p);
    case kappa_add_scalar: LOOP(v + p);
    case kappa_scale: LOOP(v * p);
    case kappa_sin: NAME(sine_loop)(n, x, y); return;
    case kappa_cos: NAME(cosine_loop)(n, x, y); return;
    case kappa_erf: LOOP(NAME(erf_)(v));
    case kappa_gelu: LOOP(NAME(gelu_)(v));
    case kappa_gelu_tanh: LOOP(NAME(gelu_tanh_)(v));
    case kappa_floor: LOOP(__builtin_elementwise_floor(v));
    case kappa_ceil: LOOP(__builtin_elementwise_ceil(v));
    case kappa_round: LOOP(__builtin_elementwise_roundeven(v));
    case kappa_truncate: LOOP(__builtin_elementwise_trunc(v));
    case kappa_at_least: LOOP(v < p ? p : v);
    case kappa_at_most: LOOP(v > p ? p : v);
  }
}
#undef LONG_LOOP
#undef LOOP

// The common strides get loops of their own, which vectorise; any other pair takes the last one.
#define LOOPS_IN(EACH, expression)                                                               \
  if (sa == 1 && sb == 1) EACH(i, n) { T u = a[i], v = b[i]; y[i] = (expression); }              \
  else if (sa == 1 && sb == 0) { T v = *b; EACH(i, n) { T u = a[i]; y[i] = (expression); } }     \
  else if (sa == 0 && sb == 1) { T u = *a; EACH(i, n) { T v = b[i]; y[i] = (expression); } }     \
  else for (size_t i = 0; i < n; i++) { T u = a[(ptrdiff_t)i * sa], v = b[(ptrdiff_t)i * sb]; y[i] = (expression); } \
  return
#define LOOPS(expression) LOOPS_IN(FOR_EACH, expression)
// What calls the C library cannot be vectorised.
#define EACH_SCALAR(i, n) for (size_t i = 0; i < (n); i++)
static void NAME(binary)(int op, size_t n, const T *a, ptrdiff_t sa, const T *b, ptrdiff_t sb, T *y) {
  switch (op) {
    case kappa_add: LOOPS(u + v);
    case kappa_subtract: LOOPS(u - v);
    case kappa_multiply: LOOPS(u * v);
    case kappa_divide: LOOPS(u / v);
    case kappa_maximum: LOOPS(u != u ? u : (v > u || v != v ? v : u));
    case kappa_minimum: LOOPS(u != u ? u : (v < u || v != v ? v : u));
#if IS_FLOAT
    case kappa_power: LOOPS_IN(EACH_SCALAR, powf(u, v));
#else
    case kappa_power: LOOPS_IN(EACH_SCALAR, pow(u, v));
#endif
    case kappa_tanh_gradient: LOOPS(u * ((T)1 - v * v));
    case kappa_sigmoid_gradient: LOOPS(u * v * ((T)1 - v));
  }
}
#undef LOOPS

static void NAME(gather)(size_t n, const T *x, ptrdiff_t sx, T *y) {
  if (sx == 1) memmove(y, x, n * sizeof(T));
  else if (sx == 0) { T v = *x; for (size_t i = 0; i < n; i++) y[i] = v; }
  else for (size_t i = 0; i < n; i++) y[i] = x[(ptrdiff_t)i * sx];
}

static void NAME(fill)(size_t rows, size_t columns, T v, T *y, size_t ldy) {
  if (columns == ldy) columns *= rows, rows = rows > 0;
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++) y[i * ldy + j] = v;
}

// `apply` and `slope` are constant-folded into each call below: one branch-free loop for each activation.
#define EACH_ACTIVATION(CASE)                                                        \
  switch (f) {                                                                       \
    case kappa_identity_activation: CASE(v, (T)1, (T)0)                              \
    case kappa_tanh_activation: CASE(NAME(tanh_)(v), (T)1 - v * v, (T)-2 * v)        \
    case kappa_sigmoid_activation: CASE(NAME(sigmoid_)(v), v * ((T)1 - v), (T)1 - (T)2 * v) \
    case kappa_leaky_relu_activation: CASE(v > 0 ? v : p * v, v > 0 ? (T)1 : p, (T)0) \
  }

#define CASE(value, slope, curvature)                                                 \
  for (size_t i = 0; i < rows; i++) {                                                 \
    const T *xi = x + i * ldx; T *yi = y + i * ldy;                                   \
    FOR_EACH_INTERLEAVED(j, columns, { T v = xi[j] + b[j]; yi[j] = (value); }) \
  }                                                                                   \
  return;
static void NAME(bias_activation)(int f, size_t rows, size_t columns, const T *x, size_t ldx, const T *b, T p, T *y, size_t ldy) { EACH_ACTIVATION(CASE) }
#undef CASE

#define CASE(value, slope, curvature)                                                 \
  for (size_t i = 0; i < rows; i++) {                                                 \
    const T *xi = x + i * columns, *yi = y + i * columns; T *oi = out + i * columns;  \
    FOR_EACH(j, columns) { T v = yi[j]; (void)v; oi[j] = (xi[j] + b[j]) * (slope); } \
  }                                                                                   \
  return;
static void NAME(bias_activation_tangent)(int f, size_t rows, size_t columns, const T *x, const T *b, const T *y, T p, T *out) { EACH_ACTIVATION(CASE) }
#undef CASE

#define CASE(value, slope, curvature)                                                 \
  FOR_EACH(i, n) { T v = y[i]; (void)v; out[i] = g[i] * (slope); }             \
  return;
static void NAME(activation_gradient)(int f, size_t n, const T *g, const T *y, T p, T *out) { EACH_ACTIVATION(CASE) }
#undef CASE

#define CASE(value, slope, curvature)                                                 \
  FOR_EACH(i, n) { T v = y[i]; (void)v; out[i] = dg[i] * (slope) + g[i] * dy[i] * (curvature); } \
  return;
static void NAME(activation_gradient_tangent)(int f, size_t n, const T *dg, const T *g, const T *dy, const T *y, T p, T *out) { EACH_ACTIVATION(CASE) }
#undef CASE
#undef EACH_ACTIVATION

static void NAME(axpby)(size_t n, T a, const T *x, T b, T *y) {
  if (b == 0) FOR_EACH(i, n) y[i] = a * x[i];
  else if (b == 1) FOR_EACH(i, n) y[i] += a * x[i];
  else FOR_EACH(i, n) y[i] = a * x[i] + b * y[i];
}

static void NAME(add_product)(size_t n, T c, const T *a, const T *b, T *y) {
  FOR_EACH(i, n) y[i] += c * a[i] * b[i];
}

static void NAME(multiply_add)(size_t n, const T *a, const T *b, const T *c, T *y) {
  FOR_EACH(i, n) y[i] = a[i] * b[i] + c[i];
}

// As a multiplication and an addition or subtraction after it, each rounded.
#define SUMS(expression)                                                                                                      \
  if (sa == 1 && sb == 1 && sc == 1) FOR_EACH(i, n) { T u = a[i], v = b[i], w = c[i]; y[i] = (expression); }                   \
  else if (sa == 0 && sb == 1 && sc == 1) { T u = *a; FOR_EACH(i, n) { T v = b[i], w = c[i]; y[i] = (expression); } }          \
  else if (sa == 1 && sb == 1 && sc == 0) { T w = *c; FOR_EACH(i, n) { T u = a[i], v = b[i]; y[i] = (expression); } }          \
  else if (sa == 0 && sb == 1 && sc == 0) { T u = *a, w = *c; FOR_EACH(i, n) { T v = b[i]; y[i] = (expression); } }            \
  else for (size_t i = 0; i < n; i++) {                                                                                       \
    T u = a[(ptrdiff_t)i * sa], v = b[(ptrdiff_t)i * sb], w = c[(ptrdiff_t)i * sc];                                            \
    y[i] = (expression);                                                                                                      \
  }                                                                                                                           \
  return
static void NAME(product_sum)(
    int op, size_t n, const T *a, ptrdiff_t sa, const T *b, ptrdiff_t sb, const T *c, ptrdiff_t sc, T *y) {
#pragma clang fp contract(off)
  switch (op) {
    case kappa_product_plus: SUMS(u * v + w);
    case kappa_product_minus: SUMS(u * v - w);
    case kappa_minus_product: SUMS(w - u * v);
  }
}
#undef SUMS

static void NAME(add_quotient)(size_t n, T c, const T *a, const T *b, T *y) {
  FOR_EACH(i, n) y[i] += c * a[i] / b[i];
}

static void NAME(classify)(int kind, size_t n, const T *x, uint8_t *y) {
  switch (kind) {
    case kappa_is_nan: FOR_EACH(i, n) y[i] = x[i] != x[i]; return;
    case kappa_is_infinite: FOR_EACH(i, n) y[i] = NAME(absolute)(x[i]) == (T)INFINITY; return;
    case kappa_is_finite: FOR_EACH(i, n) y[i] = NAME(absolute)(x[i]) < (T)INFINITY; return;
  }
}
