#include "server/member/token.h"

#include <cjose/cjose.h>
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/common/auth.h"
#include "shared/base/str.h"

#define KEYS_MAX     8
#define KID_SIZE     65
#define PEM_MAX      (16 * 1024)
#define KEY_BITS_MIN 2048
#define SECRET_SIZE  32
#define BIGNUM_MAX   1024 /* bytes: RSA of 8,192 bits */

struct key {
    char kid[KID_SIZE];
    cjose_jwk_t *jwk;
    bool signs;
    unsigned char secret[SECRET_SIZE];
};

struct signer {
    struct key keys[KEYS_MAX]; /* the signing key first */
    size_t count;
    char *jwks;
};

/* OpenSSL would ask the terminal for the passphrase of an encrypted key. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
    (void)buf, (void)size, (void)writing, (void)arg;
    return -1;
}

static EVP_PKEY *read_pem(const char *path, bool *private)
{
    size_t size;
    char *pem = tk_read_file(path, PEM_MAX, &size);
    if (!pem)
        return NULL;
    EVP_PKEY *pkey = NULL;
    BIO *bio = BIO_new_mem_buf(pem, (int)size);
    if (bio) {
        pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
        *private = pkey != NULL;
        if (!pkey && BIO_reset(bio) == 1)
            pkey = PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
    }
    BIO_free(bio);
    sodium_memzero(pem, size);
    free(pem);
    return pkey;
}

/* One number of the key as big-endian bytes; the caller frees it. */
static bool export_number(const EVP_PKEY *pkey, const char *name, uint8_t **to, size_t *size)
{
    BIGNUM *number = NULL;
    if (!EVP_PKEY_get_bn_param(pkey, name, &number))
        return false;
    *size = (size_t)BN_num_bytes(number);
    *to = *size > 0 && *size <= BIGNUM_MAX ? malloc(*size) : NULL;
    if (*to)
        BN_bn2bin(number, *to);
    BN_clear_free(number);
    return *to != NULL;
}

/* libcjose cannot read PEM: the numbers of the key are handed over one by one. */
static cjose_jwk_t *jwk_of(const EVP_PKEY *pkey, bool private)
{
    cjose_jwk_rsa_keyspec spec = {0};
    const struct {
        const char *name;
        uint8_t **to;
        size_t *size;
    } numbers[] = {
        {OSSL_PKEY_PARAM_RSA_N, &spec.n, &spec.nlen},
        {OSSL_PKEY_PARAM_RSA_E, &spec.e, &spec.elen},
        {OSSL_PKEY_PARAM_RSA_D, &spec.d, &spec.dlen},
        {OSSL_PKEY_PARAM_RSA_FACTOR1, &spec.p, &spec.plen},
        {OSSL_PKEY_PARAM_RSA_FACTOR2, &spec.q, &spec.qlen},
        {OSSL_PKEY_PARAM_RSA_EXPONENT1, &spec.dp, &spec.dplen},
        {OSSL_PKEY_PARAM_RSA_EXPONENT2, &spec.dq, &spec.dqlen},
        {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, &spec.qi, &spec.qilen},
    };
    size_t count = private ? sizeof numbers / sizeof *numbers : 2;
    bool fine = true;
    for (size_t i = 0; i < count && fine; i++)
        fine = export_number(pkey, numbers[i].name, numbers[i].to, numbers[i].size);
    cjose_err err;
    cjose_jwk_t *jwk = fine ? cjose_jwk_create_RSA_spec(&spec, &err) : NULL;
    for (size_t i = 0; i < count; i++) {
        if (*numbers[i].to)
            sodium_memzero(*numbers[i].to, *numbers[i].size);
        free(*numbers[i].to);
    }
    return jwk;
}

