#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "server/common/auth.h"
#include "shared/base/str.h"

#define NOW 1800000000LL

static EVP_PKEY *key_a, *key_b, *key_weak;
static char dir[] = "/tmp/ticketaka-auth-XXXXXX", jwks_path[64], credential_path[64];
static struct tk_auth_conf conf = {.jwks = jwks_path, .service_token_file = credential_path};

/* ---- a signer, for tests only ------------------------------------------------ */
static void add_base64url(struct tk_buf *out, const void *data, size_t size)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const unsigned char *in = data;
    uint32_t bits = 0;
    int have = 0;

    for (size_t i = 0; i < size; i++) {
        bits = bits << 8 | in[i];
        for (have += 8; have >= 6; have -= 6)
            tk_buf_putc(out, set[bits >> (have - 6) & 63]);
    }
    if (have)
        tk_buf_putc(out, set[bits << (6 - have) & 63]);
}

static void add_number(struct tk_buf *out, const EVP_PKEY *key, const char *name)
{
    unsigned char bytes[512];
    BIGNUM *number = NULL;

    assert_int_equal(EVP_PKEY_get_bn_param(key, name, &number), 1);
    add_base64url(out, bytes, (size_t)BN_bn2bin(number, bytes));
    BN_free(number);
}

/* header.payload, to be signed */
static struct tk_buf unsigned_token(const char *header, const char *payload)
{
    struct tk_buf token = {0};

    add_base64url(&token, header, strlen(header));
    tk_buf_putc(&token, '.');
    add_base64url(&token, payload, strlen(payload));
    return token;
}

static char *sign(EVP_PKEY *key, const char *header, const char *payload)
{
    struct tk_buf token = unsigned_token(header, payload);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    unsigned char signature[512];
    size_t size = sizeof signature;

    assert_int_equal(EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(md, signature, &size, (unsigned char *)token.data, token.len),
                     1);
    EVP_MD_CTX_free(md);
    tk_buf_putc(&token, '.');
    add_base64url(&token, signature, size);
    return token.data;
}

static char *sign_hmac(const void *key, size_t key_size, const char *header, const char *payload)
{
    struct tk_buf token = unsigned_token(header, payload);
    unsigned char mac[32];
    unsigned size = sizeof mac;

    HMAC(EVP_sha256(), key, (int)key_size, (unsigned char *)token.data, token.len, mac, &size);
    tk_buf_putc(&token, '.');
    add_base64url(&token, mac, size);
    return token.data;
}

/* The usual payload; `more` replaces or adds members, a null removes. */
static char *payload_with(const char *more)
{
    json_t *claims = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "iss", "Ticketaka",
                               "aud", "AUDIENCE", "sub", "42", "role", "ADULT", "scope",
                               "member box", "jti", "0123456789abcdef0123456789abcdef", "iat",
                               NOW - 10, "exp", NOW + 1800);
    json_t *changes = json_loads(more, 0, NULL);
    const char *name;
    json_t *value;
    char *text;

    assert_non_null(changes);
    json_object_foreach (changes, name, value) {
        if (json_is_null(value))
            json_object_del(claims, name);
        else
            json_object_set(claims, name, value);
    }
    text = json_dumps(claims, JSON_COMPACT);
    json_decref(claims);
    json_decref(changes);
    return text;
}

static const char header_a[] = "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"a\"}";
static const char header_b[] = "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"b\"}";

static char *token_with(EVP_PKEY *key, const char *header, const char *more)
{
    char *payload = payload_with(more);
    char *token = sign(key, header, payload);

    free(payload);
    return token;
}

/* ---- the files --------------------------------------------------------------- */
static void add_jwk(struct tk_buf *out, EVP_PKEY *key, const char *kid)
{
    tk_buf_printf(out,
                  "%s{\"kty\":\"RSA\",\"alg\":\"RS256\",\"use\":\"sig\",\"kid\":\"%s\",\"n\":\"",
                  out->len > 10 ? "," : "", kid);
    add_number(out, key, OSSL_PKEY_PARAM_RSA_N);
    tk_buf_puts(out, "\",\"e\":\"");
    add_number(out, key, OSSL_PKEY_PARAM_RSA_E);
    tk_buf_puts(out, "\"}");
}

