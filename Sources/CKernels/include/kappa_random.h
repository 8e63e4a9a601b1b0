// Philox4x32-10 (Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC11): counter-based, so element i of a
// stream is a function of (key, stream, i) alone, whatever the number of threads.
#ifndef KAPPA_RANDOM_H
#define KAPPA_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/// The ten rounds on one counter block: out[0..3] from counter[0..3] and key[0..1].
void kappa_philox(const uint32_t *_Nonnull counter, const uint32_t *_Nonnull key, uint32_t *_Nonnull out);

/// Elements first ..< first + n of the stream; `first` is a multiple of 128. The counter of a block is
/// (block index, stream), each 64 bits, low word first.
/// uniform: in [0, 1), multiples of 2^-24 (Float) or 2^-53 (Double).
void kappa_random_uniform_f32(uint64_t key, uint64_t stream, uint64_t first, size_t n, float *_Nonnull out);
void kappa_random_uniform_f64(uint64_t key, uint64_t stream, uint64_t first, size_t n, double *_Nonnull out);
/// normal: mean 0, variance 1 (Box and Muller).
void kappa_random_normal_f32(uint64_t key, uint64_t stream, uint64_t first, size_t n, float *_Nonnull out);
void kappa_random_normal_f64(uint64_t key, uint64_t stream, uint64_t first, size_t n, double *_Nonnull out);
/// rademacher: -1 or 1 with equal probability, a bit of the stream each.
void kappa_random_rademacher_f32(uint64_t key, uint64_t stream, uint64_t first, size_t n, float *_Nonnull out);
void kappa_random_rademacher_f64(uint64_t key, uint64_t stream, uint64_t first, size_t n, double *_Nonnull out);

#endif
