#include "server/common/db_conn.h"

#include <errmsg.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "shared/base/str.h"
#include "shared/base/time.h"

/* A process stopped in mid-transaction must not keep its locks for hours. */
#define IDLE_TX_SECONDS 10

static pthread_key_t thread_key;

static void thread_end(void *unused)
{
    (void)unused;
    mysql_thread_end();
}

static void library_begin(void)
{
    mysql_library_init(0, NULL, NULL);
    pthread_key_create(&thread_key, thread_end);
}

/* Once per process and once per thread, before any other call of the library. */
static void library_ready(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static _Thread_local bool ready;

    pthread_once(&once, library_begin);
    if (ready)
        return;
    ready = true;
    mysql_thread_init();
    pthread_setspecific(thread_key, &ready);
}

/*
 * The time-out options count in whole seconds and anew for every read. The library lets us do the
 * waiting instead: until one moment per thread, to the millisecond, for a whole exchange.
 */
static _Thread_local int64_t wait_until;

static int wait_io(my_socket fd, my_bool is_read, int unused)
{
    struct pollfd ready = {.fd = fd, .events = is_read ? POLLIN : POLLOUT};
    int64_t left;
    int status;

    (void)unused;
    do {
        left = wait_until - tk_mono_ms();
        status = poll(&ready, 1, (int)(left > 0 ? left : 0));
    } while (status < 0 && errno == EINTR);
    if (status == 0)
        errno = ETIMEDOUT;
    return status;
}

void db_limit(int64_t ms)
{
    wait_until = tk_mono_ms() + ms;
}

static bool set_session(MYSQL *my, const struct tk_db_conf *conf, bool ddl)
{
    char sql[512];
    int64_t statement_ms = ddl ? 0 : conf->timeout_ms * 95 / 100;
    int64_t lock_s = ddl ? 60 : conf->timeout_ms / 2000;

    snprintf(
        sql, sizeof sql,
        "SET SESSION sql_mode='STRICT_ALL_TABLES,STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
        "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_CREATE_USER',"
        "time_zone='+09:00',tx_isolation='REPEATABLE-READ',autocommit=1,"
        "max_statement_time=%d.%03d,innodb_lock_wait_timeout=%d,idle_transaction_timeout=%d",
        (int)(statement_ms / 1000), (int)(statement_ms % 1000), (int)(lock_s > 0 ? lock_s : 1),
        IDLE_TX_SECONDS);
    return mysql_real_query(my, sql, strlen(sql)) == 0;
}

static void set_options(MYSQL *my, int64_t timeout_ms)
{
    unsigned seconds = timeout_ms < 1000 ? 1
                                         : (unsigned)(timeout_ms / 1000); /* any will do: wait_io */
    unsigned off = 0;
    my_bool no = 0, yes = 1;

    mysql_options(my, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    mysql_options(my, MYSQL_OPT_READ_TIMEOUT, &seconds);
    mysql_options(my, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
    mysql_options(my, MYSQL_OPT_RECONNECT, &no);
    mysql_options(my, MYSQL_OPT_LOCAL_INFILE, &off);
    mysql_options(my, MYSQL_REPORT_DATA_TRUNCATION, &yes);
    mysql_options(my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_optionsv(my, MARIADB_OPT_IO_WAIT, wait_io);
}

/* "" without a file; NULL when it cannot be read. Read for every connection, so that it can be
 * changed. */
static char *read_password(const char *path)
{
    char *text, why[200];

    if (!path)
        return strdup("");
    text = tk_read_file(path, 4096, NULL);
    if (!text) {
        snprintf(why, sizeof why, "cannot read the password file '%s': %s", path, strerror(errno));
        db_note_text(why);
        return NULL;
    }
    memmove(text, tk_trim(text), strlen(tk_trim(text)) + 1);
    return text;
}

MYSQL *db_open(const struct tk_db_conf *conf, int64_t timeout_ms, bool ddl)
{
    char *password;
    MYSQL *my;
    bool ok;

    library_ready();
    password = read_password(conf->password_file);
    if (!password)
        return NULL;
    my = mysql_init(NULL);
    if (!my) {
        free(password);
        db_note_text("out of memory");
        return NULL;
    }
    set_options(my, conf->timeout_ms);
    db_limit(timeout_ms);
    ok = mysql_real_connect(my, conf->socket ? NULL : conf->host, conf->user, password, conf->name,
                            conf->socket ? 0 : (unsigned)conf->port, conf->socket,
                            CLIENT_MULTI_RESULTS) != NULL;
    explicit_bzero(password, strlen(password));
    free(password);
    ok = ok && set_session(my, conf, ddl);
    if (!ok) {
        db_note(mysql_errno(my), mysql_sqlstate(my), mysql_error(my), NULL);
        mysql_close(my);
        return NULL;
    }
    return my;
}

bool db_command(struct tk_conn *conn, const char *sql, int64_t limit_ms)
{
    db_limit(limit_ms);
    if (mysql_real_query(conn->my, sql, strlen(sql)) == 0)
        return true;
    db_note(mysql_errno(conn->my), mysql_sqlstate(conn->my), mysql_error(conn->my), sql);
    return false;
}

void db_close(struct tk_conn *conn)
{
    int fd;

    if (!conn)
        return;
    fd = (int)mysql_get_socket(conn->my);
    if (fd >= 0 && conn->dead)
        shutdown(fd, SHUT_RDWR); /* no farewell to a server that may not listen */
    for (size_t i = 0; i < conn->stmt_count; i++)
        mysql_stmt_close(conn->stmts[i].handle);
    mysql_close(conn->my);
    free(conn->stmts);
    free(conn);
}
