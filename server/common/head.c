/* What is decided from a request's head alone: who it is, where it goes, whether it may. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "server/common/auth.h"
#include "server/common/httpd_state.h"

static enum MHD_Result copy_one(void *arg, enum MHD_ValueKind kind, const char *name,
                                const char *value)
{
    struct tk_req *req = arg;
    struct pair *pair = &req->headers[req->header_count];

    (void)kind;
    if (req->header_count == HEADERS_MAX)
        return MHD_NO;
    pair->name = tk_strdup(req->arena, name);
    pair->value = tk_strdup(req->arena, value ? value : "");
    if (!pair->name || !pair->value)
        return MHD_NO;
    req->header_count++;
    return MHD_YES;
}

/* Copied, because a handler on a worker may outlive its connection. */
bool head_copy(struct tk_req *req)
{
    int seen = MHD_get_connection_values(req->connection, MHD_HEADER_KIND, copy_one, req);

    return seen >= 0 && (size_t)seen == req->header_count;
}

/* Random bytes for ids, fetched a page at a time: getrandom(2) would cost more than the rest of the
 * head. */
static void random_hex(char *to, size_t size)
{
    static unsigned char pool[4096]; /* the loop's thread only */
    static size_t left;

    if (left < size) {
        /* Pages from an initialised kernel pool never come short; ids need no secrecy. */
        if (getrandom(pool, sizeof pool, 0) != (ssize_t)sizeof pool)
            abort();
        left = sizeof pool;
    }
    left -= size;
    tk_hex(to, pool + left, size);
}

static bool good_id(const char *id)
{
    size_t size = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");

    return size >= 8 && size <= 64 && !id[size];
}

static bool lower_hex(const char *text, size_t size)
{
    bool zero = true;

    for (size_t i = 0; i < size; i++) {
        if (!isdigit((unsigned char)text[i]) && (text[i] < 'a' || text[i] > 'f'))
            return false;
        zero = zero && text[i] == '0';
    }
    return !zero;
}

/* W3C trace context, version 00: 00-<32 hex>-<16 hex>-<2 hex>, neither id all zero. */
static bool good_trace(const char *t)
{
    return strlen(t) == 55 && memcmp(t, "00-", 3) == 0 && t[35] == '-' && t[52] == '-' &&
           lower_hex(t + 3, 32) && lower_hex(t + 36, 16) && isxdigit((unsigned char)t[53]) &&
           isxdigit((unsigned char)t[54]);
}

static void identify_trace(struct tk_req *req)
{
    const char *given = tk_req_header(req, "traceparent");

    if (given && good_trace(given)) {
        memcpy(req->traceparent, given, 56);
    } else {
        memcpy(req->traceparent, "00-", 3);
        random_hex(req->traceparent + 3, 16);
        req->traceparent[35] = '-';
        random_hex(req->traceparent + 36, 8);
        memcpy(req->traceparent + 52, "-01", 4);
    }
    memcpy(req->trace, req->traceparent + 3, 32);
    req->trace[32] = '\0';
}

/* The last address of the last X-Forwarded-For is the one our own gateway wrote. */
static bool forwarded(struct tk_req *req)
{
    const char *last = NULL, *comma;
    unsigned char address[sizeof(struct in6_addr)];

    for (size_t i = 0; i < req->header_count; i++)
        if (strcasecmp(req->headers[i].name, "x-forwarded-for") == 0)
            last = req->headers[i].value;
    if (!last)
        return false;
    comma = strrchr(last, ',');
    last = comma ? comma + 1 : last;
    last += strspn(last, " \t");
    return tk_copy(req->remote, sizeof req->remote, last) &&
           (inet_pton(AF_INET, last, address) == 1 || inet_pton(AF_INET6, last, address) == 1);
}

static void peer(struct tk_req *req)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        req->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *at = info ? info->client_addr : NULL;
    const void *address = NULL;

    if (at && at->sa_family == AF_INET)
        address = &((const struct sockaddr_in *)(const void *)at)->sin_addr;
    else if (at && at->sa_family == AF_INET6)
        address = &((const struct sockaddr_in6 *)(const void *)at)->sin6_addr;
    if (!address || !inet_ntop(at->sa_family, address, req->remote, sizeof req->remote))
        req->remote[0] = '\0';
}

void head_identity(struct tk_req *req)
{
    const char *given = tk_req_header(req, "x-request-id");

    if (given && good_id(given))
        memcpy(req->id, given, strlen(given) + 1);
    else
        random_hex(req->id, 12);
    identify_trace(req);
    if (!forwarded(req))
        peer(req);
}

static bool trusted_service(struct tk_req *req)
{
    const struct tk_httpd_conf *conf = &req->httpd->conf;
    const char *credential = tk_req_header(req, "x-ticketaka-service");

    return credential && *credential && conf->verify_service &&
           conf->verify_service(conf->arg, credential);
}

/* A body larger than the route takes is known from its declared length. */
static enum tk_err check_size(const struct tk_req *req, int64_t length)
{
    size_t max = req->route->body_max < BODY_LIMIT ? req->route->body_max : BODY_LIMIT;

    return length > 0 && (uint64_t)length > max ? TK_TOO_LARGE : TK_OK;
}

enum tk_err head_route(struct tk_req *req, const char *method, int64_t length)
{
    size_t size = strcspn(req->uri, "?");
    char *path = tk_strndup(req->arena, req->uri, size);
    enum tk_found found;
    enum tk_err err;

    if (!path)
        return TK_UNAVAILABLE;
    found = router_find(&req->httpd->router, req->arena, method, path, trusted_service(req),
                        &req->route, req->path, &req->path_count, &req->allow);
    if (found != FOUND)
        return found == NO_PATH ? TK_NOT_FOUND : TK_METHOD_NOT_ALLOWED;
    if (req->uri[size])
        req->query_count = query_parse(req->arena, req->uri + size + 1, req->query, QUERY_MAX);
    err = head_auth(req);
    return err ? err : check_size(req, length);
}

/* The documented client sends the bare token, everybody else "Bearer <token>". */
static const char *token_of(const struct tk_req *req)
{
    const char *value = tk_req_header(req, "authorization");

    if (value && strncasecmp(value, "Bearer ", 7) == 0)
        value += 7 + strspn(value + 7, " ");
    return value && *value && strlen(value) <= TK_TOKEN_MAX ? value : NULL;
}

static enum tk_err auth_member(struct tk_req *req)
{
    const struct tk_httpd_conf *conf = &req->httpd->conf;
    const char *token = token_of(req);

    if (!token || !conf->verify || !conf->verify(conf->arg, token, &req->who) ||
        req->who.member <= 0)
        return TK_UNAUTHORIZED;
    req->token = token;
    if (req->route->scopes && !(req->route->scopes & req->who.scopes))
        return TK_FORBIDDEN;
    return TK_OK;
}

enum tk_err head_auth(struct tk_req *req)
{
    switch (req->route->auth) {
    case TK_AUTH_PUBLIC:
        return TK_OK;
    case TK_AUTH_MEMBER:
        return auth_member(req);
    case TK_AUTH_SERVICE: /* router_find has shown it to a trusted service only */
        return TK_OK;
    case TK_AUTH_DENY:
        break;
    }
    return TK_FORBIDDEN;
}
