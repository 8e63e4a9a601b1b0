#include "kappa_convolution.h"

#define KAPPA_TEMPLATE "convolution.h"
#include "template/for_each_variant.h"

#define UNFOLD(T) (const struct kappa_convolution *c, const T *image, size_t first_row, size_t rows, size_t first_pixel, size_t pixels, T *out)
KAPPA_DEFINE(void, unfold, UNFOLD, (c, image, first_row, rows, first_pixel, pixels, out))

#define FOLD(T) (const struct kappa_convolution *c, const T *in, size_t first_row, size_t rows, size_t first_pixel, size_t pixels, T *image)
KAPPA_DEFINE(void, fold_images, FOLD, (c, in, first_row, rows, first_pixel, pixels, image))
