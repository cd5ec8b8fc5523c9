/*
 * How the command line sends: the access token, renewed once when it has run out; retries with
 * growing pauses of what may be repeated, for as long as the time limit allows; and an honest
 * verdict on what is known at the end. One client per command.
 */
#ifndef TK_CLI_CLIENT_H
#define TK_CLI_CLIENT_H

#include <stdbool.h>

#include "cli/credentials.h"
#include "shared/net/api.h"

struct client {
    struct tk_api api;    /* first: the resource functions get its address */
    struct tk_http *http; /* made by the first call: what needs no network starts no libcurl */
    const char *server;
    int64_t timeout_ms, deadline; /* deadline: tk_mono_ms() */
    struct credentials credentials;
    const char *key;  /* Idempotency-Key of keyed calls; NULL: none */
    int verbose;      /* 1: requests, 2: bodies; on standard error */
    bool renewed;     /* the access token was renewed, or that was tried: once is enough */
    bool bad_address; /* that of the server is none */
    unsigned flags;   /* of the last call: what may be said about repeating depends on them */
};

void client_init(struct client *client, const char *server, int64_t timeout_ms);
/* The time limit begins again: a person has been asked meanwhile. */
void client_more_time(struct client *client);
void client_release(struct client *client);

/*
 * The answer says how the write stands, whatever it now carries: it is refused or done, once and
 * for all. Not so for a lost answer, a busy server, or a login that must be renewed first.
 */
bool client_definite(const struct tk_answer *answer);

/* For the tests: the pause before attempt `attempt` (from 1) after this answer, or -1: do not
 * repeat. */
int64_t client_pause(unsigned flags, const struct tk_answer *answer, int attempt);

#endif
