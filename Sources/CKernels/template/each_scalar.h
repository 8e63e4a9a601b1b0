// Includes KAPPA_TEMPLATE for Float and for Double, with the constants that differ between them.
#define T float
#define UINT uint32_t
#define SUFFIX f32
#define IS_FLOAT 1
#define MANTISSA_BITS 23
#define EXPONENT_BIAS 127
#define ROUND_MAGIC 0x1.8p23f
#define LN2_HIGH 0x1.62ep-1f
#define LN2_LOW 0x1.0bfbe8p-15f
#define EXP_HIGH 89.0f
#define EXP_LOW -104.0f
#define EXP_FLUSH -88.0f
#define SMALLEST_NORMAL 0x1p-126f
#define NORMALIZER 0x1p24f
#define NORMALIZER_EXPONENT 24
#define SQRT_HALF_BITS 0x3f3504f3u
#define ONE_BITS 0x3f800000u
#define REDUCTION_LIMIT 65536.0f
#include KAPPA_TEMPLATE
#undef T
#undef UINT
#undef SUFFIX
#undef IS_FLOAT
#undef MANTISSA_BITS
#undef EXPONENT_BIAS
#undef ROUND_MAGIC
#undef LN2_HIGH
#undef LN2_LOW
#undef EXP_HIGH
#undef EXP_LOW
#undef EXP_FLUSH
#undef SMALLEST_NORMAL
#undef NORMALIZER
#undef NORMALIZER_EXPONENT
#undef SQRT_HALF_BITS
#undef ONE_BITS
#undef REDUCTION_LIMIT

#define T double
#define UINT uint64_t
#define SUFFIX f64
#define IS_FLOAT 0
#define MANTISSA_BITS 52
#define EXPONENT_BIAS 1023
#define ROUND_MAGIC 0x1.8p52
#define LN2_HIGH 0x1.62e42fefa3800p-1
#define LN2_LOW 0x1.ef35793c76730p-45
#define EXP_HIGH 710.0
#define EXP_LOW -746.0
#define EXP_FLUSH -709.0
#define SMALLEST_NORMAL 0x1p-1022
#define NORMALIZER 0x1p54
#define NORMALIZER_EXPONENT 54
#define SQRT_HALF_BITS 0x3fe6a09e667f3bcdull
#define ONE_BITS 0x3ff0000000000000ull
#define REDUCTION_LIMIT 1.5e6
#include KAPPA_TEMPLATE
#undef T
#undef UINT
#undef SUFFIX
#undef IS_FLOAT
#undef MANTISSA_BITS
#undef EXPONENT_BIAS
#undef ROUND_MAGIC
#undef LN2_HIGH
#undef LN2_LOW
#undef EXP_HIGH
#undef EXP_LOW
#undef EXP_FLUSH
#undef SMALLEST_NORMAL
#undef NORMALIZER
#undef NORMALIZER_EXPONENT
#undef SQRT_HALF_BITS
#undef ONE_BITS
#undef REDUCTION_LIMIT
