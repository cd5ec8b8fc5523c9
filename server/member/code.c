#include "server/member/code.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "shared/base/str.h"

#define CODE_LIFE_MS  "300000"
#define CODE_TRIES    "5"
#define MARK_LIFE_MS  "1800000"
#define MAILS         "3"
#define MAIL_WINDOW   "3600000"
#define LOOKUP_WINDOW "60000"
#define SECRETS_MAX   8
#define KEY_SIZE      64

/* "m:code:{hash}"; the braces keep an address' keys on one node of a cluster. */
static void key_of(char key[KEY_SIZE], const char *prefix, const char *text)
{
    unsigned char hash[16];
    char hex[33];
    crypto_generichash(hash, sizeof hash, (const unsigned char *)text, strlen(text), NULL, 0);
    tk_hex(hex, hash, sizeof hash);
    snprintf(key, KEY_SIZE, "m:%s:{%s}", prefix, hex);
}

bool code_hash(const struct signer *signer, size_t secret, const char *email, const char *digits,
               char hash[CODE_HASH_SIZE])
{
    const unsigned char *key = signer_secret(signer, secret);
    if (!key)
        return false;
    unsigned char sum[32];
    crypto_generichash_state state;
    crypto_generichash_init(&state, key, 32, sizeof sum);
    crypto_generichash_update(&state, (const unsigned char *)email, strlen(email) + 1);
    crypto_generichash_update(&state, (const unsigned char *)digits, strlen(digits));
    crypto_generichash_final(&state, sum, sizeof sum);
    tk_hex(hash, sum, sizeof sum);
    sodium_memzero(&state, sizeof state);
    return true;
}

/* Runs a script. An error reply counts as none: it is Redis' trouble (read-only, out of memory, no
 * script). */
static redisReply *eval(struct tk_redis *redis, const char *script, int keys, int argc,
                        const char **argv)
{
    redisReply *reply = tk_redis_eval(redis, script, keys, argc, argv, NULL);
    if (!reply || reply->type != REDIS_REPLY_ERROR)
        return reply;
    freeReplyObject(reply);
    return NULL;
}

/* {1, 0} or {0, ms}. */
static enum tk_err allowed(redisReply *reply, int64_t *retry_ms)
{
    enum tk_err err = TK_REDIS_TROUBLE_OCCURRED;
    if (reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2) {
        err = reply->element[0]->integer == 1 ? TK_OK : TK_TOO_MANY_REQUESTS;
        *retry_ms = reply->element[1]->integer;
    }
    if (reply)
        freeReplyObject(reply);
    return err;
}

static enum tk_err number(redisReply *reply, int64_t *to)
{
    enum tk_err err = TK_REDIS_TROUBLE_OCCURRED;
    if (reply && reply->type == REDIS_REPLY_INTEGER) {
        *to = reply->integer;
        err = TK_OK;
    }
    if (reply)
        freeReplyObject(reply);
    return err;
}

enum tk_err code_put(struct tk_redis *redis, const struct signer *signer, const char *email,
                     struct code *code, int64_t *retry_ms)
{
    char record[KEY_SIZE], mails[KEY_SIZE], hash[CODE_HASH_SIZE];
    unsigned char random[16];
    key_of(record, "code", email);
    key_of(mails, "mail", email);
    randombytes_buf(random, sizeof random);
    tk_hex(code->id, random, sizeof random);
    snprintf(code->digits, sizeof code->digits, "%06u", randombytes_uniform(1000000));
    if (!code_hash(signer, 0, email, code->digits, hash))
        return TK_INTERNAL;
    const char *argv[] = {record, mails, hash, code->id, CODE_LIFE_MS, MAILS, MAIL_WINDOW};
    return allowed(eval(redis, "code_put.lua", 2, 7, argv), retry_ms);
}

enum tk_err code_drop(struct tk_redis *redis, const char *email, const struct code *code)
{
    char record[KEY_SIZE], mails[KEY_SIZE];
    int64_t dropped;
    key_of(record, "code", email);
    key_of(mails, "mail", email);
    const char *argv[] = {record, mails, code->id};
    return number(eval(redis, "code_drop.lua", 2, 3, argv), &dropped);
}

enum tk_err code_try(struct tk_redis *redis, const struct signer *signer, const char *email,
                     const char *digits)
{
    char record[KEY_SIZE], mark[KEY_SIZE], hashes[SECRETS_MAX][CODE_HASH_SIZE];
    const char *argv[4 + SECRETS_MAX] = {record, mark, CODE_TRIES, MARK_LIFE_MS};
    int argc = 4;
    key_of(record, "code", email);
    key_of(mark, "ok", email);
    for (size_t i = 0; i < SECRETS_MAX && code_hash(signer, i, email, digits, hashes[i]); i++)
        argv[argc++] = hashes[i];
    int64_t right;
    enum tk_err err = number(eval(redis, "code_try.lua", 2, argc, argv), &right);
    if (err != TK_OK)
        return err;
    return right ? TK_OK : TK_INVALID_NUM;
}

/* EXISTS or DEL of the validated mark. */
static enum tk_err mark_call(struct tk_redis *redis, const char *command, const char *email,
                             int64_t *count)
{
    char mark[KEY_SIZE];
    key_of(mark, "ok", email);
    const char *argv[] = {command, mark};
    return number(tk_redis_call(redis, 2, argv, NULL), count);
}

enum tk_err code_validated(struct tk_redis *redis, const char *email)
{
    int64_t count;
    enum tk_err err = mark_call(redis, "EXISTS", email, &count);
    if (err != TK_OK)
        return err;
    return count ? TK_OK : TK_NOT_VALIDATED;
}

enum tk_err code_consume(struct tk_redis *redis, const char *email)
{
    int64_t count;
    return mark_call(redis, "DEL", email, &count);
}

enum tk_err code_limit(struct tk_redis *redis, const char *who, int64_t limit, int64_t *retry_ms)
{
    char key[KEY_SIZE], most[24];
    key_of(key, "ip", who);
    snprintf(most, sizeof most, "%lld", (long long)limit);
    const char *argv[] = {key, most, LOOKUP_WINDOW};
    return allowed(eval(redis, "limit.lua", 1, 3, argv), retry_ms);
}