static bool derive_secret(EVP_PKEY *pkey, unsigned char secret[SECRET_SIZE])
{
    static const char purpose[] = "ticketaka member codes";
    unsigned char *der = NULL;
    int size = i2d_PrivateKey(pkey, &der);
    if (size <= 0)
        return false;
    int failed = crypto_generichash(secret, SECRET_SIZE, der, (unsigned long long)size,
                                    (const unsigned char *)purpose, sizeof purpose - 1);
    OPENSSL_clear_free(der, (size_t)size);
    return failed == 0;
}

static const char *fill_key(struct key *key, EVP_PKEY *pkey)
{
    cjose_err err;
    if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_RSA)
        return "is not an RSA key; make one with 'openssl genrsa 2048'";
    if (EVP_PKEY_get_bits(pkey) < KEY_BITS_MIN)
        return "is too short; make one of 2048 bits or more";
    key->jwk = jwk_of(pkey, key->signs);
    if (!key->jwk || !cjose_jwk_set_kid(key->jwk, key->kid, strlen(key->kid), &err))
        return "cannot be used; make one with 'openssl genrsa 2048'";
    if (key->signs && !derive_secret(pkey, key->secret))
        return "cannot be encoded; make one with 'openssl genrsa 2048'";
    return NULL;
}

static void key_release(struct key *key)
{
    if (key->jwk)
        cjose_jwk_release(key->jwk);
    sodium_memzero(key, sizeof *key);
}

static bool kid_of(const char *file, char kid[KID_SIZE])
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t size = strlen(file);
    if (file[0] == '.' || size <= 4 || size - 4 >= KID_SIZE || strcmp(file + size - 4, ".pem") != 0)
        return false;
    memcpy(kid, file, size - 4);
    kid[size - 4] = '\0';
    return strspn(kid, allowed) == size - 4;
}

static bool add_key(struct signer *signer, const char *dir, const char *file, char *why,
                    size_t why_size)
{
    struct key key = {0};
    char path[4096];
    if (!kid_of(file, key.kid))
        return true;
    if (signer->count == KEYS_MAX) {
        snprintf(why, why_size, "'%s' holds more than %d keys; remove old ones", dir, KEYS_MAX);
        return false;
    }
    if (snprintf(path, sizeof path, "%s/%s", dir, file) >= (int)sizeof path) {
        snprintf(why, why_size, "the path of key '%s' is too long; move the folder", file);
        return false;
    }
    EVP_PKEY *pkey = read_pem(path, &key.signs);
    const char *wrong = pkey ? fill_key(&key, pkey)
                             : "cannot be read as PEM; check the file and its owner";
    EVP_PKEY_free(pkey);
    if (wrong) {
        snprintf(why, why_size, "key '%s' %s", path, wrong);
        key_release(&key);
        return false;
    }
    signer->keys[signer->count++] = key;
    sodium_memzero(&key, sizeof key);
    return true;
}

static bool read_keys(struct signer *signer, const char *dir, char *why, size_t why_size)
{
    DIR *folder = opendir(dir);
    if (!folder) {
        snprintf(why, why_size, "key folder '%s': %s; set jwt-key-dir", dir, strerror(errno));
        return false;
    }
    bool fine = true;
    const struct dirent *entry;
    while (fine && (entry = readdir(folder)))
        fine = add_key(signer, dir, entry->d_name, why, why_size);
    closedir(folder);
    if (fine && signer->count == 0) {
        snprintf(why, why_size,
                 "key folder '%s' holds no '<kid>.pem'; make one with 'openssl genrsa'", dir);
        fine = false;
    }
    return fine;
}

static int by_kid(const void *a, const void *b)
{
    return strcmp(((const struct key *)a)->kid, ((const struct key *)b)->kid);
}

/* The signing key goes to the front. */
static bool choose(struct signer *signer, const char *kid, char *why, size_t why_size)
{
    qsort(signer->keys, signer->count, sizeof *signer->keys, by_kid);
    if (!kid)
        return true;
    for (size_t i = 0; i < signer->count; i++) {
        if (strcmp(signer->keys[i].kid, kid) != 0 || !signer->keys[i].signs)
            continue;
        struct key first = signer->keys[i];
        memmove(signer->keys + 1, signer->keys, i * sizeof first);
        signer->keys[0] = first;
        sodium_memzero(&first, sizeof first);
        return true;
    }
    snprintf(why, why_size, "no private key '%s.pem' in the key folder; set jwt-kid", kid);
    return false;
}

