// One-pass updates of parameters and of the running statistics of diagonal preconditioners.
#ifndef KAPPA_UPDATE_H
#define KAPPA_UPDATE_H

#include <stddef.h>

/// theta[i] -= rate scale[i] g[i].
void kappa_descend_scaled_f32(size_t n, float rate, const float *_Nonnull scale, const float *_Nonnull g, float *_Nonnull theta);
void kappa_descend_scaled_f64(size_t n, double rate, const double *_Nonnull scale, const double *_Nonnull g, double *_Nonnull theta);

/// out[i] = theta[i] - rate scale[i] g[i], or theta[i] - rate g[i] if `scale` is NULL; 1 if all of `out` is finite, else 0.
/// `out` may be `g`.
int kappa_descend_checked_f32(size_t n, float rate, const float *_Nullable scale, const float *_Nonnull g, const float *_Nonnull theta, float *_Nonnull out);
int kappa_descend_checked_f64(size_t n, double rate, const double *_Nullable scale, const double *_Nonnull g, const double *_Nonnull theta, double *_Nonnull out);

/// mean[i] = decay mean[i] + weight a[i] b[i].
void kappa_decayed_product_f32(size_t n, float decay, float weight, const float *_Nonnull a, const float *_Nonnull b, float *_Nonnull mean);
void kappa_decayed_product_f64(size_t n, double decay, double weight, const double *_Nonnull a, const double *_Nonnull b, double *_Nonnull mean);

enum kappa_inverse { kappa_inverse_root_outside, kappa_inverse_root_inside, kappa_inverse_absolute };

/// With m = c mean[i]: scale[i] = 1 / (sqrt(m) + damping), 1 / sqrt(m + damping) or 1 / (|m| + damping);
/// a divisor below the least normal number counts as that, so a scale is finite for finite m.
void kappa_inverse_scale_f32(int kind, size_t n, float c, float damping, const float *_Nonnull mean, float *_Nonnull scale);
void kappa_inverse_scale_f64(int kind, size_t n, double c, double damping, const double *_Nonnull mean, double *_Nonnull scale);

/// The two above in one pass, to a place of its own: next[i] = decay mean[i] + weight a[i] b[i], and scale[i] of m = c next[i]; 1 if all of
/// `next` is finite, else 0.
int kappa_refresh_scale_f32(int kind, size_t n, float decay, float weight, float c, float damping, const float *_Nonnull a, const float *_Nonnull b, const float *_Nonnull mean, float *_Nonnull next, float *_Nonnull scale);
int kappa_refresh_scale_f64(int kind, size_t n, double decay, double weight, double c, double damping, const double *_Nonnull a, const double *_Nonnull b, const double *_Nonnull mean, double *_Nonnull next, double *_Nonnull scale);

#endif
