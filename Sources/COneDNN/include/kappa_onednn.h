// Convolutions and matrix products in Float by oneDNN 2.x, where that library is installed. It is opened at run time: building needs neither its
// headers nor its development package, and without it `kappa_onednn_open` returns null.
//
// oneDNN is always called single-threaded: threads are the caller's business. Everything here may be called from several
// threads at once.
#ifndef KAPPA_ONEDNN_H
#define KAPPA_ONEDNN_H

#include <stddef.h>
#include <stdint.h>

typedef struct kappa_onednn kappa_onednn;
typedef struct kappa_onednn_plan kappa_onednn_plan;

/// Opens the shared library of the given name; null where it cannot be opened, is not of version 2, or cannot be kept to
/// one thread. It stays open.
const kappa_onednn *_Nullable kappa_onednn_open(const char *_Nonnull library);

/// Writes "major.minor.patch".
void kappa_onednn_version(const kappa_onednn *_Nonnull dnn, char *_Nonnull text, size_t capacity);

/// c = alpha op(a) op(b) + beta c, op(a) [m, k], op(b) [k, n], c [m, n], row-major with rows `ld` apart; `op` transposes if asked for. With
/// beta = 0 c is not read. Returns 0 on success.
int kappa_onednn_matrix_product(
  const kappa_onednn *_Nonnull dnn, int64_t m, int64_t n, int64_t k, float alpha, const float *_Nonnull a, int64_t lda, int transpose_a,
  const float *_Nonnull b, int64_t ldb, int transpose_b, float beta, float *_Nonnull c, int64_t ldc);

/// A convolution of `batch` images, all arrays row-major: x [batch, in_channels, in_height, in_width],
/// w [out_channels, in_channels, kernel_height, kernel_width], y [batch, out_channels, out_height, out_width]. No length is 0.
struct kappa_onednn_convolution {
  int64_t batch, in_channels, in_height, in_width;
  int64_t out_channels, out_height, out_width;
  int64_t kernel_height, kernel_width;
  int64_t stride_height, stride_width;
  int64_t dilation_height, dilation_width;  ///< 1: neighbouring pixels
  int64_t top, left, bottom, right;         ///< zeros around x
};

enum kappa_onednn_product { kappa_onednn_forward, kappa_onednn_input_gradient, kappa_onednn_weight_gradient };
enum kappa_onednn_role { kappa_onednn_x, kappa_onednn_w, kappa_onednn_y };

/// Compiles one of the three products; null where oneDNN has no fast code for it.
kappa_onednn_plan *_Nullable kappa_onednn_plan_create(const kappa_onednn *_Nonnull dnn, int product, const struct kappa_onednn_convolution *_Nonnull c);
void kappa_onednn_plan_destroy(kappa_onednn_plan *_Nonnull plan);

/// The name of the code that oneDNN chose; valid as long as the plan.
const char *_Nonnull kappa_onednn_plan_code(const kappa_onednn_plan *_Nonnull plan);

/// Bytes of an array in the layout that the plan computes in; 0 if that is the row-major one. Buffers are 64-byte aligned.
size_t kappa_onednn_blocked_size(const kappa_onednn_plan *_Nonnull plan, int role);
/// Bytes of working memory that `kappa_onednn_run` needs.
size_t kappa_onednn_scratch_size(const kappa_onednn_plan *_Nonnull plan);

/// How many channels of a pixel stand beside each other in the plan's layout of images or results, which is then
/// [batch, channels / together, height, width, together], all of them or sixteen; 0 where that layout is another one, or the row-major one.
int64_t kappa_onednn_channels_together(const kappa_onednn_plan *_Nonnull plan, int role);

/// Copies an array into the plan's layout; `blocked_size` of the role is not 0. Returns 0 on success, as all below.
int kappa_onednn_block(const kappa_onednn_plan *_Nonnull plan, int role, const float *_Nonnull plain, void *_Nonnull blocked);
/// Copies it back.
int kappa_onednn_unblock(const kappa_onednn_plan *_Nonnull plan, int role, const void *_Nonnull blocked, float *_Nonnull plain);

/// Computes the product from the other two arrays, each in the plan's layout: y from x and w, x from y and w, or w from x and y.
int kappa_onednn_run(const kappa_onednn_plan *_Nonnull plan, void *_Nonnull x, void *_Nonnull w, void *_Nonnull y, void *_Nonnull scratch);

#endif
