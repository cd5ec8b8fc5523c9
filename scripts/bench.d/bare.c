/*
 * usage: bare PORT
 * The yardstick of `make bench`: libmicrohttpd alone, on one external epoll loop like our services,
 * answering GET /N with N bytes and POST with 200 bytes once the body was read. It does nothing
 * else, so that a ratio against it says what everything of ours costs.
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#define BODY_MAX 65536

static char body[BODY_MAX];

static enum MHD_Result answer(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **seen)
{
    size_t size = strcmp(method, "GET") == 0 ? strtoul(url + 1, NULL, 10) : 200;
    struct MHD_Response *response;
    enum MHD_Result result;

    (void)cls, (void)version, (void)upload;
    if (!*seen) {
        *seen = body;
        return MHD_YES;
    }
    if (*upload_size) {
        *upload_size = 0;
        return MHD_YES;
    }
    response = MHD_create_response_from_buffer(size < BODY_MAX ? size : BODY_MAX, body,
                                               MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", "application/json");
    result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((unsigned short)(argc > 1 ? atoi(argv[1]) : 0)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct rlimit files;
    struct MHD_Daemon *daemon;
    const union MHD_DaemonInfo *info;
    struct epoll_event event = {.events = EPOLLIN};
    int set = epoll_create1(EPOLL_CLOEXEC);

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    memset(body, 'x', sizeof body);
    daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, answer, NULL, MHD_OPTION_SOCK_ADDR,
                              &address, MHD_OPTION_CONNECTION_LIMIT, 4096u,
                              MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024u, MHD_OPTION_END);
    info = daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info || set < 0 || epoll_ctl(set, EPOLL_CTL_ADD, info->epoll_fd, &event)) {
        fprintf(stderr, "bare: cannot listen on port '%s': is it free?\n", argc > 1 ? argv[1] : "");
        return 1;
    }
    for (;;) {
        unsigned MHD_LONG_LONG wait;
        int ms = MHD_get_timeout(daemon, &wait) == MHD_YES ? (int)wait : 1000;

        epoll_wait(set, &event, 1, ms);
        MHD_run(daemon);
    }
}
