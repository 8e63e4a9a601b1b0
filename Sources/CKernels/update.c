#include "kappa_update.h"

#define KAPPA_TEMPLATE "update.h"
#include "template/for_each_variant.h"

#define DESCEND(T) (size_t n, T rate, const T *scale, const T *g, T *theta)
KAPPA_DEFINE(void, descend_scaled, DESCEND, (n, rate, scale, g, theta))

#define DESCEND_CHECKED(T) (size_t n, T rate, const T *scale, const T *g, const T *theta, T *out)
KAPPA_DEFINE(int, descend_checked, DESCEND_CHECKED, (n, rate, scale, g, theta, out))

#define DECAYED(T) (size_t n, T decay, T weight, const T *a, const T *b, T *mean)
KAPPA_DEFINE(void, decayed_product, DECAYED, (n, decay, weight, a, b, mean))

#define INVERSE(T) (int kind, size_t n, T c, T damping, const T *mean, T *scale)
KAPPA_DEFINE(void, inverse_scale, INVERSE, (kind, n, c, damping, mean, scale))

#define REFRESH(T) \
  (int kind, size_t n, T decay, T weight, T c, T damping, const T *a, const T *b, const T *mean, T *next, T *scale)
KAPPA_DEFINE(int, refresh_scale, REFRESH, (kind, n, decay, weight, c, damping, a, b, mean, next, scale))
