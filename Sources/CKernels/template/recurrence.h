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

// Kernels of tangents are compiled for both arrangements of a `kappa_cell_layout`: `shared` is a constant where they are inlined, and `v` the place
// of element j's value.
#define FOR_EACH_TANGENT(j, ...)                                \
  FOR_EACH_UNIT(j, {                                            \
    const size_t v = shared ? 0 : j;                            \
    __VA_ARGS__                                                 \
  })
// Directions fill whole vectors, or nearly.
#define FOR_EACH_DIRECTION(j, ...) _Pragma(WHOLE_UNITS) for (size_t j = 0; j < width; j++) __VA_ARGS__
#define BOTH_LAYOUTS(f, ...)                       \
  if (l->shared)                                   \
    NAME(f)(1, l, __VA_ARGS__);                    \
  else                                             \
    NAME(f)(0, l, __VA_ARGS__);
#define INLINED static inline __attribute__((always_inline)) void

static void NAME(tanh_tangent)(const kappa_cell_layout *l, const T *state, T *dgates) {
  const size_t width = l->width;
  for (size_t row = 0; row < l->rows; row++) {
    const T *h = state + row * l->states;
    T *d = dgates + row * l->dgates;
    if (l->shared) {
      const T slope = (T)1 - *h * *h;
      FOR_EACH_DIRECTION(j, d[j] *= slope;)
    } else {
      WRITE_EACH_UNIT(d, j, d[j] * ((T)1 - h[j] * h[j]))
    }
  }
}

