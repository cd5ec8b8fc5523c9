/* ticketaka-mail: tickets and sign-up codes from RabbitMQ to SMTP. */
#include "server/common/app.h"
#include "server/mail/deliver.h"
#include "server/mail/smtp.h"
#include "shared/base/log.h"

#include <curl/curl.h>

extern const struct tk_file server_mail_sql[];

static struct smtp_conf smtp;
static int64_t mail_threads;

static const struct tk_conf_row conf[] = {
    {TK_CONF_STR, "smtp-url", &smtp.url, "smtp://127.0.0.1:25", "server that takes the mail", 0, 0},
    {TK_CONF_STR, "mail-from", &smtp.from, "Ticketaka <no-reply@ticketaka.invalid>",
     "sender of every mail", 0, 0},
    {TK_CONF_STR, "smtp-user", &smtp.user, NULL, "name to log in with; unset: no log-in", 0, 0},
    {TK_CONF_STR, "smtp-password-file", &smtp.password_file, NULL, "file with its password", 0, 0},
    {TK_CONF_BOOL, "smtp-starttls", &smtp.starttls, "no",
     "refuse a server without STARTTLS (always so with smtp-user)", 0, 0},
    {TK_CONF_INT, "smtp-connect-ms", &smtp.connect_ms, "10000", "longest wait for a connection",
     100, 20000},
    {TK_CONF_INT, "smtp-total-ms", &smtp.total_ms, "25000",
     "longest time for one mail (below RabbitMQ's heartbeat limit)", 500, 28000},
    {TK_CONF_INT, "mail-threads", &mail_threads, "2", "tickets sent at the same time", 1, 8},
    {TK_CONF_END, NULL, NULL, NULL, NULL, 0, 0},
};

static bool smtp_check(struct tk_app *app)
{
    (void)app;
    return smtp_reachable(&smtp);
}

static bool queue_check(struct tk_app *app)
{
    return courier_up(app->state);
}

static int start(struct tk_app *app)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
        tk_log(TK_ERROR, "libcurl did not start");
        return -1;
    }
    if (smtp.user && !smtp.password_file) {
        tk_log(TK_ERROR, "'smtp-user' is set, so set 'smtp-password-file' too");
        return -1;
    }
    app->state = courier_start(app, &smtp, (int)mail_threads);
    if (!app->state) {
        tk_log(TK_ERROR, "mail could not start: memory is short, or 'mail-from' is no address",
               TK_S("mail-from", smtp.from));
        return -1;
    }
    tk_app_dependency(app, "rabbitmq", queue_check);
    tk_app_dependency(app, "smtp", smtp_check);
    return 0;
}

static void stop(struct tk_app *app)
{
    courier_stop(app->state);
    app->state = NULL;
}

int main(int argc, char **argv)
{
    static const struct tk_service service = {
        .name = "mail",
        .uses = TK_USE_HTTP | TK_USE_DB | TK_USE_MQ,
        .conf = conf,
        .migrations = server_mail_sql,
        .start = start,
        .stop = stop,
    };

    return tk_app_main(&service, argc, argv);
}
