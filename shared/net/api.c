#include "shared/net/api.h"

#include <stdio.h>
#include <string.h>

#include "shared/base/str.h"

static void not_sent(struct tk_answer *answer)
{
    memset(answer, 0, sizeof *answer);
    answer->sent = TK_HTTP_NOT_SENT;
    answer->err = TK_UNAVAILABLE;
    answer->detail = "";
    snprintf(answer->why, sizeof answer->why, "memory is short");
}

static void send_to(struct tk_api *api, struct tk_call *call, const char *prefix, const char *id,
                    const char *suffix, struct tk_answer *answer)
{
    struct tk_buf path = {0};

    tk_buf_puts(&path, prefix);
    if (id)
        tk_url_escape(&path, id);
    tk_buf_puts(&path, suffix);
    call->path = path.data;
    if (path.failed)
        not_sent(answer);
    else
        api->send(api, call, answer);
    tk_buf_release(&path);
}

void tk_api_get(struct tk_api *api, unsigned flags, const char *prefix, const char *id,
                const char *suffix, struct tk_answer *answer)
{
    struct tk_call call = {.method = "GET", .flags = flags | TK_CALL_SAFE};

    send_to(api, &call, prefix, id, suffix, answer);
}

void tk_api_post(struct tk_api *api, unsigned flags, const char *prefix, const char *id,
                 const char *suffix, json_t *body, struct tk_answer *answer)
{
    struct tk_call call = {.method = "POST", .body = body, .flags = flags};

    if (body)
        send_to(api, &call, prefix, id, suffix, answer);
    else
        not_sent(answer);
    json_decref(body);
}

void tk_api_delete(struct tk_api *api, unsigned flags, const char *prefix, const char *id,
                   struct tk_answer *answer)
{
    struct tk_call call = {.method = "DELETE", .flags = flags};

    send_to(api, &call, prefix, id, "", answer);
}
