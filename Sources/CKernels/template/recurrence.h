#include "functions.h"

// Rows are short (30 units are usual). What is left of them behind whole vectors is one masked vector, not a loop of scalars; whole ones go
// without masks, as masked stores of AVX2 are slow.
#if IS_FLOAT
#define WHOLE_UNITS "clang loop vectorize(assume_safety) vectorize_width(8) interleave_count(1)"
#else
#define WHOLE_UNITS "clang loop vectorize(assume_safety) vectorize_width(4) interleave_count(1)"
#endif
#define FOR_EACH_UNIT(j, ...)                                                                                              \
  {                                                                                                                        \
    const size_t whole_ = width & ~(size_t)(32 / sizeof(T) - 1);                                                           \
    _Pragma(WHOLE_UNITS) for (size_t j = 0; j < whole_; j++) __VA_ARGS__                                                   \
    _Pragma("clang loop vectorize(assume_safety) vectorize_predicate(enable) interleave_count(1)")                         \
    for (size_t j = whole_; j < width; j++) __VA_ARGS__                                                                    \
  }

// As above for one result, y[j] of what y and other rows hold at j: what is left is the row's last whole vector, computed before the others and
// written behind them.
#if IS_FLOAT
enum { NAME(lanes) = 8 };
#else
enum { NAME(lanes) = 4 };
#endif
#define WRITE_EACH_UNIT(y, j, value)                                                                             \
  {                                                                                                              \
    const size_t lanes_ = NAME(lanes), whole_ = width & ~(lanes_ - 1);                                           \
    if (whole_ == width || width < lanes_) {                                                                     \
      _Pragma(WHOLE_UNITS) for (size_t j = 0; j < whole_; j++) y[j] = (value);                                   \
      for (size_t j = whole_; j < width; j++) y[j] = (value);                                                    \
    } else {                                                                                                     \
      T end_[NAME(lanes)];                                                                                       \
      _Pragma(WHOLE_UNITS) for (size_t j = width - lanes_; j < width - lanes_ + NAME(lanes); j++)                \
          end_[j - (width - lanes_)] = (value);                                                                  \
      _Pragma(WHOLE_UNITS) for (size_t j = 0; j < whole_; j++) y[j] = (value);                                   \
      memcpy(y + width - lanes_, end_, sizeof end_);                                                             \
    }                                                                                                            \
  }

static void NAME(tanh_tangent)(size_t rows, size_t width, size_t apart, const T *state, T *dgates) {
  for (size_t row = 0; row < rows; row++) {
    const T *h = state + row * apart;
    T *d = dgates + row * width;
    WRITE_EACH_UNIT(d, j, d[j] * ((T)1 - h[j] * h[j]))
  }
}

static void NAME(tanh_cotangent_tangent)(size_t rows, size_t width, size_t apart, const T *state, const T *u, const T *dstate, const T *du, T *dw, size_t lddw) {
  for (size_t row = 0; row < rows; row++) {
    const T *h = state + row * apart, *g = u + row * apart, *dh = dstate + row * width, *dg = du + row * width;
    T *to = dw + row * lddw;
    WRITE_EACH_UNIT(to, j, dg[j] * ((T)1 - h[j] * h[j]) - (T)2 * g[j] * h[j] * dh[j])
  }
}

static void NAME(lstm_step)(size_t rows, size_t width, T *gates, const T *before, T *cell, T *squashed, T *state) {
  for (size_t row = 0; row < rows; row++) {
    T *a = gates + row * 4 * width;
    size_t at = row * width;
    FOR_EACH_UNIT(j, {
      T i = NAME(sigmoid_)(a[j]), f = NAME(sigmoid_)(a[width + j]), g = NAME(tanh_)(a[2 * width + j]);
      T o = NAME(sigmoid_)(a[3 * width + j]), c = f * before[at + j] + i * g, s = NAME(tanh_)(c);
      a[j] = i, a[width + j] = f, a[2 * width + j] = g, a[3 * width + j] = o;
      cell[at + j] = c, squashed[at + j] = s, state[at + j] = o * s;
    })
  }
}

