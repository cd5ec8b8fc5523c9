/*
 * Publishing with confirms. librabbitmq 0.11 has no helper for them: the frames basic.ack (with
 * "multiple"), basic.nack and basic.return are read here. A message counts as confirmed only when
 * its own acknowledgement came and no return named it.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/common/mq_conn.h"
#include "shared/base/time.h"

#define WINDOW         100 /* unconfirmed at once */
#define RETRY_PAUSE_MS 200 /* after a failed connect, calls fail at once for this long */

enum fate { UNSENT, WAITING, RETURNED, DONE };

struct slot { /* one message on its way */
    struct tk_mq_msg *msg;
    uint64_t tag;
    enum fate fate;
};

struct tk_pub {
    const struct tk_mq_conf *conf;
    struct mq_conn conn;
    uint64_t last_tag; /* of this connection: the broker counts along */
    int64_t retry_at;
    struct slot slots[WINDOW];
    size_t open; /* slots that are WAITING or RETURNED */
};

struct tk_pub *tk_pub_new(const struct tk_mq_conf *conf)
{
    struct tk_pub *pub = calloc(1, sizeof *pub);

    if (pub)
        pub->conf = conf;
    return pub;
}

void tk_pub_free(struct tk_pub *pub)
{
    if (!pub)
        return;
    mq_close_gently(&pub->conn, 200);
    free(pub);
}

const char *tk_pub_error(const struct tk_pub *pub)
{
    return pub->conn.error;
}

/* ---- confirms ---------------------------------------------------------------- */
static void settle(struct tk_pub *pub, struct slot *slot, bool acked)
{
    slot->msg->confirmed = acked && slot->fate == WAITING;
    if (!slot->msg->confirmed && slot->fate == RETURNED)
        snprintf(pub->conn.error, sizeof pub->conn.error, "no queue is bound for '%s' at '%s'",
                 slot->msg->key, slot->msg->exchange);
    else if (!slot->msg->confirmed)
        snprintf(pub->conn.error, sizeof pub->conn.error, "the broker refused a message (nack)");
    slot->fate = DONE;
    pub->open--;
}

static void on_confirm(struct tk_pub *pub, uint64_t tag, bool multiple, bool acked)
{
    for (size_t i = 0; i < WINDOW; i++) {
        struct slot *slot = &pub->slots[i];

        if (slot->fate != WAITING && slot->fate != RETURNED)
            continue;
        if (slot->tag == tag || (multiple && (slot->tag < tag || tag == 0)))
            settle(pub, slot, acked);
    }
}

/* Without an id to tell by, every message under way is taken as returned: it is sent again, never
 * lost. */
static void on_return(struct tk_pub *pub, const amqp_basic_properties_t *props)
{
    bool known = props && (props->_flags & AMQP_BASIC_MESSAGE_ID_FLAG);

    for (size_t i = 0; i < WINDOW; i++) {
        struct slot *slot = &pub->slots[i];
        const char *id = slot->fate == WAITING ? slot->msg->message_id : NULL;

        if (slot->fate != WAITING)
            continue;
        if (!known || !id ||
            (strlen(id) == props->message_id.len &&
             memcmp(id, props->message_id.bytes, props->message_id.len) == 0))
            slot->fate = RETURNED;
    }
}

/* After basic.return come the header and the body of what could not be delivered. */
static bool read_returned(struct tk_pub *pub, int64_t until)
{
    amqp_frame_t frame;
    uint64_t left;

    if (mq_frame(&pub->conn, &frame, until - tk_mono_ms()) != AMQP_STATUS_OK ||
        frame.frame_type != AMQP_FRAME_HEADER)
        return false;
    on_return(pub, frame.payload.properties.decoded);
    for (left = frame.payload.properties.body_size; left > 0;) {
        if (mq_frame(&pub->conn, &frame, until - tk_mono_ms()) != AMQP_STATUS_OK ||
            frame.frame_type != AMQP_FRAME_BODY || frame.payload.body_fragment.len > left)
            return false;
        left -= frame.payload.body_fragment.len;
    }
    return true;
}

