// Pooled memory for tensors: blocks are 64-byte aligned and are kept for reuse, so that a training loop touches
// the same, already mapped pages at every step.
#ifndef KAPPA_MEMORY_H
#define KAPPA_MEMORY_H

#include <stddef.h>

/// A block of at least `bytes` bytes, 64-byte aligned, contents undefined; never null (the program stops when memory is out).
void *_Nonnull kappa_allocate(size_t bytes);

/// Gives back a block that `kappa_allocate(bytes)` returned, from any thread.
void kappa_deallocate(void *_Nonnull block, size_t bytes);

struct kappa_memory_statistics {
  size_t in_use;  ///< bytes in blocks handed out
  size_t peak;    ///< the largest `in_use` so far
  size_t pooled;  ///< bytes kept for reuse
};
struct kappa_memory_statistics kappa_memory_statistics(void);

/// Gives the pooled blocks back to the system.
void kappa_memory_trim(void);

/// Starts a new peak at what is in use now.
void kappa_memory_reset_peak(void);

#endif
