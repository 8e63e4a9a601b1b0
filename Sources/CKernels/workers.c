#define _GNU_SOURCE
#include "kappa_workers.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#if defined(__x86_64__)
#define relax() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define relax() __asm__ __volatile__("yield")
#else
#define relax() ((void)0)
#endif

enum { max_workers = 256 };
// How long a waiting thread looks before it sleeps: about the gap between two operations of a training step, so that
// the next one finds the workers awake, and little enough that an idle program uses no processor time.
enum { spins_before_yield = 2000, spins_before_sleep = 20000 };

static pthread_mutex_t entry = PTHREAD_MUTEX_INITIALIZER;  // held by the one caller whose work the pool runs
static pthread_mutex_t sleep_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static pthread_t threads[max_workers];
static size_t wanted = 1, running = 1;  // both count the calling thread; guarded by `entry`

static struct {
  void (*body)(size_t, void *);
  void *context;
  size_t count;
  size_t cut;  // `cut` of the thread that gave the job
} job;
static _Atomic size_t next_item, unfinished_threads;
static _Atomic unsigned generation;  // odd steps are not special: any change means a new job (or the end)
static _Atomic bool stopping;
static _Atomic int sleepers;
static _Thread_local bool inside;  // this thread is running a piece of a job: nested calls run in place
static _Thread_local size_t cut;   // the number of threads that this thread cuts work for; 0: as many as there are

static void run_items(void) {
  inside = true;
  size_t i, before = cut;
  cut = job.cut;
  while ((i = atomic_fetch_add_explicit(&next_item, 1, memory_order_relaxed)) < job.count) job.body(i, job.context);
  cut = before;
  inside = false;
}

static void *worker(void *start) {
  unsigned seen = (unsigned)(size_t)start;
  for (;;) {
    for (unsigned spin = 0; atomic_load_explicit(&generation, memory_order_acquire) == seen; spin++) {
      if (spin < spins_before_yield) {
        relax();
      } else if (spin < spins_before_sleep) {
        if (spin % 64 == 0) sched_yield();
        relax();
      } else {
        pthread_mutex_lock(&sleep_lock);
        atomic_fetch_add(&sleepers, 1);
        while (atomic_load(&generation) == seen) pthread_cond_wait(&wake, &sleep_lock);
        atomic_fetch_sub(&sleepers, 1);
        pthread_mutex_unlock(&sleep_lock);
      }
    }
    seen = atomic_load_explicit(&generation, memory_order_acquire);
    if (atomic_load(&stopping)) return NULL;
    run_items();
    atomic_fetch_sub_explicit(&unfinished_threads, 1, memory_order_release);
  }
}

static void announce(void) {
  atomic_fetch_add(&generation, 1);
  if (atomic_load(&sleepers) > 0) {
    pthread_mutex_lock(&sleep_lock);
    pthread_cond_broadcast(&wake);
    pthread_mutex_unlock(&sleep_lock);
  }
}

// A child of fork() has no workers: it starts its own when it first needs them.
static void after_fork_in_child(void) {
  running = 1;
  atomic_store(&sleepers, 0);
  pthread_mutex_init(&entry, NULL);
  pthread_mutex_init(&sleep_lock, NULL);
  pthread_cond_init(&wake, NULL);
}

/// Makes `running` equal to `wanted`; `entry` is held.
static void adjust(void) {
  static bool registered = false;
  if (!registered) {
    pthread_atfork(NULL, NULL, after_fork_in_child);
    registered = true;
  }
  if (running > wanted) {
    atomic_store(&stopping, true);
    announce();
    for (size_t i = 1; i < running; i++) pthread_join(threads[i], NULL);
    atomic_store(&stopping, false);
    running = 1;
  }
  while (running < wanted) {
    if (pthread_create(&threads[running], NULL, worker, (void *)(size_t)atomic_load(&generation)) != 0) break;
    running++;
  }
}

void kappa_parallel(size_t count, void (*body)(size_t, void *), void *context) {
  if (count > 1 && !inside && pthread_mutex_trylock(&entry) == 0) {
    if (running != wanted) adjust();
    if (running > 1) {
      job.body = body;
      job.context = context;
      job.count = count;
      job.cut = cut;
      atomic_store_explicit(&next_item, 0, memory_order_relaxed);
      atomic_store_explicit(&unfinished_threads, running - 1, memory_order_relaxed);
      announce();
      run_items();
      for (unsigned spin = 0; atomic_load_explicit(&unfinished_threads, memory_order_acquire) != 0; spin++) {
        relax();
        if (spin % 1024 == 1023) sched_yield();
      }
      pthread_mutex_unlock(&entry);
      return;
    }
    pthread_mutex_unlock(&entry);
  }
  for (size_t i = 0; i < count; i++) body(i, context);
}

size_t kappa_worker_count(void) { return cut > 0 ? cut : __atomic_load_n(&wanted, __ATOMIC_RELAXED); }

size_t kappa_cut_work_for(size_t count) {
  size_t before = cut;
  cut = count;
  return before;
}

void kappa_set_worker_count(size_t count) {
  pthread_mutex_lock(&entry);
  __atomic_store_n(&wanted, count < 1 ? 1 : count > max_workers ? max_workers : count, __ATOMIC_RELAXED);
  pthread_mutex_unlock(&entry);
}

size_t kappa_available_cores(void) {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return (size_t)CPU_COUNT(&set);
#endif
  long n = sysconf(_SC_NPROCESSORS_ONLN);
  return n > 0 ? (size_t)n : 1;
}
