// Pooling over windows of images. Windows lie wholly inside: (out_height - 1) stride_height + window_height <= height,
// columns alike. A plane is one channel of one image.
#ifndef KAPPA_POOLING_H
#define KAPPA_POOLING_H

#include <stddef.h>
#include <stdint.h>

struct kappa_pooling {
  ptrdiff_t height, width;
  ptrdiff_t window_height, window_width;
  ptrdiff_t stride_height, stride_width;
  ptrdiff_t out_height, out_width;
};

/// y[plane, i, j] = the mean of the window.
void kappa_average_pool_f32(const struct kappa_pooling *_Nonnull p, size_t planes, const float *_Nonnull x, float *_Nonnull y);
void kappa_average_pool_f64(const struct kappa_pooling *_Nonnull p, size_t planes, const double *_Nonnull x, double *_Nonnull y);

/// The adjoint: x[plane, ...] = the sum over the windows that hold the element of u / window size.
void kappa_average_pool_adjoint_f32(const struct kappa_pooling *_Nonnull p, size_t planes, const float *_Nonnull u, float *_Nonnull x);
void kappa_average_pool_adjoint_f64(const struct kappa_pooling *_Nonnull p, size_t planes, const double *_Nonnull u, double *_Nonnull x);

/// y = the largest element of each window, the first NaN if there is one; position = where it lies in its plane, in
/// row-major order, the first place if there are several.
void kappa_max_pool_f32(const struct kappa_pooling *_Nonnull p, size_t planes, const float *_Nonnull x, float *_Nonnull y, int32_t *_Nonnull position);
void kappa_max_pool_f64(const struct kappa_pooling *_Nonnull p, size_t planes, const double *_Nonnull x, double *_Nonnull y, int32_t *_Nonnull position);

/// y[plane, i] = x[plane, position[plane, i]], i < count; planes of x hold `size` elements. Returns 0 and stops early when a position is outside.
int kappa_gather_planes_f32(size_t planes, size_t size, size_t count, const float *_Nonnull x, const int32_t *_Nonnull position, float *_Nonnull y);
int kappa_gather_planes_f64(size_t planes, size_t size, size_t count, const double *_Nonnull x, const int32_t *_Nonnull position, double *_Nonnull y);

/// The adjoint: x[plane, k] = the sum of u[plane, i] over all i with position[plane, i] = k. Returns as `gather_planes`.
int kappa_scatter_planes_f32(size_t planes, size_t size, size_t count, const float *_Nonnull u, const int32_t *_Nonnull position, float *_Nonnull x);
int kappa_scatter_planes_f64(size_t planes, size_t size, size_t count, const double *_Nonnull u, const int32_t *_Nonnull position, double *_Nonnull x);

#endif
