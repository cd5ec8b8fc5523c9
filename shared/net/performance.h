/* The performance service: catalogue, seats, holds, sale. Every answer is the caller's to release
 * (http.h). */
#ifndef TK_NET_PERFORMANCE_H
#define TK_NET_PERFORMANCE_H

#include "shared/net/api.h"

/* Seats wanted: named ones, or a number of them. */
struct tk_hold_want {
    int64_t session;
    json_t *seats; /* array of names, borrowed; NULL: `count` seats that the server chooses */
    int count;
    const char *grade; /* NULL: any */
    const char *zone;  /* NULL: any */
    bool together;     /* only seats side by side */
};

struct tk_sale_want {
    const char *hold;
    const char *method; /* card, cash, transfer */
    int64_t tendered;   /* won given in cash; 0: exact */
};

/* A Slice: {content, number, last, …}; NO_DATA_SEARCHED when page 0 is empty. */
void tk_performance_search(struct tk_api *api, const char *keyword, int page,
                           struct tk_answer *answer);
void tk_performance_by_genre(struct tk_api *api, const char *genre, int page,
                             struct tk_answer *answer);
void tk_performance_rank(struct tk_api *api, struct tk_answer *answer);
/* {performanceDetailInfo, prfSessionList, facilityDTO}; NO_SUCH_ELEMENT. */
void tk_performance_get(struct tk_api *api, const char *id, struct tk_answer *answer);
/* {remainingSeat, totalSeat} */
void tk_session_get(struct tk_api *api, int64_t session, struct tk_answer *answer);
/* {prfSessionId, version, grades, seats} */
void tk_session_seats(struct tk_api *api, int64_t session, struct tk_answer *answer);

/* All or nothing. {holdId, seats, total, expiresInMs, why}; SEAT_TAKEN with data.conflicts,
 * SOLD_OUT. */
void tk_hold_create(struct tk_api *api, const struct tk_hold_want *want, struct tk_answer *answer);
void tk_hold_get(struct tk_api *api, const char *hold, struct tk_answer *answer);
void tk_hold_extend(struct tk_api *api, const char *hold, struct tk_answer *answer);
void tk_hold_release(struct tk_api *api, const char *hold, struct tk_answer *answer);
/* Turns the hold into a reservation. {reservationId, ticketCode, seats, total, change?};
 * HOLD_EXPIRED; OUTCOME_UNKNOWN: repeat with the same key. */
void tk_hold_sell(struct tk_api *api, const struct tk_sale_want *want, struct tk_answer *answer);

#endif