static void NAME(tanh_cotangent_tangent)(const kappa_cell_layout *l, const T *state, const T *u, const T *dstate, const T *du, T *dw) {
  const size_t width = l->width;
  for (size_t row = 0; row < l->rows; row++) {
    const T *h = state + row * l->states, *g = u + row * l->states, *dh = dstate + row * l->dstates, *dg = du + row * l->dstates;
    T *to = dw + row * l->dgates;
    if (l->shared) {
      const T slope = (T)1 - *h * *h, curvature = (T)-2 * *g * *h;
      FOR_EACH_DIRECTION(j, to[j] = dg[j] * slope + curvature * dh[j];)
    } else {
      WRITE_EACH_UNIT(to, j, dg[j] * ((T)1 - h[j] * h[j]) - (T)2 * g[j] * h[j] * dh[j])
    }
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

INLINED NAME(lstm_tangent_)(const int shared, const kappa_cell_layout *l, const T *gates, const T *before, const T *squashed, const T *dgates, const T *dbefore, T *dcell, T *dstate) {
  const size_t width = l->width;
  for (size_t row = 0; row < l->rows; row++) {
    const T *a = gates + row * l->gates, *da = dgates + row * l->dgates;
    const size_t at = row * l->states, dat = row * l->dstates;
    FOR_EACH_TANGENT(j, {
      T i = a[v], f = a[l->groups + v], g = a[2 * l->groups + v], o = a[3 * l->groups + v], s = squashed[at + v];
      T di = i * ((T)1 - i) * da[j], df = f * ((T)1 - f) * da[l->dgroups + j], dg = ((T)1 - g * g) * da[2 * l->dgroups + j];
      T dout = o * ((T)1 - o) * da[3 * l->dgroups + j];
      T dc = f * dbefore[dat + j] + before[at + v] * df + g * di + i * dg;
      dcell[dat + j] = dc;
      dstate[dat + j] = s * dout + o * ((T)1 - s * s) * dc;
    })
  }
}

static void NAME(lstm_tangent)(const kappa_cell_layout *l, const T *gates, const T *before, const T *squashed, const T *dgates, const T *dbefore, T *dcell, T *dstate) {
  BOTH_LAYOUTS(lstm_tangent_, gates, before, squashed, dgates, dbefore, dcell, dstate)
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

INLINED NAME(lstm_cotangent_tangent_)(const int shared, const kappa_cell_layout *l, const T *gates, const T *before, const T *squashed, const T *dgates, const T *dbefore, const T *dcell, const T *u, const T *total, const T *du, T *dv, T *dw) {
  const size_t width = l->width;
  for (size_t row = 0; row < l->rows; row++) {
    const T *a = gates + row * l->gates, *da = dgates + row * l->dgates;
    T *b = dw + row * l->dgates;
    const size_t at = row * l->states, dat = row * l->dstates;
    FOR_EACH_TANGENT(j, {
      T i = a[v], f = a[l->groups + v], g = a[2 * l->groups + v], o = a[3 * l->groups + v], s = squashed[at + v];
      T h = u[at + v], c = total[at + v], p = before[at + v];
      T si = i * ((T)1 - i), sf = f * ((T)1 - f), sg = (T)1 - g * g, so = o * ((T)1 - o), sc = (T)1 - s * s;
      T di = si * da[j], df = sf * da[l->dgroups + j], dg = sg * da[2 * l->dgroups + j], dout = so * da[3 * l->dgroups + j];
      T ds = sc * dcell[dat + j], dp = dbefore[dat + j], dh = du[dat + j];
      T dc = dv[dat + j] + dh * o * sc + h * (dout * sc - (T)2 * o * s * ds);
      dv[dat + j] = dc * f + c * df;
      b[j] = dc * g * si + c * (dg * si + g * ((T)1 - (T)2 * i) * di);
      b[l->dgroups + j] = dc * p * sf + c * (dp * sf + p * ((T)1 - (T)2 * f) * df);
      b[2 * l->dgroups + j] = dc * i * sg + c * (di * sg - (T)2 * i * g * dg);
      b[3 * l->dgroups + j] = dh * s * so + h * (ds * so + s * ((T)1 - (T)2 * o) * dout);
    })
  }
}

static void NAME(lstm_cotangent_tangent)(const kappa_cell_layout *l, const T *gates, const T *before, const T *squashed, const T *dgates, const T *dbefore, const T *dcell, const T *u, const T *total, const T *du, T *dv, T *dw) {
  BOTH_LAYOUTS(lstm_cotangent_tangent_, gates, before, squashed, dgates, dbefore, dcell, u, total, du, dv, dw)
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

INLINED NAME(gru_tangent_)(const int shared, const kappa_cell_layout *l, const T *gates, const T *before, const T *dgates, const T *dbefore, T *dstate) {
  const size_t width = l->width;
  for (size_t row = 0; row < l->rows; row++) {
    const T *a = gates + row * l->gates, *da = dgates + row * l->dgates;
    const size_t at = row * l->states, dat = row * l->dstates;
    FOR_EACH_TANGENT(j, {
      T r = a[v], z = a[l->groups + v], m = a[2 * l->groups + v], n = a[3 * l->groups + v];
      T dr = r * ((T)1 - r) * da[j], dz = z * ((T)1 - z) * da[l->dgroups + j];
      T dn = ((T)1 - n * n) * (da[3 * l->dgroups + j] + dr * m + r * da[2 * l->dgroups + j]);
      dstate[dat + j] = dn + dz * (before[at + v] - n) + z * (dbefore[dat + j] - dn);
    })
  }
}

static void NAME(gru_tangent)(const kappa_cell_layout *l, const T *gates, const T *before, const T *dgates, const T *dbefore, T *dstate) {
  BOTH_LAYOUTS(gru_tangent_, gates, before, dgates, dbefore, dstate)
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

INLINED NAME(gru_cotangent_tangent_)(const int shared, const kappa_cell_layout *l, const T *gates, const T *before, const T *dgates, const T *dbefore, const T *u, const T *du, T *dv, T *dw) {
  const size_t width = l->width;
  for (size_t row = 0; row < l->rows; row++) {
    const T *a = gates + row * l->gates, *da = dgates + row * l->dgates;
    T *b = dw + row * l->dgates;
    const size_t at = row * l->states, dat = row * l->dstates;
    FOR_EACH_TANGENT(j, {
      T r = a[v], z = a[l->groups + v], m = a[2 * l->groups + v], n = a[3 * l->groups + v], h = u[at + v], dh = du[dat + j];
      T sr = r * ((T)1 - r), sz = z * ((T)1 - z), sn = (T)1 - n * n;
      T dr = sr * da[j], dz = sz * da[l->dgroups + j], dm = da[2 * l->dgroups + j], dn = sn * (da[3 * l->dgroups + j] + dr * m + r * dm);
      T e = h * ((T)1 - z) * sn, de = (dh * ((T)1 - z) - h * dz) * sn - (T)2 * h * ((T)1 - z) * n * dn;
      T d = before[at + v] - n;
      b[j] = de * m * sr + e * (dm * sr + m * ((T)1 - (T)2 * r) * dr);
      b[l->dgroups + j] = dh * d * sz + h * ((dbefore[dat + j] - dn) * sz + d * ((T)1 - (T)2 * z) * dz);
      b[2 * l->dgroups + j] = de * r + e * dr;
      b[3 * l->dgroups + j] = de;
      dv[dat + j] += dh * z + h * dz;
    })
  }
}

static void NAME(gru_cotangent_tangent)(const kappa_cell_layout *l, const T *gates, const T *before, const T *dgates, const T *dbefore, const T *u, const T *du, T *dv, T *dw) {
  BOTH_LAYOUTS(gru_cotangent_tangent_, gates, before, dgates, dbefore, u, du, dv, dw)
}

#undef INLINED
#undef BOTH_LAYOUTS
#undef FOR_EACH_DIRECTION
#undef FOR_EACH_TANGENT
#undef WRITE_EACH_UNIT
#undef FOR_EACH_UNIT
#undef WHOLE_UNITS
