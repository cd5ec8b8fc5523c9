/* Keys, tokens as the other services see them, and what is kept of a code. */
#include "server/member/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <jansson.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include "server/common/auth.h"
#include "server/member/code.h"
#include "server/member/password.h"

#define NOW INT64_C(1800000000)

static char dir[] = "/tmp/ticketaka-token-XXXXXX";
static char why[512];

static char *path_of(const char *file)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, file);
    return path;
}

static void write_pem(const char *file, EVP_PKEY *pkey, bool private, const EVP_CIPHER *cipher)
{
    FILE *out = fopen(path_of(file), "w");
    assert_non_null(out);
    assert_non_null(pkey);
    if (private)
        assert_int_equal(PEM_write_PKCS8PrivateKey(out, pkey, cipher, cipher ? "pass" : NULL,
                                                   cipher ? 4 : 0, NULL, NULL),
                         1);
    else
        assert_int_equal(PEM_write_PUBKEY(out, pkey), 1);
    fclose(out);
}

static void write_text(const char *file, const char *text)
{
    FILE *out = fopen(path_of(file), "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static EVP_PKEY *old_key, *new_key;

static int setup(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(dir));
    assert_true(sodium_init() >= 0);
    old_key = EVP_RSA_gen(2048);
    new_key = EVP_RSA_gen(2048);
    write_pem("old.pem", old_key, true, NULL);
    write_pem("new.pem", new_key, true, NULL);
    write_text("README", "not a key");
    return 0;
}

static int teardown(void **state)
{
    static const char *const files[] = {"old.pem", "new.pem", "README", "jwks.json", "bad.pem"};
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlink(path_of(files[i]));
    EVP_PKEY_free(old_key);
    EVP_PKEY_free(new_key);
    return rmdir(dir);
}

static struct signer *signer_with(const char *kid)
{
    struct signer *signer = signer_new(dir, kid, why, sizeof why);
    if (!signer)
        fail_msg("%s", why);
    return signer;
}

static json_t *part_of(const char *token, int number)
{
    unsigned char raw[2048];
    size_t size;
    for (int i = 0; i < number; i++)
        token = strchr(token, '.') + 1;
    assert_int_equal(sodium_base642bin(raw, sizeof raw, token, strcspn(token, "."), NULL, &size,
                                       NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING),
                     0);
    json_t *json = json_loadb((char *)raw, size, 0, NULL);
    assert_non_null(json);
    return json;
}

static const char *text_at(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));
    return text ? text : "(absent)";
}

static void tokens_carry_the_claims_of_the_contract(void **state)
{
    (void)state;
    struct signer *signer = signer_with("new");
    struct token_claims claims = {.member = 42, .adult = false, .scope = "member box"};
    char *token = token_issue(signer, &claims, NOW), *other = token_issue(signer, &claims, NOW);
    assert_non_null(token);
    json_t *head = part_of(token, 0), *body = part_of(token, 1), *body2 = part_of(other, 1);
    assert_string_equal(text_at(head, "alg"), "RS256");
    assert_string_equal(text_at(head, "kid"), "new");
    assert_string_equal(text_at(body, "iss"), "Ticketaka");
    assert_string_equal(text_at(body, "sub"), "42");
    assert_string_equal(text_at(body, "aud"), "AUDIENCE");
    assert_string_equal(text_at(body, "role"), "CHILD");
    assert_string_equal(text_at(body, "permission"), "all");
    assert_string_equal(text_at(body, "scope"), "member box");
    assert_int_equal(json_integer_value(json_object_get(body, "iat")), NOW);
    assert_int_equal(json_integer_value(json_object_get(body, "exp")), NOW + 1800);
    assert_int_equal(strlen(text_at(body, "jti")), 32);
    assert_string_not_equal(text_at(body, "jti"), text_at(body2, "jti"));
    json_decref(head);
    json_decref(body);
    json_decref(body2);
    free(token);
    free(other);
    signer_free(signer);
}

static void every_published_key_verifies(void **state)
{
    (void)state;
    static const char *const kids[] = {"old", "new"};
    struct tk_auth_conf conf = {.jwks = strdup(path_of("jwks.json"))};
    struct token_claims claims = {.member = 7, .adult = true, .scope = "member manager"};
    for (size_t i = 0; i < 2; i++) {
        struct signer *signer = signer_with(kids[i]);
        write_text("jwks.json", signer_jwks(signer));
        struct tk_keyring *ring = tk_keyring_new(&conf);
        assert_true(tk_keyring_ready(ring));
        /* the other key signed before the change, or will after it */
        struct signer *before = signer_with(kids[1 - i]);
        char *tokens[] = {token_issue(signer, &claims, NOW), token_issue(before, &claims, NOW)};
        for (size_t t = 0; t < 2; t++) {
            struct tk_who who = {0};
            assert_true(tk_token_verify(ring, tokens[t], NOW + 10, &who));
            assert_int_equal(who.member, 7);
            assert_true(who.adult);
            assert_int_equal(who.scopes, TK_SCOPE_MEMBER | TK_SCOPE_MANAGER);
            assert_false(tk_token_verify(ring, tokens[t], NOW + 1800, &who));
            free(tokens[t]);
        }
        tk_keyring_free(ring);
        signer_free(before);
        signer_free(signer);
    }
    free((char *)conf.jwks);
}

