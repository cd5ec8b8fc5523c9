/*
 * ticketaka-collector: brings the catalogue up to date from a folder of XML answers, then exits.
 * Exit status 0 also when rows were set aside (the summary counts them, the log names them); 2:
 * wrong use or an unreadable folder; 11: the database could not be reached or gave up.
 */
#include <errno.h>
#include <inttypes.h>
#include <libxml/parser.h>
#include <mysql.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "server/collector/collect.h"
#include "shared/base/conf.h"
#include "shared/base/err.h"
#include "shared/base/log.h"
#include "shared/base/time.h"

enum { EXIT_USAGE = 2 };

static struct {
    const char *from, *log_level;
    struct tk_db_conf db;
} conf;

static const struct tk_conf_row rows[] = {
    {TK_CONF_STR, "from", &conf.from, NULL, "folder of XML answers to load", 0, 0},
    {TK_CONF_STR, "db-socket", &conf.db.socket, NULL, "MariaDB's socket; wins over db-host", 0, 0},
    {TK_CONF_STR, "db-host", &conf.db.host, "127.0.0.1", "MariaDB's host", 0, 0},
    {TK_CONF_INT, "db-port", &conf.db.port, "3306", "MariaDB's port", 1, 65535},
    {TK_CONF_STR, "db-name", &conf.db.name, "performance", "database", 0, 0},
    {TK_CONF_STR, "db-user", &conf.db.user, "performance", "user", 0, 0},
    {TK_CONF_STR, "db-password-file", &conf.db.password_file, NULL, "file with the password", 0, 0},
    {TK_CONF_INT, "db-pool", &conf.db.pool, "8", "most connections", 1, 64},
    {TK_CONF_STR, "log-level", &conf.log_level, "info", "debug, info, warn or error", 0, 0},
    {.type = TK_CONF_END},
};

static const struct tk_conf_row *const tables[] = {rows, NULL};

static int usage(FILE *out)
{
    fputs("usage: ticketaka-collector --from FOLDER [options]\n\n"
          "Loads facilities, performances, schedules, prices, ranks and holidays from the XML "
          "answers\n"
          "(*.xml) in FOLDER and below into the catalogue. What cannot be understood is set aside\n"
          "with its reason. Safe to run again at any time.\n\n",
          out);
    tk_conf_help(tables, out);
    return out == stdout ? 0 : EXIT_USAGE;
}

static int run(void)
{
    struct tk_db *db = tk_db_new(&conf.db);
    struct collected collected;
    int result;

    if (!db) {
        tk_log(TK_ERROR, "memory is short");
        return 1;
    }
    result = collect(db, conf.from, tk_wall_ms(), &collected);
    if (result < 0)
        fprintf(stderr, "ticketaka-collector: cannot read '%s': %s; name a folder with --from\n",
                conf.from, strerror(errno));
    else if (result != TK_DB_OK)
        tk_log(TK_ERROR, "gave up", TK_S("error", tk_db_error()),
               TK_I("performances", collected.performances.added + collected.performances.updated +
                                        collected.performances.same));
    else
        collected_print(&collected, stdout);
    tk_db_free(db);
    if (result < 0)
        return EXIT_USAGE;
    return result == TK_DB_OK ? 0 : tk_err_exit(TK_DB_UNABLE_TO_CONNECT);
}

int main(int argc, char **argv)
{
    enum tk_level level = TK_INFO;
    int rest, status;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return usage(stdout);
        if (strcmp(argv[i], "--version") == 0)
            return puts("ticketaka-collector " TK_VERSION) < 0;
    }
    conf.db.timeout_ms = 2500;
    if (tk_conf_load(tables, argc, argv, &rest, stderr) != 0)
        return EXIT_USAGE;
    if (rest != argc || !conf.from)
        return usage(stderr);
    if (!tk_level_parse(conf.log_level, &level)) {
        fprintf(stderr,
                "ticketaka-collector: '%s' is no log level; use debug, info, warn or error\n",
                conf.log_level);
        return EXIT_USAGE;
    }
    tk_log_init("collector", level);
    signal(SIGPIPE, SIG_IGN);
    LIBXML_TEST_VERSION
    mysql_library_init(0, NULL, NULL);
    status = run();
    mysql_library_end();
    xmlCleanupParser();
    return status;
}
