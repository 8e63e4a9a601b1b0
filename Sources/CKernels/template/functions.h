// Elementary functions of one scalar, branch-free so that the loops around them vectorise. The polynomials are
// Taylor series on the reduced range, long enough that truncation stays below rounding; so the coefficients are
// the reciprocal factorials and odd numbers one expects. Errors are measured by Tests/TensorTests/ElementaryFunctionTests.
static inline UINT NAME(bits)(T x) { UINT u; memcpy(&u, &x, sizeof u); return u; }
static inline T NAME(from_bits)(UINT u) { T x; memcpy(&x, &u, sizeof x); return x; }
static inline T NAME(fma_)(T a, T b, T c) { return a * b + c; }
static inline T NAME(absolute)(T x) { return __builtin_elementwise_abs(x); }

/// x rounded to an integer, as a scalar with that integer in its low mantissa bits; |x| < 2^(mantissa bits - 2).
static inline T NAME(rounding)(T x) { return x + ROUND_MAGIC; }
/// 2^n for the integer n held by `shifted` (see `rounding`), within the normal exponents.
static inline T NAME(power_of_two)(T shifted) {
  return NAME(from_bits)((NAME(bits)(shifted) + EXPONENT_BIAS) << MANTISSA_BITS);
}

/// (e^r - 1 - r) / r^2 for |r| <= ln2 / 2.
static inline T NAME(exp_tail)(T r) {
#if IS_FLOAT
  // Pairs first (Estrin): a loop over short polynomials waits for the longest chain of additions.
  T z = r * r;
  T p = NAME(fma_)(r, (T)(1.0 / 5040), (T)(1.0 / 720));
  p = NAME(fma_)(p, z, NAME(fma_)(r, (T)(1.0 / 120), (T)(1.0 / 24)));
  return NAME(fma_)(p, z, NAME(fma_)(r, (T)(1.0 / 6), (T)0.5));
#else
  T p = (T)(1.0 / 6227020800.0);
  p = NAME(fma_)(p, r, (T)(1.0 / 479001600));
  p = NAME(fma_)(p, r, (T)(1.0 / 39916800));
  p = NAME(fma_)(p, r, (T)(1.0 / 3628800));
  p = NAME(fma_)(p, r, (T)(1.0 / 362880));
  p = NAME(fma_)(p, r, (T)(1.0 / 40320));
  p = NAME(fma_)(p, r, (T)(1.0 / 5040));
  p = NAME(fma_)(p, r, (T)(1.0 / 720));
  p = NAME(fma_)(p, r, (T)(1.0 / 120));
  p = NAME(fma_)(p, r, (T)(1.0 / 24));
  p = NAME(fma_)(p, r, (T)(1.0 / 6));
  return NAME(fma_)(p, r, (T)0.5);
#endif
}

static inline T NAME(exp_)(T x) {
  // Beyond these bounds the result is infinity or zero anyway; NaN passes both comparisons.
  x = x > EXP_HIGH ? EXP_HIGH : x;
  x = x < EXP_LOW ? EXP_LOW : x;
  T shifted = NAME(rounding)(x * (T)1.4426950408889634074);
  T n = shifted - ROUND_MAGIC;
  T r = NAME(fma_)(-n, LN2_HIGH, x);
  r = NAME(fma_)(-n, LN2_LOW, r);
  T p = NAME(fma_)(r * r, NAME(exp_tail)(r), r) + (T)1;
  // Two factors, because 2^n itself may be too large or subnormal.
#if IS_FLOAT
  int32_t all = (int32_t)(NAME(bits)(shifted) - NAME(bits)(ROUND_MAGIC)), half = all >> 1;
  return p * NAME(from_bits)((UINT)(half + EXPONENT_BIAS) << MANTISSA_BITS)
    * NAME(from_bits)((UINT)(all - half + EXPONENT_BIAS) << MANTISSA_BITS);
#else
  // AVX2 cannot halve signed 64-bit integers.
  T half = NAME(rounding)(n * (T)0.5);
  T rest = NAME(rounding)(n - (half - ROUND_MAGIC));
  return p * NAME(power_of_two)(half) * NAME(power_of_two)(rest);
#endif
}

