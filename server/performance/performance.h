/*
 * What the parts of the performance service share: its configuration, its counters and its
 * failpoints.
 *
 * Failpoints (server/common/failpoint.h), in the order in which a sale meets them. `error` does
 * what is said here; kill, pause and sleep strike at the place.
 *
 *   hold.after-script       the hold's script has run; error: its reply is lost
 *   create.before-promote   error: 503, nothing was done
 *   create.after-promote    error: 503 OUTCOME_UNKNOWN, nothing was sent
 *   create.before-call      error: as if there were no connection to the reservation service
 *   create.after-call       error: the reservation service's answer is lost
 *   create.before-settle    error: settling fails, the sale stands
 *   create.after-settle     error: the answer to the client is lost (503 OUTCOME_UNKNOWN)
 *   install.after-begin     the nonce is ours; error: the installer gives up
 *   install.after-read      the truth was read; error: the installer gives up
 *   event.before-apply      error: the message comes again
 *   event.after-apply       error: the message comes again although it was applied
 *   sweep.before-ask        error: the question is not asked this time
 *   sweep.before-settle     error: the truth's answer is dropped
 *   reconcile.after-read    the truth was read; error: the pass gives up
 */
#ifndef PERFORMANCE_PERFORMANCE_H
#define PERFORMANCE_PERFORMANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "server/common/app.h"
#include "server/common/metrics.h"

struct perf_conf {
    const char *hold_key_file, *reservation_url;
    int64_t hold_ms;      /* life of a hold */
    int64_t hold_cap;     /* seats that a member may hold in a session */
    int64_t box_cap;      /* the same for the box office */
    int64_t ask_after_ms; /* how long a hold is committing until the truth is asked */
    int64_t ask_again_ms; /* pause after a question without an answer */
    int64_t sweep_ms;
    int64_t reconcile_ms;
    int64_t remaining_ms; /* how often remaining_seat is written behind */
    int64_t session_ms;   /* how long a session's title, prices … are remembered */
    int64_t catalogue_ms; /* how long an answer of the catalogue is remembered */
    int64_t install_ms;   /* how long a request waits for a map */
    int64_t call_ms;      /* limit of a call to the reservation service */
};
extern struct perf_conf perf_conf;
extern const struct tk_conf_row perf_conf_rows[];

extern struct tk_metric holds_total, conflicts_total, sold_total, expired_total, asked_total,
    reconciled_total, installs_total, events_total;
void counters_register(void);

#endif
