/*
 * A fixed set of threads with a bounded queue, for what blocks: MariaDB, other services, Argon2id.
 * Each thread may carry a context of its own (a Redis connection, a curl handle).
 */
#ifndef TK_COMMON_WORKER_H
#define TK_COMMON_WORKER_H

#include <stdbool.h>
#include <stddef.h>

struct tk_workers;

struct tk_workers *tk_workers_new(const char *name, size_t threads, size_t queue_max);
/* Any thread. false: the queue is full or stopping; answer UNAVAILABLE. */
bool tk_workers_submit(struct tk_workers *workers, void (*fn)(void *), void *arg);
size_t tk_workers_queued(struct tk_workers *workers);
/* Finishes what is queued, then joins. NULL is fine. */
void tk_workers_free(struct tk_workers *workers);

#endif
