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

// Folds: a reduction to one double. `LANE` is the type of the running values; totals of short blocks go on in double.
#define ADD(u, v) ((u) + (v))
#define ADD_ABSOLUTE(u, v) ((u) + NAME(absolute)(v))
#define ADD_SQUARE(u, v) ((u) + (double)(v) * (double)(v))
#define MULTIPLY(u, v) ((u) * (v))
#define FOLD(f, LANE, start, STEP, COMBINE)                                                            \
  static double NAME(fold_##f)(size_t n, const T *x) {                                                 \
    double total = start;                                                                              \
    for (size_t i0 = 0; i0 < n; i0 += NAME(block)) {                                                   \
      size_t i1 = n - i0 < NAME(block) ? n : i0 + NAME(block), i = i0;                                 \
      LANE lane[NAME(lanes)];                                                                          \
      for (size_t k = 0; k < NAME(lanes); k++) lane[k] = start;                                        \
      for (; i + NAME(lanes) <= i1; i += NAME(lanes))                                                  \
        for (size_t k = 0; k < NAME(lanes); k++) lane[k] = STEP(lane[k], x[i + k]);                    \
      for (size_t k = 0; i < i1; i++, k++) lane[k] = STEP(lane[k], x[i]);                              \
      for (size_t k = 0; k < NAME(lanes); k++) total = COMBINE(total, lane[k]);                        \
    }                                                                                                  \
    return total;                                                                                      \
  }                                                                                                    \
  /* total[j] = the fold of x[i, j] over i < rows, for at most 1024 columns, so that rows are read in long runs. */                         \
  static void NAME(fold_strip_##f)(size_t rows, size_t width, const T *x, size_t ldx, double *total) { \
    enum { strip = 1024, run = 64 };                                                                    \
    for (size_t j = 0; j < width; j++) total[j] = start;                                               \
    for (size_t i0 = 0; i0 < rows; i0 += run) {                                                        \
      size_t i1 = rows - i0 < run ? rows : i0 + run, i = i0;                                           \
      LANE lane[strip];                                                                                \
      for (size_t j = 0; j < width; j++) lane[j] = start;                                              \
      for (; i + 4 <= i1; i += 4) {                                                                    \
        const T *a = x + i * ldx, *b = a + ldx, *c = b + ldx, *d = c + ldx;                            \
        for (size_t j = 0; j < width; j++) {                                                           \
          LANE u = STEP(lane[j], a[j]);                                                                \
          u = STEP(u, b[j]);                                                                           \
          u = STEP(u, c[j]);                                                                           \
          lane[j] = STEP(u, d[j]);                                                                     \
        }                                                                                              \
      }                                                                                                \
      for (; i < i1; i++) { const T *a = x + i * ldx; for (size_t j = 0; j < width; j++) lane[j] = STEP(lane[j], a[j]); } \
      for (size_t j = 0; j < width; j++) total[j] = COMBINE(total[j], lane[j]);                        \
    }                                                                                                  \
  }
FOLD(sum, T, 0, ADD, ADD)
FOLD(sum_absolute, T, 0, ADD_ABSOLUTE, ADD)
FOLD(sum_squares, double, 0, ADD_SQUARE, ADD)
FOLD(product, double, 1, MULTIPLY, MULTIPLY)
#define LARGER(u, v) ((u) != (u) ? (u) : ((v) > (u) || (v) != (v) ? (v) : (u)))
#define SMALLER(u, v) ((u) != (u) ? (u) : ((v) < (u) || (v) != (v) ? (v) : (u)))
#define LARGER_ABSOLUTE(u, v) LARGER(u, NAME(absolute)(v))
FOLD(largest, T, -INFINITY, LARGER, LARGER)
FOLD(smallest, T, INFINITY, SMALLER, SMALLER)
FOLD(largest_absolute, T, 0, LARGER_ABSOLUTE, LARGER)
#undef FOLD

static double NAME(sum)(size_t n, const T *x) { return NAME(fold_sum)(n, x); }

#define EACH_FOLD(CASE)                                      \
  switch (op) {                                              \
    case kappa_fold_sum: CASE(sum)                           \
    case kappa_fold_sum_absolute: CASE(sum_absolute)         \
    case kappa_fold_sum_squares: CASE(sum_squares)           \
    case kappa_fold_product: CASE(product)                   \
    case kappa_fold_largest: CASE(largest)                   \
    case kappa_fold_smallest: CASE(smallest)                 \
    default: CASE(largest_absolute)                          \
  }
#define CASE(f) return NAME(fold_##f)(n, x);
static double NAME(fold)(int op, size_t n, const T *x) { EACH_FOLD(CASE) }
#undef CASE

#define CASE(f) NAME(fold_strip_##f)(rows, width, x, ldx, total); return;
static void NAME(fold_strip)(int op, size_t rows, size_t width, const T *x, size_t ldx, double *total) { EACH_FOLD(CASE) }
#undef CASE
#undef EACH_FOLD