/* Under another name first, as an administrator's tool would. */
static void write_file(const char *path, const char *text)
{
    char other[80];
    FILE *file;

    snprintf(other, sizeof other, "%s.new", path);
    file = fopen(other, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(rename(other, path), 0);
}

static void write_jwks(EVP_PKEY *a, EVP_PKEY *b)
{
    struct tk_buf text = {0};

    tk_buf_puts(&text, "{\"keys\":[");
    if (a)
        add_jwk(&text, a, "a");
    if (b)
        add_jwk(&text, b, "b");
    add_jwk(&text, key_weak, "weak");
    tk_buf_puts(&text,
                ",{\"kty\":\"oct\",\"kid\":\"oct\",\"k\":\"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0\"}]}");
    write_file(jwks_path, text.data);
    tk_buf_release(&text);
}

/* Files are looked at once a second at most. */
static void let_look_again(void)
{
    nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 50000000}, NULL);
}

static int set_up(void **state)
{
    struct tk_keyring *ring;

    write_jwks(key_a, key_b);
    write_file(credential_path, "0123456789abcdef-first\n");
    ring = tk_keyring_new(&conf);
    *state = ring;
    return ring ? 0 : -1;
}

static int tear_down(void **state)
{
    tk_keyring_free(*state);
    return 0;
}

static bool verify(struct tk_keyring *ring, const char *token, struct tk_who *who)
{
    return tk_token_verify(ring, token, NOW, who);
}

static void refused(struct tk_keyring *ring, char *token)
{
    struct tk_who who = {.member = 77};

    assert_false(verify(ring, token, &who));
    assert_int_equal(who.member, 77); /* untouched */
    free(token);
}

/* ---- tests ------------------------------------------------------------------- */
static void accepts_what_it_should(void **state)
{
    char *token = token_with(key_a, header_a, "{}");
    char *child = token_with(key_b, header_b,
                             "{\"role\":\"CHILD\",\"scope\":\"door what\",\"jti\":null}");
    struct tk_who who = {0};

    assert_true(tk_keyring_ready(*state));
    for (int i = 0; i < 3; i++) { /* the second time it comes from the cache */
        assert_true(verify(*state, token, &who));
        assert_int_equal(who.member, 42);
        assert_true(who.adult);
        assert_int_equal(who.scopes, TK_SCOPE_MEMBER | TK_SCOPE_BOX);
        assert_string_equal(who.session, "0123456789abcdef0123456789abcdef");
    }
    assert_true(verify(*state, child, &who));
    assert_false(who.adult);
    assert_int_equal(who.scopes, TK_SCOPE_DOOR);
    assert_string_equal(who.session, "");
    free(token);
    free(child);
}

static void refuses_wrong_claims(void **state)
{
    static const char *const changes[] = {
        "{\"exp\":1800000000}",
        "{\"exp\":1}",
        "{\"exp\":null}",
        "{\"exp\":\"1800001800\"}",
        "{\"exp\":1800001800.0}",
        "{\"exp\":true}",
        "{\"exp\":-1}",
        "{\"iat\":1800000061}",
        "{\"iat\":null}",
        "{\"iat\":\"1799999990\"}",
        "{\"iss\":\"Other\"}",
        "{\"iss\":null}",
        "{\"iss\":[\"Ticketaka\"]}",
        "{\"aud\":\"OTHER\"}",
        "{\"aud\":null}",
        "{\"aud\":[\"AUDIENCE\"]}",
        "{\"sub\":42}",
        "{\"sub\":\"0\"}",
        "{\"sub\":\"-1\"}",
        "{\"sub\":\"42x\"}",
        "{\"sub\":\"\"}",
        "{\"sub\":null}",
        "{\"sub\":\"9223372036854775808\"}",
        "{\"role\":\"ROOT\"}",
        "{\"role\":null}",
        "{\"scope\":[\"admin\"]}",
        "{\"scope\":7}",
        "{\"jti\":7}",
        "{\"jti\":\"0123456789abcdef0123456789abcdef0\"}",
    };

    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        print_message("  %s\n", changes[i]);
        refused(*state, token_with(key_a, header_a, changes[i]));
    }
}