static void the_key_set_is_public(void **state)
{
    (void)state;
    struct signer *signer = signer_with(NULL);
    json_t *set = json_loads(signer_jwks(signer), 0, NULL), *keys = json_object_get(set, "keys"),
           *key;
    size_t i;
    assert_int_equal(json_array_size(keys), 2);
    json_array_foreach (keys, i, key) {
        assert_string_equal(text_at(key, "kty"), "RSA");
        assert_string_equal(text_at(key, "use"), "sig");
        assert_string_equal(text_at(key, "alg"), "RS256");
        assert_string_equal(text_at(key, "kid"), i == 0 ? "new" : "old");
        assert_true(strlen(text_at(key, "n")) > 300);
        assert_int_equal(json_object_size(key), 6); /* and e; nothing private */
    }
    json_decref(set);
    signer_free(signer);
}

static void refused(const char *kid, const char *reason)
{
    struct signer *signer = signer_new(dir, kid, why, sizeof why);
    assert_null(signer);
    if (!strstr(why, reason))
        fail_msg("'%s' does not say '%s'", why, reason);
}

static void bad_keys_are_refused_with_a_reason(void **state)
{
    (void)state;
    EVP_PKEY *small = EVP_RSA_gen(1024), *curve = EVP_EC_gen("P-256");
    refused("absent", "'absent.pem'");
    /* No key: four letters in a key's frame, which is split so that no search for keys stops here. */
    write_text("bad.pem", "-----BEGIN PRIVATE "
                          "KEY-----\nAAAA\n-----END PRIVATE "
                          "KEY-----\n");
    refused("new", "PEM");
    write_pem("bad.pem", new_key, true, EVP_aes_128_cbc()); /* must not ask a terminal */
    refused("new", "PEM");
    write_pem("bad.pem", small, true, NULL);
    refused("new", "too short");
    write_pem("bad.pem", curve, true, NULL);
    refused("new", "not an RSA key");
    write_pem("bad.pem", new_key, false, NULL); /* published, cannot sign */
    refused("bad", "'bad.pem'");
    unlink(path_of("bad.pem"));
    assert_null(signer_new("/nonexistent", NULL, why, sizeof why));
    assert_non_null(strstr(why, "/nonexistent"));
    EVP_PKEY_free(small);
    EVP_PKEY_free(curve);
}

static void codes_are_hashed_with_a_key(void **state)
{
    (void)state;
    struct signer *before = signer_with("old"), *after = signer_with("new");
    char a[CODE_HASH_SIZE], b[CODE_HASH_SIZE], plain[CODE_HASH_SIZE];
    assert_true(code_hash(before, 0, "a@b.kr", "012345", a));
    assert_int_equal(strlen(a), 64);
    assert_null(strstr(a, "012345"));
    assert_true(code_hash(before, 0, "a@b.kr", "012346", b));
    assert_string_not_equal(a, b);
    assert_true(code_hash(before, 0, "c@b.kr", "012345", b));
    assert_string_not_equal(a, b);
    /* not what anyone could compute from the code alone */
    unsigned char sum[32];
    crypto_generichash(sum, sizeof sum,
                       (const unsigned char *)"a@b.kr\0"
                                              "012345",
                       13, NULL, 0);
    sodium_bin2hex(plain, sizeof plain, sum, sizeof sum);
    assert_string_not_equal(a, plain);
    /* a code mailed before a change of keys is good after it */
    assert_true(code_hash(after, 0, "a@b.kr", "012345", b));
    assert_string_not_equal(a, b);
    assert_true(code_hash(after, 1, "a@b.kr", "012345", b));
    assert_string_equal(a, b);
    assert_false(code_hash(after, 2, "a@b.kr", "012345", b));
    signer_free(before);
    signer_free(after);
}

static void passwords_are_argon2id(void **state)
{
    (void)state;
    char one[PASSWORD_HASH_SIZE], two[PASSWORD_HASH_SIZE];
    assert_true(password_hash("비밀번호 password", one));
    assert_true(password_hash("비밀번호 password", two));
    assert_memory_equal(one, "$argon2id$v=19$m=19456,t=2,p=1$", 31);
    assert_string_not_equal(one, two);
    assert_true(password_verify(one, "비밀번호 password"));
    assert_false(password_verify(one, "비밀번호 Password"));
    assert_false(password_verify(one, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_carry_the_claims_of_the_contract),
        cmocka_unit_test(every_published_key_verifies),
        cmocka_unit_test(the_key_set_is_public),
        cmocka_unit_test(bad_keys_are_refused_with_a_reason),
        cmocka_unit_test(codes_are_hashed_with_a_key),
        cmocka_unit_test(passwords_are_argon2id),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
