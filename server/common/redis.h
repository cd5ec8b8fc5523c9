/*
 * Redis, twice: asynchronous on the loop (one pipelining connection) and blocking on workers (one
 * connection per thread). Both authenticate, learn the server's run_id on every connect, limit every
 * command in time, and after any error drop the connection and open a new one: a command that got no
 * answer is *indeterminate*, and scripts are written to be repeated.
 */
#ifndef TK_COMMON_REDIS_H
#define TK_COMMON_REDIS_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/common/file.h"
#include "server/common/loop.h"

struct tk_redis_conf {
    const char *address; /* host:port, or the path of a unix socket */
    const char *password_file;
    int64_t timeout_ms; /* connect and each command: 1,000 */
};

struct tk_redis;
/*
 * `files` is the table that scripts/embed made of lua/. A script is named after its file ("hold.lua"); its text
 * is the folder's "lib.lua" (when there is one) and its own. Loaded on every connect, and again on NOSCRIPT. Never connects by itself before the loop runs. Without
 * a loop (NULL) there is only the blocking side. SIGPIPE must be ignored: hiredis writes to sockets plainly.
 */
struct tk_redis *tk_redis_new(const struct tk_redis_conf *conf, const struct tk_file *files,
                              struct tk_loop *loop);
/*
 * Loop's thread: closes the asynchronous connection for good. Pending calls get NULL now, later ones from the
 * loop (tk_loop_flush). Before what their fn touches is freed. NULL is fine.
 */
void tk_redis_stop(struct tk_redis *redis);
/* Loop's thread, after the workers have ended: closes their connections too. Pending calls get NULL. */
void tk_redis_free(struct tk_redis *redis);
bool tk_redis_up(const struct tk_redis *redis); /* any thread */
/* run_id of the server behind the asynchronous connection; "" when not connected. Loop's thread. */
const char *tk_redis_run_id(const struct tk_redis *redis);
/*
 * Has fn(arg) called on the loop after every (re)connect, with whether run_id differs from the last one; the
 * first connect counts as changed.
 */
void tk_redis_on_connect(struct tk_redis *redis, void (*fn)(bool changed, void *arg), void *arg);

/*
 * Loop's thread. `fn` is called exactly once: with the reply (borrowed; may be an error reply), or with NULL
 * when there was none in time (indeterminate) or there is no connection.
 */
typedef void tk_redis_fn(const redisReply *reply, void *arg);
void tk_redis_command(struct tk_redis *redis, tk_redis_fn *fn, void *arg, int argc,
                      const char **argv, const size_t *lens);
void tk_redis_script(struct tk_redis *redis, const char *script, tk_redis_fn *fn, void *arg,
                     int keys, int argc, const char **argv, const size_t *lens);

/*
 * Worker threads. The calling thread's own connection is opened when needed. The reply must be freed with
 * freeReplyObject; NULL: no answer in time, or no connection (after one retry when nothing had been sent).
 */
redisReply *tk_redis_call(struct tk_redis *redis, int argc, const char **argv, const size_t *lens);
/*
 * An argument of tk_redis_call or tk_redis_eval that is this very pointer is replaced by the run_id of the
 * server that the command goes to, whatever reconnecting was needed to send it.
 */
extern const char TK_REDIS_RUN_ID[];
redisReply *tk_redis_eval(struct tk_redis *redis, const char *script, int keys, int argc,
                          const char **argv, const size_t *lens);
/* run_id of the server that answered this thread's last call. */
const char *tk_redis_thread_run_id(struct tk_redis *redis);

#endif
