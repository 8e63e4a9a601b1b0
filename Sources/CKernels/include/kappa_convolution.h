// Unfolding images for convolutions: a convolution is a matrix product with the matrix of all windows. Its rows are
// (channel, kernel row, kernel column), its columns the output pixels, both in row-major order.
#ifndef KAPPA_CONVOLUTION_H
#define KAPPA_CONVOLUTION_H

#include <stddef.h>

/// One image, the kernel that runs over it and what it makes. Output row i reads input rows i stride + a dilation - top, a < kernel
/// rows; those outside the image are zeros. Columns alike, with `left`.
struct kappa_convolution {
  ptrdiff_t height, width;
  ptrdiff_t kernel_height, kernel_width;
  ptrdiff_t out_height, out_width;
  ptrdiff_t stride_height, stride_width;
  ptrdiff_t dilation_height, dilation_width;
  ptrdiff_t top, left;
};

/// out[r, p] = the element of the image [channels, height, width] in row first_row + r and column first_pixel + p of its
/// unfolded matrix, r < rows, p < pixels; rows of `out` are `pixels` long.
void kappa_unfold_f32(const struct kappa_convolution *_Nonnull c, const float *_Nonnull image, size_t first_row, size_t rows, size_t first_pixel, size_t pixels, float *_Nonnull out);
void kappa_unfold_f64(const struct kappa_convolution *_Nonnull c, const double *_Nonnull image, size_t first_row, size_t rows, size_t first_pixel, size_t pixels, double *_Nonnull out);

/// The adjoint: adds each in[r, p] to the element of the image that `unfold` would read for it.
void kappa_fold_images_f32(const struct kappa_convolution *_Nonnull c, const float *_Nonnull in, size_t first_row, size_t rows, size_t first_pixel, size_t pixels, float *_Nonnull image);
void kappa_fold_images_f64(const struct kappa_convolution *_Nonnull c, const double *_Nonnull in, size_t first_row, size_t rows, size_t first_pixel, size_t pixels, double *_Nonnull image);

#endif
