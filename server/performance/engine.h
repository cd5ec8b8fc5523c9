/*
 * Calls of the seat map's scripts (lua/): building the arguments, sending, reading the answer. The
 * conventions are lua/lib.lua's: KEYS[1] the session's tag, ARGV[1] the run_id of the connection,
 * an answer {STATUS, now, …}.
 */
#ifndef PERFORMANCE_ENGINE_H
#define PERFORMANCE_ENGINE_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/common/app.h"
#include "server/performance/session.h"
#include "shared/base/arena.h"

enum status {
    ST_OK = 0,
    ST_AGAIN,      /* repeat of an idempotent request: the hold as it is now */
    ST_NONE,       /* no such hold */
    ST_TAKEN,      /* conflicts */
    ST_FULL,       /* not enough free seats */
    ST_LIMIT,      /* over the member's cap, or extended often enough */
    ST_REUSED,     /* the key was used for another request */
    ST_GONE,       /* the key's hold has ended */
    ST_COMMITTING, /* never touched */
    ST_KEPT,
    ST_READY,
    ST_WON,
    ST_BUSY,
    ST_OLD,
    /* What must be mended before the script can do its work: see mend.h. */
    ST_NOMAP,
    ST_STALE,
    ST_PLAN,
    ST_NONCE, /* "LOST": the truth must be read again */
    ST_ASK,
    /* No answer of the script. */
    ST_SILENT, /* none in time: it may have run */
    ST_BROKEN, /* an error of Redis or of ours; logged */
};

struct call {
    const char *script;
    struct tk_arena *arena;
    int argc;
    const char *argv[24]; /* [0] the tag, [1] the run_id */
    size_t lens[24];
};

/* Arguments are copied into the arena; a failed allocation makes the call ST_BROKEN. */
void call_begin(struct call *call, struct tk_arena *arena, const char *script, int64_t session);
void call_str(struct call *call, const char *text);
void call_int(struct call *call, int64_t number);

struct result {
    enum status status;
    int64_t now;             /* Redis' clock, ms */
    const redisReply *reply; /* borrowed; NULL without an answer */
};
struct result result_of(const struct call *call, const redisReply *reply);
/* Element `i` of the answer as a number or text; 0 and "" when there is none. */
int64_t result_int(const struct result *result, size_t i);
const char *result_str(const struct result *result, size_t i);
/* Element `i` when it is an array; else an empty one. */
const redisReply *result_list(const struct result *result, size_t i);

/* Worker: runs it now. The reply must be freed (freeReplyObject) after the result was used. */
struct result engine_run(struct tk_app *app, struct call *call, redisReply **reply);
/* Loop: `fn` gets the reply exactly once; read it with result_of. */
void engine_send(struct tk_app *app, struct call *call, tk_redis_fn *fn, void *arg);

/* Has the sweeper look at the session at `due` (Redis' ms). Loop and worker. 0: nothing to do. */
void engine_due_loop(struct tk_app *app, int64_t session, int64_t due);
void engine_due(struct tk_app *app, int64_t session, int64_t due);

/* A hold as a script answered it. All memory is the arena's. */
struct hold_seat {
    size_t offset;
    int grade;
    char seat[TK_SEAT_NAME];
    const char *grade_name;
    int64_t price;
};
struct hold {
    const char *id;
    bool committing;
    int64_t member;
    int64_t left_ms; /* until it runs out; 0 when it has */
    int64_t total;
    int tries;
    const char *why, *terminal;
    size_t grade_count;
    struct tk_grade *grades; /* as they were when it was made */
    size_t count;
    struct hold_seat *seats;
};
/* Reads an answer {…, id, record}; false when it is not one, or memory is short. */
bool hold_read(const struct result *result, const struct tk_plan *plan, struct tk_arena *arena,
               struct hold *hold);
/* {holdId, prfSessionId, seats, total, expiresInMs, state, why}; a new reference, NULL when memory is short. */
json_t *hold_json(const struct hold *hold);
/* "3,14,15" */
const char *hold_offsets(const struct hold *hold, struct tk_arena *arena);

#endif
