#include "reduction.h"

static void NAME(sigmoid_cross_entropy)(size_t rows, size_t columns, const T *z, const T *t, T *out) {
  enum { chunk = 256 };
  for (size_t r = 0; r < rows; r++, z += columns, t += columns) {
    double total = 0;
    for (size_t j0 = 0; j0 < columns; j0 += chunk) {
      size_t width = columns - j0 < chunk ? columns - j0 : chunk;
      T term[chunk];
      // softplus(z) - t z; e^-|z| in a loop of its own, so that each loop's constants stay in registers.
      FOR_EACH_INTERLEAVED(j, width, { term[j] = NAME(exp_flushed)(-NAME(absolute)(z[j0 + j])); })
      FOR_EACH_INTERLEAVED(j, width, {
        T x = z[j0 + j];
        term[j] = ((x > (T)0 ? x : (T)0) - t[j0 + j] * x) + NAME(log1p_unit)(term[j]);
      })
      total += NAME(block_sum)(width, term);
    }
    out[r] = (T)total;
  }
}

static void NAME(sigmoid_cross_entropy_gradient)(size_t rows, size_t columns, const T *g, const T *z, const T *t, T *out) {
  for (size_t r = 0; r < rows; r++, z += columns, t += columns, out += columns) {
    T w = g[r];
    FOR_EACH_INTERLEAVED(j, columns, { out[j] = w * (NAME(sigmoid_)(z[j]) - t[j]); })
  }
}

static void NAME(sigmoid_cross_entropy_gradient_tangent)(size_t rows, size_t columns, const T *g, const T *dg, const T *z, const T *t, const T *dz, T *out) {
  for (size_t r = 0; r < rows; r++, z += columns, t += columns, dz += columns, out += columns) {
    T w = g[r], dw = dg ? dg[r] : (T)0;
    if (dg)
      FOR_EACH(j, columns) { T s = NAME(sigmoid_)(z[j]); out[j] = w * s * ((T)1 - s) * dz[j] + dw * (s - t[j]); }
    else
      FOR_EACH(j, columns) { T s = NAME(sigmoid_)(z[j]); out[j] = w * s * ((T)1 - s) * dz[j]; }
  }
}

static void NAME(softmax_cross_entropy)(size_t rows, size_t columns, const T *z, const int32_t *label, T *out) {
  // The label's logit is taken off the largest one before the logarithm is added: large logits would swallow its digits.
  for (size_t r = 0; r < rows; r++, z += columns) {
    T top, rest = NAME(shifted_log_sum_exp)(columns, z, &top);
    out[r] = (top - z[label[r]]) + rest;
  }
}

static void NAME(softmax_cross_entropy_gradient)(size_t rows, size_t columns, const T *g, const T *z, const int32_t *label, T *out) {
  NAME(softmax_rows)(rows, columns, z, out);
  for (size_t r = 0; r < rows; r++, out += columns) {
    out[label[r]] -= (T)1;
    FOR_EACH(j, columns) out[j] *= g[r];
  }
}

static void NAME(softmax_cross_entropy_gradient_tangent)(size_t rows, size_t columns, const T *g, const T *dg, const T *z, const int32_t *label, const T *dz, T *out) {
  NAME(softmax_rows)(rows, columns, z, out);
  for (size_t r = 0; r < rows; r++, out += columns, dz += columns) {
    T inner = (T)NAME(dot)(columns, out, dz), w = g[r], dw = dg ? dg[r] : (T)0;
    FOR_EACH(j, columns) out[j] *= w * (dz[j] - inner) + dw;
    out[label[r]] -= dw;
  }
}
