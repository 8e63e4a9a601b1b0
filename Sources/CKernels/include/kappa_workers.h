// The worker threads: one fork and join at a time, a few microseconds each.
#ifndef KAPPA_WORKERS_H
#define KAPPA_WORKERS_H

#include <stddef.h>

/// Calls body(i, context) once for every i < count, on the workers and the calling thread, and returns when all are done.
/// If the workers are busy with another call (a second task, or a nested call), the calls run here, one after the other:
/// never more threads than `kappa_worker_count`, and the same pieces of work, so the same bits.
void kappa_parallel(size_t count, void (*_Nonnull body)(size_t i, void *_Nullable context), void *_Nullable context);

/// How many threads share the work of `kappa_parallel`, the calling one included, or how many the calling thread cuts work for; at least 1.
size_t kappa_worker_count(void);

/// Makes `kappa_worker_count` be `count` on the calling thread, and in the work it shares; the threads stay as they are. 0 ends that.
/// Returns what it was.
size_t kappa_cut_work_for(size_t count);

/// Sets it, stopping surplus threads and starting missing ones at the next call. Waits for a running `kappa_parallel`.
void kappa_set_worker_count(size_t count);

/// The number of cores that this process may run on.
size_t kappa_available_cores(void);

#endif
