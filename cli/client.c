#include "cli/client.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/lang.h"
#include "cli/trace.h"
#include "shared/base/str.h"
#include "shared/base/time.h"
#include "shared/net/member.h"

#define FIRST_PAUSE_MS   100
#define LONGEST_PAUSE_MS 2000
#define EXPIRY_SLACK_S   10

static bool repeatable(unsigned flags)
{
    return flags & (TK_CALL_SAFE | TK_CALL_KEYED);
}

/* The gateway lost the server while it worked: for a write that is no answer. */
static bool lost_behind_gateway(const struct tk_answer *answer)
{
    return answer->status == 502 || answer->status == 504;
}

bool client_definite(const struct tk_answer *answer)
{
    return answer->sent == TK_HTTP_ANSWERED && answer->status < 500 && answer->status != 401 &&
           answer->status != 403 && answer->status != 429;
}

int64_t client_pause(unsigned flags, const struct tk_answer *answer, int attempt)
{
    int64_t pause = FIRST_PAUSE_MS;

    for (int i = 1; i < attempt && pause < LONGEST_PAUSE_MS; i++)
        pause *= 2;
    if (answer->sent == TK_HTTP_NOT_SENT)
        return attempt < 3 ? pause : -1;
    if (!repeatable(flags))
        return -1;
    if (answer->sent == TK_HTTP_UNCERTAIN)
        return pause;
    if (answer->status == 429 || answer->status == 503)
        return answer->retry_after_s > 0 ? answer->retry_after_s * INT64_C(1000) : pause;
    return answer->status >= 500 && attempt < 3 ? pause : -1;
}

static int64_t left_ms(const struct client *client)
{
    int64_t left = client->deadline - tk_mono_ms();

    return left > 0 ? left : 0;
}

static bool pause_for(struct client *client, int64_t ms)
{
    struct timespec span = {ms / 1000, ms % 1000 * 1000000};

    if (ms < 0 || ms >= left_ms(client))
        return false;
    while (nanosleep(&span, &span) && errno == EINTR)
        ;
    return true;
}

static void not_sent(struct tk_answer *answer, const char *why)
{
    tk_answer_release(answer);
    memset(answer, 0, sizeof *answer);
    answer->sent = TK_HTTP_NOT_SENT;
    answer->err = TK_UNAVAILABLE;
    answer->detail = "";
    snprintf(answer->why, sizeof answer->why, "%s", why);
}

static bool prepare(struct client *client, const struct tk_call *call)
{
    char bearer[sizeof client->credentials.access + 8];
    const char *key = call->flags & TK_CALL_KEYED ? client->key : NULL;
    bool login = (call->flags & TK_CALL_LOGIN) && client->credentials.access[0];
    bool fine;

    if (!client->http)
        client->http = tk_http_new(client->server);
    client->bad_address = !client->http;
    if (!client->http)
        return false;
    snprintf(bearer, sizeof bearer, "Bearer %s", client->credentials.access);
    fine = tk_http_header(client->http, "User-Agent", "ticketaka/" TK_VERSION) &&
           tk_http_header(client->http, "Authorization", login ? bearer : NULL) &&
           tk_http_header(client->http, "Idempotency-Key", key);
    sodium_memzero(bearer, sizeof bearer);
    return fine;
}

static void attempt_once(struct client *client, const struct tk_call *call,
                         struct tk_answer *answer)
{
    int64_t limit = left_ms(client), began = tk_mono_ms();

    /* Leave room to ask again when the first answer does not come. */
    if (repeatable(call->flags) && limit > 2000)
        limit = limit * 6 / 10;
    trace_request(client->verbose, call->method, call->path, call->body);
    tk_http_call(client->http, call->method, call->path, call->body, limit > 0 ? limit : 1, answer);
    trace_answer(client->verbose, answer, tk_mono_ms() - began);
}

/* Takes the new tokens of a renewal over. false: it brought none. */
static bool adopt(struct client *client, const struct tk_answer *answer)
{
    struct credentials *mine = &client->credentials;
    struct tk_tokens tokens;
    int failed;

    if (answer->err != TK_OK || !tk_tokens_read(answer, &tokens) ||
        !tk_copy(mine->access, sizeof mine->access, tokens.access) ||
        (tokens.refresh[0] && !tk_copy(mine->refresh, sizeof mine->refresh, tokens.refresh)))
        return false;
    credentials_read_token(mine);
    failed = credentials_store(client->server, mine);
    if (failed)
        fprintf(stderr, _("warning: the renewed login could not be stored in '%s': %s\n"),
                mine->where, strerror(failed));
    return true;
}

