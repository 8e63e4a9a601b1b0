#include "functions.h"

// Two lane groups of 16 give the vectoriser independent additions; blocks keep each lane's run short.
enum { NAME(block) = 2048, NAME(lanes) = 32 };

static double NAME(block_sum)(size_t n, const T *x) {
  T lane[NAME(lanes)] = {0};
  size_t i = 0;
  for (; i + NAME(lanes) <= n; i += NAME(lanes))
    for (size_t k = 0; k < NAME(lanes); k++) lane[k] += x[i + k];
  double total = 0;
  for (size_t k = 0; k < NAME(lanes); k++) total += lane[k];
  for (; i < n; i++) total += x[i];
  return total;
}

static double NAME(sum)(size_t n, const T *x) {
  double total = 0;
  for (size_t i = 0; i < n; i += NAME(block)) total += NAME(block_sum)(n - i < NAME(block) ? n - i : NAME(block), x + i);
  return total;
}

static double NAME(block_dot)(size_t n, const T *a, const T *b) {
  T lane[NAME(lanes)] = {0};
  size_t i = 0;
  for (; i + NAME(lanes) <= n; i += NAME(lanes))
    for (size_t k = 0; k < NAME(lanes); k++) lane[k] += a[i + k] * b[i + k];
  double total = 0;
  for (size_t k = 0; k < NAME(lanes); k++) total += lane[k];
  for (; i < n; i++) total += (double)a[i] * b[i];
  return total;
}

static double NAME(dot)(size_t n, const T *a, const T *b) {
  double total = 0;
  for (size_t i = 0; i < n; i += NAME(block)) total += NAME(block_dot)(n - i < NAME(block) ? n - i : NAME(block), a + i, b + i);
  return total;
}

static void NAME(sum_columns)(size_t rows, size_t columns, const T *x, size_t ldx, T scale, int accumulate, T *out) {
  enum { strip = 64, run = 64 };
  for (size_t j0 = 0; j0 < columns; j0 += strip) {
    size_t width = columns - j0 < strip ? columns - j0 : strip;
    double total[strip] = {0};
    for (size_t i0 = 0; i0 < rows; i0 += run) {
      size_t i1 = i0 + run < rows ? i0 + run : rows;
      T lane[strip] = {0};
      if (width == strip)
        for (size_t i = i0; i < i1; i++) { const T *xi = x + i * ldx + j0; for (size_t j = 0; j < strip; j++) lane[j] += xi[j]; }
      else
        for (size_t i = i0; i < i1; i++) { const T *xi = x + i * ldx + j0; for (size_t j = 0; j < width; j++) lane[j] += xi[j]; }
      for (size_t j = 0; j < strip; j++) total[j] += lane[j];
    }
    for (size_t j = 0; j < width; j++) out[j0 + j] = (T)(scale * total[j]) + (accumulate ? out[j0 + j] : (T)0);
  }
}

#define LARGER(u, v) ((u) != (u) ? (u) : ((v) > (u) || (v) != (v) ? (v) : (u)))
static double NAME(largest)(size_t n, const T *x) {
  T best = x[0];
  for (size_t i = 1; i < n; i++) best = LARGER(best, x[i]);
  return best;
}

static void NAME(largest_columns)(size_t rows, size_t columns, const T *x, size_t ldx, T *out) {
  memcpy(out, x, columns * sizeof(T));
  for (size_t i = 1; i < rows; i++)
    for (size_t j = 0; j < columns; j++) { T u = out[j], v = x[i * ldx + j]; out[j] = LARGER(u, v); }
}

static int NAME(all_finite)(size_t n, const T *x) {
  // x - x is 0 for finite x and NaN otherwise.
  T bad = 0;
  for (size_t i = 0; i < n; i++) bad = (x[i] - x[i]) != (T)0 ? (T)1 : bad;
  return bad == (T)0;
}

static T NAME(row_largest)(size_t n, const T *x) {
  T best = x[0];
  for (size_t i = 1; i < n; i++) best = x[i] > best ? x[i] : best;
  return best;
}

static void NAME(softmax_rows)(size_t rows, size_t columns, const T *x, T *out) {
  for (size_t r = 0; r < rows; r++, x += columns, out += columns) {
    T top = NAME(row_largest)(columns, x);
    for (size_t j = 0; j < columns; j++) out[j] = NAME(exp_)(x[j] - top);
    T scale = (T)(1 / NAME(sum)(columns, out));
    for (size_t j = 0; j < columns; j++) out[j] *= scale;
  }
}

static void NAME(log_sum_exp_rows)(size_t rows, size_t columns, const T *x, T *out) {
  for (size_t r = 0; r < rows; r++, x += columns) {
    if (columns == 0) { out[r] = (T)-INFINITY; continue; }
    T top = NAME(row_largest)(columns, x);
    if (top == (T)INFINITY || top == (T)-INFINITY) top = 0;  // e^(inf - inf) would be NaN
    double total = 0;
    for (size_t j0 = 0; j0 < columns; j0 += 256) {
      size_t width = columns - j0 < 256 ? columns - j0 : 256;
      T e[256];
      for (size_t j = 0; j < width; j++) e[j] = NAME(exp_)(x[j0 + j] - top);
      total += NAME(block_sum)(width, e);
    }
    out[r] = top + (T)log(total);
  }
}

static void NAME(cumulative_sum)(size_t count, size_t inner, const T *x, int reversed, T *out) {
  for (size_t j = 0; j < inner; j++) {
    double total = 0;
    for (size_t i = 0; i < count; i++) {
      size_t at = (reversed ? count - 1 - i : i) * inner + j;
      total += x[at];
      out[at] = (T)total;
    }
  }
}
