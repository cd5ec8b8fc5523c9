/*
 * One event loop per process: an epoll set of ours that libmicrohttpd's epoll fd, hiredis' sockets, timers
 * and an eventfd hang on (ARCHITECTURE.md, Threads). Everything here runs on the loop's own thread except
 * tk_loop_post and tk_loop_stop, which any thread may call.
 */
#ifndef TK_COMMON_LOOP_H
#define TK_COMMON_LOOP_H

#include <stdint.h>

struct tk_loop;
struct tk_watch;
struct tk_timer;

struct tk_loop *tk_loop_new(void); /* NULL and errno */
void tk_loop_free(struct tk_loop *loop);

/* Runs until tk_loop_stop. Returns 0, or -1 and errno when epoll itself fails. */
int tk_loop_run(struct tk_loop *loop);
void tk_loop_stop(struct tk_loop *loop);

/* `events` are EPOLLIN | EPOLLOUT. The callback may change or remove any watch, its own too. */
struct tk_watch *tk_loop_watch(struct tk_loop *loop, int fd, uint32_t events,
                               void (*fn)(uint32_t events, void *arg), void *arg);
void tk_watch_change(struct tk_watch *watch, uint32_t events);
void tk_watch_remove(struct tk_watch *watch); /* NULL is fine; does not close the fd */

/* Calls fn(arg) once after `ms`; the timer is gone when it has fired or been cancelled. */
struct tk_timer *tk_loop_after(struct tk_loop *loop, int64_t ms, void (*fn)(void *), void *arg);
/* Calls fn(arg) every `ms` until cancelled. */
struct tk_timer *tk_loop_every(struct tk_loop *loop, int64_t ms, void (*fn)(void *), void *arg);
void tk_timer_cancel(struct tk_timer *timer); /* NULL is fine */

/* Has fn(arg) run on the loop's thread soon, in the order posted by one thread. Any thread. Never blocks. */
void tk_loop_post(struct tk_loop *loop, void (*fn)(void *), void *arg);
/*
 * Runs what was posted before the loop stopped, and what that posts, so that nothing is lost at the end.
 * Other threads must have ended.
 */
void tk_loop_flush(struct tk_loop *loop);

/* Called before every wait; returns the longest wait it allows in ms, -1 for no limit. One per loop (httpd). */
void tk_loop_prepare(struct tk_loop *loop, int64_t (*fn)(void *), void *arg);

/* How late the loop was at its worst in the last second, in µs (for /metrics). */
int64_t tk_loop_lag_us(const struct tk_loop *loop);

#endif
