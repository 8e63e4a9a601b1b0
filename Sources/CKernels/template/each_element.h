// Includes KAPPA_TEMPLATE for every type a tensor may hold. Booleans are bytes, 0 or 1.
#define T float
#define SUFFIX f32
#define IS_INTEGER 0
#include KAPPA_TEMPLATE
#undef T
#undef SUFFIX

#define T double
#define SUFFIX f64
#include KAPPA_TEMPLATE
#undef T
#undef SUFFIX

#define T uint8_t
#define SUFFIX u8
#include KAPPA_TEMPLATE
#undef T
#undef SUFFIX
#undef IS_INTEGER

#define T int32_t
#define UNSIGNED uint32_t
#define SUFFIX i32
#define IS_INTEGER 1
#define MULTIPLY_OVERFLOWS(u, v, r) ((int64_t)(u) * (v) != (r))
#include KAPPA_TEMPLATE
#undef T
#undef UNSIGNED
#undef SUFFIX
#undef MULTIPLY_OVERFLOWS

#define T int64_t
#define UNSIGNED uint64_t
#define SUFFIX i64
static inline int __attribute__((unused)) NAME(multiply_overflows)(int64_t u, int64_t v) { int64_t r; return __builtin_mul_overflow(u, v, &r); }
#define MULTIPLY_OVERFLOWS(u, v, r) NAME(multiply_overflows)(u, v)
#include KAPPA_TEMPLATE
#undef T
#undef UNSIGNED
#undef SUFFIX
#undef MULTIPLY_OVERFLOWS
#undef IS_INTEGER
