/* ticketaka-reservation: the truth of the seats. The protocol's rules (ARCHITECTURE.md) are kept by sql/ and relay.c. */
#include <sodium.h>
#include <stdlib.h>

#include "server/reservation/relay.h"
#include "server/reservation/routes.h"
#include "server/reservation/service.h"
#include "shared/base/log.h"

extern const struct tk_file server_reservation_sql[];

static const char *ticket_key_dir, *member_url;
static int64_t ticket_key;

static const struct tk_conf_row conf[] = {
    {.type = TK_CONF_STR,
     .name = "ticket-key-dir",
     .to = &ticket_key_dir,
     .help = "folder of the keys that sign tickets: <n>.key, 64 hex digits, mode 0600"},
    {.type = TK_CONF_INT,
     .name = "ticket-key",
     .to = &ticket_key,
     .def = "1",
     .help = "number of the key that signs new tickets",
     .low = 1,
     .high = 255},
    {.type = TK_CONF_STR,
     .name = "member-url",
     .to = &member_url,
     .def = "http://127.0.0.1:8081",
     .help = "the member service, asked for the e-mail addresses of ticket mails"},
    {0},
};

static bool broker_up(struct tk_app *app)
{
    struct service *service = app->state;

    return relay_up(service->seats);
}

static int start(struct tk_app *app)
{
    static struct service service;
    char why[4400];

    if (sodium_init() < 0) {
        tk_log(TK_ERROR, "start", TK_S("why", "libsodium finds no source of randomness"));
        return -1;
    }
    if (ticket_keys_load(&service.keys, ticket_key_dir, ticket_key, why, sizeof why) != 0) {
        tk_log(TK_ERROR, "start", TK_S("why", why));
        return -1;
    }
    tk_metric_register(&sold_total);
    tk_metric_register(&cancelled_total);
    tk_metric_register(&refused_total);
    relay_metrics();
    app->state = &service;
    service.seats = relay_start(app, RELAY_SEATS, &service.keys, NULL);
    service.mails = relay_start(app, RELAY_MAILS, &service.keys, member_url);
    tk_app_dependency(app, "rabbitmq", broker_up);
    return service.seats && service.mails ? 0 : -1;
}

static void stop(struct tk_app *app)
{
    struct service *service = app->state;

    if (!service)
        return;
    relay_stop(service->seats);
    relay_stop(service->mails);
    sodium_memzero(&service->keys, sizeof service->keys);
}

int main(int argc, char **argv)
{
    static struct tk_service service = {
        .name = "reservation",
        .uses = TK_USE_HTTP | TK_USE_DB | TK_USE_MQ | TK_USE_AUTH,
        .routes = reservation_routes,
        .conf = conf,
        .migrations = server_reservation_sql,
        .start = start,
        .stop = stop,
    };

    service.route_count = reservation_route_count;
    return tk_app_main(&service, argc, argv);
}
