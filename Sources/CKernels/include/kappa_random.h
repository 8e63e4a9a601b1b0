// Philox4x32-10 (Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC11): counter-based, so element i of a
// stream is a function of (key, stream, i) alone, whatever the number of threads.
#ifndef KAPPA_RANDOM_H
#define KAPPA_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The ten rounds on one counter block: out[0..3] from counter[0..3] and key[0..1].
void kappa_philox(const uint32_t *_Nonnull counter, const uint32_t *_Nonnull key, uint32_t *_Nonnull out);

/// Elements first ..< first + n of the stream; `first` is a multiple of 128. The counter of a block is
/// (block index, stream), each 64 bits, low word first.
/// uniform: low + width u, at most `largest`; u in [0, 1), multiples of 2^-24 (Float) or 2^-53 (Double).
void kappa_random_uniform_f32(uint64_t key, uint64_t stream, uint64_t first, size_t n, float low, float width, float largest,
                              float *_Nonnull out);
void kappa_random_uniform_f64(uint64_t key, uint64_t stream, uint64_t first, size_t n, double low, double width, double largest,
                              double *_Nonnull out);
/// normal: offset + scale z, z of mean 0 and variance 1 (Box and Muller).
void kappa_random_normal_f32(uint64_t key, uint64_t stream, uint64_t first, size_t n, float offset, float scale, float *_Nonnull out);
void kappa_random_normal_f64(uint64_t key, uint64_t stream, uint64_t first, size_t n, double offset, double scale,
                             double *_Nonnull out);
/// rademacher: -1 or 1 with equal probability, a bit of the stream each.
void kappa_random_rademacher_f32(uint64_t key, uint64_t stream, uint64_t first, size_t n, float *_Nonnull out);
void kappa_random_rademacher_f64(uint64_t key, uint64_t stream, uint64_t first, size_t n, double *_Nonnull out);
/// bernoulli: 1 where a word of the stream is below `threshold`, at most 2^32, else 0.
void kappa_random_bernoulli_f32(uint64_t key, uint64_t stream, uint64_t first, size_t n, uint64_t threshold, float *_Nonnull out);
void kappa_random_bernoulli_f64(uint64_t key, uint64_t stream, uint64_t first, size_t n, uint64_t threshold, double *_Nonnull out);
void kappa_random_mask(uint64_t key, uint64_t stream, uint64_t first, size_t n, uint64_t threshold, bool *_Nonnull out);
/// integers: low ... low + width - 1 with equal probability, width > 0. Element i takes half of block i / 2; in the rare case that those
/// bits must be refused to be fair, that half of block i / 2 + 2^56, and so on. Streams are shorter than 2^57 elements.
void kappa_random_integers_i32(uint64_t key, uint64_t stream, uint64_t first, size_t n, int32_t low, uint64_t width,
                               int32_t *_Nonnull out);
void kappa_random_integers_i64(uint64_t key, uint64_t stream, uint64_t first, size_t n, int64_t low, uint64_t width,
                               int64_t *_Nonnull out);

/// A normal law cut to [smallest, largest]. With z = (x - mean) / deviation, `below` is the probability of smaller z and `within` that of
/// the range, both of -z if `mirrored`: the side on which probabilities are small, so that they lose no digits.
struct kappa_truncated_normal {
  double mean, deviation, smallest, largest, below, within;
  bool mirrored;
};
void kappa_random_truncated_normal_f32(uint64_t key, uint64_t stream, uint64_t first, size_t n,
                                       const struct kappa_truncated_normal *_Nonnull law, float *_Nonnull out);
void kappa_random_truncated_normal_f64(uint64_t key, uint64_t stream, uint64_t first, size_t n,
                                       const struct kappa_truncated_normal *_Nonnull law, double *_Nonnull out);

/// The z with P(Z < z) = p for a standard normal Z, 0 < p < 1; relative error about 1e-16.
double kappa_normal_quantile(double p);

#endif
