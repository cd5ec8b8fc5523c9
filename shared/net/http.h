/*
 * HTTP client on libcurl, for the command line, the screens and calls between services. One struct tk_http
 * per thread; it keeps its connection. Redirects are off, protocols pinned to http and https, every wait has
 * a limit, bodies are at most 4 MiB.
 */
#ifndef TK_NET_HTTP_H
#define TK_NET_HTTP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/err.h"

struct tk_http;

/* `base` such as "http://127.0.0.1:8080", copied. NULL: not a URL of ours, or memory is short. */
struct tk_http *tk_http_new(const char *base);
void tk_http_free(struct tk_http *http);
/* Headers sent with every request until changed; NULL removes. Values with control characters are refused (false). */
bool tk_http_header(struct tk_http *http, const char *name, const char *value);

enum tk_http_sent {
    TK_HTTP_ANSWERED,  /* there is an answer */
    TK_HTTP_NOT_SENT,  /* no connection: the server has not seen the request */
    TK_HTTP_UNCERTAIN, /* sent, or partly; no complete answer: the outcome is unknown */
};

struct tk_answer {
    enum tk_http_sent sent;
    int status;               /* HTTP status when answered */
    json_t *envelope;         /* whole JSON body; NULL when it was none */
    json_t *data;             /* borrowed from envelope; NULL when absent */
    enum tk_err err;          /* TK_OK, the envelope's "error", or the best match of the status */
    const char *detail;       /* borrowed; "" */
    char authorization[4200]; /* response header, "" when absent */
    char request_id[72];
    int retry_after_s; /* 0 when absent */
    char why[160];     /* when not answered: what failed, for people */
};

/*
 * Sends one request and waits at most `timeout_ms`. `path` begins with '/', is escaped by the caller. `body`
 * may be NULL (borrowed). `answer` is always filled and must be released.
 */
void tk_http_call(struct tk_http *http, const char *method, const char *path, json_t *body,
                  int64_t timeout_ms, struct tk_answer *answer);
void tk_answer_release(struct tk_answer *answer);
/* Appends `text` percent-encoded. */
struct tk_buf;
void tk_url_escape(struct tk_buf *buf, const char *text);

#endif
