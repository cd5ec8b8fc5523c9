/* The open connections: who is idle, who drips a head in, whom a drain may close. */
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "server/common/httpd_state.h"
#include "shared/base/time.h"

void conns_notify(void *arg, struct MHD_Connection *connection, void **slot,
                  enum MHD_ConnectionNotificationCode how)
{
    struct tk_httpd *httpd = arg;
    struct conn *conn = *slot;

    if (how == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(
            connection, MHD_CONNECTION_INFO_CONNECTION_FD);

        conn = calloc(1, sizeof *conn);
        if (!conn)
            return;
        *conn = (struct conn){.next = httpd->conns, .fd = info ? info->connect_fd : -1};
        conn->begun_ms = tk_mono_ms();
        if (conn->next)
            conn->next->prev = conn;
        httpd->conns = conn;
        *slot = conn;
    } else if (conn) {
        if (conn->prev)
            conn->prev->next = conn->next;
        else
            httpd->conns = conn->next;
        if (conn->next)
            conn->next->prev = conn->prev;
        free(conn);
        *slot = NULL;
    }
}

void conns_cut(struct conn *conn)
{
    if (conn && !conn->cut)
        conn->cut = shutdown(conn->fd, SHUT_RDWR) == 0 || errno == ENOTCONN;
}

/* Idle connections are closed while draining, unless a request has just arrived on them. */
void conns_close_idle(struct tk_httpd *httpd)
{
    int waiting;

    for (struct conn *c = httpd->conns; c; c = c->next)
        if (!c->busy && (ioctl(c->fd, FIONREAD, &waiting) < 0 || waiting == 0))
            conns_cut(c);
}

static uint64_t bytes_in(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;

    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_bytes_received : 0;
}

/*
 * A head that drips in is invisible to us until it is complete, and libmicrohttpd's time-out starts
 * anew with every byte. The kernel's count of bytes tells an idle connection from one that has
 * begun a request.
 */
static void check_head(struct tk_httpd *httpd, struct conn *conn, int64_t now)
{
    uint64_t bytes;

    if (conn->busy || conn->cut)
        return;
    if (!conn->begun_ms) {
        bytes = bytes_in(conn->fd);
        if (conn->counted && bytes != conn->bytes)
            conn->begun_ms = now;
        conn->bytes = bytes;
        conn->counted = true;
    }
    if (conn->begun_ms && now - conn->begun_ms >= httpd->conf.head_ms)
        conns_cut(conn);
}

void conns_walk(void *arg)
{
    struct tk_httpd *httpd = arg;
    int64_t now = tk_mono_ms();

    for (struct conn *conn = httpd->conns; conn; conn = conn->next)
        check_head(httpd, conn, now);
}
