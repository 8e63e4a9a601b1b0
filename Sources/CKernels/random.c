#include "kappa_random.h"

#define KAPPA_TEMPLATE "random.h"
#include "template/for_each_variant.h"

#define STREAM(T) (uint64_t key, uint64_t stream, uint64_t first, size_t n, T *out)
KAPPA_DEFINE(void, random_uniform, STREAM, (key, stream, first, n, out))
KAPPA_DEFINE(void, random_normal, STREAM, (key, stream, first, n, out))
KAPPA_DEFINE(void, random_rademacher, STREAM, (key, stream, first, n, out))

void kappa_philox(const uint32_t *counter, const uint32_t *key, uint32_t *out) {
  uint32_t word[4][batch_f32_baseline];
  philox_blocks_f32_baseline((uint64_t)key[1] << 32 | key[0], (uint64_t)counter[3] << 32 | counter[2],
                             (uint64_t)counter[1] << 32 | counter[0], word);
  for (int w = 0; w < 4; w++) out[w] = word[w][0];
}
