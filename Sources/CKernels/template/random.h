#include "functions.h"

enum { NAME(batch) = 64 };

/// The ten rounds on one block.
static inline void NAME(philox)(uint64_t key, uint64_t stream, uint64_t block, uint32_t *w0, uint32_t *w1, uint32_t *w2, uint32_t *w3) {
  uint32_t c0 = (uint32_t)block, c1 = (uint32_t)(block >> 32), c2 = (uint32_t)stream, c3 = (uint32_t)(stream >> 32);
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
    uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)p1, c3 = (uint32_t)p0, c0 = n0, c2 = n2;
    k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
  }
  *w0 = c0, *w1 = c1, *w2 = c2, *w3 = c3;
}

/// Word w of block `first + i` stands in word[w][i].
static void NAME(philox_blocks)(uint64_t key, uint64_t stream, uint64_t first, uint32_t word[4][NAME(batch)]) {
  for (size_t i = 0; i < NAME(batch); i++)
    NAME(philox)(key, stream, first + i, &word[0][i], &word[1][i], &word[2][i], &word[3][i]);
}

// How many elements a block of four words makes, and how they are made from them.
#if IS_FLOAT
#define PER_BLOCK 4
#define UNIFORM(value, i, k) ((T)(int32_t)(value[k][i] >> 8) * 0x1p-24f)
/// In (0, 1], so that its logarithm is finite.
#define POSITIVE_UNIFORM(value, i, k) (((T)(int32_t)(value[k][i] >> 8) + 1.0f) * 0x1p-24f)
#else
#define PER_BLOCK 2
#define WIDE(value, i, k) ((((uint64_t)value[2 * (k)][i] << 32) | value[2 * (k) + 1][i]) >> 11)
#define UNIFORM(value, i, k) ((T)WIDE(value, i, k) * 0x1p-53)
#define POSITIVE_UNIFORM(value, i, k) (((T)WIDE(value, i, k) + 1.0) * 0x1p-53)
#endif

static void NAME(random_uniform)(uint64_t key, uint64_t stream, uint64_t first, size_t n, T low, T width, T largest, T *out) {
  uint32_t word[4][NAME(batch)];
  T made[PER_BLOCK * NAME(batch)];
  for (size_t done = 0; done < n; done += PER_BLOCK * NAME(batch)) {
    NAME(philox_blocks)(key, stream, (first + done) / PER_BLOCK, word);
    for (size_t i = 0; i < NAME(batch); i++)
      for (size_t k = 0; k < PER_BLOCK; k++) {
        // Rounding may reach the upper bound, which is not part of the range.
        T value = NAME(fma_)(UNIFORM(word, i, k), width, low);
        made[PER_BLOCK * i + k] = value < largest ? value : largest;
      }
    size_t count = n - done < PER_BLOCK * NAME(batch) ? n - done : PER_BLOCK * NAME(batch);
    memcpy(out + done, made, count * sizeof(T));
  }
}

static void NAME(random_normal)(uint64_t key, uint64_t stream, uint64_t first, size_t n, T offset, T scale, T *out) {
  uint32_t word[4][NAME(batch)];
  T made[PER_BLOCK * NAME(batch)];
  for (size_t done = 0; done < n; done += PER_BLOCK * NAME(batch)) {
    NAME(philox_blocks)(key, stream, (first + done) / PER_BLOCK, word);
    for (size_t pair = 0; pair < PER_BLOCK / 2; pair++) {
      T sine[NAME(batch)], cosine[NAME(batch)];
      for (size_t i = 0; i < NAME(batch); i++) {
        T radius = __builtin_elementwise_sqrt((T)-2 * NAME(log_normal)(POSITIVE_UNIFORM(word, i, 2 * pair), (T)0));
        T s, c;
        NAME(sine_cosine_of_turn)(UNIFORM(word, i, 2 * pair + 1), &s, &c);
        sine[i] = NAME(fma_)(radius * s, scale, offset), cosine[i] = NAME(fma_)(radius * c, scale, offset);
      }
      for (size_t i = 0; i < NAME(batch); i++) made[PER_BLOCK * i + 2 * pair] = cosine[i], made[PER_BLOCK * i + 2 * pair + 1] = sine[i];
    }
    size_t count = n - done < PER_BLOCK * NAME(batch) ? n - done : PER_BLOCK * NAME(batch);
    memcpy(out + done, made, count * sizeof(T));
  }
}

