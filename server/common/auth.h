/*
 * Verification of access tokens: RS256 through libcjose, then exp, iss and aud by ourselves. A verified
 * token is cached by its SHA-256 until it expires. Thread-safe.
 */
#ifndef TK_COMMON_AUTH_H
#define TK_COMMON_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "server/common/httpd.h"

#define TK_TOKEN_MAX 4096 /* bytes; longer is refused unread */
#define TK_ISSUER    "Ticketaka"
#define TK_AUDIENCE  "AUDIENCE"

struct tk_auth_conf {
    const char *jwks; /* file holding the public keys (RFC 7517); re-read when it changes */
    const char *service_token_file; /* the credential between services: one line */
};

struct tk_keyring;
/*
 * Works, and refuses every token, while the file is missing: the service stays up. Both files are looked at
 * once a second at most. A new key file that does not parse is ignored; one that does replaces all keys and
 * forgets all cached tokens, so that a key taken away ends its tokens within a second. A changed credential is
 * used at once, the one before it is accepted for five seconds more.
 */
struct tk_keyring *tk_keyring_new(const struct tk_auth_conf *conf);
void tk_keyring_free(struct tk_keyring *ring);
/* true while at least one key is known. */
bool tk_keyring_ready(struct tk_keyring *ring);
/* `now_s`: seconds since 1970. Leeway 60 s for iat, none for exp. false: not to be trusted, *who untouched. */
bool tk_token_verify(struct tk_keyring *ring, const char *token, int64_t now_s, struct tk_who *who);
/* Constant-time comparison with the service credential. */
bool tk_service_verify(struct tk_keyring *ring, const char *credential);
/* The credential for calls to other services, valid as long as the ring; NULL while there is none. */
const char *tk_service_credential(struct tk_keyring *ring);
/* "member box" to bits and back; unknown words are dropped. */
unsigned tk_scopes_parse(const char *text);

#endif
