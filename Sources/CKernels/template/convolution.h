// Calls STRETCH(columns, pixels, from, to) for each piece of an output row within the block: `columns` is where the piece begins in
// the block's row, `pixels` how many it has; from ..< to of them lie inside the image, the first of these at image[at].
#define EACH_STRETCH(STRETCH)                                                                              \
  ptrdiff_t taps = c->kernel_height * c->kernel_width;                                                     \
  for (size_t r = 0; r < rows; r++) {                                                                      \
    ptrdiff_t row = (ptrdiff_t)(first_row + r), plane = row / taps, tap = row % taps;                      \
    ptrdiff_t down = tap / c->kernel_width * c->dilation_height - c->top;                                  \
    ptrdiff_t across = tap % c->kernel_width * c->dilation_width - c->left, step = c->stride_width;        \
    /* Columns j with 0 <= j step + across < width. */                                                     \
    ptrdiff_t low = across >= 0 ? 0 : (-across + step - 1) / step;                                         \
    ptrdiff_t high = across >= c->width ? 0 : (c->width - across + step - 1) / step;                       \
    ptrdiff_t done = 0, end = (ptrdiff_t)pixels;                                                           \
    ptrdiff_t i = (ptrdiff_t)first_pixel / c->out_width, j = (ptrdiff_t)first_pixel % c->out_width;        \
    for (; done < end; i++, j = 0) {                                                                       \
      ptrdiff_t length = c->out_width - j < end - done ? c->out_width - j : end - done;                    \
      ptrdiff_t y = i * c->stride_height + down;                                                           \
      ptrdiff_t from = low < j ? 0 : low - j < length ? low - j : length;                                  \
      ptrdiff_t to = high < j ? 0 : high - j < length ? high - j : length;                                 \
      if (y < 0 || y >= c->height || to < from) to = from;                                                 \
      ptrdiff_t at = to == from ? 0 : (plane * c->height + y) * c->width + (j + from) * step + across;     \
      STRETCH                                                                                              \
      done += length;                                                                                      \
    }                                                                                                      \
  }

static void NAME(unfold)(const struct kappa_convolution *c, const T *image, size_t first_row, size_t rows, size_t first_pixel, size_t pixels, T *out) {
#define STRETCH                                                                                 \
  T *o = out + (ptrdiff_t)r * end + done;                                                       \
  const T *x = image + at;                                                                      \
  for (ptrdiff_t k = 0; k < from; k++) o[k] = 0;                                                \
  if (step == 1) for (ptrdiff_t k = from; k < to; k++) o[k] = x[k - from];                      \
  else if (step == 2) for (ptrdiff_t k = from; k < to; k++) o[k] = x[2 * (k - from)];           \
  else for (ptrdiff_t k = from; k < to; k++) o[k] = x[step * (k - from)];                       \
  for (ptrdiff_t k = to; k < length; k++) o[k] = 0;
  EACH_STRETCH(STRETCH)
#undef STRETCH
}

static void NAME(fold_images)(const struct kappa_convolution *c, const T *in, size_t first_row, size_t rows, size_t first_pixel, size_t pixels, T *image) {
#define STRETCH                                                                                 \
  const T *v = in + (ptrdiff_t)r * end + done;                                                  \
  T *x = image + at;                                                                            \
  if (step == 1) for (ptrdiff_t k = from; k < to; k++) x[k - from] += v[k];                     \
  else for (ptrdiff_t k = from; k < to; k++) x[step * (k - from)] += v[k];
  EACH_STRETCH(STRETCH)
#undef STRETCH
}
#undef EACH_STRETCH
