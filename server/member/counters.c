#include "server/member/counters.h"

#define CODES                                                                                      \
    "ticketaka_member_codes_total", "Codes for e-mail addresses, by what became of the mail."
#define LOGINS "ticketaka_member_logins_total", "Logins, by result."
#define REFRESHES                                                                                  \
    "ticketaka_member_refreshes_total", "Refreshed logins, by result; stolen: old token reused."

struct tk_metric codes_mailed = {CODES, TK_COUNTER, "result=\"mailed\"", 0, 0, 0, 0};
struct tk_metric codes_failed = {CODES, TK_COUNTER, "result=\"failed\"", 0, 0, 0, 0};
struct tk_metric signups = {
    "ticketaka_member_signups_total", "New members.", TK_COUNTER, 0, 0, 0, 0, 0};
struct tk_metric logins_ok = {LOGINS, TK_COUNTER, "result=\"ok\"", 0, 0, 0, 0};
struct tk_metric logins_refused = {LOGINS, TK_COUNTER, "result=\"refused\"", 0, 0, 0, 0};
struct tk_metric refreshes_ok = {REFRESHES, TK_COUNTER, "result=\"ok\"", 0, 0, 0, 0};
struct tk_metric refreshes_refused = {REFRESHES, TK_COUNTER, "result=\"refused\"", 0, 0, 0, 0};
struct tk_metric refreshes_stolen = {REFRESHES, TK_COUNTER, "result=\"stolen\"", 0, 0, 0, 0};

void counters_register(void)
{
    static struct tk_metric *const all[] = {
        &codes_mailed,   &codes_failed, &signups,           &logins_ok,
        &logins_refused, &refreshes_ok, &refreshes_refused, &refreshes_stolen,
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        tk_metric_register(all[i]);
}
