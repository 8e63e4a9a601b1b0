// One-pass updates of parameters and of the running statistics of diagonal preconditioners.
#ifndef KAPPA_UPDATE_H
#define KAPPA_UPDATE_H

#include <stddef.h>

/// theta[i] -= rate scale[i] g[i].
void kappa_descend_scaled_f32(size_t n, float rate, const float *_Nonnull scale, const float *_Nonnull g, float *_Nonnull theta);
void kappa_descend_scaled_f64(size_t n, double rate, const double *_Nonnull scale, const double *_Nonnull g, double *_Nonnull theta);

/// mean[i] = decay mean[i] + weight a[i] b[i].
void kappa_decayed_product_f32(size_t n, float decay, float weight, const float *_Nonnull a, const float *_Nonnull b, float *_Nonnull mean);
void kappa_decayed_product_f64(size_t n, double decay, double weight, const double *_Nonnull a, const double *_Nonnull b, double *_Nonnull mean);

enum kappa_inverse { kappa_inverse_root_outside, kappa_inverse_root_inside, kappa_inverse_absolute };

/// With m = c mean[i]: scale[i] = 1 / (sqrt(m) + damping), 1 / sqrt(m + damping) or 1 / (|m| + damping);
/// a divisor below the least normal number counts as that, so a scale is finite for finite m.
void kappa_inverse_scale_f32(int kind, size_t n, float c, float damping, const float *_Nonnull mean, float *_Nonnull scale);
void kappa_inverse_scale_f64(int kind, size_t n, double c, double damping, const double *_Nonnull mean, double *_Nonnull scale);

#endif