/// e^x in one scaling: zero where the result is below 2^(-bias + 1/2), infinite above 2^(bias + 1/2), for uses that add it to 1.
static inline T NAME(exp_flushed)(T x) {
  x = x > EXP_HIGH ? EXP_HIGH : x;
  x = x < EXP_FLUSH ? EXP_FLUSH : x;
  T shifted = NAME(rounding)(x * (T)1.4426950408889634074);
  T n = shifted - ROUND_MAGIC;
  T r = NAME(fma_)(-n, LN2_HIGH, x);
  r = NAME(fma_)(-n, LN2_LOW, r);
  // At the ends the factor's exponent field is all zeros or all ones: zero or infinity.
  return (NAME(fma_)(r * r, NAME(exp_tail)(r), r) + (T)1) * NAME(power_of_two)(shifted);
}

static inline T NAME(expm1_)(T x) {
  // 2^n (q + 1) - 1 with q = e^r - 1, written so that n = 0 leaves q untouched.
  T clamped = x > EXP_HIGH ? EXP_HIGH : x;
  clamped = clamped < (T)-40 ? (T)-40 : clamped;
  T n = NAME(rounding)(clamped * (T)1.4426950408889634074) - ROUND_MAGIC;
  T r = NAME(fma_)(-n, LN2_HIGH, clamped);
  r = NAME(fma_)(-n, LN2_LOW, r);
  T q = NAME(fma_)(r * r, NAME(exp_tail)(r), r);
  T half = NAME(rounding)(n * (T)0.5);
  T rest = NAME(rounding)(n - (half - ROUND_MAGIC));
  T a = NAME(power_of_two)(half), b = NAME(power_of_two)(rest);
  T y = NAME(fma_)(a * q, b, NAME(fma_)(a, b, (T)-1));
  // Where 2^n is infinite though the result is not, the 1 is far below rounding.
  return n > (T)EXPONENT_BIAS ? NAME(fma_)(a, q, a) * b : y;
}

static inline T NAME(tanh_)(T x) {
  // tanh |x| = t / (t + 2), t = e^{2|x|} - 1; 1 to rounding beyond 20. No cancellation anywhere, so small x keeps its digits.
  T a = NAME(absolute)(x);
  a = a > (T)20 ? (T)20 : a;
  T y = a + a;
  T n = NAME(rounding)(y * (T)1.4426950408889634074);
  T m = n - ROUND_MAGIC;
  T r = NAME(fma_)(-m, LN2_HIGH, y);
  r = NAME(fma_)(-m, LN2_LOW, r);
  T q = NAME(fma_)(r * r, NAME(exp_tail)(r), r);
  T s = NAME(power_of_two)(n);
  T t = NAME(fma_)(s, q, s - (T)1);
  return __builtin_elementwise_copysign(t / (t + (T)2), x);
}

static inline T NAME(sigmoid_)(T x) { return (T)1 / ((T)1 + NAME(exp_flushed)(-x)); }

/// log(1 + f) - f for 1 + f in [sqrt(1/2), sqrt(2)], plus `extra` added where it loses nothing.
static inline T NAME(log_core)(T f, T extra) {
  // With s = f / (2 + f): log(1 + f) = 2 atanh s = f - h + s (h + R), h = f^2 / 2, R = 2 s^2 (1/3 + s^2/5 + ...).
  T s = f / ((T)2 + f), z = s * s, h = (T)0.5 * f * f;
#if IS_FLOAT
  T p = (T)(2.0 / 11);
#else
  T p = (T)(2.0 / 23);
  p = NAME(fma_)(p, z, (T)(2.0 / 21));
  p = NAME(fma_)(p, z, (T)(2.0 / 19));
  p = NAME(fma_)(p, z, (T)(2.0 / 17));
  p = NAME(fma_)(p, z, (T)(2.0 / 15));
  p = NAME(fma_)(p, z, (T)(2.0 / 13));
  p = NAME(fma_)(p, z, (T)(2.0 / 11));
#endif
  p = NAME(fma_)(p, z, (T)(2.0 / 9));
  p = NAME(fma_)(p, z, (T)(2.0 / 7));
  p = NAME(fma_)(p, z, (T)(2.0 / 5));
  p = NAME(fma_)(p, z, (T)(2.0 / 3));
  return NAME(fma_)(s, NAME(fma_)(z, p, h), extra) - h;
}

