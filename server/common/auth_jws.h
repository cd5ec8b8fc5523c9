/* Private to auth.c: a set of public keys and the signature of a compact token. RS256 only. */
#ifndef TK_COMMON_AUTH_JWS_H
#define TK_COMMON_AUTH_JWS_H

#include <jansson.h>
#include <stddef.h>

struct jws_keys; /* counted; never changes once made */

/* RSA signing keys of 2,048 bits or more out of a JWK set; NULL when there is none. */
struct jws_keys *jws_keys_parse(const char *text, size_t size);
struct jws_keys *jws_keys_hold(struct jws_keys *keys); /* NULL stays NULL */
void jws_keys_drop(struct jws_keys *keys);             /* NULL is fine */

/* The claims (a new reference) when the signature is right; they are not yet checked. NULL
 * otherwise. */
json_t *jws_verify(struct jws_keys *keys, const char *token, size_t size);

#endif