static void NAME(lstm_tangent)(size_t rows, size_t width, const T *gates, const T *before, const T *squashed, const T *dgates, const T *dbefore, T *dcell, T *dstate) {
  for (size_t row = 0; row < rows; row++) {
    const T *a = gates + row * 4 * width, *da = dgates + row * 4 * width;
    size_t at = row * width;
    FOR_EACH_UNIT(j, {
      T i = a[j], f = a[width + j], g = a[2 * width + j], o = a[3 * width + j], s = squashed[at + j];
      T di = i * ((T)1 - i) * da[j], df = f * ((T)1 - f) * da[width + j], dg = ((T)1 - g * g) * da[2 * width + j];
      T dout = o * ((T)1 - o) * da[3 * width + j];
      T dc = f * dbefore[at + j] + before[at + j] * df + g * di + i * dg;
      dcell[at + j] = dc;
      dstate[at + j] = s * dout + o * ((T)1 - s * s) * dc;
    })
  }
}

static void NAME(lstm_cotangent)(size_t rows, size_t width, const T *gates, const T *before, const T *squashed, const T *u, T *v, T *total, T *w) {
  for (size_t row = 0; row < rows; row++) {
    const T *a = gates + row * 4 * width;
    T *b = w + row * 4 * width;
    size_t at = row * width;
    // Written twice where the total is kept: it may lie over v otherwise, which it precedes.
    T *kept = total ? total + at : v + at;
    FOR_EACH_UNIT(j, {
      T i = a[j], f = a[width + j], g = a[2 * width + j], o = a[3 * width + j], s = squashed[at + j], h = u[at + j];
      T c = v[at + j] + h * o * ((T)1 - s * s);
      kept[j] = c;
      v[at + j] = c * f;
      b[j] = c * g * i * ((T)1 - i);
      b[width + j] = c * before[at + j] * f * ((T)1 - f);
      b[2 * width + j] = c * i * ((T)1 - g * g);
      b[3 * width + j] = h * s * o * ((T)1 - o);
    })
  }
}

static void NAME(lstm_cotangent_tangent)(size_t rows, size_t width, const T *gates, const T *before, const T *squashed, const T *dgates, const T *dbefore, const T *dcell, const T *u, const T *total, const T *du, T *dv, T *dw) {
  for (size_t row = 0; row < rows; row++) {
    const T *a = gates + row * 4 * width, *da = dgates + row * 4 * width;
    T *b = dw + row * 4 * width;
    size_t at = row * width;
    FOR_EACH_UNIT(j, {
      T i = a[j], f = a[width + j], g = a[2 * width + j], o = a[3 * width + j], s = squashed[at + j];
      T h = u[at + j], c = total[at + j], p = before[at + j];
      T si = i * ((T)1 - i), sf = f * ((T)1 - f), sg = (T)1 - g * g, so = o * ((T)1 - o), sc = (T)1 - s * s;
      T di = si * da[j], df = sf * da[width + j], dg = sg * da[2 * width + j], dout = so * da[3 * width + j];
      T ds = sc * dcell[at + j], dp = dbefore[at + j], dh = du[at + j];
      T dc = dv[at + j] + dh * o * sc + h * (dout * sc - (T)2 * o * s * ds);
      dv[at + j] = dc * f + c * df;
      b[j] = dc * g * si + c * (dg * si + g * ((T)1 - (T)2 * i) * di);
      b[width + j] = dc * p * sf + c * (dp * sf + p * ((T)1 - (T)2 * f) * df);
      b[2 * width + j] = dc * i * sg + c * (di * sg - (T)2 * i * g * dg);
      b[3 * width + j] = dh * s * so + h * (ds * so + s * ((T)1 - (T)2 * o) * dout);
    })
  }
}

