/* What a handler can ask of its request. */
#include "server/common/request.h"

#include <string.h>
#include <strings.h>

#include "shared/base/time.h"

struct tk_arena *tk_req_arena(struct tk_req *req)
{
    return req->arena;
}

struct tk_app *tk_req_app(struct tk_req *req)
{
    return req->app;
}

const struct tk_route *tk_req_route(const struct tk_req *req)
{
    return req->route;
}

const struct tk_who *tk_req_who(const struct tk_req *req)
{
    return &req->who;
}

const char *tk_req_id(const struct tk_req *req)
{
    return req->id;
}

const char *tk_req_traceparent(const struct tk_req *req)
{
    return req->traceparent;
}

static const char *find(const struct pair *pairs, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(pairs[i].name, name) == 0)
            return pairs[i].value;
    return NULL;
}

const char *tk_req_path(const struct tk_req *req, const char *name)
{
    return find(req->path, req->path_count, name);
}

const char *tk_req_query(const struct tk_req *req, const char *name)
{
    return find(req->query, req->query_count, name);
}

const char *tk_req_header(const struct tk_req *req, const char *name)
{
    for (size_t i = 0; i < req->header_count; i++)
        if (strcasecmp(req->headers[i].name, name) == 0)
            return req->headers[i].value;
    return NULL;
}

const char *tk_req_remote(const struct tk_req *req)
{
    return req->remote;
}

const char *tk_req_bearer(const struct tk_req *req)
{
    return req->token;
}

json_t *tk_req_body(const struct tk_req *req)
{
    return req->body;
}

const char *tk_req_raw(const struct tk_req *req, size_t *size)
{
    *size = req->in.len;
    return req->in.data ? req->in.data : "";
}

const char *tk_req_str(const struct tk_req *req, const char *name)
{
    return json_string_value(json_object_get(req->body, name));
}

bool tk_req_int(const struct tk_req *req, const char *name, int64_t *out)
{
    const json_t *value = json_object_get(req->body, name);

    if (json_is_integer(value)) {
        *out = json_integer_value(value);
        return true;
    }
    return json_is_string(value) &&
           tk_parse_i64(json_string_value(value), INT64_MIN, INT64_MAX, out);
}

int64_t tk_req_left_ms(const struct tk_req *req)
{
    return req->deadline_ms - tk_mono_ms();
}

void tk_req_set(struct tk_req *req, void *data)
{
    req->data = data;
}

void *tk_req_get(const struct tk_req *req)
{
    return req->data;
}

struct tk_reply *tk_req_reply(struct tk_req *req)
{
    return &req->reply;
}
