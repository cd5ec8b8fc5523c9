/* Private to mq_*.c: one connection to the broker with one channel.
 * Never shared between threads. */
#ifndef TK_COMMON_MQ_CONN_H
#define TK_COMMON_MQ_CONN_H

#include <amqp.h>
#include <amqp_framing.h>
#include <sys/time.h>

#include "server/common/mq.h"

#define MQ_CHANNEL 1
/*
 * The broker gives up after two to three intervals without a byte of ours, and heartbeats are only
 * sent from within calls: 15 s keep the promise of mq.h that a handler may take 30 s.
 */
#define MQ_HEARTBEAT_S 15

struct mq_conn {
    amqp_connection_state_t state; /* NULL: closed */
    char error[200];
};

/* Opens connection and channel, all within `limit_ms`; false: conn->error says why, nothing is
 * open. */
bool mq_open(struct mq_conn *conn, const struct tk_mq_conf *conf, int64_t limit_ms);
/* Closes the socket without a farewell. */
void mq_close(struct mq_conn *conn);
/* Closes properly, but waits no longer than `limit_ms` for the broker to agree. */
void mq_close_gently(struct mq_conn *conn, int64_t limit_ms);
/* Says what went wrong; `what` is what was tried. */
void mq_fail(struct mq_conn *conn, const char *what, int status);
/* Whether a call succeeded; otherwise like mq_fail. */
bool mq_ok(struct mq_conn *conn, const char *what, amqp_rpc_reply_t reply);
/* The next frame of any kind, within `ms`. AMQP_STATUS_TIMEOUT when there was none. */
int mq_frame(struct mq_conn *conn, amqp_frame_t *frame, int64_t ms);
/* Limits each of the calls that wait for an answer. */
void mq_limit(struct mq_conn *conn, int64_t ms);

struct timeval mq_interval(int64_t ms);

#endif