static void knows_time(void **state)
{
    char *token = token_with(key_a, header_a, "{\"iat\":1800000060,\"exp\":1800000100}");
    struct tk_who who;

    assert_true(verify(*state, token, &who)); /* iat just within its leeway */
    assert_true(tk_token_verify(*state, token, NOW + 99, &who));
    assert_false(
        tk_token_verify(*state, token, NOW + 100, &who)); /* cached, and expired all the same */
    free(token);
}

static void refuses_wrong_headers(void **state)
{
    static const char *const headers[] = {
        "{\"alg\":\"RS256\",\"typ\":\"JWT\"}",
        "{\"alg\":\"RS256\",\"kid\":\"c\"}",
        "{\"alg\":\"RS256\",\"kid\":\"weak\"}",
        "{\"alg\":\"RS256\",\"kid\":7}",
        "{\"alg\":\"RS256\",\"kid\":\"b\"}",
        "{\"alg\":\"rs256\",\"kid\":\"a\"}",
        "{\"alg\":\"RS512\",\"kid\":\"a\"}",
        "{\"alg\":\"PS256\",\"kid\":\"a\"}",
        "{\"alg\":[\"RS256\"],\"kid\":\"a\"}",
        "{\"kid\":\"a\"}",
        "{\"alg\":\"none\",\"alg\":\"RS256\",\"kid\":\"a\"}",
        "{\"alg\":\"RS256\",\"kid\":\"a\",\"crit\":[\"exp\"]}",
        "{\"alg\":\"RS256\",\"kid\":\"a\",\"b64\":false}",
        "{\"alg\":\"RS256\",\"kid\":\"a\",\"typ\":\"at\"}",
        "[]",
        "7",
        "",
    };

    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        print_message("  %s\n", headers[i]);
        refused(*state, token_with(key_a, headers[i], "{}"));
    }
    refused(*state, token_with(key_weak, "{\"alg\":\"RS256\",\"kid\":\"weak\"}", "{}"));
}

static void refuses_none(void **state)
{
    char *payload = payload_with("{}");
    struct tk_buf token = unsigned_token("{\"alg\":\"none\",\"kid\":\"a\"}", payload);
    struct tk_buf bare = unsigned_token(header_a, payload);

    tk_buf_putc(&token, '.');
    refused(*state, token.data);
    tk_buf_putc(&bare, '.');
    refused(*state, bare.data);
    free(payload);
}

/* The forgery that reads the public key as a shared secret. */
static void refuses_hmac_forgeries(void **state)
{
    static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"a\"}";
    char *payload = payload_with("{}"), *pem = NULL;
    struct tk_buf n = {0};
    BIO *bio = BIO_new(BIO_s_mem());
    long size;

    PEM_write_bio_PUBKEY(bio, key_a);
    size = BIO_get_mem_data(bio, &pem);
    refused(*state, sign_hmac(pem, (size_t)size, header, payload));
    refused(*state, sign_hmac(pem, (size_t)size, header_a, payload));
    refused(*state, sign_hmac(pem, (size_t)size - 1, header, payload));
    add_number(&n, key_a, OSSL_PKEY_PARAM_RSA_N);
    refused(*state, sign_hmac(n.data, n.len, header, payload));
    refused(*state, sign_hmac(n.data, n.len, header_a, payload));
    refused(*state, sign_hmac("secretsecretsecretsecret", 24, "{\"alg\":\"HS256\",\"kid\":\"oct\"}",
                              payload));
    tk_buf_release(&n);
    BIO_free(bio);
    free(payload);
}

static void refuses_changed_tokens(void **state)
{
    char *token = token_with(key_a, header_a, "{}");
    size_t len = strlen(token);
    struct tk_who who;
    char *copy;

    for (size_t i = 0; i < len; i += 7) { /* one character other */
        copy = strdup(token);
        copy[i] = copy[i] == 'A' ? 'B' : 'A';
        refused(*state, copy);
    }
    for (size_t i = 0; i < len; i += 11) /* cut */
        refused(*state, strndup(token, i));
    assert_true(verify(*state, token, &who));
    free(token);
}

