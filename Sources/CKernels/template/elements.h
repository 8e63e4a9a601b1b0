// What is the same for all element types.

// The common strides get loops of their own, which vectorise; any other pair takes the last one.
#define LOOPS(statement)                                                                                      \
  if (sa == 1 && sb == 1) for (size_t i = 0; i < n; i++) { T u = a[i], v = b[i]; statement; }                 \
  else if (sa == 1 && sb == 0) { T v = *b; for (size_t i = 0; i < n; i++) { T u = a[i]; statement; } }        \
  else if (sa == 0 && sb == 1) { T u = *a; for (size_t i = 0; i < n; i++) { T v = b[i]; statement; } }        \
  else for (size_t i = 0; i < n; i++) { T u = a[(ptrdiff_t)i * sa], v = b[(ptrdiff_t)i * sb]; statement; }

static void NAME(compare)(int op, size_t n, const T *a, ptrdiff_t sa, const T *b, ptrdiff_t sb, uint8_t *y) {
  switch (op) {
    case kappa_equal: LOOPS(y[i] = u == v) return;
    case kappa_not_equal: LOOPS(y[i] = u != v) return;
    case kappa_less: LOOPS(y[i] = u < v) return;
    case kappa_less_or_equal: LOOPS(y[i] = u <= v) return;
  }
}

static void NAME(choose)(size_t n, const uint8_t *mask, const T *a, ptrdiff_t sa, const T *b, ptrdiff_t sb, T *y) {
  LOOPS(y[i] = mask[i] ? u : v)
}

static size_t NAME(count_nonzero)(size_t n, const T *x) {
  size_t total = 0;
  for (size_t i0 = 0; i0 < n; i0 += 1 << 16) {
    size_t i1 = n - i0 < 1 << 16 ? n : i0 + (1 << 16);
    uint32_t block = 0;
    for (size_t i = i0; i < i1; i++) block += x[i] != 0;
    total += block;
  }
  return total;
}

static void NAME(count_nonzero_columns)(size_t rows, size_t columns, const T *x, size_t ldx, int32_t *out) {
  for (size_t j = 0; j < columns; j++) out[j] = 0;
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++) out[j] += x[i * ldx + j] != 0;
}

static void NAME(take)(size_t n, const int32_t *index, size_t step, const T *x, T *y) {
  for (size_t i = 0; i < n; i++) y[i] = x[(size_t)index[i] * step];
}

#if IS_INTEGER
static int NAME(arithmetic)(int op, size_t n, const T *a, ptrdiff_t sa, const T *b, ptrdiff_t sb, T *y) {
  // A sum or difference overflows where its sign bit is wrong; products are compared with a wider one.
  T wrong = 0;
  int bad = 0;
  switch (op) {
    case kappa_add: LOOPS(T r = (T)((UNSIGNED)u + (UNSIGNED)v); wrong |= (u ^ r) & (v ^ r); y[i] = r) break;
    case kappa_subtract: LOOPS(T r = (T)((UNSIGNED)u - (UNSIGNED)v); wrong |= (u ^ v) & (u ^ r); y[i] = r) break;
    case kappa_multiply: LOOPS(T r = (T)((UNSIGNED)u * (UNSIGNED)v); bad |= MULTIPLY_OVERFLOWS(u, v, r); y[i] = r) break;
  }
  return bad || wrong < 0;
}
#endif
#undef LOOPS