static json_t *public_jwk(const struct key *key)
{
    cjose_err err;
    char *text = cjose_jwk_to_json(key->jwk, false, &err);
    json_t *jwk = text ? json_loads(text, 0, NULL) : NULL;
    free(text);
    if (jwk) {
        json_object_set_new(jwk, "use", json_string("sig"));
        json_object_set_new(jwk, "alg", json_string("RS256"));
    }
    return jwk;
}

static char *make_jwks(const struct signer *signer)
{
    json_t *keys = json_array();
    for (size_t i = 0; i < signer->count; i++)
        if (json_array_append_new(keys, public_jwk(&signer->keys[i])) != 0) {
            json_decref(keys);
            return NULL;
        }
    json_t *set = json_pack("{s:o}", "keys", keys);
    char *text = set ? json_dumps(set, JSON_COMPACT) : NULL;
    json_decref(set);
    return text;
}

struct signer *signer_new(const char *dir, const char *kid, char *why, size_t why_size)
{
    struct signer *signer = calloc(1, sizeof *signer);
    if (!signer) {
        snprintf(why, why_size, "out of memory");
        return NULL;
    }
    if (!read_keys(signer, dir, why, why_size) || !choose(signer, kid, why, why_size))
        goto out;
    signer->jwks = make_jwks(signer);
    if (signer->jwks)
        return signer;
    snprintf(why, why_size, "out of memory");
out:
    signer_free(signer);
    return NULL;
}

void signer_free(struct signer *signer)
{
    if (!signer)
        return;
    for (size_t i = 0; i < signer->count; i++)
        key_release(&signer->keys[i]);
    free(signer->jwks);
    free(signer);
}

const char *signer_jwks(const struct signer *signer)
{
    return signer->jwks;
}

const unsigned char *signer_secret(const struct signer *signer, size_t index)
{
    for (size_t i = 0; i < signer->count; i++)
        if (signer->keys[i].signs && index-- == 0)
            return signer->keys[i].secret;
    return NULL;
}

static char *claims_text(const struct token_claims *claims, int64_t now_s)
{
    char subject[24], id[33];
    unsigned char random[16];
    json_int_t iat = now_s, exp = iat + ACCESS_TOKEN_S;
    snprintf(subject, sizeof subject, "%lld", (long long)claims->member);
    randombytes_buf(random, sizeof random);
    tk_hex(id, random, sizeof random);
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}",        //
                             "iss", TK_ISSUER, "sub", subject, "aud", TK_AUDIENCE,   //
                             "role", claims->adult ? "ADULT" : "CHILD",              //
                             "permission", "all", "scope", claims->scope, "jti", id, //
                             "iat", iat, "exp", exp);
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    return text;
}

char *token_issue(const struct signer *signer, const struct token_claims *claims, int64_t now_s)
{
    const struct key *key = &signer->keys[0];
    cjose_err err;
    char *token = NULL;
    const char *compact;
    cjose_jws_t *jws = NULL;
    cjose_header_t *header = cjose_header_new(&err);
    char *text = key->signs ? claims_text(claims, now_s) : NULL;
    if (!header || !text || !cjose_header_set(header, CJOSE_HDR_ALG, CJOSE_HDR_ALG_RS256, &err) ||
        !cjose_header_set(header, CJOSE_HDR_KID, key->kid, &err) ||
        !cjose_header_set(header, "typ", "JWT", &err))
        goto out;
    jws = cjose_jws_sign(key->jwk, header, (const uint8_t *)text, strlen(text), &err);
    if (jws && cjose_jws_export(jws, &compact, &err)) /* owned by jws */
        token = strdup(compact);
out:
    cjose_jws_release(jws);
    if (header)
        cjose_header_release(header);
    free(text);
    return token;
}
