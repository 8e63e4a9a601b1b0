#include "kappa_losses.h"
#include "kappa_reduction.h"

#define KAPPA_TEMPLATE "losses.h"
#include "template/for_each_variant.h"

#define SIGMOID_LOSS(T) (size_t rows, size_t columns, const T *z, const T *t, T *out)
KAPPA_DEFINE(void, sigmoid_cross_entropy, SIGMOID_LOSS, (rows, columns, z, t, out))

#define SIGMOID_GRADIENT(T) (size_t rows, size_t columns, const T *g, const T *z, const T *t, T *out)
KAPPA_DEFINE(void, sigmoid_cross_entropy_gradient, SIGMOID_GRADIENT, (rows, columns, g, z, t, out))

#define SIGMOID_TANGENT(T) (size_t rows, size_t columns, const T *g, const T *dg, const T *z, const T *t, const T *dz, T *out)
KAPPA_DEFINE(void, sigmoid_cross_entropy_gradient_tangent, SIGMOID_TANGENT, (rows, columns, g, dg, z, t, dz, out))

#define SOFTMAX_LOSS(T) (size_t rows, size_t columns, const T *z, const int32_t *label, T *out)
KAPPA_DEFINE(void, softmax_cross_entropy, SOFTMAX_LOSS, (rows, columns, z, label, out))

#define SOFTMAX_GRADIENT(T) (size_t rows, size_t columns, const T *g, const T *z, const int32_t *label, T *out)
KAPPA_DEFINE(void, softmax_cross_entropy_gradient, SOFTMAX_GRADIENT, (rows, columns, g, z, label, out))

#define SOFTMAX_TANGENT(T) (size_t rows, size_t columns, const T *g, const T *dg, const T *z, const int32_t *label, const T *dz, T *out)
KAPPA_DEFINE(void, softmax_cross_entropy_gradient_tangent, SOFTMAX_TANGENT, (rows, columns, g, dg, z, label, dz, out))
