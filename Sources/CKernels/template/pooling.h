// A window is walked tap by tap, a whole output row at a time: the inner loops run along rows and vectorise. Strides 1 and 2
// are constants in loops of their own.
#define ALONG_ROW(BODY)                                                          \
  if (sw == 1) for (ptrdiff_t j = 0; j < ow; j++) { ptrdiff_t k = j; BODY }      \
  else if (sw == 2) for (ptrdiff_t j = 0; j < ow; j++) { ptrdiff_t k = 2 * j; BODY } \
  else for (ptrdiff_t j = 0; j < ow; j++) { ptrdiff_t k = sw * j; BODY }

static void NAME(average_pool)(const struct kappa_pooling *p, size_t planes, const T *restrict x, T *restrict y) {
  ptrdiff_t ow = p->out_width, sw = p->stride_width, w = p->width;
  T weight = (T)1 / (T)(p->window_height * p->window_width);
  for (size_t n = 0; n < planes; n++, x += p->height * w)
    for (ptrdiff_t i = 0; i < p->out_height; i++, y += ow) {
      const T *top = x + i * p->stride_height * w;
      if (p->window_height == 2 && p->window_width == 2) {
        // The common window in one pass.
        const T *below = top + w;
        ALONG_ROW(y[j] = weight * ((top[k] + top[k + 1]) + (below[k] + below[k + 1]));)
        continue;
      }
      for (ptrdiff_t j = 0; j < ow; j++) y[j] = 0;
      for (ptrdiff_t a = 0; a < p->window_height; a++)
        for (ptrdiff_t b = 0; b < p->window_width; b++) {
          const T *row = top + a * w + b;
          ALONG_ROW(y[j] += row[k];)
        }
      for (ptrdiff_t j = 0; j < ow; j++) y[j] *= weight;
    }
}

static void NAME(average_pool_adjoint)(const struct kappa_pooling *p, size_t planes, const T *restrict u, T *restrict x) {
  ptrdiff_t ow = p->out_width, sw = p->stride_width, w = p->width;
  T weight = (T)1 / (T)(p->window_height * p->window_width);
  for (size_t n = 0; n < planes; n++, x += p->height * w) {
    memset(x, 0, (size_t)(p->height * w) * sizeof(T));
    for (ptrdiff_t i = 0; i < p->out_height; i++, u += ow)
      for (ptrdiff_t a = 0; a < p->window_height; a++) {
        T *start = x + (i * p->stride_height + a) * w;
        if (p->window_width == 2 && sw == 2) {
          // Windows side by side: both taps in one pass.
          for (ptrdiff_t j = 0; j < ow; j++) {
            T share = weight * u[j];
            start[2 * j] += share;
            start[2 * j + 1] += share;
          }
          continue;
        }
        for (ptrdiff_t b = 0; b < p->window_width; b++) {
          T *row = start + b;
          ALONG_ROW(row[k] += weight * u[j];)
        }
      }
  }
}

static void NAME(max_pool)(const struct kappa_pooling *p, size_t planes, const T *restrict x, T *restrict y, int32_t *restrict position) {
  ptrdiff_t ow = p->out_width, sw = p->stride_width, w = p->width;
  for (size_t n = 0; n < planes; n++, x += p->height * w)
    for (ptrdiff_t i = 0; i < p->out_height; i++, y += ow, position += ow) {
      ptrdiff_t start = i * p->stride_height * w;
      const T *top = x + start;
      ALONG_ROW(y[j] = top[k]; position[j] = (int32_t)(start + k);)
      for (ptrdiff_t a = 0; a < p->window_height; a++)
        for (ptrdiff_t b = a == 0 ? 1 : 0; b < p->window_width; b++) {
          const T *row = top + a * w + b;
          int32_t here = (int32_t)(start + a * w + b);
          // A NaN takes the place of any number and gives it up to none.
          ALONG_ROW(
            T v = row[k]; T best = y[j];
            int taken = (v > best) | ((v != v) & (best == best));
            y[j] = taken ? v : best;
            position[j] = taken ? here + (int32_t)k : position[j];)
        }
    }
}
#undef ALONG_ROW

static int NAME(gather_planes)(size_t planes, size_t size, size_t count, const T *restrict x, const int32_t *restrict position, T *restrict y) {
  for (size_t n = 0; n < planes; n++, x += size, y += count, position += count)
    for (size_t i = 0; i < count; i++) {
      size_t at = (size_t)(uint32_t)position[i];
      if (at >= size) return 0;
      y[i] = x[at];
    }
  return 1;
}

static int NAME(scatter_planes)(size_t planes, size_t size, size_t count, const T *restrict u, const int32_t *restrict position, T *restrict x) {
  for (size_t n = 0; n < planes; n++, x += size, u += count, position += count) {
    memset(x, 0, size * sizeof(T));
    for (size_t i = 0; i < count; i++) {
      size_t at = (size_t)(uint32_t)position[i];
      if (at >= size) return 0;
      x[at] += u[i];
    }
  }
  return 1;
}