/// log x for positive, finite, normal x; `correction` is added at full precision.
static inline T NAME(log_normal)(T x, T correction) {
  UINT u = NAME(bits)(x) - SQRT_HALF_BITS;
  // The exponent e with x / 2^e in [sqrt(1/2), sqrt(2)), read without an integer conversion (AVX2 has none for 64 bits).
  UINT biased = (UINT)(u + ((UINT)(EXPONENT_BIAS + 1) << MANTISSA_BITS)) >> MANTISSA_BITS;
  T e = NAME(from_bits)(NAME(bits)(ROUND_MAGIC) + biased) - (ROUND_MAGIC + (T)(EXPONENT_BIAS + 1));
  T m = NAME(from_bits)((u & (((UINT)1 << MANTISSA_BITS) - 1)) + SQRT_HALF_BITS);
  T f = m - (T)1;
  T low = NAME(log_core)(f, NAME(fma_)(e, LN2_LOW, correction));
  return NAME(fma_)(e, LN2_HIGH, f + low);
}

static inline T NAME(log_)(T x) {
  T scaled = x < SMALLEST_NORMAL ? x * NORMALIZER : x;
  T y = NAME(log_normal)(scaled, (T)0);
  y = x < SMALLEST_NORMAL ? y - (T)NORMALIZER_EXPONENT * (T)0.69314718055994530942 : y;
  y = x == (T)0 ? (T)-INFINITY : y;
  y = x < (T)0 ? (T)NAN : y;
  return x < (T)INFINITY ? y : x;  // infinity and NaN
}

/// log(1 + u) for u > -1, exact to rounding for small u: the part of u that 1 + u drops comes back as a correction.
static inline T NAME(log1p_)(T u) {
  T w = (T)1 + u;
  T c = u > (T)1 ? (T)1 - (w - u) : u - (w - (T)1);
  T y = NAME(log_normal)(w, c / w);
  y = w == (T)1 ? u : y;
  y = u == (T)-1 ? (T)-INFINITY : y;
  y = u < (T)-1 ? (T)NAN : y;
  return u < (T)INFINITY ? y : u;
}

/// log(1 + u) for 0 <= u <= 1, which needs no exponent taken out.
static inline T NAME(log1p_unit)(T u) {
  // With s = u / (2 + u) <= 1/3 and z = s^2: log(1 + u) = 2 atanh s = 2 s + s z (2/3 + 2/5 z + ...), and 2 s = u - s u.
  T s = u / ((T)2 + u), z = s * s;
#if IS_FLOAT
  T p = (T)(2.0 / 13);
#else
  T p = (T)(2.0 / 33);
  p = NAME(fma_)(p, z, (T)(2.0 / 31));
  p = NAME(fma_)(p, z, (T)(2.0 / 29));
  p = NAME(fma_)(p, z, (T)(2.0 / 27));
  p = NAME(fma_)(p, z, (T)(2.0 / 25));
  p = NAME(fma_)(p, z, (T)(2.0 / 23));
  p = NAME(fma_)(p, z, (T)(2.0 / 21));
  p = NAME(fma_)(p, z, (T)(2.0 / 19));
  p = NAME(fma_)(p, z, (T)(2.0 / 17));
  p = NAME(fma_)(p, z, (T)(2.0 / 15));
  p = NAME(fma_)(p, z, (T)(2.0 / 13));
#endif
  p = NAME(fma_)(p, z, (T)(2.0 / 11));
  p = NAME(fma_)(p, z, (T)(2.0 / 9));
  p = NAME(fma_)(p, z, (T)(2.0 / 7));
  p = NAME(fma_)(p, z, (T)(2.0 / 5));
  p = NAME(fma_)(p, z, (T)(2.0 / 3));
  return u - s * NAME(fma_)(-z, p, u);
}

/// log(1 + e^x), without overflow and without losing a small result; NaN passes through e^-|x|.
static inline T NAME(softplus_)(T x) {
  return (x > (T)0 ? x : (T)0) + NAME(log1p_unit)(NAME(exp_flushed)(-NAME(absolute)(x)));
}

