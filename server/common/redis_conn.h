/* Private to redis*.c: the scripts, and what both kinds of connection share. */
#ifndef TK_COMMON_REDIS_CONN_H
#define TK_COMMON_REDIS_CONN_H

#include <hiredis/async.h>
#include <pthread.h>

#include "server/common/breaker.h"
#include "server/common/redis.h"

#define RUN_ID_SIZE 41

struct redis_script {
    const char *name;
    char *text; /* lib.lua and its own file */
    char sha[41];
};

struct redis_call;
struct redis_thread;

struct redis_listener {
    void (*fn)(bool changed, void *arg);
    void *arg;
    struct redis_listener *next;
};

struct tk_redis {
    const struct tk_redis_conf *conf;
    struct redis_script *scripts;
    size_t script_count;

    /* Asynchronous: loop's thread only, but for `up`. */
    struct tk_loop *loop;
    struct tk_timer *tick;
    redisAsyncContext *ac;
    struct tk_watch *watch;
    uint32_t events;
    int64_t connect_until, next_try, backoff_ms;
    bool doomed;       /* preparing failed: to be dropped */
    size_t setup_left; /* answers of AUTH, INFO, SCRIPT LOAD still to come */
    struct redis_call *first,
        *last; /* in the order of sending, which is that of deadlines and answers */
    char run_id[RUN_ID_SIZE], last_run_id[RUN_ID_SIZE];
    struct redis_listener *listeners;
    _Atomic bool up;

    /* Blocking: a connection per thread. */
    pthread_key_t key;
    pthread_mutex_t lock;
    struct redis_thread *threads;
    struct tk_breaker breaker;
};

const struct redis_script *redis_find_script(const struct tk_redis *redis, const char *name);
/* NULL and errno when the file cannot be read; "" when there is none. Freed by the caller. */
char *redis_password(const struct tk_redis_conf *conf);
/* Splits "host:port"; false for the path of a socket. */
bool redis_host_port(const char *address, char *host, size_t size, int *port);
/* Takes run_id out of the text of INFO. */
bool redis_parse_run_id(const char *info, char out[RUN_ID_SIZE]);
bool redis_is_noscript(const redisReply *reply);
/* A call of a script as the arguments of a command. false: memory is short, or there is no such script. */
struct redis_eval {
    const struct redis_script *script;
    int argc;
    const char **argv;
    size_t *lens;
    char keys[12];
};
bool redis_eval_init(struct redis_eval *eval, const struct tk_redis *redis, const char *script,
                     int keys, int argc, const char **argv, const size_t *lens);
void redis_eval_release(struct redis_eval *eval);

int redis_async_start(struct tk_redis *redis);
void redis_async_stop(struct tk_redis *redis);
int redis_sync_init(struct tk_redis *redis);
void redis_sync_release(struct tk_redis *redis);

#endif
