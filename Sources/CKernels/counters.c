#include "kappa_counters.h"

static _Thread_local struct kappa_product_count count;

void kappa_count_product(uint64_t flops) {
  count.products += 1;
  count.flops += flops;
}

struct kappa_product_count kappa_products_so_far(void) { return count; }
