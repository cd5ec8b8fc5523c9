/*
 * Access tokens: RS256 through libcjose, signed with one of the keys of a folder, all of which are
 * published.
 *
 * The folder holds `<kid>.pem`, one RSA key of at least 2,048 bits each. To change keys: add the
 * new file and restart (it is published), wait until every verifier has read the JWKS again, set
 * `jwt-kid` to it and restart; 30 minutes later the old file may go. A file with only a public key
 * is published and cannot sign.
 */
#ifndef MEMBER_TOKEN_H
#define MEMBER_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACCESS_TOKEN_S 1800

struct signer;

/*
 * Reads the folder. `kid` names the key that signs; NULL: the only one that can (for `jwks`, which
 * needs none). NULL with the reason, and what to do, in `why`.
 */
struct signer *signer_new(const char *dir, const char *kid, char *why, size_t why_size);
void signer_free(struct signer *signer);

/* The public keys as a JSON Web Key Set; lives as long as the signer. */
const char *signer_jwks(const struct signer *signer);

/*
 * Secrets of 32 bytes, one derived from each private key, the signing key's first; NULL past the
 * last. What is keyed with one outlives a change of keys as long as the old key is still published.
 */
const unsigned char *signer_secret(const struct signer *signer, size_t index);

struct token_claims {
    int64_t member;
    bool adult;
    const char *scope; /* "member box" */
};
/* Thread-safe. A compact JWT to be freed by the caller; NULL when memory is short or no key can
 * sign. */
char *token_issue(const struct signer *signer, const struct token_claims *claims, int64_t now_s);

#endif
