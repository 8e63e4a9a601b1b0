#include "kappa_pooling.h"

#define KAPPA_TEMPLATE "pooling.h"
#include "template/for_each_variant.h"

#define AVERAGE(T) (const struct kappa_pooling *p, size_t planes, const T *x, T *y)
KAPPA_DEFINE(void, average_pool, AVERAGE, (p, planes, x, y))
KAPPA_DEFINE(void, average_pool_adjoint, AVERAGE, (p, planes, x, y))

#define MAXIMUM(T) (const struct kappa_pooling *p, size_t planes, const T *x, T *y, int32_t *position)
KAPPA_DEFINE(void, max_pool, MAXIMUM, (p, planes, x, y, position))

#define PLANES(T) (size_t planes, size_t size, size_t count, const T *from, const int32_t *position, T *to)
KAPPA_DEFINE(int, gather_planes, PLANES, (planes, size, count, from, position, to))
KAPPA_DEFINE(int, scatter_planes, PLANES, (planes, size, count, from, position, to))
