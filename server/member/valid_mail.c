#include "server/member/valid_mail.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/log.h"

#define EXCHANGE "valid.exchange"
#define KEY      "valid.key"

/* A publisher belongs to one thread (mq.h): each worker opens its own when it first needs one. */
static pthread_key_t publisher_key;

static void publisher_free(void *publisher)
{
    tk_pub_free(publisher);
}

int valid_mail_init(void)
{
    return pthread_key_create(&publisher_key, publisher_free) == 0 ? 0 : -1;
}

static struct tk_pub *publisher(struct tk_app *app)
{
    struct tk_pub *pub = pthread_getspecific(publisher_key);
    if (pub)
        return pub;
    pub = tk_pub_new(&app->mq_conf);
    if (pub && pthread_setspecific(publisher_key, pub) != 0) {
        tk_pub_free(pub);
        return NULL;
    }
    return pub;
}

bool valid_mail_send(struct tk_app *app, const char *email, const struct code *code,
                     const char *traceparent)
{
    struct tk_pub *pub = publisher(app);
    json_t *json = json_pack("{s:s, s:s}", "email", email, "authNum", code->digits);
    char *body = json ? json_dumps(json, JSON_COMPACT) : NULL;
    bool sent = false;
    if (pub && body) {
        struct tk_mq_msg msg = {
            .exchange = EXCHANGE,
            .key = KEY,
            .body = body,
            .size = strlen(body),
            .message_id = code->id,
            .traceparent = traceparent,
        };
        sent = tk_pub_send(pub, &msg, 1) == 1;
        if (!sent)
            tk_log(TK_WARN, "code-not-published", TK_S("why", tk_pub_error(pub)));
    }
    if (body)
        sodium_memzero(body, strlen(body));
    free(body);
    json_decref(json);
    return sent;
}

bool valid_mail_up(struct tk_app *app)
{
    struct tk_pub *pub = publisher(app);
    return pub && tk_pub_send(pub, NULL, 0) == 0;
}