static void NAME(gru_step)(size_t rows, size_t width, T *gates, const T *before, T *state) {
  for (size_t row = 0; row < rows; row++) {
    T *a = gates + row * 4 * width;
    size_t at = row * width;
    FOR_EACH_UNIT(j, {
      T r = NAME(sigmoid_)(a[j]), z = NAME(sigmoid_)(a[width + j]);
      T n = NAME(tanh_)(a[3 * width + j] + r * a[2 * width + j]);
      a[j] = r, a[width + j] = z, a[3 * width + j] = n;
      state[at + j] = n + z * (before[at + j] - n);
    })
  }
}

static void NAME(gru_tangent)(size_t rows, size_t width, const T *gates, const T *before, const T *dgates, const T *dbefore, T *dstate) {
  for (size_t row = 0; row < rows; row++) {
    const T *a = gates + row * 4 * width, *da = dgates + row * 4 * width;
    size_t at = row * width;
    FOR_EACH_UNIT(j, {
      T r = a[j], z = a[width + j], m = a[2 * width + j], n = a[3 * width + j];
      T dr = r * ((T)1 - r) * da[j], dz = z * ((T)1 - z) * da[width + j];
      T dn = ((T)1 - n * n) * (da[3 * width + j] + dr * m + r * da[2 * width + j]);
      dstate[at + j] = dn + dz * (before[at + j] - n) + z * (dbefore[at + j] - dn);
    })
  }
}

static void NAME(gru_cotangent)(size_t rows, size_t width, const T *gates, const T *before, const T *u, T *v, T *w) {
  for (size_t row = 0; row < rows; row++) {
    const T *a = gates + row * 4 * width;
    T *b = w + row * 4 * width;
    size_t at = row * width;
    FOR_EACH_UNIT(j, {
      T r = a[j], z = a[width + j], m = a[2 * width + j], n = a[3 * width + j], h = u[at + j];
      T e = h * ((T)1 - z) * ((T)1 - n * n);
      b[j] = e * m * r * ((T)1 - r);
      b[width + j] = h * (before[at + j] - n) * z * ((T)1 - z);
      b[2 * width + j] = e * r;
      b[3 * width + j] = e;
      v[at + j] += h * z;
    })
  }
}

static void NAME(gru_cotangent_tangent)(size_t rows, size_t width, const T *gates, const T *before, const T *dgates, const T *dbefore, const T *u, const T *du, T *dv, T *dw) {
  for (size_t row = 0; row < rows; row++) {
    const T *a = gates + row * 4 * width, *da = dgates + row * 4 * width;
    T *b = dw + row * 4 * width;
    size_t at = row * width;
    FOR_EACH_UNIT(j, {
      T r = a[j], z = a[width + j], m = a[2 * width + j], n = a[3 * width + j], h = u[at + j], dh = du[at + j];
      T sr = r * ((T)1 - r), sz = z * ((T)1 - z), sn = (T)1 - n * n;
      T dr = sr * da[j], dz = sz * da[width + j], dm = da[2 * width + j], dn = sn * (da[3 * width + j] + dr * m + r * dm);
      T e = h * ((T)1 - z) * sn, de = (dh * ((T)1 - z) - h * dz) * sn - (T)2 * h * ((T)1 - z) * n * dn;
      T d = before[at + j] - n;
      b[j] = de * m * sr + e * (dm * sr + m * ((T)1 - (T)2 * r) * dr);
      b[width + j] = dh * d * sz + h * ((dbefore[at + j] - dn) * sz + d * ((T)1 - (T)2 * z) * dz);
      b[2 * width + j] = de * r + e * dr;
      b[3 * width + j] = de;
      dv[at + j] += dh * z + h * dz;
    })
  }
}

#undef WRITE_EACH_UNIT
#undef FOR_EACH_UNIT
#undef WHOLE_UNITS
