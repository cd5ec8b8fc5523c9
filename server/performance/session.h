/*
 * What the sale must know of a session, from MariaDB, remembered for `session-ms`: titles, date,
 * prices, plan. Prices, titles and posters of a sale come from here, never from a client.
 */
#ifndef PERFORMANCE_SESSION_H
#define PERFORMANCE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "server/common/app.h"
#include "shared/model/plan.h"

struct session {
    int64_t id;
    char performance[24];
    char *title, *poster, *facility; /* never NULL */
    char date[11], time[6];          /* yyyy-MM-dd, HH:mm */
    int64_t begins_ms;               /* wall clock */
    bool closed;                     /* left the schedule */
    int64_t total, remaining;        /* as MariaDB had them */
    bool priced;          /* else the plan has one nameless grade, and nothing is on sale */
    struct tk_plan *plan; /* never NULL */

    _Atomic int refs;
    int64_t loaded_ms; /* tk_mono_ms */
    struct session *next;
};

/* Any thread, never blocks: the remembered session, or NULL when there is none or it is too old. */
struct session *session_cached(int64_t id);
/*
 * Worker. Remembered or read. NO_SUCH_ELEMENT: there is no such session; DB_UNABLE_TO_CONNECT,
 * INTERNAL. With `old` a session that is too old will do when the database cannot be read: seats do
 * not move.
 */
enum tk_err session_get(struct tk_app *app, int64_t id, bool old, struct session **out);
/* Worker. Reads it whatever is remembered. */
enum tk_err session_read(struct tk_app *app, int64_t id, struct session **out);
void session_release(struct session *session); /* NULL is fine */

/* Seats may be held: it has prices, was not closed and has not begun. */
bool session_on_sale(const struct session *session);
/* Over for more than a day: its map is dropped and no new one made. */
bool session_is_over(const struct session *session);
/* Forgets all (tests, shutdown). */
void session_forget(void);

#endif
