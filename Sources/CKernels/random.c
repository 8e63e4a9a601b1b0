#include "kappa_random.h"

// Three ratios of polynomials: Wichura, Algorithm AS 241: the percentage points of the normal distribution, Applied Statistics 37 (1988).
double kappa_normal_quantile(double p) {
  static const double a[] = {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
                             4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3};
  static const double b[] = {1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
                             2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3};
  static const double c[] = {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
                             1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static const double d[] = {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
                             1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9};
  static const double e[] = {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
                             2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static const double f[] = {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
                             7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15};
  double q = p - 0.5, x, numerator = 0, denominator = 0;
  const double *over, *under;
  if (__builtin_fabs(q) <= 0.425) {
    x = 0.180625 - q * q, over = a, under = b;
  } else {
    double r = __builtin_sqrt(-__builtin_log(q < 0 ? p : 1 - p));
    if (r <= 5) x = r - 1.6, over = c, under = d;
    else x = r - 5, over = e, under = f;
  }
  for (int i = 7; i >= 0; i--) numerator = numerator * x + over[i], denominator = denominator * x + under[i];
  double ratio = numerator / denominator;
  return over == a ? q * ratio : q < 0 ? -ratio : ratio;
}

#define KAPPA_TEMPLATE "random.h"
#include "template/for_each_variant.h"

#define STREAM(T) (uint64_t key, uint64_t stream, uint64_t first, size_t n, T *out)
#define SCALED_STREAM(T) (uint64_t key, uint64_t stream, uint64_t first, size_t n, T offset, T scale, T *out)
#define BOUNDED_STREAM(T) (uint64_t key, uint64_t stream, uint64_t first, size_t n, T low, T width, T largest, T *out)
#define CHANCE_STREAM(T) (uint64_t key, uint64_t stream, uint64_t first, size_t n, uint64_t threshold, T *out)
#define QUANTILE_STREAM(T) (uint64_t key, uint64_t stream, uint64_t first, size_t n, const struct kappa_truncated_normal *law, T *out)
KAPPA_DEFINE(void, random_uniform, BOUNDED_STREAM, (key, stream, first, n, low, width, largest, out))
KAPPA_DEFINE(void, random_normal, SCALED_STREAM, (key, stream, first, n, offset, scale, out))
KAPPA_DEFINE(void, random_rademacher, STREAM, (key, stream, first, n, out))
KAPPA_DEFINE(void, random_bernoulli, CHANCE_STREAM, (key, stream, first, n, threshold, out))
KAPPA_DEFINE(void, random_truncated_normal, QUANTILE_STREAM, (key, stream, first, n, law, out))

void kappa_random_mask(uint64_t key, uint64_t stream, uint64_t first, size_t n, uint64_t threshold, bool *out) {
  KAPPA_SELECT(random_mask, f32, (key, stream, first, n, threshold, (uint8_t *)out));
}

/// The 64 bits that element `index` of the stream draws at its `attempt`-th try; see the header.
static uint64_t draw(uint64_t key, uint64_t stream, uint64_t index, uint64_t attempt) {
  uint32_t w[4];
  philox_f32_baseline(key, stream, index / 2 + (attempt << 56), &w[0], &w[1], &w[2], &w[3]);
  size_t half = 2 * (index % 2);
  return (uint64_t)w[half + 1] << 32 | w[half];
}

/// A number below `width` from 64 random bits: the upper half of a product (Lemire 2019). The lower half tells whether the bits are
/// among the few that would make some numbers likelier than others.
static uint64_t below(uint64_t width, uint64_t key, uint64_t stream, uint64_t index, uint64_t bits) {
  unsigned __int128 product = (unsigned __int128)bits * width;
  if (__builtin_expect((uint64_t)product < width, 0)) {
    uint64_t unfair = -width % width;
    for (uint64_t attempt = 1; (uint64_t)product < unfair; attempt++)
      product = (unsigned __int128)draw(key, stream, index, attempt) * width;
  }
  return (uint64_t)(product >> 64);
}

#define DEFINE_INTEGERS(T, suffix)                                                                                          \
  void kappa_random_integers_##suffix(uint64_t key, uint64_t stream, uint64_t first, size_t n, T low, uint64_t width, T *out) { \
    uint64_t bits[2 * batch_f32_baseline];                                                                                  \
    for (size_t done = 0; done < n; done += 2 * batch_f32_baseline) {                                                       \
      random_bits(key, stream, first + done, bits);                                                                   \
      size_t count = n - done < 2 * batch_f32_baseline ? n - done : 2 * batch_f32_baseline;                                 \
      for (size_t i = 0; i < count; i++)                                                                                    \
        out[done + i] = (T)((uint64_t)low + below(width, key, stream, first + done + i, bits[i]));                          \
    }                                                                                                                       \
  }

/// 128 words of 64 bits, those of elements first ... first + 127.
static void random_bits(uint64_t key, uint64_t stream, uint64_t first, uint64_t *out) {
  KAPPA_SELECT(random_bits, f32, (key, stream, first, out));
}
DEFINE_INTEGERS(int32_t, i32)
DEFINE_INTEGERS(int64_t, i64)

void kappa_philox(const uint32_t *counter, const uint32_t *key, uint32_t *out) {
  philox_f32_baseline((uint64_t)key[1] << 32 | key[0], (uint64_t)counter[3] << 32 | counter[2],
                      (uint64_t)counter[1] << 32 | counter[0], &out[0], &out[1], &out[2], &out[3]);
}
