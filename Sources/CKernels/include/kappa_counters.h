// What the calling thread has asked for so far, for cost reports and for tests that count products exactly.
#ifndef KAPPA_COUNTERS_H
#define KAPPA_COUNTERS_H

#include <stdint.h>

struct kappa_product_count {
  uint64_t products;  ///< matrix products
  uint64_t flops;     ///< their floating-point operations, 2 m n k each
};

/// Records one m x k by k x n product of this thread.
void kappa_count_product(uint64_t flops);
struct kappa_product_count kappa_products_so_far(void);

#endif
