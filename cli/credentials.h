/*
 * Who is logged in where. Kept per server address in $XDG_STATE_HOME/ticketaka/credentials.json,
 * 0600, replaced as a whole. A token may also come from outside; then nothing is written and it is
 * not renewed. Order: --token-file, $TICKETAKA_TOKEN, $CREDENTIALS_DIRECTORY/ticketaka.token, the
 * file.
 */
#ifndef TK_CLI_CREDENTIALS_H
#define TK_CLI_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum token_source { TOKEN_NONE, TOKEN_OPTION, TOKEN_ENVIRONMENT, TOKEN_DIRECTORY, TOKEN_STORED };

struct credentials {
    enum token_source source;
    char access[4200];
    char refresh[1024];
    char email[256];
    char member[64];    /* the token's "sub"; "" when it cannot be read */
    int64_t expires_at; /* seconds since 1970; 0: unknown */
    char where[1100];   /* of what was looked at last, for people */
};

/*
 * Fills *out; source TOKEN_NONE when nobody is logged in at `server`. -1 and `why` (translated)
 * when a place exists but may not be used: unreadable, or readable by others.
 */
int credentials_load(const char *server, const char *token_file, struct credentials *out, char *why,
                     size_t size);
/* Stores (or, without access token, removes) those of `server`. The caller holds the lock. 0 or
 * errno. */
int credentials_store(const char *server, const struct credentials *credentials);
/* Keeps other processes from rotating the refresh token meanwhile. As lock_file(). */
int credentials_lock(int64_t timeout_ms);
/* Reads "sub" and "exp" of a token into *credentials. It is not verified: the server does that. */
void credentials_read_token(struct credentials *credentials);

#endif