/* Reads one frame. false: the connection cannot be trusted any more,
 * or nothing came until `until`. */
static bool read_one(struct tk_pub *pub, int64_t until)
{
    amqp_frame_t frame;
    amqp_method_t *method = &frame.payload.method;
    int status = mq_frame(&pub->conn, &frame, until - tk_mono_ms());

    if (status == AMQP_STATUS_TIMEOUT) {
        snprintf(pub->conn.error, sizeof pub->conn.error, "no confirm within %d ms",
                 (int)pub->conf->timeout_ms);
        return false;
    }
    if (status != AMQP_STATUS_OK)
        return false;
    if (frame.frame_type != AMQP_FRAME_METHOD)
        return frame.frame_type == AMQP_FRAME_HEARTBEAT;
    if (method->id == AMQP_BASIC_ACK_METHOD) {
        amqp_basic_ack_t *ack = method->decoded;

        on_confirm(pub, ack->delivery_tag, ack->multiple, true);
    } else if (method->id == AMQP_BASIC_NACK_METHOD) {
        amqp_basic_nack_t *nack = method->decoded;

        on_confirm(pub, nack->delivery_tag, nack->multiple, false);
    } else if (method->id == AMQP_BASIC_RETURN_METHOD) {
        return read_returned(pub, until);
    }
    return true;
}

/* Reads until at most `most` messages are unconfirmed. The limit counts from the last sign of
 * progress. */
static bool wait_until(struct tk_pub *pub, size_t most, int64_t *until)
{
    while (pub->open > most) {
        size_t before = pub->open;

        if (tk_mono_ms() >= *until || !read_one(pub, *until))
            return false;
        amqp_maybe_release_buffers(pub->conn.state);
        if (pub->open < before)
            *until = tk_mono_ms() + pub->conf->timeout_ms;
    }
    return true;
}

/* ---- sending ----------------------------------------------------------------- */
static void set_properties(const struct tk_mq_msg *msg, amqp_basic_properties_t *props,
                           amqp_table_entry_t headers[2])
{
    int count = 0;

    *props = (amqp_basic_properties_t){
        ._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG,
        .content_type = amqp_cstring_bytes("application/json"),
        .delivery_mode = AMQP_DELIVERY_PERSISTENT,
    };
    if (msg->message_id) {
        props->_flags |= AMQP_BASIC_MESSAGE_ID_FLAG;
        props->message_id = amqp_cstring_bytes(msg->message_id);
    }
    if (msg->attempt) {
        headers[count].key = amqp_cstring_bytes("x-attempt");
        headers[count].value.kind = AMQP_FIELD_KIND_I32;
        headers[count++].value.value.i32 = msg->attempt;
    }
    if (msg->traceparent) {
        headers[count].key = amqp_cstring_bytes("traceparent");
        headers[count].value.kind = AMQP_FIELD_KIND_UTF8;
        headers[count++].value.value.bytes = amqp_cstring_bytes(msg->traceparent);
    }
    if (count) {
        props->_flags |= AMQP_BASIC_HEADERS_FLAG;
        props->headers = (amqp_table_t){.num_entries = count, .entries = headers};
    }
}

/* The library's own write waits without end: do not begin one that the socket has no room for. */
static bool is_writable(struct tk_pub *pub, int64_t until)
{
    struct pollfd ready = {.fd = amqp_get_sockfd(pub->conn.state), .events = POLLOUT};
    int64_t left = until - tk_mono_ms();

    if (poll(&ready, 1, (int)(left > 0 ? left : 0)) == 1 && (ready.revents & POLLOUT))
        return true;
    snprintf(pub->conn.error, sizeof pub->conn.error, "the broker does not take messages now");
    return false;
}

