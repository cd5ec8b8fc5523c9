#include "server/reservation/service.h"

#include "server/reservation/relay.h"

struct tk_metric sold_total = {
    .name = "ticketaka_sold_total",
    .help = "Sales committed.",
    .type = TK_COUNTER,
};
struct tk_metric cancelled_total = {
    .name = "ticketaka_cancelled_total",
    .help = "Reservations cancelled.",
    .type = TK_COUNTER,
};
struct tk_metric refused_total = {
    .name = "ticketaka_sale_refused_total",
    .help = "Creates that were refused: seat taken, or hold given up.",
    .type = TK_COUNTER,
};

void service_wake(struct service *service)
{
    relay_wake(service->seats);
    relay_wake(service->mails);
}

enum tk_err outcome_unknown(struct tk_reply *reply)
{
    tk_reply_header(reply, "Retry-After", "1");
    return TK_OUTCOME_UNKNOWN;
}