static double NAME(fold_pair)(int op, double u, double v) {
  switch (op) {
    case kappa_fold_sum: case kappa_fold_sum_absolute: case kappa_fold_sum_squares: return u + v;
    case kappa_fold_product: return u * v;
    case kappa_fold_smallest: return SMALLER(u, v);
    default: return LARGER(u, v);
  }
}

static void NAME(fold_columns)(int op, size_t rows, size_t columns, const T *x, size_t ldx, double *out) {
  enum { strip = 1024 };
  if (columns == ldx && columns <= 32 && rows >= 512) {
    // Several short rows make one long enough for vectors; their columns are put together at the end.
    size_t group = 64 / columns, wide = group * columns, full = rows / group;
    double total[64], rest[64];
    NAME(fold_strip)(op, full, wide, x, wide, total);
    NAME(fold_strip)(op, rows - full * group, columns, x + full * wide, columns, rest);
    for (size_t j = 0; j < columns; j++) {
      double v = rest[j];
      for (size_t g = 0; g < group; g++) v = NAME(fold_pair)(op, v, total[g * columns + j]);
      out[j] = v;
    }
    return;
  }
  for (size_t j0 = 0; j0 < columns; j0 += strip)
    NAME(fold_strip)(op, rows, columns - j0 < strip ? columns - j0 : strip, x + j0, ldx, out + j0);
}

static void NAME(deviation)(size_t n, const T *x, double mean, double *out) {
  T m = (T)mean;
  double squares = 0, drift = 0;
  for (size_t i0 = 0; i0 < n; i0 += NAME(block)) {
    size_t i1 = n - i0 < NAME(block) ? n : i0 + NAME(block), i = i0;
    T s[NAME(lanes)] = {0}, d[NAME(lanes)] = {0};
    for (; i + NAME(lanes) <= i1; i += NAME(lanes))
      for (size_t k = 0; k < NAME(lanes); k++) { T v = x[i + k] - m; d[k] += v; s[k] += v * v; }
    for (size_t k = 0; i < i1; i++, k++) { T v = x[i] - m; d[k] += v; s[k] += v * v; }
    for (size_t k = 0; k < NAME(lanes); k++) squares += s[k], drift += d[k];
  }
  out[0] = squares, out[1] = drift;
}

static void NAME(deviation_columns)(size_t rows, size_t columns, const T *x, size_t ldx, const double *mean, double *squared, double *drifted) {
  enum { strip = 128, run = 64 };
  for (size_t j0 = 0; j0 < columns; j0 += strip) {
    size_t width = columns - j0 < strip ? columns - j0 : strip;
    double squares[strip] = {0}, drift[strip] = {0};
    T m[strip];
    for (size_t j = 0; j < width; j++) m[j] = (T)mean[j0 + j];
    for (size_t i0 = 0; i0 < rows; i0 += run) {
      size_t i1 = rows - i0 < run ? rows : i0 + run;
      T s[strip] = {0}, d[strip] = {0};
      for (size_t i = i0; i < i1; i++) {
        const T *a = x + i * ldx + j0;
        for (size_t j = 0; j < width; j++) { T v = a[j] - m[j]; d[j] += v; s[j] += v * v; }
      }
      for (size_t j = 0; j < width; j++) squares[j] += s[j], drift[j] += d[j];
    }
    for (size_t j = 0; j < width; j++) squared[j0 + j] = squares[j], drifted[j0 + j] = drift[j];
  }
}

static void NAME(sum_columns)(size_t rows, size_t columns, const T *x, size_t ldx, T scale, int accumulate, T *out) {
  enum { strip = 1024 };
  for (size_t j0 = 0; j0 < columns; j0 += strip) {
    size_t width = columns - j0 < strip ? columns - j0 : strip;
    double total[strip];
    NAME(fold_strip_sum)(rows, width, x + j0, ldx, total);
    for (size_t j = 0; j < width; j++) out[j0 + j] = (T)(scale * total[j]) + (accumulate ? out[j0 + j] : (T)0);
  }
}

// Sixteen comparisons at a time: a loop with one running maximum may not be reordered, so it would not vectorise.
#define IGNORING_NAN(u, v) ((v) > (u) ? (v) : (u))
#define EXTREME(f, RULE)                                                                   \
  static T NAME(f)(size_t n, const T *x) {                                                 \
    T best = x[0];                                                                         \
    size_t i = 0;                                                                          \
    if (n >= 2 * NAME(lanes)) {                                                            \
      T lane[NAME(lanes)];                                                                 \
      memcpy(lane, x, sizeof lane);                                                        \
      for (i = NAME(lanes); i + NAME(lanes) <= n; i += NAME(lanes))                        \
        for (size_t k = 0; k < NAME(lanes); k++) { T v = x[i + k]; lane[k] = RULE(lane[k], v); } \
      for (size_t k = 0; k < NAME(lanes); k++) best = RULE(best, lane[k]);                 \
    }                                                                                      \
    for (; i < n; i++) best = RULE(best, x[i]);                                            \
    return best;                                                                           \
  }