/// sin 2 pi t and cos 2 pi t for 0 <= t <= 1.
static inline void NAME(sine_cosine_of_turn)(T t, T *sine, T *cosine) {
  T q = NAME(rounding)(t * (T)4) - ROUND_MAGIC;  // the nearest quarter turn, 0 ... 4
  T a = (t - q * (T)0.25) * (T)6.28318530717958647692, z = a * a;
#if IS_FLOAT
  T s = (T)(1.0 / 362880), c = (T)(1.0 / 40320);
#else
  T s = (T)(1.0 / 355687428096000), c = (T)(1.0 / 20922789888000);
  s = NAME(fma_)(s, z, (T)(-1.0 / 1307674368000)), c = NAME(fma_)(c, z, (T)(-1.0 / 87178291200));
  s = NAME(fma_)(s, z, (T)(1.0 / 6227020800)), c = NAME(fma_)(c, z, (T)(1.0 / 479001600));
  s = NAME(fma_)(s, z, (T)(-1.0 / 39916800)), c = NAME(fma_)(c, z, (T)(-1.0 / 3628800));
  s = NAME(fma_)(s, z, (T)(1.0 / 362880)), c = NAME(fma_)(c, z, (T)(1.0 / 40320));
#endif
  s = NAME(fma_)(s, z, (T)(-1.0 / 5040)), c = NAME(fma_)(c, z, (T)(-1.0 / 720));
  s = NAME(fma_)(s, z, (T)(1.0 / 120)), c = NAME(fma_)(c, z, (T)(1.0 / 24));
  s = NAME(fma_)(s, z, (T)(-1.0 / 6)), c = NAME(fma_)(c, z, (T)-0.5);
  s = NAME(fma_)(s * z, a, a), c = NAME(fma_)(c, z, (T)1);
  int odd = (q == (T)1) | (q == (T)3);
  T u = odd ? c : s, v = odd ? s : c;
  *sine = q >= (T)2 && q <= (T)3 ? -u : u;
  *cosine = q >= (T)1 && q <= (T)2 ? -v : v;
}

// Sine and cosine of x, reduced by multiples of pi / 2 that are subtracted in pieces: products of n with all but the last are exact.
/// The sine (quarter = 0) or cosine (quarter = 1) of x for |x| <= REDUCTION_LIMIT.
static inline T NAME(sine_or_cosine)(T x, T quarter) {
#if IS_FLOAT
  // In Double the remainder has 29 digits to spare.
  double wide = x;
  double n = wide * 0.63661977236758134308 + 0x1.8p52 - 0x1.8p52;
  T a = (T)((wide - n * 0x1.921fb544p+0) - n * 0x1.0b4611a626331p-34);
  T m = (T)n;
#else
  T n = NAME(rounding)(x * (T)0.63661977236758134308) - ROUND_MAGIC;
  T t = x - n * (T)0x1.921fb544p+0, w = n * (T)0x1.0b4611a6p-34;
  T r = t - w, low = (t - r) - w;
  T v = n * (T)0x1.3198a2ep-69;
  T a = r - v;
  low = ((r - a) - v) + low - n * (T)0x1.b839a252049c1p-104;
  a += low;
  T m = n;
#endif
  T z = a * a;
#if IS_FLOAT
  T s = (T)(1.0 / 362880), c = (T)(1.0 / 40320);
#else
  T s = (T)(1.0 / 355687428096000), c = (T)(1.0 / 20922789888000);
  s = NAME(fma_)(s, z, (T)(-1.0 / 1307674368000)), c = NAME(fma_)(c, z, (T)(-1.0 / 87178291200));
  s = NAME(fma_)(s, z, (T)(1.0 / 6227020800)), c = NAME(fma_)(c, z, (T)(1.0 / 479001600));
  s = NAME(fma_)(s, z, (T)(-1.0 / 39916800)), c = NAME(fma_)(c, z, (T)(-1.0 / 3628800));
  s = NAME(fma_)(s, z, (T)(1.0 / 362880)), c = NAME(fma_)(c, z, (T)(1.0 / 40320));
#endif
  s = NAME(fma_)(s, z, (T)(-1.0 / 5040)), c = NAME(fma_)(c, z, (T)(-1.0 / 720));
  s = NAME(fma_)(s, z, (T)(1.0 / 120)), c = NAME(fma_)(c, z, (T)(1.0 / 24));
  s = NAME(fma_)(s, z, (T)(-1.0 / 6)), c = NAME(fma_)(c, z, (T)-0.5);
  s = NAME(fma_)(s * z, a, a), c = NAME(fma_)(c, z, (T)1);
  // Quarter q modulo 4 from its lowest two bits.
  UINT q = NAME(bits)(NAME(rounding)(m + quarter));
  T y = q & 1 ? c : s;
  return q & 2 ? -y : y;
}
static inline T NAME(sine_)(T x) { return NAME(sine_or_cosine)(x, (T)0); }
static inline T NAME(cosine_)(T x) { return NAME(sine_or_cosine)(x, (T)1); }

