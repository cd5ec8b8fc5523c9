/* ticketaka-performance: the catalogue, the seats of every session, and the holds on them. */
#include "server/common/app.h"
#include "server/performance/routes.h"

extern const struct tk_file server_performance_sql[];

static const char *hold_key_file, *reservation_url;

static const struct tk_conf_row rows[] = {
    {TK_CONF_STR, "hold-key-file", &hold_key_file, NULL,
     "32 bytes as hexadecimal digits: signs hold ids", 0, 0},
    {TK_CONF_STR, "reservation-url", &reservation_url, "http://127.0.0.1:8083",
     "the reservation service", 0, 0},
    {0},
};

int main(int argc, char **argv)
{
    const struct tk_service service = {
        .name = "performance",
        .uses = TK_USE_HTTP | TK_USE_DB | TK_USE_REDIS | TK_USE_MQ | TK_USE_AUTH,
        .listen = "127.0.0.1:8082",
        .routes = performance_routes,
        .route_count = performance_route_count,
        .conf = rows,
        .migrations = server_performance_sql,
    };

    return tk_app_main(&service, argc, argv);
}
