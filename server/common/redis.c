/* What the asynchronous and the blocking side share: making, scripts, addresses. */
#include "server/common/redis.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/common/redis_conn.h"
#include "shared/base/str.h"

static bool make_script(struct redis_script *script, const char *lib, const struct tk_file *file)
{
    struct tk_buf text = {0};
    unsigned char digest[20];

    tk_buf_puts(&text, lib);
    tk_buf_puts(&text, file->text);
    if (text.failed || !EVP_Digest(text.data, text.len, digest, NULL, EVP_sha1(), NULL)) {
        tk_buf_release(&text);
        return false;
    }
    script->name = file->name;
    script->text = text.data;
    tk_hex(script->sha, digest, sizeof digest); /* Redis names scripts so; it is not a protection */
    return true;
}

static bool make_scripts(struct tk_redis *redis, const struct tk_file *files)
{
    const char *lib = "";
    size_t count = 0;

    for (const struct tk_file *file = files; file && file->name; file++, count++)
        if (strcmp(file->name, "lib.lua") == 0)
            lib = file->text;
    redis->scripts = calloc(count + 1, sizeof *redis->scripts);
    if (!redis->scripts)
        return false;
    for (const struct tk_file *file = files; file && file->name; file++) {
        if (strcmp(file->name, "lib.lua") == 0)
            continue;
        if (!make_script(&redis->scripts[redis->script_count], lib, file))
            return false;
        redis->script_count++;
    }
    return true;
}

struct tk_redis *tk_redis_new(const struct tk_redis_conf *conf, const struct tk_file *files,
                              struct tk_loop *loop)
{
    struct tk_redis *redis = calloc(1, sizeof *redis);

    if (!redis)
        return NULL;
    redis->conf = conf;
    redis->loop = loop;
    if (redis_sync_init(redis) != 0) {
        free(redis);
        return NULL;
    }
    if (!make_scripts(redis, files) || (loop && redis_async_start(redis) != 0)) {
        tk_redis_free(redis);
        return NULL;
    }
    return redis;
}

void tk_redis_stop(struct tk_redis *redis)
{
    if (redis)
        redis_async_stop(redis);
}

void tk_redis_free(struct tk_redis *redis)
{
    struct redis_listener *next;

    if (!redis)
        return;
    redis_async_stop(redis);
    redis_sync_release(redis);
    for (struct redis_listener *it = redis->listeners; it; it = next) {
        next = it->next;
        free(it);
    }
    for (size_t i = 0; redis->scripts && i < redis->script_count; i++)
        free(redis->scripts[i].text);
    free(redis->scripts);
    free(redis);
}

const struct redis_script *redis_find_script(const struct tk_redis *redis, const char *name)
{
    for (size_t i = 0; i < redis->script_count; i++)
        if (strcmp(redis->scripts[i].name, name) == 0)
            return &redis->scripts[i];
    return NULL;
}

bool redis_eval_init(struct redis_eval *eval, const struct tk_redis *redis, const char *script,
                     int keys, int argc, const char **argv, const size_t *lens)
{
    *eval = (struct redis_eval){
        .script = redis_find_script(redis, script),
        .argc = argc + 3,
        .argv = calloc((size_t)argc + 3, sizeof *eval->argv),
        .lens = calloc((size_t)argc + 3, sizeof *eval->lens),
    };
    if (!eval->script || !eval->argv || !eval->lens)
        return false;
    snprintf(eval->keys, sizeof eval->keys, "%d", keys);
    eval->argv[0] = "EVALSHA";
    eval->argv[1] = eval->script->sha;
    eval->argv[2] = eval->keys;
    for (int i = 0; i < argc; i++)
        eval->argv[i + 3] = argv[i];
    for (int i = 0; i < eval->argc; i++)
        eval->lens[i] = i >= 3 && lens ? lens[i - 3] : strlen(eval->argv[i]);
    return true;
}

void redis_eval_release(struct redis_eval *eval)
{
    free(eval->argv);
    free(eval->lens);
}

char *redis_password(const struct tk_redis_conf *conf)
{
    char *text;

    if (!conf->password_file)
        return strdup("");
    text = tk_read_file(conf->password_file, 4096, NULL);
    if (text)
        memmove(text, tk_trim(text), strlen(tk_trim(text)) + 1);
    return text;
}

bool redis_host_port(const char *address, char *host, size_t size, int *port)
{
    const char *colon = strrchr(address, ':');
    int64_t number = 0;

    if (strchr(address, '/') || !colon || (size_t)(colon - address) >= size ||
        !tk_parse_i64(colon + 1, 1, 65535, &number))
        return false;
    memcpy(host, address, (size_t)(colon - address));
    host[colon - address] = '\0';
    *port = (int)number;
    return true;
}

bool redis_parse_run_id(const char *info, char out[RUN_ID_SIZE])
{
    const char *at = strstr(info, "run_id:");
    size_t len;

    if (!at)
        return false;
    at += strlen("run_id:");
    len = strspn(at, "0123456789abcdef");
    if (len == 0 || len >= RUN_ID_SIZE)
        return false;
    memcpy(out, at, len);
    out[len] = '\0';
    return true;
}

bool redis_is_noscript(const redisReply *reply)
{
    return reply && reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOSCRIPT", 8) == 0;
}
