/* The keyring: public keys, the service credential, and the decision whether a token is to be
 * trusted. */
#include "server/common/auth.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "server/common/auth_jws.h"
#include "server/common/watched.h"
#include "shared/base/str.h"
#include "shared/base/time.h"

#define JWKS_MAX       ((size_t)64 * 1024)
#define CREDENTIAL_MAX 256
#define CREDENTIAL_MIN 16
#define IAT_LEEWAY_S   60
#define BUCKETS        1024 /* of WAYS tokens: 4,096 in all */
#define WAYS           4
#define OVERLAP_MS     5000 /* services read a changed credential within a second of each other */

struct cached {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    int64_t exp; /* 0: empty */
    struct tk_who who;
};

struct credential {
    struct credential *older; /* kept to the end: pointers to it are about */
    char text[CREDENTIAL_MAX + 1];
};

struct tk_keyring {
    pthread_mutex_t lock; /* for everything below */
    struct tk_watched jwks_file, credential_file;
    struct jws_keys *keys;
    struct credential *credential;
    int64_t credential_since;
    struct cached cache[BUCKETS][WAYS];
};

struct tk_keyring *tk_keyring_new(const struct tk_auth_conf *conf)
{
    struct tk_keyring *ring = calloc(1, sizeof *ring);

    if (!ring)
        return NULL;
    pthread_mutex_init(&ring->lock, NULL);
    ring->jwks_file.path = conf->jwks;
    ring->credential_file.path = conf->service_token_file;
    return ring;
}

void tk_keyring_free(struct tk_keyring *ring)
{
    struct credential *older;

    if (!ring)
        return;
    for (struct credential *it = ring->credential; it; it = older) {
        older = it->older;
        explicit_bzero(it->text, sizeof it->text);
        free(it);
    }
    jws_keys_drop(ring->keys);
    pthread_mutex_destroy(&ring->lock);
    free(ring);
}

/* ---- files (the lock is held) ------------------------------------------------ */
/* What does not parse is ignored: a file caught half-written must not lock everybody out. */
static void refresh_keys(struct tk_keyring *ring)
{
    size_t size = 0;
    char *text = tk_watched_read(&ring->jwks_file, JWKS_MAX, &size);
    struct jws_keys *keys = text ? jws_keys_parse(text, size) : NULL;

    free(text);
    if (!keys)
        return;
    jws_keys_drop(ring->keys);
    ring->keys = keys;
    /* A key that was taken away ends the tokens that it signed, also those seen before. */
    memset(ring->cache, 0, sizeof ring->cache);
}

static void refresh_credential(struct tk_keyring *ring)
{
    size_t size = 0;
    char *text = tk_watched_read(&ring->credential_file, 4096, &size);
    struct credential *fresh = text ? calloc(1, sizeof *fresh) : NULL;
    const char *line = text ? tk_trim(text) : "";

    if (fresh && strlen(line) >= CREDENTIAL_MIN && !strpbrk(line, "\r\n") &&
        tk_copy(fresh->text, sizeof fresh->text, line)) {
        fresh->older = ring->credential;
        ring->credential = fresh;
        ring->credential_since = tk_mono_ms();
        fresh = NULL;
    }
    free(fresh);
    if (text)
        explicit_bzero(text, size);
    free(text);
}

bool tk_keyring_ready(struct tk_keyring *ring)
{
    bool ready;

    pthread_mutex_lock(&ring->lock);
    refresh_keys(ring);
    ready = ring->keys != NULL;
    pthread_mutex_unlock(&ring->lock);
    return ready;
}

/* ---- the service credential -------------------------------------------------- */
/* Digests are compared, so that time tells nothing, not even the length. */
static bool equal(const char *a, const char *b)
{
    unsigned char x[SHA256_DIGEST_LENGTH], y[SHA256_DIGEST_LENGTH];

    SHA256((const unsigned char *)a, strlen(a), x);
    SHA256((const unsigned char *)b, strlen(b), y);
    return CRYPTO_memcmp(x, y, sizeof x) == 0;
}

bool tk_service_verify(struct tk_keyring *ring, const char *credential)
{
    const struct credential *now, *before = NULL;

    if (!credential || strlen(credential) > CREDENTIAL_MAX)
        return false;
    pthread_mutex_lock(&ring->lock);
    refresh_credential(ring);
    now = ring->credential;
    if (now && tk_mono_ms() - ring->credential_since < OVERLAP_MS)
        before = now->older;
    pthread_mutex_unlock(&ring->lock);
    return (now && equal(credential, now->text)) || (before && equal(credential, before->text));
}

const char *tk_service_credential(struct tk_keyring *ring)
{
    const char *text;

    pthread_mutex_lock(&ring->lock);
    refresh_credential(ring);
    text = ring->credential ? ring->credential->text : NULL;
    pthread_mutex_unlock(&ring->lock);
    return text;
}

