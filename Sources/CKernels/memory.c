#define _GNU_SOURCE
#include "kappa_memory.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

// Size classes: four to each power of two from 64 bytes on, so at most a quarter of a block is unused.
enum { class_count = 4 * 48, huge_page = 1 << 21 };

typedef struct free_block {
  struct free_block *next;
} free_block;

static free_block *pool[class_count];
static struct kappa_memory_statistics statistics;
static atomic_flag lock = ATOMIC_FLAG_INIT;

static void acquire(void) {
  while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire))
    ;
}
static void release(void) { atomic_flag_clear_explicit(&lock, memory_order_release); }

/// The class of a request, and the size of its blocks.
static unsigned size_class(size_t bytes, size_t *size) {
  if (bytes <= 256) {
    unsigned c = bytes == 0 ? 0 : (unsigned)((bytes - 1) / 64);
    *size = 64 * (c + 1);
    return c;
  }
  // 2^p < bytes <= 2^(p+1), in quarters of 2^p.
  unsigned p = 63 - (unsigned)__builtin_clzl(bytes - 1);
  size_t quarter = (size_t)1 << (p - 2);
  unsigned q = (unsigned)((bytes - 1 - ((size_t)1 << p)) / quarter);
  *size = ((size_t)1 << p) + (q + 1) * quarter;
  return 4 * (p - 7) + q;
}

void *kappa_allocate(size_t bytes) {
  size_t size;
  unsigned c = size_class(bytes, &size);
  acquire();
  free_block *block = pool[c];
  if (block != NULL) {
    pool[c] = block->next;
    statistics.pooled -= size;
  }
  statistics.in_use += size;
  if (statistics.in_use > statistics.peak) statistics.peak = statistics.in_use;
  release();
  if (block != NULL) return block;
  void *fresh = NULL;
  // Large blocks start at a huge page: fewer page faults at first use, fewer TLB misses in matrix products.
  if (posix_memalign(&fresh, size >= huge_page ? huge_page : 64, size) != 0) {
    kappa_memory_trim();
    if (posix_memalign(&fresh, 64, size) != 0) {
      fprintf(stderr, "Kappa: out of memory: a tensor needs %zu bytes\n", size);
      abort();
    }
  }
#if defined(MADV_HUGEPAGE)
  if (size >= huge_page) madvise(fresh, size, MADV_HUGEPAGE);
#endif
  return fresh;
}

void kappa_deallocate(void *block, size_t bytes) {
  size_t size;
  unsigned c = size_class(bytes, &size);
  free_block *freed = block;
  acquire();
  freed->next = pool[c];
  pool[c] = freed;
  statistics.in_use -= size;
  statistics.pooled += size;
  release();
}

struct kappa_memory_statistics kappa_memory_statistics(void) {
  acquire();
  struct kappa_memory_statistics now = statistics;
  release();
  return now;
}

void kappa_memory_trim(void) {
  acquire();
  for (unsigned c = 0; c < class_count; c++) {
    while (pool[c] != NULL) {
      free_block *block = pool[c];
      pool[c] = block->next;
      free(block);
    }
  }
  statistics.pooled = 0;
  release();
}

void kappa_memory_reset_peak(void) {
  acquire();
  statistics.peak = statistics.in_use;
  release();
}
