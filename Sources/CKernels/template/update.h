static void NAME(descend_scaled)(size_t n, T rate, const T *scale, const T *g, T *theta) {
  FOR_EACH(i, n) theta[i] -= rate * scale[i] * g[i];
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

static void NAME(inverse_scale)(int kind, size_t n, T c, T damping, const T *mean, T *scale) {
  switch (kind) {
    case kappa_inverse_root_outside:
      FOR_EACH(i, n) { T d = __builtin_elementwise_sqrt(c * mean[i]) + damping; scale[i] = (T)1 / AT_LEAST_NORMAL(d); }
      return;
    case kappa_inverse_root_inside:
      FOR_EACH(i, n) { T d = __builtin_elementwise_sqrt(c * mean[i] + damping); scale[i] = (T)1 / AT_LEAST_NORMAL(d); }
      return;
    case kappa_inverse_absolute:
      FOR_EACH(i, n) { T d = __builtin_elementwise_abs(c * mean[i]) + damping; scale[i] = (T)1 / AT_LEAST_NORMAL(d); }
      return;
  }
}
#undef AT_LEAST_NORMAL
