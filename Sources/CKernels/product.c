#include "kappa_product.h"

#define KAPPA_TEMPLATE "product.h"
#include "template/for_each_variant.h"

#define SMALL_PRODUCT(T) (size_t m, size_t n, size_t k, const T *a, size_t down, size_t across, const T *b, size_t ldb, int adds, T *c, size_t ldc)
KAPPA_DEFINE(void, small_product, SMALL_PRODUCT, (m, n, k, a, down, across, b, ldb, adds, c, ldc))
