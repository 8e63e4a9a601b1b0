#include "functions.h"

enum { NAME(batch) = 64 };

/// Word w of block `first + i` stands in word[w][i].
static void NAME(philox_blocks)(uint64_t key, uint64_t stream, uint64_t first, uint32_t word[4][NAME(batch)]) {
  for (size_t i = 0; i < NAME(batch); i++) {
    uint64_t block = first + i;
    uint32_t c0 = (uint32_t)block, c1 = (uint32_t)(block >> 32), c2 = (uint32_t)stream, c3 = (uint32_t)(stream >> 32);
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
      uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
      uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
      c1 = (uint32_t)p1, c3 = (uint32_t)p0, c0 = n0, c2 = n2;
      k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
    word[0][i] = c0, word[1][i] = c1, word[2][i] = c2, word[3][i] = c3;
  }
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

static void NAME(random_uniform)(uint64_t key, uint64_t stream, uint64_t first, size_t n, T *out) {
  uint32_t word[4][NAME(batch)];
  T made[PER_BLOCK * NAME(batch)];
  for (size_t done = 0; done < n; done += PER_BLOCK * NAME(batch)) {
    NAME(philox_blocks)(key, stream, (first + done) / PER_BLOCK, word);
    for (size_t i = 0; i < NAME(batch); i++)
      for (size_t k = 0; k < PER_BLOCK; k++) made[PER_BLOCK * i + k] = UNIFORM(word, i, k);
    size_t count = n - done < PER_BLOCK * NAME(batch) ? n - done : PER_BLOCK * NAME(batch);
    memcpy(out + done, made, count * sizeof(T));
  }
}

static void NAME(random_normal)(uint64_t key, uint64_t stream, uint64_t first, size_t n, T *out) {
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
        sine[i] = radius * s, cosine[i] = radius * c;
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
#undef PER_BLOCK
#undef UNIFORM
#undef POSITIVE_UNIFORM
#undef WIDE
