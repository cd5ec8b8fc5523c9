/* The service's own metrics; requests and latencies are counted by server/common. */
#ifndef MEMBER_COUNTERS_H
#define MEMBER_COUNTERS_H

#include "server/common/metrics.h"

extern struct tk_metric codes_mailed, codes_failed, signups, logins_ok, logins_refused,
    refreshes_ok, refreshes_refused, refreshes_stolen;

void counters_register(void);

#endif
