#include <string.h>

#include "server/common/request.h"

#define KEYS_MAX   64
#define VALUES_MAX 4096
#define DEPTH_MAX  16

/*
 * Counted over the raw bytes before jansson builds anything: a million keys would cost it more than
 * a second. Strings are skipped; what is not JSON at all jansson says.
 */
static const char *shape(const char *text, size_t size)
{
    size_t keys = 0, values = 0, depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < size; i++) {
        if (quoted && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
        if (quoted)
            continue;
        keys += text[i] == ':';
        values += text[i] == ',';
        if (text[i] == '{' || text[i] == '[')
            depth++;
        else if ((text[i] == '}' || text[i] == ']') && depth)
            depth--;
        if (keys > KEYS_MAX || values > VALUES_MAX || depth > DEPTH_MAX)
            return keys > KEYS_MAX     ? "more than 64 keys"
                   : depth > DEPTH_MAX ? "nested more than 16 deep"
                                       : "too many values";
    }
    return NULL;
}

/* The name under which a real number stands; NULL when there is none.
 * Depth is bounded by shape(). */
static const char *real_under(const char *name, json_t *value)
{
    const char *found = json_is_real(value) ? name : NULL, *key;
    json_t *item;
    size_t i;

    if (json_is_object(value)) {
        json_object_foreach (value, key, item)
            if (!found)
                found = real_under(key, item);
    } else if (json_is_array(value)) {
        json_array_foreach (value, i, item)
            if (!found)
                found = real_under(name, item);
    }
    return found;
}

static enum tk_err parse(struct tk_req *req)
{
    const char *bad = shape(req->in.data, req->in.len), *name;
    json_error_t error;

    if (bad) {
        tk_reply_detail(&req->reply, "%s: send less", bad);
        return TK_MALFORMED;
    }
    req->body = json_loadb(req->in.data, req->in.len, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(req->body)) {
        if (req->body)
            tk_reply_detail(&req->reply, "body is no JSON object: send one object");
        else
            tk_reply_detail(&req->reply, "body is no JSON: line %d, column %d", error.line,
                            error.column);
        return TK_MALFORMED;
    }
    name = real_under("", req->body);
    if (name) {
        tk_reply_detail(&req->reply, "'%s': send a whole number",
                        strlen(name) <= 64 ? name : "a value");
        return TK_INVALID_VALUE;
    }
    return TK_OK;
}

/* false: absent. A JSON null is an absent value, for the handler too: it would take it for one that
 * was checked. */
static bool look_up(struct tk_req *req, const struct tk_param *param, const char **text,
                    const json_t **value)
{
    *text = NULL;
    *value = NULL;
    if (param->in == TK_IN_PATH)
        *text = tk_req_path(req, param->name);
    else if (param->in == TK_IN_QUERY)
        *text = tk_req_query(req, param->name);
    else
        *value = json_object_get(req->body, param->name);
    if (json_is_null(*value)) {
        *value = NULL;
        json_object_del(req->body, param->name);
    }
    return *text || *value;
}

static enum tk_err check_params(struct tk_req *req)
{
    for (const struct tk_param *p = req->route->params; p && p->in; p++) {
        const char *text;
        const json_t *value;

        if (!look_up(req, p, &text, &value)) {
            if (!p->required)
                continue;
            tk_reply_detail(&req->reply, "'%s' is missing: send it", p->name);
            return TK_INVALID_VALUE;
        }
        if (p->check && !p->check(text, value)) {
            tk_reply_detail(&req->reply, "'%s' is not acceptable: correct it", p->name);
            return TK_INVALID_VALUE;
        }
    }
    return TK_OK;
}

static bool body_needed(const struct tk_route *route)
{
    for (const struct tk_param *p = route->params; p && p->in; p++)
        if (p->in == TK_IN_BODY && p->required)
            return true;
    return false;
}

enum tk_err body_check(struct tk_req *req)
{
    enum tk_err err = TK_OK;

    if (req->in.failed)
        return TK_UNAVAILABLE;
    if (req->in.len && !req->route->body_raw)
        err = parse(req);
    if (!req->in.len && body_needed(req->route)) {
        tk_reply_detail(&req->reply, "body is missing: send one JSON object");
        err = TK_MALFORMED;
    }
    return err ? err : check_params(req);
}
