/* Making a session's map agree with the truth: installing an absent one, reconciling a present one.
 * Blocking. */
#ifndef PERFORMANCE_INSTALL_H
#define PERFORMANCE_INSTALL_H

#include "server/common/app.h"
#include "server/performance/session.h"
#include "shared/base/arena.h"

/*
 * Returns TK_OK once there is a map: read by us or, when another process is at it, by that one.
 * Waits for `install-ms` at most, then UNAVAILABLE.
 */
enum tk_err map_install(struct tk_app *app, const struct session *session, struct tk_arena *arena);
/* UNAVAILABLE when the reservation service or Redis does not answer;
 * OK also when there is no map. */
enum tk_err map_reconcile(struct tk_app *app, const struct session *session,
                          struct tk_arena *arena);
/* Forgets the map of a session that is over, once nothing of it is in the making. */
void map_drop(struct tk_app *app, const struct session *session, struct tk_arena *arena);

/* Asks the truth about a hold and has the map follow. false: no answer yet.
 * `member` is its owner. */
bool map_ask(struct tk_app *app, const struct session *session, const char *hold, int64_t member,
             struct tk_arena *arena);

#endif