static bool publish(struct tk_pub *pub, struct tk_mq_msg *msg, int64_t until)
{
    amqp_table_entry_t headers[2] = {0};
    amqp_basic_properties_t props;
    struct slot *slot = pub->slots;
    int status;

    if (!is_writable(pub, until))
        return false;
    while (slot->fate == WAITING || slot->fate == RETURNED)
        slot++;
    set_properties(msg, &props, headers);
    status = amqp_basic_publish(pub->conn.state, MQ_CHANNEL, amqp_cstring_bytes(msg->exchange),
                                amqp_cstring_bytes(msg->key), true, false, &props,
                                (amqp_bytes_t){.len = msg->size, .bytes = (void *)msg->body});
    if (status != AMQP_STATUS_OK) {
        mq_fail(&pub->conn, "cannot publish", status);
        return false;
    }
    *slot = (struct slot){msg, ++pub->last_tag, WAITING};
    pub->open++;
    return true;
}

/* A broker that hangs keeps its connections: only an answer tells. Asking for confirms twice is allowed. */
static bool answers(struct tk_pub *pub)
{
    amqp_confirm_select(pub->conn.state, MQ_CHANNEL);
    return mq_ok(&pub->conn, "no answer", amqp_get_rpc_reply(pub->conn.state));
}

/* Sends what is not confirmed yet. false: the connection is of no more use. */
static bool send_all(struct tk_pub *pub, struct tk_mq_msg *msgs, size_t count, int64_t until)
{
    if (count == 0)
        return answers(pub);
    memset(pub->slots, 0, sizeof pub->slots);
    pub->open = 0;
    for (size_t i = 0; i < count; i++) {
        if (msgs[i].confirmed)
            continue;
        if (!wait_until(pub, WINDOW - 1, &until) || !publish(pub, &msgs[i], until))
            return false;
    }
    return wait_until(pub, 0, &until);
}

static bool connect_pub(struct tk_pub *pub, int64_t until)
{
    if (tk_mono_ms() < pub->retry_at)
        return false; /* the error of the last attempt still stands */
    pub->last_tag = 0;
    if (mq_open(&pub->conn, pub->conf, until - tk_mono_ms())) {
        amqp_confirm_select(pub->conn.state, MQ_CHANNEL);
        if (mq_ok(&pub->conn, "cannot ask for confirms", amqp_get_rpc_reply(pub->conn.state)))
            return true;
        mq_close(&pub->conn);
    }
    pub->retry_at = tk_mono_ms() + RETRY_PAUSE_MS;
    return false;
}

/*
 * The broker closed it, for instance because this publisher was idle for longer than two
 * heartbeats. What is still unread (heartbeats, the broker's farewell) must not hide that.
 */
static bool was_closed(struct mq_conn *conn)
{
    struct pollfd fd = {.fd = amqp_get_sockfd(conn->state), .events = POLLRDHUP};

    return poll(&fd, 1, 0) != 0;
}

static int count_confirmed(const struct tk_mq_msg *msgs, size_t count)
{
    int confirmed = 0;

    for (size_t i = 0; i < count; i++)
        confirmed += msgs[i].confirmed;
    return confirmed;
}

int tk_pub_send(struct tk_pub *pub, struct tk_mq_msg *msgs, size_t count)
{
    int64_t until = tk_mono_ms() + pub->conf->timeout_ms;
    bool kept = pub->conn.state !=
                NULL; /* may turn out to be dead: then one new connection is tried */

    for (size_t i = 0; i < count; i++)
        msgs[i].confirmed = false;
    for (int tries = 0; tries < 2; tries++) {
        if (pub->conn.state && was_closed(&pub->conn))
            mq_close(&pub->conn);
        if (!pub->conn.state && !connect_pub(pub, until))
            break;
        if (send_all(pub, msgs, count, until))
            return count_confirmed(msgs, count);
        mq_close(&pub->conn);
        if (!kept || tk_mono_ms() >= until)
            break;
    }
    return count_confirmed(msgs, count) ? count_confirmed(msgs, count) : -1;
}
