/*
 * What keeps the maps true without anybody asking: the sweeper (ends overdue holds, asks about
 * committing ones), the reconciler (each live map once a minute, all at once after Redis' run_id
 * changed), remaining_seat written behind, maps of past sessions dropped, seat events applied.
 * Several processes share the work.
 */
#ifndef PERFORMANCE_KEEPER_H
#define PERFORMANCE_KEEPER_H

#include "server/common/app.h"

/* Loop's thread; 0, or -1 after logging. */
int sweeper_start(struct tk_app *app);
void sweeper_stop(void);

/* A thread of its own. */
int reconciler_start(struct tk_app *app);
void reconciler_kick(void); /* a pass now; any thread */
void reconciler_stop(void);

/* The consumer of seat.queue. */
int events_start(struct tk_app *app);
bool events_up(struct tk_app *app);
void events_stop(void);

/* Writes the free seats of these sessions to prf_session, changed ones only. Blocking. */
struct remaining {
    int64_t session, free;
};
void remaining_write(struct tk_app *app, const struct remaining *rows, size_t count);

#endif