EXTREME(largest, LARGER)
EXTREME(smallest, SMALLER)
EXTREME(row_largest, IGNORING_NAN)
#undef EXTREME
#undef IGNORING_NAN

/// Where the largest (or smallest) element first stands; a NaN counts as beyond all.
static size_t NAME(argument)(int largest, size_t n, const T *x) {
  T best = largest ? NAME(largest)(n, x) : NAME(smallest)(n, x);
  size_t i = 0;
  // Whole blocks are only asked whether they hold it.
  for (; i + NAME(lanes) <= n; i += NAME(lanes)) {
    UINT found = 0;
    for (size_t k = 0; k < NAME(lanes); k++) { T v = x[i + k]; found |= (UINT)(best == best ? v == best : v != v); }
    if (found) break;
  }
  for (; i < n; i++) if (best == best ? x[i] == best : x[i] != x[i]) return i;
  return 0;
}

static void NAME(argument_columns)(int largest, size_t rows, size_t columns, const T *x, size_t ldx, int32_t *out) {
  enum { strip = 128 };
  T sign = largest ? (T)1 : (T)-1;
  for (size_t j0 = 0; j0 < columns; j0 += strip) {
    size_t width = columns - j0 < strip ? columns - j0 : strip;
    T best[strip];
    UINT at[strip] = {0};
    for (size_t j = 0; j < width; j++) best[j] = sign * x[j0 + j];
    for (size_t i = 1; i < rows; i++) {
      const T *a = x + i * ldx + j0;
      for (size_t j = 0; j < width; j++) {
        T v = sign * a[j], u = best[j];
        int better = (v > u) | ((v != v) & (u == u));
        best[j] = better ? v : u;
        at[j] = better ? (UINT)i : at[j];
      }
    }
    for (size_t j = 0; j < width; j++) out[j0 + j] = (int32_t)at[j];
  }
}

static int NAME(all_finite)(size_t n, const T *x) {
  // x - x is 0 for finite x and NaN otherwise.
  T bad = 0;
  for (size_t i = 0; i < n; i++) bad = (x[i] - x[i]) != (T)0 ? (T)1 : bad;
  return bad == (T)0;
}

static void NAME(softmax_rows)(size_t rows, size_t columns, const T *x, T *out) {
  for (size_t r = 0; r < rows; r++, x += columns, out += columns) {
    T top = NAME(row_largest)(columns, x);
    FOR_EACH_INTERLEAVED(j, columns, { out[j] = NAME(exp_)(x[j] - top); })
    T scale = (T)(1 / NAME(sum)(columns, out));
    for (size_t j = 0; j < columns; j++) out[j] *= scale;
  }
}

/// log of the sum of e^(x - top), where top is the largest element.
static T NAME(shifted_log_sum_exp)(size_t columns, const T *x, T *largest) {
  T top = NAME(row_largest)(columns, x);
  if (top == (T)INFINITY || top == (T)-INFINITY) top = 0;  // e^(inf - inf) would be NaN
  double total = 0;
  for (size_t j0 = 0; j0 < columns; j0 += 256) {
    size_t width = columns - j0 < 256 ? columns - j0 : 256;
    T e[256];
    FOR_EACH_INTERLEAVED(j, width, { e[j] = NAME(exp_)(x[j0 + j] - top); })
    total += NAME(block_sum)(width, e);
  }
  *largest = top;
  return (T)log(total);
}

static void NAME(log_sum_exp_rows)(size_t rows, size_t columns, const T *x, T *out) {
  for (size_t r = 0; r < rows; r++, x += columns) {
    T top = 0;
    out[r] = columns == 0 ? (T)-INFINITY : NAME(shifted_log_sum_exp)(columns, x, &top);
    out[r] += top;
  }
}

// Running totals of a strip of columns, in double precision, so that memory is read along its rows.
#define CUMULATIVE(f, start, STEP)                                                                                     \
  static void NAME(f)(size_t count, size_t inner, const T *x, size_t ldx, int reversed, T *out) {                      \
    enum { strip = 64 };                                                                                               \
    for (size_t j0 = 0; j0 < inner; j0 += strip) {                                                                     \
      size_t width = inner - j0 < strip ? inner - j0 : strip;                                                          \
      double total[strip];                                                                                             \
      for (size_t j = 0; j < width; j++) total[j] = start;                                                             \
      for (size_t i = 0; i < count; i++) {                                                                             \
        size_t at = (reversed ? count - 1 - i : i) * ldx + j0;                                                         \
        for (size_t j = 0; j < width; j++) { total[j] STEP x[at + j]; out[at + j] = (T)total[j]; }                     \
      }                                                                                                                \
    }                                                                                                                  \
  }
CUMULATIVE(cumulative_sum, 0, +=)
CUMULATIVE(cumulative_product, 1, *=)
#undef CUMULATIVE
