/*
 * The truth: every statement of the reservation service. Blocking, safe to repeat. `deadline_ms` is
 * on tk_mono_ms; what is answered lives in the arena. Errors are those of server/common/db.h.
 */
#ifndef RESERVATION_STORE_H
#define RESERVATION_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "server/common/db.h"

enum sale_result {
    SALE_NEW,     /* committed by this very call */
    SALE_OLD,     /* committed before, by the same key and body */
    SALE_REFUSED, /* can never become a sale */
    SALE_REUSED,  /* the key belongs to another body; nothing was changed */
    SALE_NONE,    /* nothing was sold under this create key */
};

struct sale_row {
    enum sale_result result;
    const char *answer; /* as stored; NULL when reused */
};

struct sale_args {
    const char *hold, *hash, *sale, *trace;
};

/*
 * TK_DB_UNKNOWN: it may be committed. It has then been repeated once already, when there was time.
 * TK_DB_DUP: a ticket id was there before (one sale in 10^17); nothing was changed, come again with
 * others.
 */
enum tk_db_res store_create(struct tk_db *db, int64_t deadline_ms, struct tk_arena *arena,
                            const struct sale_args *args, struct sale_row *out);
/* A write: refuses the hold for ever unless it was sold. */
enum tk_db_res store_ask(struct tk_db *db, int64_t deadline_ms, struct tk_arena *arena,
                         const char *hold, struct sale_row *out);
/* SALE_OLD or SALE_NONE: what the member's create key has sold. A read that waits for a sale under
 * way. */
enum tk_db_res store_ask_key(struct tk_db *db, int64_t deadline_ms, struct tk_arena *arena,
                             int64_t member, const char *key, struct sale_row *out);

enum cancel_result { CANCEL_DONE, CANCEL_AGAIN, CANCEL_CLOSED, CANCEL_ABSENT, CANCEL_REUSED };
struct cancel_args {
    int64_t reservation, member;
    const char
        *key; /* Idempotency-Key; may be NULL. CANCEL_REUSED: it belongs to another reservation */
    const char *trace;
};
enum tk_db_res store_cancel(struct tk_db *db, int64_t deadline_ms, struct tk_arena *arena,
                            const struct cancel_args *args, enum cancel_result *out);

/* *sold is the text of a JSON array of seat names. */
enum tk_db_res store_rebuild(struct tk_db *db, int64_t deadline_ms, struct tk_arena *arena,
                             int64_t session, int64_t *floor, const char **sold);

/* Columns of a reservation's row, live or cancelled. */
enum row_column {
    ROW_ID,
    ROW_COUNT,
    ROW_TITLE,
    ROW_DATE,
    ROW_TIME,
    ROW_PRICE,
    ROW_POSTER,
    ROW_DELETED,
    ROW_CREATED,
    ROW_UNIT_PRICE,
    ROW_PERFORMANCE,
    ROW_SESSION,
    ROW_FACILITY,
};
/* Newest first, cancelled ones included; reservation 0 means all of the member's (the newest
 * 2,000). */
enum tk_db_res store_list(struct tk_db *db, int64_t deadline_ms, struct tk_arena *arena,
                          int64_t member, int64_t reservation, struct tk_rows *out);

/* The columns after ROW_FACILITY of a ticket's row. */
enum ticket_column {
    TICKET_ID = ROW_FACILITY + 1,
    TICKET_KEY,
    TICKET_GENERATION,
    TICKET_SEAT,
    TICKET_GRADE,
    TICKET_PRICE,
    TICKET_STATE
};
/* One row for each seat of the reservation, if it is `member`'s or `staff` asks. */
enum tk_db_res store_tickets(struct tk_db *db, int64_t deadline_ms, struct tk_arena *arena,
                             int64_t reservation, int64_t member, bool staff, struct tk_rows *out);

#endif
