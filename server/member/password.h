/* Passwords: Argon2id, 19 MiB, two passes (OWASP's floor). About 25 ms of one core: call on
 * TK_ON_SLOW only. */
#ifndef MEMBER_PASSWORD_H
#define MEMBER_PASSWORD_H

#include <sodium.h>
#include <stdbool.h>

#define PASSWORD_HASH_SIZE crypto_pwhash_STRBYTES

/* A salted hash as text; false when 19 MiB cannot be had. */
bool password_hash(const char *password, char hash[PASSWORD_HASH_SIZE]);
/* In constant time as far as the password is concerned. */
bool password_verify(const char *hash, const char *password);

#endif
