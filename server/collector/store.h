/*
 * The catalogue's tables, as the collector writes them. Every function is one transaction that may
 * be repeated and leaves the same rows; blocking, at most `STORE_MS`.
 */
#ifndef TK_COLLECTOR_STORE_H
#define TK_COLLECTOR_STORE_H

#include "server/collector/row.h"
#include "server/common/db.h"

#define STORE_MS 15000

enum change { CHANGE_NONE, CHANGE_ADDED, CHANGE_UPDATED };

struct session_changes {
    int added, closed, opened;
};

enum tk_db_res store_holiday(struct tk_db *db, const struct holiday *holiday, enum change *change);
/* All holidays known, rising, in the arena. */
enum tk_db_res store_holidays(struct tk_db *db, struct tk_arena *arena, struct tk_holidays *out);
enum tk_db_res store_facility(struct tk_db *db, const struct facility *facility,
                              enum change *change);
/*
 * Performance, price list and sessions. Sessions that are no longer in the schedule and have not
 * begun at `today` `minute` are closed, those that came back are opened, past ones are left alone.
 */
enum tk_db_res store_performance(struct tk_db *db, const struct performance *performance,
                                 tk_day today, int minute, enum change *change,
                                 struct session_changes *sessions);
/* Replaces the list of that day. */
enum tk_db_res store_ranks(struct tk_db *db, tk_day day, const struct rank *ranks, size_t count);
enum tk_db_res store_drop_ranks(struct tk_db *db, tk_day before);

/* Records why a row was set aside, and forgets its older reasons. */
enum tk_db_res store_quarantine(struct tk_db *db, const char *kind, const char *id,
                                const struct issues *issues);
/* The row was understood. */
enum tk_db_res store_release(struct tk_db *db, const char *kind, const char *id);

#endif
