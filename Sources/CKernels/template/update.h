static void NAME(descend_scaled)(size_t n, T rate, const T *scale, const T *g, T *theta) {
  FOR_EACH(i, n) theta[i] -= rate * scale[i] * g[i];
}

static int NAME(descend_checked)(size_t n, T rate, const T *scale, const T *g, const T *theta, T *out) {
  // x - x is 0 for finite x and NaN otherwise.
  int bad = 0;
  if (scale) {
    FOR_EACH(i, n) { T x = theta[i] - rate * scale[i] * g[i]; out[i] = x; bad |= (x - x) != (T)0; }
  } else {
    FOR_EACH(i, n) { T x = theta[i] - rate * g[i]; out[i] = x; bad |= (x - x) != (T)0; }
  }
  return !bad;
}

static void NAME(decayed_product)(size_t n, T decay, T weight, const T *a, const T *b, T *mean) {
  FOR_EACH(i, n) mean[i] = decay * mean[i] + weight * a[i] * b[i];
}

// A divisor of 0, where statistics and damping both are 0, would turn a gradient of 0 into NaN. NaN stays NaN.
#if IS_FLOAT
#define AT_LEAST_NORMAL(d) ((d) < 0x1p-126f ? 0x1p-126f : (d))
#else
#define AT_LEAST_NORMAL(d) ((d) < 0x1p-1022 ? 0x1p-1022 : (d))
#endif

#define ROOT_OUTSIDE(m) (__builtin_elementwise_sqrt(c * (m)) + damping)
#define ROOT_INSIDE(m) __builtin_elementwise_sqrt(c * (m) + damping)
#define ABSOLUTE(m) (__builtin_elementwise_abs(c * (m)) + damping)

static void NAME(inverse_scale)(int kind, size_t n, T c, T damping, const T *mean, T *scale) {
#define LOOP(divisor) FOR_EACH(i, n) { T d = divisor(mean[i]); scale[i] = (T)1 / AT_LEAST_NORMAL(d); } return
  switch (kind) {
    case kappa_inverse_root_outside: LOOP(ROOT_OUTSIDE);
    case kappa_inverse_root_inside: LOOP(ROOT_INSIDE);
    case kappa_inverse_absolute: LOOP(ABSOLUTE);
  }
#undef LOOP
}

static int NAME(refresh_scale)(int kind, size_t n, T decay, T weight, T c, T damping, const T *a, const T *b, const T *mean, T *next, T *scale) {
  int bad = 0;
#define LOOP(divisor)                               \
  FOR_EACH(i, n) {                                  \
    T m = decay * mean[i] + weight * a[i] * b[i];   \
    T d = divisor(m);                               \
    next[i] = m;                                    \
    scale[i] = (T)1 / AT_LEAST_NORMAL(d);           \
    bad |= (m - m) != (T)0;                         \
  }                                                 \
  break
  switch (kind) {
    case kappa_inverse_root_outside: LOOP(ROOT_OUTSIDE);
    case kappa_inverse_root_inside: LOOP(ROOT_INSIDE);
    case kappa_inverse_absolute: LOOP(ABSOLUTE);
  }
#undef LOOP
  return !bad;
}
#undef ROOT_OUTSIDE
#undef ROOT_INSIDE
#undef ABSOLUTE
#undef AT_LEAST_NORMAL