static void refuses_garbage(void **state)
{
    static const char *const garbage[] = {
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "a.b",
        ".a.b",
        "a..b",
        "a.b.",
        "Bearer x.y.z",
        "\xff\xfe.\x80.x",
        "eyJhbGciOiJSUzI1NiJ9.e30.AA==",
        "eyJ hbGci.e30.AA",
        "null",
        "{}",
        "%00.%00.%00",
    };
    unsigned seed = 20261122;
    char *text;

    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
        refused(*state, strdup(garbage[i]));
    refused(*state, NULL);
    for (int round = 0; round < 5000; round++) {
        size_t len = (size_t)rand_r(&seed) % 300;

        text = calloc(1, len + 1);
        for (size_t i = 0; i < len; i++)
            text[i] = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ..-_A=\n\x80"[rand_r(&seed) % 43];
        refused(*state, text);
    }
}

static void refuses_oversize(void **state)
{
    char *filler = calloc(1, 8192), more[8300], *fits, *large;
    struct tk_who who;

    memset(filler, 'x', 2300);
    snprintf(more, sizeof more, "{\"filler\":\"%s\"}", filler);
    fits = token_with(key_a, header_a, more);
    assert_in_range(strlen(fits), 3000, TK_TOKEN_MAX);
    assert_true(verify(*state, fits, &who));
    memset(filler, 'x', 3000);
    snprintf(more, sizeof more, "{\"filler\":\"%s\"}", filler);
    large = token_with(key_a, header_a, more);
    assert_true(strlen(large) > TK_TOKEN_MAX);
    refused(*state, large);
    free(fits);
    free(filler);
}

static void follows_the_key_file(void **state)
{
    struct tk_keyring *ring = *state;
    char *by_a = token_with(key_a, header_a, "{}"), *by_b = token_with(key_b, header_b, "{}");
    struct tk_who who;

    assert_true(verify(ring, by_a, &who)); /* now cached */
    write_file(jwks_path, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"");
    let_look_again();
    assert_true(verify(ring, by_b, &who)); /* half a file changes nothing */
    write_jwks(NULL, key_b);
    let_look_again();
    assert_true(verify(ring, by_b, &who));
    assert_false(verify(ring, by_a, &who)); /* its key is gone: the cache does not save it */
    unlink(jwks_path);
    let_look_again();
    assert_true(verify(ring, by_b, &who)); /* what is known stays known */
    write_jwks(key_a, key_b);
    let_look_again();
    assert_true(verify(ring, by_a, &who));
    free(by_a);
    free(by_b);
}

static void works_without_files(void **state)
{
    const struct tk_auth_conf absent = {.jwks = "/nonexistent/jwks.json"};
    struct tk_keyring *ring = tk_keyring_new(&absent);
    char *token = token_with(key_a, header_a, "{}");
    struct tk_who who;

    (void)state;
    assert_false(tk_keyring_ready(ring));
    assert_false(verify(ring, token, &who));
    assert_false(tk_service_verify(ring, ""));
    assert_false(tk_service_verify(ring, NULL));
    assert_null(tk_service_credential(ring));
    tk_keyring_free(ring);
    tk_keyring_free(NULL);
    free(token);
}

static void follows_the_service_credential(void **state)
{
    struct tk_keyring *ring = *state;
    const char *first = tk_service_credential(ring);

    assert_string_equal(first, "0123456789abcdef-first");
    assert_true(tk_service_verify(ring, "0123456789abcdef-first"));
    assert_false(tk_service_verify(ring, "0123456789abcdef-firs"));
    assert_false(tk_service_verify(ring, "0123456789abcdef-first\n"));
    assert_false(tk_service_verify(ring, ""));
    assert_false(tk_service_verify(ring, NULL));
    write_file(credential_path, "short\n");
    let_look_again();
    assert_string_equal(tk_service_credential(ring), first); /* too short to be one */
    assert_false(tk_service_verify(ring, "short"));
    write_file(credential_path, "fedcba9876543210-second\n");
    let_look_again();
    assert_string_equal(tk_service_credential(ring), "fedcba9876543210-second");
    assert_true(tk_service_verify(ring, "fedcba9876543210-second"));
    assert_true(
        tk_service_verify(ring, "0123456789abcdef-first")); /* others may not have read it yet */
    assert_string_equal(first, "0123456789abcdef-first");   /* and the pointer still stands */
}

