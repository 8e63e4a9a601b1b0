#include "kappa_sorting.h"

#include <string.h>

// A number as an unsigned key of the same order: integers shift by half the range; of floats the bits of negative ones are inverted.
// Zeros of either sign are equal, NaNs are equal and largest.
static inline uint32_t key_f32(float x) {
  uint32_t u;
  x = x == 0 ? 0 : x;
  memcpy(&u, &x, sizeof u);
  return x != x ? UINT32_MAX : u >> 31 ? ~u : u | 0x80000000u;
}
static inline uint64_t key_f64(double x) {
  uint64_t u;
  x = x == 0 ? 0 : x;
  memcpy(&u, &x, sizeof u);
  return x != x ? UINT64_MAX : u >> 63 ? ~u : u | 0x8000000000000000u;
}
static inline uint32_t key_i32(int32_t x) { return (uint32_t)x ^ 0x80000000u; }
static inline uint64_t key_i64(int64_t x) { return (uint64_t)x ^ 0x8000000000000000u; }

// Insertion for short rows, else a radix sort, a byte a pass from the lowest on; both are stable. Passes in which all keys agree
// are left out. `scratch` holds n keys and n indices twice.
#define SORT(suffix, T, UINT)                                                                                        \
  void kappa_argsort_##suffix(size_t n, const T *x, int descending, void *scratch, int32_t *order) {                 \
    UINT *key = scratch, *other = key + n, flip = descending ? (UINT)-1 : 0;                                         \
    int32_t *index = (int32_t *)(other + n), *spare = index + n;                                                     \
    for (size_t i = 0; i < n; i++) key[i] = key_##suffix(x[i]) ^ flip, index[i] = (int32_t)i;                        \
    if (n <= 48) {                                                                                                   \
      for (size_t i = 1; i < n; i++) {                                                                               \
        UINT k = key[i];                                                                                             \
        size_t j = i;                                                                                                \
        for (; j > 0 && key[j - 1] > k; j--) key[j] = key[j - 1], index[j] = index[j - 1];                           \
        key[j] = k, index[j] = (int32_t)i;                                                                           \
      }                                                                                                              \
      memcpy(order, index, n * sizeof *order);                                                                       \
      return;                                                                                                        \
    }                                                                                                                \
    size_t count[sizeof(UINT)][256];                                                                                 \
    memset(count, 0, sizeof count);                                                                                  \
    for (size_t i = 0; i < n; i++)                                                                                   \
      for (size_t p = 0; p < sizeof(UINT); p++) count[p][key[i] >> (8 * p) & 255]++;                                 \
    for (size_t p = 0; p < sizeof(UINT); p++) {                                                                      \
      if (count[p][key[0] >> (8 * p) & 255] == n) continue;                                                          \
      size_t place = 0;                                                                                              \
      for (size_t d = 0; d < 256; d++) { size_t c = count[p][d]; count[p][d] = place; place += c; }                  \
      for (size_t i = 0; i < n; i++) {                                                                               \
        size_t to = count[p][key[i] >> (8 * p) & 255]++;                                                             \
        other[to] = key[i], spare[to] = index[i];                                                                    \
      }                                                                                                              \
      UINT *k = key; key = other; other = k;                                                                         \
      int32_t *s = index; index = spare; spare = s;                                                                  \
    }                                                                                                                \
    memcpy(order, index, n * sizeof *order);                                                                         \
  }
SORT(f32, float, uint32_t)
SORT(f64, double, uint64_t)
SORT(i32, int32_t, uint32_t)
SORT(i64, int64_t, uint64_t)