/// e^(-h x^2) for h = 1 or 1/2, with x^2 to twice the precision: x = a + b, a of half the digits, so that a^2 is exact.
static inline T NAME(bell)(T x, T h) {
  x = NAME(absolute)(x);
  x = x > (T)40 ? (T)40 : x;
  T a = NAME(from_bits)(NAME(bits)(x) & ~(((UINT)1 << (MANTISSA_BITS / 2 + 1)) - 1));
  T r = -h * ((x - a) * (x + a));
  T e = NAME(exp_)(-h * a * a);
  return NAME(fma_)(e, NAME(fma_)(r * r, NAME(exp_tail)(r), r), e);
}

/// e^(z^2) erfc(z) for z >= 0, at most 1 and falling. (1 + 2 z) times it is a polynomial in q = (z - k) / (z + k) to rounding
/// (Shepherd & Laframboise's map, 1981); the coefficients come from interpolation at Chebyshev points in 60 digits.
static inline T NAME(scaled_erfc)(T z) {
#if IS_FLOAT
  T q = (z - (T)2.5) / (z + (T)2.5);
  T p = (T)-6.47106382e-5;
  p = NAME(fma_)(p, q, (T)-6.38943719e-5);
  p = NAME(fma_)(p, q, (T)0.000583476935);
  p = NAME(fma_)(p, q, (T)0.000463279844);
  p = NAME(fma_)(p, q, (T)-0.00435827723);
  p = NAME(fma_)(p, q, (T)0.000946808873);
  p = NAME(fma_)(p, q, (T)0.0327554827);
  p = NAME(fma_)(p, q, (T)-0.102970555);
  p = NAME(fma_)(p, q, (T)0.157630376);
  p = NAME(fma_)(p, q, (T)-0.0990242396);
  p = NAME(fma_)(p, q, (T)-0.122356769);
  p = NAME(fma_)(p, q, (T)1.26483818);
#else
  T q = (z - (T)4) / (z + (T)4);
  T p = (T)-2.764120233734578e-10;
  p = NAME(fma_)(p, q, (T)9.2976252637096597e-10);
  p = NAME(fma_)(p, q, (T)3.2323973445082033e-9);
  p = NAME(fma_)(p, q, (T)-1.2338731403798444e-8);
  p = NAME(fma_)(p, q, (T)-2.0725802488181962e-8);
  p = NAME(fma_)(p, q, (T)1.0631817593818148e-7);
  p = NAME(fma_)(p, q, (T)7.7719432410869128e-8);
  p = NAME(fma_)(p, q, (T)-8.2106479332973363e-7);
  p = NAME(fma_)(p, q, (T)2.9173425573089733e-7);
  p = NAME(fma_)(p, q, (T)5.7065782992407405e-6);
  p = NAME(fma_)(p, q, (T)-1.1221135665965907e-5);
  p = NAME(fma_)(p, q, (T)-2.4397731143023292e-5);
  p = NAME(fma_)(p, q, (T)0.00015062142608651945);
  p = NAME(fma_)(p, q, (T)-0.00019925715247265178);
  p = NAME(fma_)(p, q, (T)-0.00075777324359425761);
  p = NAME(fma_)(p, q, (T)0.0050319700691022558);
  p = NAME(fma_)(p, q, (T)-0.016197734062934771);
  p = NAME(fma_)(p, q, (T)0.037167515526338004);
  p = NAME(fma_)(p, q, (T)-0.066330365811860582);
  p = NAME(fma_)(p, q, (T)0.093732834999112639);
  p = NAME(fma_)(p, q, (T)-0.10103906603631812);
  p = NAME(fma_)(p, q, (T)0.068097054254668382);
  p = NAME(fma_)(p, q, (T)0.015379652102619974);
  p = NAME(fma_)(p, q, (T)-0.13962111684056228);
  p = NAME(fma_)(p, q, (T)1.2329951186255525);
#endif
  return p / ((T)1 + (T)2 * z);
}