/* Another process may have renewed meanwhile: then its token serves. */
static bool renewed_elsewhere(struct client *client)
{
    struct credentials now;
    char why[256];

    if (credentials_load(client->server, NULL, &now, why, sizeof why) ||
        now.source != TOKEN_STORED || strcmp(now.access, client->credentials.access) == 0)
        return false;
    client->credentials = now;
    return true;
}

/*
 * Renews the access token. True: try again. False: *answer says why not; when it was not possible
 * to ask, the caller's own request has not been sent.
 */
static bool renew(struct client *client, struct tk_answer *answer)
{
    struct credentials *mine = &client->credentials;
    struct tk_answer fresh;
    bool done;
    int lock;

    if (mine->source != TOKEN_STORED || !mine->refresh[0])
        return false;
    lock = credentials_lock(left_ms(client));
    if (lock < 0) {
        not_sent(answer, _("the login could not be renewed: another command holds the lock"));
        return false;
    }
    if (renewed_elsewhere(client)) {
        close(lock);
        return true;
    }
    tk_member_refresh(&client->api, mine->refresh, &fresh);
    done = adopt(client, &fresh);
    close(lock);
    if (fresh.sent != TK_HTTP_ANSWERED) {
        not_sent(answer, fresh.why);
        tk_answer_release(&fresh);
    } else if (!done && fresh.status >= 429) {
        tk_answer_release(answer);
        *answer = fresh;
    } else {
        tk_answer_release(&fresh);
    }
    return done;
}

static bool expired(const struct credentials *credentials)
{
    return credentials->expires_at > 0 &&
           tk_wall_ms() / 1000 >= credentials->expires_at - EXPIRY_SLACK_S;
}

static void run_call(struct client *client, const struct tk_call *call, struct tk_answer *answer)
{
    bool lost = false;

    for (int attempt = 1;; attempt++) {
        if (!prepare(client, call)) {
            not_sent(answer, _("the token holds characters that no token has"));
            return;
        }
        attempt_once(client, call, answer);
        lost = lost || answer->sent == TK_HTTP_UNCERTAIN ||
               (answer->sent == TK_HTTP_ANSWERED && lost_behind_gateway(answer));
        if (answer->sent == TK_HTTP_ANSWERED && answer->status == 401 &&
            (call->flags & TK_CALL_LOGIN) && !client->renewed) {
            client->renewed = true;
            if (!renew(client, answer))
                break;
        } else if (!pause_for(client, client_pause(call->flags, answer, attempt))) {
            break;
        }
        tk_answer_release(answer);
    }
    /* An attempt whose answer was lost stays unknown until a later one is definite. */
    if (lost && !client_definite(answer) && answer->err != TK_OUTCOME_UNKNOWN)
        answer->sent = TK_HTTP_UNCERTAIN;
}

static void client_send(struct tk_api *api, const struct tk_call *call, struct tk_answer *answer)
{
    struct client *client = (struct client *)api;

    memset(answer, 0, sizeof *answer);
    answer->detail = "";
    if ((call->flags & TK_CALL_LOGIN) && expired(&client->credentials) && !client->renewed) {
        client->renewed = true;
        if (!renew(client, answer) && (answer->sent != TK_HTTP_ANSWERED || answer->status)) {
            client->flags = call->flags;
            return;
        }
    }
    run_call(client, call, answer);
    client->flags = call->flags;
}

void client_init(struct client *client, const char *server, int64_t timeout_ms)
{
    *client = (struct client){
        .api = {.send = client_send},
        .server = server,
        .timeout_ms = timeout_ms,
    };
    client_more_time(client);
}

void client_more_time(struct client *client)
{
    client->deadline = tk_mono_ms() + client->timeout_ms;
}

void client_release(struct client *client)
{
    tk_http_free(client->http);
    sodium_memzero(&client->credentials, sizeof client->credentials);
    client->http = NULL;
}
