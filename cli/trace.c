#include "cli/trace.h"

#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "shared/base/str.h"
#include "shared/base/utf8.h"

static const char *const secret_fields[] = {"password",    "refreshToken", "authNum",
                                            "accessToken", "token",        NULL};

static bool is_secret(const char *name)
{
    for (const char *const *field = secret_fields; *field; field++)
        if (strcmp(*field, name) == 0)
            return true;
    return false;
}

json_t *trace_redact(json_t *value)
{
    const char *name;
    json_t *item, *copy;
    size_t index;

    if (json_is_object(value)) {
        copy = json_object();
        json_object_foreach (value, name, item) {
            json_object_set_new(copy, name,
                                is_secret(name) ? json_string("[secret]") : trace_redact(item));
        }
        return copy;
    }
    if (json_is_array(value)) {
        copy = json_array();
        json_array_foreach (value, index, item) {
            json_array_append_new(copy, trace_redact(item));
        }
        return copy;
    }
    return json_incref(value);
}

static void put(const char *mark, struct tk_buf *line)
{
    struct tk_buf clean = {0};

    if (line->data)
        tk_sanitize(&clean, line->data);
    if (clean.data)
        fprintf(stderr, "%s %s\n", mark, clean.data);
    tk_buf_release(&clean);
    tk_buf_release(line);
}

static void put_body(const char *mark, json_t *body)
{
    struct tk_buf line = {0};
    json_t *safe = body ? trace_redact(body) : NULL;

    if (!safe)
        return;
    out_json_text(&line, safe, 0);
    json_decref(safe);
    put(mark, &line);
}

void trace_request(int verbose, const char *method, const char *path, json_t *body)
{
    struct tk_buf line = {0};

    if (verbose < 1)
        return;
    tk_buf_printf(&line, "%s %s", method, path);
    put(">", &line);
    if (verbose > 1)
        put_body(">", body);
}

void trace_answer(int verbose, const struct tk_answer *answer, int64_t ms)
{
    static const char *const outcome[] = {[TK_HTTP_ANSWERED] = "",
                                          [TK_HTTP_NOT_SENT] = "not sent",
                                          [TK_HTTP_UNCERTAIN] = "no answer"};
    struct tk_buf line = {0};

    if (verbose < 1)
        return;
    if (answer->sent == TK_HTTP_ANSWERED)
        tk_buf_printf(&line, "%d %s", answer->status, tk_err_name(answer->err));
    else
        tk_buf_printf(&line, "%s: %s", outcome[answer->sent], answer->why);
    tk_buf_printf(&line, ", %lld ms", (long long)ms);
    if (answer->request_id[0])
        tk_buf_printf(&line, ", request %s", answer->request_id);
    put("<", &line);
    if (verbose > 1)
        put_body("<", answer->envelope);
}