static void NAME(random_rademacher)(uint64_t key, uint64_t stream, uint64_t first, size_t n, T *out) {
  uint32_t word[4][NAME(batch)];
  const size_t each = 128 * NAME(batch);
  for (size_t done = 0; done < n; done += each) {
    NAME(philox_blocks)(key, stream, (first + done) / 128, word);
    size_t count = n - done < each ? n - done : each;
    for (size_t run = 0; 32 * run < count; run++) {
      uint32_t bits = word[run % 4][run / 4];
      size_t width = count - 32 * run < 32 ? count - 32 * run : 32;
      T *o = out + done + 32 * run;
      for (size_t b = 0; b < width; b++) o[b] = (T)(int32_t)((bits >> b & 1) * 2) - (T)1;
    }
  }
}
/// Element i is made from word i % 4 of block i / 4.
static void NAME(random_bernoulli)(uint64_t key, uint64_t stream, uint64_t first, size_t n, uint64_t threshold, T *out) {
  uint32_t word[4][NAME(batch)];
  T made[4 * NAME(batch)];
  for (size_t done = 0; done < n; done += 4 * NAME(batch)) {
    NAME(philox_blocks)(key, stream, (first + done) / 4, word);
    for (size_t i = 0; i < NAME(batch); i++)
      for (size_t k = 0; k < 4; k++) made[4 * i + k] = word[k][i] < threshold ? (T)1 : (T)0;
    size_t count = n - done < 4 * NAME(batch) ? n - done : 4 * NAME(batch);
    memcpy(out + done, made, count * sizeof(T));
  }
}

#if IS_FLOAT
static void NAME(random_mask)(uint64_t key, uint64_t stream, uint64_t first, size_t n, uint64_t threshold, uint8_t *out) {
  uint32_t word[4][NAME(batch)];
  uint8_t made[4 * NAME(batch)];
  for (size_t done = 0; done < n; done += 4 * NAME(batch)) {
    NAME(philox_blocks)(key, stream, (first + done) / 4, word);
    for (size_t i = 0; i < NAME(batch); i++)
      for (size_t k = 0; k < 4; k++) made[4 * i + k] = word[k][i] < threshold;
    size_t count = n - done < 4 * NAME(batch) ? n - done : 4 * NAME(batch);
    memcpy(out + done, made, count);
  }
}

/// 64 bits for each of 128 elements, two of them to a block; the first word of a pair holds the lower half.
static void NAME(random_bits)(uint64_t key, uint64_t stream, uint64_t first, uint64_t *out) {
  uint32_t word[4][NAME(batch)];
  NAME(philox_blocks)(key, stream, first / 2, word);
  for (size_t i = 0; i < NAME(batch); i++) {
    out[2 * i] = (uint64_t)word[1][i] << 32 | word[0][i];
    out[2 * i + 1] = (uint64_t)word[3][i] << 32 | word[2][i];
  }
}
#endif

/// Element i is made from half of block i / 2 in either precision: tails need more than 24 bits.
static void NAME(random_truncated_normal)(uint64_t key, uint64_t stream, uint64_t first, size_t n,
                                          const struct kappa_truncated_normal *law, T *out) {
  uint32_t word[4][NAME(batch)];
  for (size_t done = 0; done < n; done += 2 * NAME(batch)) {
    NAME(philox_blocks)(key, stream, (first + done) / 2, word);
    size_t count = n - done < 2 * NAME(batch) ? n - done : 2 * NAME(batch);
    for (size_t i = 0; i < count; i++) {
      uint64_t bits = ((uint64_t)word[2 * (i % 2)][i / 2] << 32 | word[2 * (i % 2) + 1][i / 2]) >> 11;
      // In the middle of its step, so that neither end of the range is reached.
      double x = kappa_normal_quantile(law->below + ((double)bits + 0.5) * 0x1p-53 * law->within);
      // The bounds themselves may lie between two numbers of the type, or be missed by the last digit.
      T value = (T)(law->mean + law->deviation * (law->mirrored ? -x : x));
      value = value < (T)law->smallest ? (T)law->smallest : value;
      out[done + i] = value > (T)law->largest ? (T)law->largest : value;
    }
  }
}
#undef PER_BLOCK
#undef UNIFORM
#undef POSITIVE_UNIFORM
#undef WIDE
