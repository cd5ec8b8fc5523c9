/*
 * The reservation service, which owns the truth, as seen from here: its internal calls
 * (ARCHITECTURE.md), and what follows from their answers. Blocking: workers and threads of their
 * own.
 */
#ifndef PERFORMANCE_TRUTH_H
#define PERFORMANCE_TRUTH_H

#include "server/common/app.h"
#include "server/performance/session.h"
#include "shared/base/arena.h"

enum outcome {
    TRUTH_SOLD,
    TRUTH_REFUSED,  /* the hold can never be sold */
    TRUTH_REUSED,   /* another body was sold or refused under this hold or create key */
    TRUTH_NONE,     /* nothing was sold under this create key */
    TRUTH_UNKNOWN,  /* the request may have been received: ask */
    TRUTH_NOT_SENT, /* certainly not received */
    TRUTH_REJECTED, /* received, certainly without effect: a bug or a wrong credential; logged */
};

struct truth {
    enum outcome outcome;
    json_t *data;          /* the answer's data; freed with the arena; NULL when there was none */
    const char *hold;      /* whose sale it is; NULL when not said */
    int64_t change;        /* change number of the seats, 0 when none */
    const char *seats;     /* offsets sold "3,4", "" */
    const char *conflicts; /* offsets that others had, "" */
};

/* Who asks, for the other service's log. NULL members are left out. */
struct trace {
    const char *request_id, *traceparent;
};

/* `body` is borrowed. The call takes at most perf_conf.call_ms. */
struct truth truth_create(struct tk_app *app, const struct session *session, json_t *body,
                          const struct trace *trace, struct tk_arena *arena);
/* A write (†8): from now on the hold is either sold or can never be. */
struct truth truth_ask(struct tk_app *app, const struct session *session, const char *hold,
                       const struct trace *trace, struct tk_arena *arena);

/* What the member's create key has sold: TRUTH_SOLD (of whatever hold and body), TRUTH_NONE or no
 * outcome. Writes nothing. */
struct truth truth_ask_key(struct tk_app *app, const struct session *session, int64_t member,
                           const char *key, const struct trace *trace, struct tk_arena *arena);

/* The locking read of a session's sold seats. */
struct rebuild {
    int64_t floor;
    char *map; /* the plan's map with the sold seats; in the arena */
};
/* false: no answer, or one that cannot be used (logged). */
bool truth_rebuild(struct tk_app *app, const struct session *session, struct tk_arena *arena,
                   struct rebuild *out);

/*
 * Has the map follow the truth's answer: a sold hold is settled, a refused one ended; conflicting
 * seats become sold and the others move to the successor hold, which is then *kept (kept->id NULL:
 * there is none). `kept` may be NULL. false: Redis did not answer. The sale stands all the same,
 * its event repairs the map.
 */
struct hold;
bool truth_apply(struct tk_app *app, const struct session *session, const char *hold,
                 int64_t member, const struct truth *truth, struct tk_arena *arena,
                 struct hold *kept);

#endif
