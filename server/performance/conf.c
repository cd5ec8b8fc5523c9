#include "server/performance/performance.h"

struct perf_conf perf_conf;

const struct tk_conf_row perf_conf_rows[] = {
    {TK_CONF_STR, "hold-key-file", &perf_conf.hold_key_file, NULL,
     "32 bytes as hexadecimal digits: signs hold ids", 0, 0},
    {TK_CONF_STR, "reservation-url", &perf_conf.reservation_url, "http://127.0.0.1:8083",
     "the reservation service", 0, 0},
    {TK_CONF_INT, "hold-ms", &perf_conf.hold_ms, "180000", "life of a hold", 50, 3600000},
    {TK_CONF_INT, "hold-cap", &perf_conf.hold_cap, "10",
     "seats that a member may hold in one session", 1, 100},
    {TK_CONF_INT, "box-cap", &perf_conf.box_cap, "100",
     "seats that a clerk may hold in one session", 1, 100},
    {TK_CONF_INT, "ask-after-ms", &perf_conf.ask_after_ms, "60000",
     "how long a hold is committing until the reservation service is asked", 100, 600000},
    {TK_CONF_INT, "ask-again-ms", &perf_conf.ask_again_ms, "5000",
     "pause after a question without an answer", 50, 60000},
    {TK_CONF_INT, "sweep-ms", &perf_conf.sweep_ms, "250", "how often overdue holds are ended", 10,
     10000},
    {TK_CONF_INT, "reconcile-ms", &perf_conf.reconcile_ms, "60000",
     "how often each map is compared with the truth", 100, 3600000},
    {TK_CONF_INT, "remaining-ms", &perf_conf.remaining_ms, "10000",
     "how often remaining_seat is written to the database", 100, 3600000},
    {TK_CONF_INT, "session-ms", &perf_conf.session_ms, "15000",
     "how long a session's title and prices are remembered", 0, 3600000},
    {TK_CONF_INT, "catalogue-ms", &perf_conf.catalogue_ms, "1000",
     "how long an answer of the catalogue is remembered", 0, 3600000},
    {TK_CONF_INT, "install-ms", &perf_conf.install_ms, "2000", "how long a request waits for a map",
     100, 10000},
    {TK_CONF_INT, "call-ms", &perf_conf.call_ms, "2500",
     "limit of a call to the reservation service", 100, 30000},
    {0},
};
