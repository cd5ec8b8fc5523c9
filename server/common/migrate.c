#include "server/common/migrate.h"

#include <mysql.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "server/common/db_conn.h"
#include "shared/base/str.h"

#define CONNECT_MS   5000
#define STATEMENT_MS 600000 /* altering a large table takes its time */
#define NAME_MAX_LEN 100

struct run {
    MYSQL *my;
    FILE *out, *err;
};

static int complain(struct run *run, const char *file, const char *what)
{
    fprintf(run->err, "migrate: '%s': %s: %s\n", file, what, mysql_error(run->my));
    return -1;
}

/* NNNN-name.sql; 0 for anything else. */
static int number_of(const char *name)
{
    int64_t number = 0;
    char digits[5] = "";
    size_t len = strlen(name);

    if (len < 10 || len > NAME_MAX_LEN || name[4] != '-' || strcmp(name + len - 4, ".sql") != 0)
        return 0;
    memcpy(digits, name, 4);
    if (strspn(digits, "0123456789") != 4 || !tk_parse_i64(digits, 1, 9999, &number))
        return 0;
    return strspn(name + 5, "abcdefghijklmnopqrstuvwxyz0123456789-_") == len - 9 ? (int)number : 0;
}

static int check_names(struct run *run, const struct tk_file *files)
{
    int last = 0, number;

    for (const struct tk_file *file = files; file->name; file++, last = number) {
        number = number_of(file->name);
        if (number > last)
            continue;
        fprintf(run->err, "migrate: '%s' is %s; name it NNNN-what.sql, numbers rising\n",
                file->name,
                number ? "out of order, or its number is taken" : "not a name of a migration");
        return -1;
    }
    return 0;
}

static bool query(struct run *run, const char *sql)
{
    db_limit(STATEMENT_MS);
    return mysql_real_query(run->my, sql, strlen(sql)) == 0;
}

/* The first column of the first row as text, or "" ; NULL: the query failed. */
static char *ask(struct run *run, const char *sql)
{
    MYSQL_RES *res;
    MYSQL_ROW row;
    char *text;

    if (!query(run, sql) || !(res = mysql_store_result(run->my)))
        return NULL;
    row = mysql_fetch_row(res);
    text = strdup(row && row[0] ? row[0] : "");
    mysql_free_result(res);
    return text;
}

/* Two runs at once would both apply the same file. The lock ends with the connection. */
static int lock(struct run *run)
{
    char *got = ask(run, "SELECT GET_LOCK(CONCAT('ticketaka-migrate-', DATABASE()), 60)");
    int status = got && strcmp(got, "1") == 0 ? 0 : -1;

    if (status != 0)
        fprintf(run->err,
                "migrate: another migration has been running for a minute; wait for it%s%s\n",
                *mysql_error(run->my) ? ": " : "", mysql_error(run->my));
    free(got);
    return status;
}

static int make_table(struct run *run)
{
    static const char sql[] = "CREATE TABLE IF NOT EXISTS schema_migration ("
                              " number SMALLINT UNSIGNED NOT NULL PRIMARY KEY,"
                              " name VARCHAR(100) NOT NULL,"
                              " checksum CHAR(64) CHARACTER SET ascii NOT NULL,"
                              " applied_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)"
                              ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";

    return query(run, sql) ? 0 : complain(run, "schema_migration", "cannot create the table");
}

static void checksum(const char *text, char out[2 * SHA256_DIGEST_LENGTH + 1])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];

    SHA256((const unsigned char *)text, strlen(text), digest);
    tk_hex(out, digest, sizeof digest);
}

/* A statement may come with result sets (a CALL); all are read. */
static bool run_text(struct run *run, const char *text)
{
    MYSQL_RES *res;
    int status;

    if (!query(run, text))
        return false;
    do {
        res = mysql_store_result(run->my);
        if (!res && mysql_field_count(run->my))
            return false;
        mysql_free_result(res);
    } while ((status = mysql_next_result(run->my)) == 0);
    return status < 0;
}

static int apply(struct run *run, const struct tk_file *file, const char *sum)
{
    char sql[320];

    if (!run_text(run, file->text))
        return complain(run, file->name, "failed; mend it and run migrate again");
    /* The name consists of [a-z0-9_-.] (number_of) and the sum of hex digits: nothing to quote. */
    snprintf(sql, sizeof sql,
             "INSERT INTO schema_migration (number, name, checksum) VALUES (%d, '%s', '%s')",
             number_of(file->name), file->name, sum);
    if (!query(run, sql) || mysql_commit(run->my))
        return complain(run, file->name, "applied, but not recorded; run migrate again");
    fprintf(run->out, "applied %s\n", file->name);
    return 0;
}

static int visit(struct run *run, const struct tk_file *file)
{
    char sql[128], sum[2 * SHA256_DIGEST_LENGTH + 1];
    char *recorded;
    int status;

    checksum(file->text, sum);
    snprintf(sql, sizeof sql, "SELECT checksum FROM schema_migration WHERE number = %d",
             number_of(file->name));
    recorded = ask(run, sql);
    if (!recorded)
        return complain(run, file->name, "cannot read schema_migration");
    status = *recorded && strcmp(recorded, sum) != 0 ? -1 : 0;
    if (status != 0)
        fprintf(run->err,
                "migrate: '%s' was changed after it had been applied; put its text back and add a "
                "new file\n",
                file->name);
    else if (!*recorded)
        status = apply(run, file, sum);
    free(recorded);
    return status;
}

/* A database that has seen newer files than this program must not be touched by it. */
static int check_newest(struct run *run, const struct tk_file *files)
{
    char *text = ask(run, "SELECT MAX(number) FROM schema_migration");
    int known = 0, found = text ? atoi(text) : 0;

    if (!text)
        return complain(run, "schema_migration", "cannot read");
    free(text);
    for (; files->name; files++)
        known = number_of(files->name);
    if (found <= known)
        return 0;
    fprintf(
        run->err,
        "migrate: the database is at %04d, this program only knows %04d; use the newer program\n",
        found, known);
    return -1;
}

int tk_migrate(const struct tk_db_conf *conf, const struct tk_file *files, FILE *out, FILE *err)
{
    struct run run = {.out = out, .err = err};
    int status = check_names(&run, files);

    if (status != 0)
        return -1;
    run.my = db_open(conf, CONNECT_MS, true);
    if (!run.my) {
        fprintf(err, "migrate: cannot connect to the database '%s': %s\n", conf->name,
                tk_db_error());
        return -1;
    }
    status = lock(&run);
    if (status == 0)
        status = make_table(&run);
    if (status == 0)
        status = check_newest(&run, files);
    for (; status == 0 && files->name; files++)
        status = visit(&run, files);
    mysql_close(run.my);
    return status;
}
