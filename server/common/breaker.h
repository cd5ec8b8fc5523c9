/*
 * Fails fast while a server is away, so that hundreds of requests do not each wait for the connect
 * time-out. While the last attempt to connect failed, one caller at a time may try, and not within
 * 200 ms of the last. Thread-safe. Used by db.c and redis_sync.c.
 */
#ifndef TK_COMMON_BREAKER_H
#define TK_COMMON_BREAKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct tk_breaker {
    pthread_mutex_t lock;
    bool down, probing;
    int64_t retry_at; /* tk_mono_ms */
};

void tk_breaker_init(struct tk_breaker *breaker);
void tk_breaker_release(struct tk_breaker *breaker);
/* false: do not even try. true: try, and say with tk_breaker_leave how it went. */
bool tk_breaker_enter(struct tk_breaker *breaker);
void tk_breaker_leave(struct tk_breaker *breaker, bool ok);

#endif
