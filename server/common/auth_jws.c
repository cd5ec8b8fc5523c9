#include "server/common/auth_jws.h"

#include <cjose/cjose.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/str.h"

#define KEYS_MAX     16
#define KEY_BITS_MIN 2048
#define KID_MAX      64
#define HEADER_MAX   512 /* bytes, encoded */

struct jws_keys {
    atomic_int held;
    size_t count;
    struct {
        char kid[KID_MAX + 1];
        cjose_jwk_t *jwk;
    } key[KEYS_MAX];
};

static bool is(const json_t *object, const char *name, const char *wanted, bool may_lack)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);

    return value ? text && strcmp(text, wanted) == 0 : may_lack;
}

/* Only what RS256 needs: a private part, or another use, is not taken along. */
static cjose_jwk_t *import_public(const json_t *key)
{
    json_t *bare = json_pack("{s:s, s:O?, s:O?, s:O?}", "kty", "RSA", "kid",
                             json_object_get(key, "kid"), "n", json_object_get(key, "n"), "e",
                             json_object_get(key, "e"));
    char *text = bare ? json_dumps(bare, JSON_COMPACT) : NULL;
    cjose_jwk_t *jwk = NULL;
    cjose_err err;

    if (text)
        jwk = cjose_jwk_import(text, strlen(text), &err);
    free(text);
    json_decref(bare);
    return jwk;
}

static void add_key(struct jws_keys *keys, const json_t *key)
{
    const char *kid = json_string_value(json_object_get(key, "kid"));
    cjose_jwk_t *jwk;
    cjose_err err;

    if (!kid || !*kid || strlen(kid) > KID_MAX || keys->count == KEYS_MAX)
        return;
    if (!is(key, "kty", "RSA", false) || !is(key, "alg", "RS256", true) ||
        !is(key, "use", "sig", true))
        return;
    jwk = import_public(key);
    if (!jwk)
        return;
    if (cjose_jwk_get_keysize(jwk, &err) < KEY_BITS_MIN) {
        cjose_jwk_release(jwk);
        return;
    }
    tk_copy(keys->key[keys->count].kid, sizeof keys->key[0].kid, kid);
    keys->key[keys->count++].jwk = jwk;
}

struct jws_keys *jws_keys_parse(const char *text, size_t size)
{
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    struct jws_keys *keys = calloc(1, sizeof *keys);
    const json_t *key;
    size_t i;

    if (keys) {
        keys->held = 1;
        json_array_foreach (json_object_get(root, "keys"), i, key)
            add_key(keys, key);
    }
    json_decref(root);
    if (keys && keys->count > 0)
        return keys;
    jws_keys_drop(keys);
    return NULL;
}

struct jws_keys *jws_keys_hold(struct jws_keys *keys)
{
    if (keys)
        atomic_fetch_add(&keys->held, 1);
    return keys;
}

void jws_keys_drop(struct jws_keys *keys)
{
    if (!keys || atomic_fetch_sub(&keys->held, 1) != 1)
        return;
    for (size_t i = 0; i < keys->count; i++)
        cjose_jwk_release(keys->key[i].jwk);
    free(keys);
}

/* Exactly three parts, none empty, of the base64url alphabet; *header_size is the length of the
 * first. */
static bool is_compact(const char *token, size_t size, size_t *header_size)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t dots = 0, part = 0;

    for (size_t i = 0; i < size; i++, part++) {
        if (token[i] != '.') {
            if (!strchr(set, token[i]))
                return false;
            continue;
        }
        if (part == 0 || ++dots > 2)
            return false;
        if (dots == 1)
            *header_size = i;
        part = (size_t)-1;
    }
    return dots == 2 && part > 0 && *header_size <= HEADER_MAX;
}

/*
 * The header decides which key; the algorithm is not its choice: RS256 or nothing, whatever the
 * library would accept. An extension that must be understood ("crit", "b64") is not understood.
 */
static cjose_jwk_t *choose(const struct jws_keys *keys, const char *token, size_t size)
{
    cjose_jwk_t *jwk = NULL;
    cjose_err err;
    uint8_t *text = NULL;
    size_t text_size = 0;
    json_t *header;

    if (!cjose_base64url_decode(token, size, &text, &text_size, &err))
        return NULL;
    header = json_loadb((char *)text, text_size, JSON_REJECT_DUPLICATES, NULL);
    if (is(header, "alg", "RS256", false) && is(header, "typ", "JWT", true) &&
        !json_object_get(header, "crit") && !json_object_get(header, "b64")) {
        for (size_t i = 0; i < keys->count && !jwk; i++)
            if (is(header, "kid", keys->key[i].kid, false))
                jwk = keys->key[i].jwk;
    }
    json_decref(header);
    cjose_get_dealloc()(text);
    return jwk;
}

json_t *jws_verify(struct jws_keys *keys, const char *token, size_t size)
{
    size_t header_size = 0, text_size = 0;
    uint8_t *text = NULL; /* the token's own */
    const cjose_jwk_t *jwk;
    json_t *claims = NULL;
    cjose_jws_t *jws;
    cjose_err err;

    if (!is_compact(token, size, &header_size))
        return NULL;
    jwk = choose(keys, token, header_size);
    if (!jwk)
        return NULL;
    jws = cjose_jws_import(token, size, &err);
    if (!jws)
        return NULL;
    if (cjose_jws_verify(jws, jwk, &err) && cjose_jws_get_plaintext(jws, &text, &text_size, &err))
        claims = json_loadb((char *)text, text_size, JSON_REJECT_DUPLICATES, NULL);
    cjose_jws_release(jws);
    if (json_is_object(claims))
        return claims;
    json_decref(claims);
    return NULL;
}
