static void NAME(descend_scaled)(size_t n, T rate, const T *scale, const T *g, T *theta) {
  for (size_t i = 0; i < n; i++) theta[i] -= rate * scale[i] * g[i];
}

static void NAME(decayed_product)(size_t n, T decay, T weight, const T *a, const T *b, T *mean) {
  for (size_t i = 0; i < n; i++) mean[i] = decay * mean[i] + weight * a[i] * b[i];
}

static void NAME(inverse_scale)(int kind, size_t n, T c, T damping, const T *mean, T *scale) {
  switch (kind) {
    case kappa_inverse_root_outside:
      for (size_t i = 0; i < n; i++) scale[i] = (T)1 / (__builtin_elementwise_sqrt(c * mean[i]) + damping);
      return;
    case kappa_inverse_root_inside:
      for (size_t i = 0; i < n; i++) scale[i] = (T)1 / __builtin_elementwise_sqrt(c * mean[i] + damping);
      return;
    case kappa_inverse_absolute:
      for (size_t i = 0; i < n; i++) scale[i] = (T)1 / (__builtin_elementwise_abs(c * mean[i]) + damping);
      return;
  }
}
