// Loss functions on logits, a row an example: values and the gradients and tangents that are worth one pass.
// g holds a weight for each row (the cotangent of the row's loss); dg, its tangent, may be null.
#ifndef KAPPA_LOSSES_H
#define KAPPA_LOSSES_H

#include <stddef.h>
#include <stdint.h>

/// out[i] = sum_j softplus(z[i, j]) - t[i, j] z[i, j].
void kappa_sigmoid_cross_entropy_f32(size_t rows, size_t columns, const float *_Nonnull z, const float *_Nonnull t, float *_Nonnull out);
void kappa_sigmoid_cross_entropy_f64(size_t rows, size_t columns, const double *_Nonnull z, const double *_Nonnull t, double *_Nonnull out);

/// out[i, j] = g[i] (sigmoid(z[i, j]) - t[i, j]).
void kappa_sigmoid_cross_entropy_gradient_f32(size_t rows, size_t columns, const float *_Nonnull g, const float *_Nonnull z, const float *_Nonnull t, float *_Nonnull out);
void kappa_sigmoid_cross_entropy_gradient_f64(size_t rows, size_t columns, const double *_Nonnull g, const double *_Nonnull z, const double *_Nonnull t, double *_Nonnull out);

/// out[i, j] = g[i] s (1 - s) dz[i, j] + dg[i] (s - t[i, j]), s = sigmoid(z[i, j]). May run in place of dz.
void kappa_sigmoid_cross_entropy_gradient_tangent_f32(size_t rows, size_t columns, const float *_Nonnull g, const float *_Nullable dg, const float *_Nonnull z, const float *_Nonnull t, const float *_Nonnull dz, float *_Nonnull out);
void kappa_sigmoid_cross_entropy_gradient_tangent_f64(size_t rows, size_t columns, const double *_Nonnull g, const double *_Nullable dg, const double *_Nonnull z, const double *_Nonnull t, const double *_Nonnull dz, double *_Nonnull out);

/// out[i] = log sum_j e^{z[i, j]} - z[i, label[i]]; 0 <= label[i] < columns.
void kappa_softmax_cross_entropy_f32(size_t rows, size_t columns, const float *_Nonnull z, const int32_t *_Nonnull label, float *_Nonnull out);
void kappa_softmax_cross_entropy_f64(size_t rows, size_t columns, const double *_Nonnull z, const int32_t *_Nonnull label, double *_Nonnull out);

/// out[i, j] = g[i] (p[i, j] - [j = label[i]]), p[i, :] = softmax(z[i, :]).
void kappa_softmax_cross_entropy_gradient_f32(size_t rows, size_t columns, const float *_Nonnull g, const float *_Nonnull z, const int32_t *_Nonnull label, float *_Nonnull out);
void kappa_softmax_cross_entropy_gradient_f64(size_t rows, size_t columns, const double *_Nonnull g, const double *_Nonnull z, const int32_t *_Nonnull label, double *_Nonnull out);

/// out[i, :] = g[i] (p * dz - p <p, dz>) + dg[i] (p - [j = label[i]]). `out` is not dz.
void kappa_softmax_cross_entropy_gradient_tangent_f32(size_t rows, size_t columns, const float *_Nonnull g, const float *_Nullable dg, const float *_Nonnull z, const int32_t *_Nonnull label, const float *_Nonnull dz, float *_Nonnull out);
void kappa_softmax_cross_entropy_gradient_tangent_f64(size_t rows, size_t columns, const double *_Nonnull g, const double *_Nullable dg, const double *_Nonnull z, const int32_t *_Nonnull label, const double *_Nonnull dz, double *_Nonnull out);

#endif