/// erf x / x for |x| <= 1, z = x^2: the series of (-1)^k z^k / (k! (2 k + 1)) times 2 / sqrt pi.
static inline T NAME(erf_series)(T z) {
#if IS_FLOAT
  T p = (T)-1.63658447e-7;
  p = NAME(fma_)(p, z, (T)1.64621144e-6);
  p = NAME(fma_)(p, z, (T)-1.49256504e-5);
  p = NAME(fma_)(p, z, (T)0.00012055333);
  p = NAME(fma_)(p, z, (T)-0.000854832702);
  p = NAME(fma_)(p, z, (T)0.00522397763);
  p = NAME(fma_)(p, z, (T)-0.0268661706);
  p = NAME(fma_)(p, z, (T)0.112837917);
  p = NAME(fma_)(p, z, (T)-0.376126389);
  p = NAME(fma_)(p, z, (T)1.12837917);
#else
  T p = (T)-9.0639708428086725e-17;
  p = NAME(fma_)(p, z, (T)1.6342614095367152e-15);
  p = NAME(fma_)(p, z, (T)-2.7835162072109214e-14);
  p = NAME(fma_)(p, z, (T)4.4632242632864773e-13);
  p = NAME(fma_)(p, z, (T)-6.7113668551641104e-12);
  p = NAME(fma_)(p, z, (T)9.422759064650411e-11);
  p = NAME(fma_)(p, z, (T)-1.2290555301717927e-9);
  p = NAME(fma_)(p, z, (T)1.4807192815879217e-8);
  p = NAME(fma_)(p, z, (T)-1.6365844691234924e-7);
  p = NAME(fma_)(p, z, (T)1.6462114365889247e-6);
  p = NAME(fma_)(p, z, (T)-1.4925650358406251e-5);
  p = NAME(fma_)(p, z, (T)0.00012055332981789664);
  p = NAME(fma_)(p, z, (T)-0.00085483270234508528);
  p = NAME(fma_)(p, z, (T)0.0052239776254421878);
  p = NAME(fma_)(p, z, (T)-0.026866170645131252);
  p = NAME(fma_)(p, z, (T)0.11283791670955126);
  p = NAME(fma_)(p, z, (T)-0.37612638903183752);
  p = NAME(fma_)(p, z, (T)1.1283791670955126);
#endif
  return p;
}

static inline T NAME(erf_)(T x) {
  T a = NAME(absolute)(x);
  T far = (T)1 - NAME(bell)(a, (T)1) * NAME(scaled_erfc)(a > (T)40 ? (T)40 : a);
  T near = x * NAME(erf_series)(x * x);
  T y = a < (T)1 ? near : __builtin_elementwise_copysign(far, x);
  return x == x ? y : x;
}

/// x Phi(x) = x erfc(-x / sqrt 2) / 2, from the side where erfc is small.
static inline T NAME(gelu_)(T x) {
  T a = NAME(absolute)(x), z = a > (T)40 ? (T)40 : a;
  T tail = (T)0.5 * NAME(bell)(z, (T)0.5) * NAME(scaled_erfc)(z * (T)0.70710678118654752440);
  // One operation, that the loop's vectors and its rest round alike; z in place of x, as infinity times a tail of 0 is NaN.
  T y = NAME(fma_)(-z, tail, x > (T)0 ? x : (T)0);
  return x == x ? y : x;
}

static inline T NAME(gelu_tanh_)(T x) {
  // (1 + tanh u) / 2 = 1 / (1 + e^(-2u)) loses nothing for negative u. Below -40 the product with an infinite x would be NaN.
  T v = x < (T)-40 ? (T)-40 : x;
  T u = v * (T)1.5957691216057307117 * ((T)1 + (T)0.044715 * v * v);
  return v / ((T)1 + NAME(exp_)(-u));
}
