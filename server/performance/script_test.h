/*
 * For tests of the scripts: a Redis of the test's own (or the one that TICKETAKA_REDIS names, with
 * TICKETAKA_REDIS_PASSWORD_FILE), and calls that fail the test when a script fails. Without a
 * redis-server to start, `redis` is NULL and the tests say that they are skipped.
 */
#ifndef PERFORMANCE_SCRIPT_TEST_H
#define PERFORMANCE_SCRIPT_TEST_H

#include <hiredis/hiredis.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/common/file.h"
#include "shared/base/str.h"
#include "shared/base/time.h"

extern const struct tk_file server_performance_lua[];

#define TAG "{s987654321}"

static redisContext *redis;
static pid_t server;
static char folder[] = "/tmp/tk-script-XXXXXX";
static int64_t now;                      /* Redis' clock in the last script's answer, ms */
static const char *script_run = "run-a"; /* the run_id that scripts are told */

/* ---- the server -------------------------------------------------------------- */
static redisContext *dial(const char *address)
{
    const char *colon = strrchr(address, ':');
    redisContext *c = NULL;
    if (!colon) {
        c = redisConnectUnix(address);
    } else {
        char host[64];
        snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
        c = redisConnect(host, atoi(colon + 1));
    }
    if (c && !c->err)
        return c;
    redisFree(c);
    return NULL;
}

static bool authenticate(void)
{
    const char *file = getenv("TICKETAKA_REDIS_PASSWORD_FILE");
    size_t size;
    char *secret = file ? tk_read_file(file, 200, &size) : NULL;
    if (!secret)
        return true;
    redisReply *reply = redisCommand(redis, "AUTH %s", tk_trim(secret));
    bool ok = reply && reply->type != REDIS_REPLY_ERROR;
    freeReplyObject(reply);
    free(secret);
    return ok;
}

static bool start_server(void)
{
    char path[64];
    if (!mkdtemp(folder))
        return false;
    snprintf(path, sizeof path, "%s/s", folder);
    server = fork();
    if (server == 0) {
        if (!freopen("/dev/null", "w", stdout))
            _exit(127);
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", path, "--save", "",
               "--dir", folder, (char *)NULL);
        _exit(127);
    }
    for (int64_t end = tk_mono_ms() + 5000; !redis && tk_mono_ms() < end; usleep(2000))
        redis = dial(path);
    return redis != NULL;
}

static int connect_redis(void **state)
{
    (void)state;
    const char *address = getenv("TICKETAKA_REDIS");
    if (address)
        redis = dial(address);
    else if (!start_server())
        printf("skipped: no redis-server to start; install it, or set TICKETAKA_REDIS\n");
    return address && (!redis || !authenticate()) ? -1 : 0;
}

static int disconnect_redis(void **state)
{
    (void)state;
    redisFree(redis);
    if (server > 0) {
        kill(server, SIGTERM);
        waitpid(server, NULL, 0);
        char path[64];
        snprintf(path, sizeof path, "%s/s", folder);
        unlink(path);
        rmdir(folder);
    }
    return 0;
}

static const char *text_of(const char *name)
{
    for (const struct tk_file *f = server_performance_lua; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f->text;
    fail_msg("no script %s", name);
    return NULL;
}

/* Arguments after the run_id, ended by NULL. The caller frees the reply. */
static redisReply *run_script(const char *name, ...)
{
    struct tk_buf script = {0};
    tk_buf_puts(&script, text_of("lib.lua"));
    tk_buf_puts(&script, text_of(name));
    const char *argv[24] = {"EVAL", script.data, "1", TAG, script_run};
    int argc = 5;
    va_list args;
    va_start(args, name);
    for (const char *a; (a = va_arg(args, const char *));)
        argv[argc++] = a;
    va_end(args);
    redisReply *reply = redisCommandArgv(redis, argc, argv, NULL);
    tk_buf_release(&script);
    assert_non_null(reply);
    if (reply->type == REDIS_REPLY_ERROR)
        fail_msg("%s: %s", name, reply->str);
    now = reply->element[1]->integer;
    return reply;
}

static bool is(const redisReply *reply, const char *status)
{
    return strcmp(reply->element[0]->str, status) == 0;
}

static const char *field(const redisReply *reply, const char *name)
{
    const redisReply *rec = reply->element[4];
    for (size_t i = 0; i + 1 < rec->elements; i += 2)
        if (strcmp(rec->element[i]->str, name) == 0)
            return rec->element[i + 1]->str;
    fail_msg("no field %s", name);
    return NULL;
}

static redisReply *ask(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    redisReply *reply = redisvCommand(redis, format, args);
    va_end(args);
    assert_non_null(reply);
    return reply;
}

/* Forgets all that earlier tests left of the session. */
static void forget(void)
{
    freeReplyObject(ask("EVAL %s 0", "for _, k in ipairs(redis.call('KEYS', '" TAG
                                     ":*')) do redis.call('DEL', k) end"));
}

#endif