/* ---- claims ------------------------------------------------------------------ */
unsigned tk_scopes_parse(const char *text)
{
    static const struct {
        const char *word;
        unsigned bit;
    } words[] = {
        {"member", TK_SCOPE_MEMBER},   {"box", TK_SCOPE_BOX},     {"door", TK_SCOPE_DOOR},
        {"manager", TK_SCOPE_MANAGER}, {"admin", TK_SCOPE_ADMIN}, {"kiosk", TK_SCOPE_KIOSK},
    };
    unsigned bits = 0;
    size_t len;

    for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
        len = strcspn(text, " ");
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (strlen(words[i].word) == len && memcmp(words[i].word, text, len) == 0)
                bits |= words[i].bit;
        text += len;
    }
    return bits;
}

static bool claim_is(const json_t *claims, const char *name, const char *wanted)
{
    const char *text = json_string_value(json_object_get(claims, name));

    return text && strcmp(text, wanted) == 0;
}

static bool read_role(const json_t *claims, struct tk_who *who)
{
    who->adult = claim_is(claims, "role", "ADULT");
    return who->adult || claim_is(claims, "role", "CHILD");
}

/* sub, role, scope, jti. Absent scope is none; absent jti is "". */
static bool read_who(const json_t *claims, struct tk_who *who)
{
    const char *sub = json_string_value(json_object_get(claims, "sub"));
    const json_t *scope = json_object_get(claims, "scope");
    const json_t *jti = json_object_get(claims, "jti");

    if (!sub || !tk_parse_i64(sub, 1, INT64_MAX, &who->member) || !read_role(claims, who))
        return false;
    if ((scope && !json_is_string(scope)) || (jti && !json_is_string(jti)))
        return false;
    if (scope)
        who->scopes = tk_scopes_parse(json_string_value(scope));
    return !jti || tk_copy(who->session, sizeof who->session, json_string_value(jti));
}

static bool read_claims(const json_t *claims, int64_t now_s, struct tk_who *who, int64_t *exp)
{
    const json_t *until = json_object_get(claims, "exp");
    const json_t *since = json_object_get(claims, "iat");

    if (!json_is_integer(until) || json_integer_value(until) <= now_s)
        return false;
    if (!json_is_integer(since) || json_integer_value(since) > now_s + IAT_LEEWAY_S)
        return false;
    *exp = json_integer_value(until);
    return claim_is(claims, "iss", TK_ISSUER) && claim_is(claims, "aud", TK_AUDIENCE) &&
           read_who(claims, who);
}

/* ---- tokens ------------------------------------------------------------------ */
static struct cached *bucket_of(struct tk_keyring *ring, const unsigned char *digest)
{
    return ring->cache[(digest[0] << 8 | digest[1]) % BUCKETS];
}

static bool recall(struct tk_keyring *ring, const unsigned char *digest, int64_t now_s,
                   struct tk_who *who)
{
    struct cached *bucket = bucket_of(ring, digest);

    for (int i = 0; i < WAYS; i++) {
        if (bucket[i].exp > now_s && memcmp(bucket[i].digest, digest, SHA256_DIGEST_LENGTH) == 0) {
            *who = bucket[i].who;
            return true;
        }
    }
    return false;
}

/* In place of the one that ends first. */
static void remember(struct tk_keyring *ring, const unsigned char *digest, int64_t exp,
                     const struct tk_who *who)
{
    struct cached *bucket = bucket_of(ring, digest), *oldest = bucket;

    for (int i = 1; i < WAYS; i++)
        if (bucket[i].exp < oldest->exp)
            oldest = &bucket[i];
    memcpy(oldest->digest, digest, SHA256_DIGEST_LENGTH);
    oldest->exp = exp;
    oldest->who = *who;
}

static bool judge(struct jws_keys *keys, const char *token, size_t size, int64_t now_s,
                  struct tk_who *who, int64_t *exp)
{
    json_t *claims = jws_verify(keys, token, size);
    bool ok = claims && read_claims(claims, now_s, who, exp);

    json_decref(claims);
    return ok;
}

bool tk_token_verify(struct tk_keyring *ring, const char *token, int64_t now_s, struct tk_who *who)
{
    size_t size = token ? strnlen(token, TK_TOKEN_MAX + 1) : 0;
    unsigned char digest[SHA256_DIGEST_LENGTH];
    struct tk_who found = {0};
    struct jws_keys *keys;
    int64_t exp = 0;
    bool ok;

    if (size == 0 || size > TK_TOKEN_MAX)
        return false;
    SHA256((const unsigned char *)token, size, digest);
    pthread_mutex_lock(&ring->lock);
    refresh_keys(ring);
    keys = jws_keys_hold(ring->keys);
    ok = keys && recall(ring, digest, now_s, &found);
    pthread_mutex_unlock(&ring->lock);
    if (!ok && keys && judge(keys, token, size, now_s, &found, &exp)) {
        ok = true;
        pthread_mutex_lock(&ring->lock);
        if (ring->keys == keys) /* else the keys have changed under us: good for this once */
            remember(ring, digest, exp, &found);
        pthread_mutex_unlock(&ring->lock);
    }
    jws_keys_drop(keys);
    if (ok)
        *who = found;
    return ok;
}
