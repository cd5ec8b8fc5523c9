#include "server/common/mq_conn.h"

#include <amqp_tcp_socket.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "shared/base/str.h"
#include "shared/base/time.h"

struct timeval mq_interval(int64_t ms)
{
    ms = ms > 0 ? ms : 1;
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

void mq_fail(struct mq_conn *conn, const char *what, int status)
{
    snprintf(conn->error, sizeof conn->error, "%s: %s", what, amqp_error_string2(status));
}

static void fail_server(struct mq_conn *conn, const char *what, const amqp_method_t *method)
{
    amqp_bytes_t text = amqp_cstring_bytes("closed by the broker");
    int code = 0;

    if (method->id == AMQP_CHANNEL_CLOSE_METHOD) {
        code = ((amqp_channel_close_t *)method->decoded)->reply_code;
        text = ((amqp_channel_close_t *)method->decoded)->reply_text;
    } else if (method->id == AMQP_CONNECTION_CLOSE_METHOD) {
        code = ((amqp_connection_close_t *)method->decoded)->reply_code;
        text = ((amqp_connection_close_t *)method->decoded)->reply_text;
    }
    snprintf(conn->error, sizeof conn->error, "%s: %d %.*s", what, code,
             (int)(text.len < 150 ? text.len : 150), (char *)text.bytes);
}

bool mq_ok(struct mq_conn *conn, const char *what, amqp_rpc_reply_t reply)
{
    if (reply.reply_type == AMQP_RESPONSE_NORMAL)
        return true;
    if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION)
        fail_server(conn, what, &reply.reply);
    else
        mq_fail(conn, what, reply.library_error);
    return false;
}

void mq_limit(struct mq_conn *conn, int64_t ms)
{
    struct timeval limit = mq_interval(ms);

    amqp_set_handshake_timeout(conn->state, &limit);
    amqp_set_rpc_timeout(conn->state, &limit);
}

int mq_frame(struct mq_conn *conn, amqp_frame_t *frame, int64_t ms)
{
    struct timeval limit = mq_interval(ms);
    int status = amqp_simple_wait_frame_noblock(conn->state, frame, &limit);

    if (status == AMQP_STATUS_OK && frame->frame_type == AMQP_FRAME_METHOD &&
        (frame->payload.method.id == AMQP_CHANNEL_CLOSE_METHOD ||
         frame->payload.method.id == AMQP_CONNECTION_CLOSE_METHOD)) {
        fail_server(conn, "lost", &frame->payload.method);
        return AMQP_STATUS_CONNECTION_CLOSED;
    }
    if (status != AMQP_STATUS_OK && status != AMQP_STATUS_TIMEOUT)
        mq_fail(conn, "lost", status);
    return status;
}

/* A broker that has stopped reading must not hold us in a write for ever:
 * the kernel then ends it. */
static void limit_socket(struct mq_conn *conn, int64_t ms)
{
    unsigned limit = (unsigned)ms;
    int fd = amqp_get_sockfd(conn->state);

    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
}

static char *read_password(const struct tk_mq_conf *conf, const char *in_url)
{
    char *text;

    if (!conf->password_file)
        return strdup(in_url ? in_url : "");
    text = tk_read_file(conf->password_file, 4096, NULL);
    if (text)
        memmove(text, tk_trim(text), strlen(tk_trim(text)) + 1);
    return text;
}

static bool log_in(struct mq_conn *conn, const struct amqp_connection_info *info,
                   const char *password, int64_t until)
{
    struct timeval limit = mq_interval(until - tk_mono_ms());
    amqp_socket_t *socket = amqp_tcp_socket_new(conn->state);
    int status = socket ? amqp_socket_open_noblock(socket, info->host, info->port, &limit)
                        : AMQP_STATUS_NO_MEMORY;

    if (status != AMQP_STATUS_OK) {
        mq_fail(conn, "cannot connect", status);
        return false;
    }
    mq_limit(conn, until - tk_mono_ms());
    if (!mq_ok(conn, "cannot log in",
               amqp_login(conn->state, info->vhost, AMQP_DEFAULT_MAX_CHANNELS,
                          AMQP_DEFAULT_FRAME_SIZE, MQ_HEARTBEAT_S, AMQP_SASL_METHOD_PLAIN,
                          info->user, password)))
        return false;
    mq_limit(conn, until - tk_mono_ms());
    amqp_channel_open(conn->state, MQ_CHANNEL);
    return mq_ok(conn, "cannot open a channel", amqp_get_rpc_reply(conn->state));
}

bool mq_open(struct mq_conn *conn, const struct tk_mq_conf *conf, int64_t limit_ms)
{
    int64_t until = tk_mono_ms() + limit_ms;
    struct amqp_connection_info info;
    char *url = strdup(conf->url ? conf->url : "");
    char *password = NULL;
    bool ok = false;

    conn->error[0] = '\0';
    if (!url || amqp_parse_url(url, &info) != AMQP_STATUS_OK || info.ssl) {
        snprintf(conn->error, sizeof conn->error,
                 "the address is not of the form amqp://user@host:port/vhost");
        goto out;
    }
    password = read_password(conf, info.password);
    if (!password) {
        snprintf(conn->error, sizeof conn->error, "cannot read the password file '%.120s': %s",
                 conf->password_file, strerror(errno));
        goto out;
    }
    conn->state = amqp_new_connection();
    ok = conn->state && log_in(conn, &info, password, until);
    if (ok) {
        mq_limit(conn, conf->timeout_ms);
        limit_socket(conn, conf->timeout_ms);
    } else {
        mq_close(conn);
    }
out:
    if (password)
        explicit_bzero(password, strlen(password));
    free(password);
    free(url);
    return ok;
}

void mq_close(struct mq_conn *conn)
{
    if (conn->state)
        amqp_destroy_connection(conn->state); /* without amqp_connection_close: just the socket */
    conn->state = NULL;
}

void mq_close_gently(struct mq_conn *conn, int64_t limit_ms)
{
    if (!conn->state)
        return;
    mq_limit(conn, limit_ms);
    amqp_connection_close(conn->state, AMQP_REPLY_SUCCESS);
    mq_close(conn);
}