static void parses_scopes(void **state)
{
    (void)state;
    assert_int_equal(tk_scopes_parse(""), 0);
    assert_int_equal(tk_scopes_parse("member"), TK_SCOPE_MEMBER);
    assert_int_equal(tk_scopes_parse("  member   box door manager admin kiosk "), 63);
    assert_int_equal(tk_scopes_parse("members Member memberbox admin2 adm"), 0);
}

/* ---- threads ----------------------------------------------------------------- */
struct job {
    struct tk_keyring *ring;
    char *good[8], *bad;
    int wrong;
};

static void *hammer(void *arg)
{
    struct job *job = arg;
    struct tk_who who;
    int wrong = 0;

    for (int i = 0; i < 400; i++) {
        wrong += !verify(job->ring, job->good[i % 8], &who) || who.member != 100 + i % 8;
        wrong += verify(job->ring, job->bad, &who);
        wrong += !tk_service_verify(job->ring, "0123456789abcdef-first");
    }
    __atomic_fetch_add(&job->wrong, wrong, __ATOMIC_SEQ_CST);
    return NULL;
}

static void serves_threads(void **state)
{
    struct job job = {.ring = *state, .bad = token_with(key_b, header_a, "{}")};
    pthread_t threads[4];
    char more[40];

    for (int i = 0; i < 8; i++) {
        snprintf(more, sizeof more, "{\"sub\":\"%d\"}", 100 + i);
        job.good[i] = token_with(key_a, header_a, more);
    }
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, hammer, &job);
    write_jwks(key_a, NULL); /* while they run */
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(job.wrong, 0);
    for (int i = 0; i < 8; i++)
        free(job.good[i]);
    free(job.bad);
}

/* Many at once, each with its own end. */
static void keeps_tokens_apart(void **state)
{
    static char *tokens[64];
    struct tk_who who;
    char more[64];

    for (int i = 0; i < 64; i++) {
        snprintf(more, sizeof more, "{\"sub\":\"%d\",\"exp\":%lld}", i + 1, NOW + 1 + i);
        tokens[i] = token_with(key_a, header_a, more);
    }
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 64; i++) {
            assert_true(tk_token_verify(*state, tokens[i], NOW, &who));
            assert_int_equal(who.member, i + 1);
        }
    }
    for (int i = 0; i < 64; i++)
        free(tokens[i]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(accepts_what_it_should),
        TEST(refuses_wrong_claims),
        TEST(knows_time),
        TEST(refuses_wrong_headers),
        TEST(refuses_none),
        TEST(refuses_hmac_forgeries),
        TEST(refuses_changed_tokens),
        TEST(refuses_garbage),
        TEST(refuses_oversize),
        TEST(follows_the_key_file),
        TEST(works_without_files),
        TEST(follows_the_service_credential),
        TEST(parses_scopes),
        TEST(serves_threads),
        TEST(keeps_tokens_apart),
    };
    int failed;

    json_object_seed(0);
    if (!mkdtemp(dir))
        return 2;
    snprintf(jwks_path, sizeof jwks_path, "%s/jwks.json", dir);
    snprintf(credential_path, sizeof credential_path, "%s/credential", dir);
    key_a = EVP_RSA_gen(2048);
    key_b = EVP_RSA_gen(2048);
    key_weak = EVP_RSA_gen(1024);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    EVP_PKEY_free(key_a);
    EVP_PKEY_free(key_b);
    EVP_PKEY_free(key_weak);
    unlink(jwks_path);
    unlink(credential_path);
    rmdir(dir);
    return failed;
}
