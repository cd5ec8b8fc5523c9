#include "server/performance/performance.h"

struct tk_metric holds_total = {.name = "ticketaka_holds_total", .help = "holds granted"};
struct tk_metric conflicts_total = {
    .name = "ticketaka_hold_conflicts_total",
    .help = "holds refused because seats were taken or none was left"};
struct tk_metric sold_total = {.name = "ticketaka_sold_total", .help = "holds that became sales"};
struct tk_metric expired_total = {.name = "ticketaka_holds_expired_total",
                                  .help = "holds ended by the sweeper"};
struct tk_metric asked_total = {
    .name = "ticketaka_holds_asked_total",
    .help = "holds whose outcome the reservation service was asked about"};
struct tk_metric reconciled_total = {.name = "ticketaka_maps_reconciled_total",
                                     .help = "maps compared with the truth"};
struct tk_metric installs_total = {.name = "ticketaka_maps_installed_total",
                                   .help = "maps rebuilt from the truth"};
struct tk_metric events_total = {.name = "ticketaka_seat_events_total",
                                 .help = "seat events handled"};

void counters_register(void)
{
    struct tk_metric *const all[] = {&holds_total,    &conflicts_total, &sold_total,
                                     &expired_total,  &asked_total,     &reconciled_total,
                                     &installs_total, &events_total};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        tk_metric_register(all[i]);
}
