/*
 * Against a real MariaDB: TICKETAKA_DB_SOCKET, TICKETAKA_DB_NAME, TICKETAKA_DB_USER,
 * TICKETAKA_DB_PASSWORD_FILE name a database that may be filled and a user that may do anything in
 * it. With TICKETAKA_STACK (the program scripts/stack, whose MariaDB it is) the server is also
 * paused, killed and restarted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/common/db.h"
#include "server/common/migrate.h"
#include "shared/base/str.h"
#include "shared/base/time.h"

static struct tk_db_conf conf = {.pool = 8, .timeout_ms = 2500};
static struct tk_db *db;
static struct tk_arena *arena;

static const struct tk_file schema[] = {
    {"0001-item.sql", "CREATE TABLE IF NOT EXISTS item (id INT NOT NULL PRIMARY KEY, n BIGINT,"
                      " text VARCHAR(3000), bytes BLOB, amount DECIMAL(20,2), at DATETIME(3),"
                      " name VARCHAR(10) UNIQUE) ENGINE=InnoDB"},
    {"0002-note.sql", "CREATE TABLE IF NOT EXISTS note (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
                      " what VARCHAR(100)) ENGINE=InnoDB"},
    {"0003-two.sql",
     "CREATE OR REPLACE PROCEDURE two_results() BEGIN"
     " SELECT 1 AS a, 'x' AS b; SELECT 2; INSERT INTO note (what) VALUES ('two;'); END"},
    {"0004-careless.sql", "CREATE OR REPLACE PROCEDURE careless(IN i INT) BEGIN START TRANSACTION;"
                          " INSERT INTO note (what) VALUES ('careless');"
                          " INSERT INTO item (id) VALUES (i); COMMIT; END"},
    {"0005-open.sql", "CREATE OR REPLACE PROCEDURE left_open() BEGIN START TRANSACTION;"
                      " INSERT INTO note (what) VALUES ('open'); END"},
    {"0006-trigger.sql", "CREATE OR REPLACE TRIGGER item_gone AFTER DELETE ON item FOR EACH ROW"
                         " BEGIN INSERT INTO note (what) VALUES (CONCAT('gone;', OLD.id)); END;\n"},
    {0},
};

/* ---- helpers ----------------------------------------------------------------- */
struct step { /* one statement as a function for tk_db_run */
    const char *sql;
    const struct tk_val *values;
    size_t count;
    struct tk_rows rows;
    int calls;
};

static enum tk_db_res one(struct tk_conn *conn, void *arg)
{
    struct step *step = arg;

    step->calls++;
    return tk_db_exec(conn, step->sql, step->values, step->count, arena, &step->rows);
}

static int64_t in(int64_t ms)
{
    return tk_mono_ms() + ms;
}

/* Runs one statement without values. */
static enum tk_db_res plain(const char *sql)
{
    struct step step = {.sql = sql};

    return tk_db_run(db, in(3000), one, &step);
}

static int64_t ask(const char *sql)
{
    struct step step = {.sql = sql};

    assert_int_equal(tk_db_run(db, in(3000), one, &step), TK_DB_OK);
    return tk_cell_int(&step.rows, 0, 0);
}

static int set_up(void **state)
{
    (void)state;
    db = tk_db_new(&conf);
    arena = tk_arena_new(64 << 20);
    if (!db || !arena || plain("DELETE FROM item") > TK_DB_NONE ||
        plain("DELETE FROM note") > TK_DB_NONE) {
        print_error("%s\n", tk_db_error());
        return -1;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tk_db_free(db);
    tk_arena_free(arena);
    return 0;
}

static void nap(int ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

/* ---- migrations -------------------------------------------------------------- */
static int migrate(const struct tk_file *files, char *text, size_t size)
{
    FILE *out = fmemopen(text, size, "w");
    int status;

    text[0] = '\0';
    status = tk_migrate(&conf, files, out, out);
    fclose(out);
    return status;
}

static void migrates_once(void **state)
{
    struct tk_file changed[8], shorter[3] = {schema[0], schema[1], {0}};
    static const struct tk_file broken[] = {{"0001-x.sql", "CREATE NONSENSE"}, {0}};
    static const struct tk_file disorder[] = {{"0002-x.sql", "DO 1"}, {"0002-y.sql", "DO 1"}, {0}};
    static const struct tk_file odd[] = {{"1-x.sql", "DO 1"}, {0}};
    char text[4096];

    (void)state;
    db = tk_db_new(&conf);
    arena = tk_arena_new(1 << 20);
    assert_int_equal(plain("DROP TABLE IF EXISTS schema_migration"), TK_DB_OK);
    tear_down(NULL);
    assert_int_equal(migrate(schema, text, sizeof text), 0);
    assert_non_null(strstr(text, "applied 0001-item.sql\n"));
    assert_non_null(strstr(text, "applied 0006-trigger.sql\n"));
    assert_int_equal(migrate(schema, text, sizeof text), 0);
    assert_string_equal(text, ""); /* nothing is done twice */
    memcpy(changed, schema, sizeof schema);
    changed[1].text = "CREATE TABLE note (other INT)";
    assert_int_equal(migrate(changed, text, sizeof text), -1);
    assert_non_null(strstr(text, "'0002-note.sql' was changed"));
    assert_int_equal(migrate(shorter, text, sizeof text), -1);
    assert_non_null(strstr(text, "newer program"));
    assert_int_equal(migrate(disorder, text, sizeof text), -1);
    assert_non_null(strstr(text, "'0002-y.sql' is out of order"));
    assert_int_equal(migrate(odd, text, sizeof text), -1);
    assert_int_equal(migrate(broken, text, sizeof text), -1);
}

static void *migrate_thread(void *arg)
{
    char text[4096];

    *(int *)arg = migrate(schema, text, sizeof text);
    return NULL;
}

/* Two at once: the second waits, then finds everything done. */
static void migrates_alone(void **state)
{
    pthread_t threads[3];
    int status[3];

    (void)state;
    db = tk_db_new(&conf);
    arena = tk_arena_new(1 << 20);
    assert_int_equal(plain("DROP TABLE IF EXISTS schema_migration"), TK_DB_OK);
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, migrate_thread, &status[i]);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(status[i], 0);
    }
    assert_int_equal(ask("SELECT COUNT(*) FROM schema_migration"), 6);
    tear_down(NULL);
}

/* ---- statements -------------------------------------------------------------- */
static void carries_values(void **state)
{
    char long_text[3001] = "";
    static const char bytes[] = "a\0b\xff'\"\\;";
    const char *filled = memset(long_text, 'x', 3000);
    const struct tk_val rows[][7] = {
        {tk_int(1), tk_int(INT64_MAX), tk_str("값 '; DROP TABLE item; --"),
         tk_bytes(bytes, sizeof bytes), tk_str("-12.50"), tk_str("2026-12-31 23:59:59.125"),
         tk_str(NULL)},
        {tk_int(2), tk_int(INT64_MIN), tk_str(filled), tk_bytes("", 0), tk_str(NULL), tk_str(NULL),
         tk_str("")},
    };
    struct step put = {.sql = "INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?)", .count = 7};
    struct step get = {
        .sql = "SELECT n, text, bytes, amount, at, name, LENGTH(text) FROM item ORDER BY id"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        put.values = rows[i];
        assert_int_equal(tk_db_run(db, in(3000), one, &put), TK_DB_OK);
        assert_int_equal(put.rows.affected, 1);
    }
    assert_int_equal(tk_db_run(db, in(3000), one, &get), TK_DB_OK);
    assert_int_equal(get.rows.count, 2);
    assert_int_equal(get.rows.columns, 7);
    assert_true(tk_cell_int(&get.rows, 0, 0) == INT64_MAX);
    assert_true(tk_cell_int(&get.rows, 1, 0) == INT64_MIN);
    assert_string_equal(tk_cell_str(&get.rows, 0, 1), "값 '; DROP TABLE item; --");
    assert_string_equal(tk_cell_str(&get.rows, 1, 1), long_text);
    assert_int_equal(get.rows.cells[2].len, sizeof bytes);
    assert_memory_equal(tk_cell_str(&get.rows, 0, 2), bytes, sizeof bytes);
    assert_string_equal(tk_cell_str(&get.rows, 1, 2), "");
    assert_string_equal(tk_cell_str(&get.rows, 0, 3), "-12.50");
    assert_int_equal(tk_cell_int(&get.rows, 0, 3), -12);
    assert_string_equal(tk_cell_str(&get.rows, 0, 4), "2026-12-31 23:59:59.125");
    assert_null(tk_cell_str(&get.rows, 0, 5));
    assert_string_equal(tk_cell_str(&get.rows, 1, 5), "");
    assert_int_equal(tk_cell_int(&get.rows, 1, 6), 3000);
    assert_null(tk_cell_str(&get.rows, 2, 0)); /* outside */
    assert_int_equal(tk_cell_int(&get.rows, 0, 7), 0);
}

static void tells_none_and_duplicate(void **state)
{
    const struct tk_val values[] = {tk_int(2), tk_str("secret")};
    struct step insert = {.sql = "INSERT INTO note (what) VALUES ('a')"};
    struct step again = {"INSERT INTO item (id, name) VALUES (?, ?)", values, 2, {0}, 0};

    (void)state;
    assert_int_equal(plain("SELECT id FROM item WHERE id = 1"), TK_DB_NONE);
    assert_int_equal(plain("UPDATE item SET n = 1 WHERE id = 1"), TK_DB_NONE);
    assert_int_equal(plain("DELETE FROM item WHERE id = 1"), TK_DB_NONE);
    assert_int_equal(plain("INSERT INTO item (id, n, name) VALUES (1, 1, 'secret')"), TK_DB_OK);
    assert_int_equal(plain("UPDATE item SET n = 1 WHERE id = 1"),
                     TK_DB_NONE); /* found, not changed */
    assert_int_equal(plain("INSERT INTO item (id) VALUES (1)"), TK_DB_DUP);
    assert_int_equal(tk_db_run(db, in(3000), one, &again), TK_DB_DUP);
    assert_non_null(strstr(tk_db_error(), "1062"));
    assert_null(strstr(tk_db_error(), "secret")); /* a log must not hold values */
    assert_int_equal(plain("INSERT IGNORE INTO item (id) VALUES (1)"), TK_DB_NONE);
    assert_int_equal(plain("SET @a = 1"), TK_DB_OK);
    assert_int_equal(tk_db_run(db, in(3000), one, &insert), TK_DB_OK);
    assert_true(insert.rows.insert_id > 0);
}

static void is_strict(void **state)
{
    static const char *const bad[] = {
        "INSERT INTO item (id, name) VALUES (1, 'longer than ten')",
        "INSERT INTO item (id, at) VALUES (1, '0000-00-00')",
        "INSERT INTO item (id, at) VALUES (1, '2026-02-30')",
        "INSERT INTO item (id, n) VALUES (1, 'seven')",
        "INSERT INTO item (id, n) VALUES (1, 1/0)",
        "INSERT INTO item (name) VALUES ('x')",
        "DO 1; DO 2",
        "SELECT nonsense FROM item",
    };
    struct tk_val secret = tk_str("my secret value");
    struct step wrong = {
        .sql = "INSERT INTO item (id, n) VALUES (1, ?)", .values = &secret, .count = 1};
    struct step arity = {.sql = "SELECT ?, ?", .values = &secret, .count = 1};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(plain(bad[i]), TK_DB_ERROR);
    assert_int_equal(tk_db_run(db, in(3000), one, &wrong), TK_DB_ERROR);
    assert_null(strstr(tk_db_error(), "secret"));
    assert_int_equal(tk_db_run(db, in(3000), one, &arity), TK_DB_ERROR);
    assert_int_equal(plain("SELECT id FROM item"), TK_DB_NONE);
    assert_int_equal(ask("SELECT TIMESTAMPDIFF(HOUR, UTC_TIMESTAMP(), NOW())"), 9);
    assert_int_equal(ask("SELECT @@tx_isolation = 'REPEATABLE-READ'"), 1);
    assert_int_equal(ask("SELECT @@character_set_connection = 'utf8mb4'"), 1);
    assert_int_equal(ask("SELECT @@max_statement_time * 1000"), 2375);
}

static void drains_calls(void **state)
{
    struct step call = {.sql = "CALL two_results()"};

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(tk_db_run(db, in(3000), one, &call), TK_DB_OK);
        assert_int_equal(call.rows.count, 1);
        assert_int_equal(tk_cell_int(&call.rows, 0, 0), 1);
        assert_string_equal(tk_cell_str(&call.rows, 0, 1), "x");
    }
    assert_int_equal(ask("SELECT COUNT(*) FROM note"), 3);
}

static enum tk_db_res careless_then_note(struct tk_conn *conn, void *arg)
{
    enum tk_db_res res = tk_db_exec(conn, "CALL careless(1)", NULL, 0, NULL, NULL);

    *(enum tk_db_res *)arg = res;
    return tk_db_exec(conn, "INSERT INTO note (what) VALUES ('after')", NULL, 0, NULL, NULL);
}

/* A procedure that fails within its own transaction must not swallow what comes next. */
static void ends_what_a_call_left_open(void **state)
{
    enum tk_db_res first = TK_DB_OK;

    (void)state;
    assert_int_equal(plain("INSERT INTO item (id) VALUES (1)"), TK_DB_OK);
    assert_int_equal(tk_db_run(db, in(3000), careless_then_note, &first), TK_DB_OK);
    assert_int_equal(first, TK_DB_DUP);
    assert_int_equal(ask("SELECT GROUP_CONCAT(what) = 'after' FROM note"), 1);
    assert_int_equal(plain("CALL left_open()"), TK_DB_ERROR);
    assert_int_equal(ask("SELECT COUNT(*) FROM note WHERE what = 'open'"), 0);
}

static void limits_results(void **state)
{
    static const char series[] = "SELECT seq, REPEAT('y', 300) FROM seq_1_to_10000";
    struct step most = {.sql = series}, more = {.sql = "SELECT seq FROM seq_1_to_10001"};
    struct tk_arena *whole = arena;

    (void)state;
    assert_int_equal(tk_db_run(db, in(3000), one, &most), TK_DB_OK);
    assert_int_equal(most.rows.count, 10000);
    assert_int_equal(tk_cell_int(&most.rows, 9999, 0), 10000);
    assert_int_equal(strlen(tk_cell_str(&most.rows, 9999, 1)), 300);
    assert_int_equal(tk_db_run(db, in(3000), one, &more), TK_DB_ERROR);
    assert_non_null(strstr(tk_db_error(), "10,000"));
    arena = tk_arena_new(1000);
    assert_int_equal(tk_db_run(db, in(3000), one, &most), TK_DB_ERROR);
    tk_arena_free(arena);
    arena = whole;
    assert_int_equal(ask("SELECT 7"), 7);
}

static enum tk_db_res many_statements(struct tk_conn *conn, void *arg)
{
    static char texts[600][40];
    struct tk_rows rows;

    (void)arg;
    for (int i = 0; i < 600; i++) {
        if (!texts[i][0])
            snprintf(texts[i], sizeof texts[i], "SELECT %d", i);
        if (tk_db_exec(conn, texts[i], NULL, 0, arena, &rows) != TK_DB_OK ||
            tk_cell_int(&rows, 0, 0) != i)
            return TK_DB_ERROR;
    }
    return TK_DB_OK;
}

static void bounds_prepared_statements(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(tk_db_run(db, in(20000), many_statements, NULL), TK_DB_OK);
    assert_in_range(ask("SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS"
                        " WHERE VARIABLE_NAME = 'PREPARED_STMT_COUNT'"),
                    1, 400);
}

/* ---- transactions ------------------------------------------------------------ */
struct tx {
    enum tk_db_res answer;
    int calls;
};

static enum tk_db_res insert_and_answer(struct tk_conn *conn, void *arg)
{
    struct tx *tx = arg;
    enum tk_db_res res;

    tx->calls++;
    res = tk_db_exec(conn, "INSERT INTO note (what) VALUES ('tx')", NULL, 0, NULL, NULL);
    return res == TK_DB_OK ? tx->answer : res;
}

static void commits_or_not(void **state)
{
    static const struct {
        enum tk_db_res answer;
        int notes;
    } rows[] = {
        {TK_DB_OK, 1}, {TK_DB_NONE, 1}, {TK_DB_DUP, 0}, {TK_DB_ERROR, 0}, {TK_DB_UNKNOWN, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tx tx = {.answer = rows[i].answer};

        plain("DELETE FROM note");
        assert_int_equal(tk_db_tx(db, in(3000), insert_and_answer, &tx), rows[i].answer);
        assert_int_equal(ask("SELECT COUNT(*) FROM note"), rows[i].notes);
        assert_int_equal(tx.calls, 1);
    }
}

static void repeats_ten_times(void **state)
{
    struct tx tx = {.answer = TK_DB_RETRY};

    (void)state;
    assert_int_equal(tk_db_tx(db, in(3000), insert_and_answer, &tx), TK_DB_RETRY);
    assert_int_equal(tx.calls, 10);
    assert_int_equal(tk_db_err(TK_DB_RETRY), TK_UNAVAILABLE);
    tx = (struct tx){.answer = TK_DB_BROKEN};
    assert_int_equal(tk_db_tx(db, in(3000), insert_and_answer, &tx), TK_DB_BROKEN);
    assert_int_equal(tx.calls, 2);
    assert_int_equal(ask("SELECT COUNT(*) FROM note"), 0);
}

struct crossing {
    int first, second;
    atomic_int *arrived;
    atomic_int calls;
    enum tk_db_res res;
};

static enum tk_db_res lock_row(struct tk_conn *conn, int id)
{
    return tk_db_do(conn, "UPDATE item SET n = n + 1 WHERE id = ?", NULL, NULL, tk_int(id));
}

static enum tk_db_res cross(struct tk_conn *conn, void *arg)
{
    struct crossing *self = arg;
    enum tk_db_res res = lock_row(conn, self->first);

    if (self->calls++ == 0) { /* at the first try both hold one row and want the other's */
        atomic_fetch_add(self->arrived, 1);
        for (int i = 0; i < 200 && *self->arrived < 2; i++)
            nap(5);
    }
    return res == TK_DB_OK ? lock_row(conn, self->second) : res;
}

static void *cross_thread(void *arg)
{
    struct crossing *self = arg;

    self->res = tk_db_tx(db, in(5000), cross, self);
    return NULL;
}

static void survives_deadlocks(void **state)
{
    atomic_int arrived = 0;
    struct crossing a = {.first = 1, .second = 2, .arrived = &arrived};
    struct crossing b = {.first = 2, .second = 1, .arrived = &arrived};
    pthread_t threads[2];

    (void)state;
    plain("INSERT INTO item (id, n) VALUES (1, 0), (2, 0)");
    pthread_create(&threads[0], NULL, cross_thread, &a);
    pthread_create(&threads[1], NULL, cross_thread, &b);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    assert_int_equal(a.res, TK_DB_OK);
    assert_int_equal(b.res, TK_DB_OK);
    assert_int_equal(a.calls + b.calls, 3); /* one of them was rolled back and came again */
    assert_int_equal(ask("SELECT SUM(n) FROM item"), 4);
}

static enum tk_db_res swallow_lock_wait(struct tk_conn *conn, void *arg)
{
    ++*(int *)arg;
    tk_db_exec(conn, "INSERT INTO note (what) VALUES ('half')", NULL, 0, NULL, NULL);
    lock_row(conn, 1); /* locked by another: times out, and fn does not look */
    return TK_DB_OK;
}

struct hold {
    atomic_bool held, let_go;
};

static enum tk_db_res hold_row(struct tk_conn *conn, void *arg)
{
    struct hold *hold = arg;

    lock_row(conn, 1);
    hold->held = true;
    while (!hold->let_go)
        nap(5);
    return TK_DB_OK;
}

static void *hold_thread(void *arg)
{
    tk_db_tx(db, in(10000), hold_row, arg);
    return NULL;
}

static void start_hold(pthread_t *thread, struct hold *hold)
{
    assert_int_equal(plain("INSERT INTO item (id, n) VALUES (1, 0)"), TK_DB_OK);
    pthread_create(thread, NULL, hold_thread, hold);
    while (!hold->held)
        nap(5);
}

static void ends_waits_for_locks(void **state)
{
    struct hold hold = {0};
    enum tk_db_res res;
    pthread_t thread;
    int64_t before;
    int calls = 0;

    (void)state;
    start_hold(&thread, &hold);
    before = tk_mono_ms();
    res = tk_db_tx(db, in(2500), swallow_lock_wait, &calls);
    assert_true(tk_mono_ms() - before < 3000);
    assert_true(res == TK_DB_RETRY ||
                res == TK_DB_BROKEN); /* BROKEN: the deadline came in a wait */
    assert_in_range(calls, 2, 3);
    hold.let_go = true;
    pthread_join(thread, NULL);
    assert_int_equal(ask("SELECT COUNT(*) FROM note"), 0);
}

/* ---- limits ------------------------------------------------------------------ */
static void ends_long_statements(void **state)
{
    int64_t before = tk_mono_ms();
    struct step step = {.sql = "SELECT SLEEP(30)"};

    (void)state;
    assert_true(tk_db_run(db, in(700), one, &step) >= TK_DB_RETRY);
    assert_in_range(tk_mono_ms() - before, 600,
                    1000); /* the request's deadline, not the time-out */
    before = tk_mono_ms();
    step.sql = "SELECT id FROM item WHERE SLEEP(30)";
    plain("INSERT INTO item (id) VALUES (1)");
    tk_db_run(db, in(2900), one, &step);
    assert_true(tk_mono_ms() - before < 3000);
    assert_int_equal(ask("SELECT 7"), 7);
}

static enum tk_db_res late(struct tk_conn *conn, void *arg)
{
    enum tk_db_res res = tk_db_exec(conn, "INSERT INTO note (what) VALUES ('late')", NULL, 0, NULL,
                                    NULL);

    (void)arg;
    nap(150);
    return res;
}

static void commits_nothing_too_late(void **state)
{
    (void)state;
    assert_int_equal(ask("SELECT 1"), 1);
    assert_int_equal(tk_db_tx(db, in(100), late, NULL), TK_DB_BROKEN);
    assert_int_equal(ask("SELECT COUNT(*) FROM note"), 0);
}

static void bounds_the_wait_for_the_pool(void **state)
{
    struct tk_db_conf small = conf;
    struct tk_db *whole = db;
    struct hold hold = {0};
    pthread_t thread;
    int64_t before;

    (void)state;
    small.pool = 1;
    db = tk_db_new(&small);
    start_hold(&thread, &hold);
    before = tk_mono_ms();
    assert_int_equal(tk_db_run(db, in(300), one, &(struct step){.sql = "DO 1"}), TK_DB_BROKEN);
    assert_in_range(tk_mono_ms() - before, 290, 500);
    assert_non_null(strstr(tk_db_error(), "busy"));
    hold.let_go = true;
    assert_int_equal(plain("DO 1"), TK_DB_OK);
    pthread_join(thread, NULL);
    tk_db_free(db);
    db = whole;
}

static void *hammer(void *arg)
{
    for (int i = 0; i < 40; i++) {
        struct tx tx = {.answer = TK_DB_OK};

        if (tk_db_tx(db, in(5000), insert_and_answer, &tx) != TK_DB_OK)
            atomic_fetch_add((atomic_int *)arg, 1);
    }
    return NULL;
}

static void serves_threads(void **state)
{
    pthread_t threads[16];
    atomic_int failed = 0;

    (void)state;
    for (int i = 0; i < 16; i++)
        pthread_create(&threads[i], NULL, hammer, &failed);
    for (int i = 0; i < 16; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(failed, 0);
    assert_int_equal(ask("SELECT COUNT(*) FROM note"), 640);
}

/* ---- lost connections -------------------------------------------------------- */
static enum tk_db_res connection_id(struct tk_conn *conn, void *arg)
{
    struct tk_rows rows;
    enum tk_db_res res = tk_db_exec(conn, "SELECT CONNECTION_ID()", NULL, 0, arena, &rows);

    *(int64_t *)arg = tk_cell_int(&rows, 0, 0);
    return res;
}

/* Through a pool of its own, as an administrator would. */
static void kill_connection(int64_t id)
{
    struct tk_db *other = tk_db_new(&conf);
    char sql[40];
    struct step step = {.sql = sql};

    snprintf(sql, sizeof sql, "KILL %lld", (long long)id);
    assert_int_equal(tk_db_run(other, in(3000), one, &step), TK_DB_OK);
    tk_db_free(other);
    nap(50);
}

static void replaces_dead_idle_connections(void **state)
{
    struct tx tx = {.answer = TK_DB_OK};
    int64_t id;

    (void)state;
    assert_int_equal(tk_db_run(db, in(3000), connection_id, &id), TK_DB_OK);
    kill_connection(id);
    assert_int_equal(tk_db_tx(db, in(3000), insert_and_answer, &tx), TK_DB_OK);
    assert_int_equal(tx.calls, 1); /* it was never used */
    assert_int_equal(ask("SELECT COUNT(*) FROM note"), 1);
}

struct killed {
    int calls, kill_at; /* after how many statements of the first call */
    bool swallow;
};

static enum tk_db_res be_killed(struct tk_conn *conn, void *arg)
{
    struct killed *killed = arg;
    enum tk_db_res res = TK_DB_OK;
    int64_t id;

    killed->calls++;
    for (int i = 0; i < 3 && (res == TK_DB_OK || killed->swallow); i++) {
        if (killed->calls == 1 && i == killed->kill_at && connection_id(conn, &id) == TK_DB_OK)
            kill_connection(id);
        res = tk_db_exec(conn, "INSERT INTO note (what) VALUES ('k')", NULL, 0, NULL, NULL);
    }
    return killed->swallow ? TK_DB_OK : res;
}

static void repeats_a_lost_transaction_once(void **state)
{
    (void)state;
    for (int at = 0; at < 3; at++) {
        struct killed killed = {.kill_at = at}, careless = {.kill_at = at, .swallow = true};

        plain("DELETE FROM note");
        assert_int_equal(tk_db_tx(db, in(3000), be_killed, &killed), TK_DB_OK);
        assert_int_equal(killed.calls, 2);
        assert_int_equal(ask("SELECT COUNT(*) FROM note"), 3);
        assert_int_equal(tk_db_tx(db, in(3000), be_killed, &careless), TK_DB_OK);
        assert_int_equal(careless.calls, 2);
        assert_int_equal(ask("SELECT COUNT(*) FROM note"), 6);
    }
}

/* Without a transaction the first statements stand: to say "nothing happened" would be a lie. */
static void says_unknown_after_a_write(void **state)
{
    struct killed at_once = {.kill_at = 0}, later = {.kill_at = 1};

    (void)state;
    assert_int_equal(tk_db_run(db, in(3000), be_killed, &at_once), TK_DB_OK);
    assert_int_equal(at_once.calls, 2); /* nothing of it had been written */
    assert_int_equal(tk_db_run(db, in(3000), be_killed, &later), TK_DB_UNKNOWN);
    assert_int_equal(later.calls, 1);
    assert_int_equal(ask("SELECT COUNT(*) FROM note"), 4);
}

struct slow_write {
    _Atomic int64_t id;
    enum tk_db_res res;
    const char *sql;
};

static enum tk_db_res write_slowly(struct tk_conn *conn, void *arg)
{
    struct slow_write *slow = arg;
    int64_t id = 0;

    connection_id(conn, &id);
    slow->id = id;
    return tk_db_exec(conn, slow->sql, NULL, 0, NULL, NULL);
}

static void *slow_thread(void *arg)
{
    struct slow_write *slow = arg;

    slow->res = tk_db_run(db, in(3000), write_slowly, slow);
    return NULL;
}

static void kill_during(const char *sql, enum tk_db_res wanted)
{
    struct slow_write slow = {.sql = sql};
    pthread_t thread;

    pthread_create(&thread, NULL, slow_thread, &slow);
    while (!slow.id)
        nap(5);
    nap(100);
    kill_connection(slow.id);
    pthread_join(thread, NULL);
    assert_int_equal(slow.res, wanted);
}

static void says_unknown_when_lost_in_a_write(void **state)
{
    (void)state;
    kill_during("INSERT INTO note (what) SELECT SLEEP(2)", TK_DB_UNKNOWN);
    assert_int_equal(tk_db_err(TK_DB_UNKNOWN), TK_OUTCOME_UNKNOWN);
    assert_int_equal(ask("SELECT 7"), 7);
}

/* ---- a server that is away (TICKETAKA_STACK) --------------------------------- */
static void stack(const char *what)
{
    char command[512];

    snprintf(command, sizeof command, "\"$TICKETAKA_STACK\" %s mariadb >/dev/null 2>&1", what);
    assert_int_equal(system(command), 0);
}

static bool have_stack(void)
{
    if (getenv("TICKETAKA_STACK"))
        return true;
    print_message("skipped: no TICKETAKA_STACK to strike at\n");
    return false;
}

static void heals(int64_t within_ms)
{
    int64_t until = in(within_ms);

    while (!tk_db_ping(db)) {
        assert_true(tk_mono_ms() < until);
        nap(20);
    }
    assert_int_equal(ask("SELECT 7"), 7);
}

struct away {
    int64_t worst_ms;
    int ok;
    pthread_mutex_t lock;
};

static void *use_while_away(void *arg)
{
    struct away *away = arg;

    for (int i = 0; i < 3; i++) {
        int64_t before = tk_mono_ms(), took;
        enum tk_db_res res = plain("SELECT 1");

        took = tk_mono_ms() - before;
        pthread_mutex_lock(&away->lock);
        away->ok += res == TK_DB_OK;
        away->worst_ms = took > away->worst_ms ? took : away->worst_ms;
        pthread_mutex_unlock(&away->lock);
    }
    return NULL;
}

/* Many requests while the server does not answer: none waits longer than three seconds, all are
 * refused. */
static void use_all(struct away *away)
{
    pthread_t threads[40];

    *away = (struct away){.lock = PTHREAD_MUTEX_INITIALIZER};
    for (int i = 0; i < 40; i++)
        pthread_create(&threads[i], NULL, use_while_away, away);
    for (int i = 0; i < 40; i++)
        pthread_join(threads[i], NULL);
    print_message("  worst %lld ms\n", (long long)away->worst_ms);
}

static void bears_a_stopped_server(void **state)
{
    struct away away;

    (void)state;
    if (!have_stack())
        skip();
    plain("DO 1");
    stack("pause");
    use_all(&away);
    stack("cont");
    assert_int_equal(away.ok, 0);
    assert_true(away.worst_ms < 3100);
    heals(3000);
}

static enum tk_db_res pause_before_commit(struct tk_conn *conn, void *arg)
{
    enum tk_db_res res = tk_db_exec(conn, "INSERT INTO note (what) VALUES ('c')", NULL, 0, NULL,
                                    NULL);

    ++*(int *)arg;
    stack("pause");
    return res;
}

/* The COMMIT is in the server's socket: it will take place when the server wakes up. */
static void says_unknown_when_lost_in_a_commit(void **state)
{
    int calls = 0;
    int64_t before;

    (void)state;
    if (!have_stack())
        skip();
    plain("DO 1");
    before = tk_mono_ms();
    assert_int_equal(tk_db_tx(db, in(3000), pause_before_commit, &calls), TK_DB_UNKNOWN);
    assert_true(tk_mono_ms() - before < 3100);
    assert_int_equal(calls, 1);
    stack("cont");
    heals(3000);
}

static void bears_a_killed_server(void **state)
{
    struct away away;
    struct tx tx = {.answer = TK_DB_OK};

    (void)state;
    if (!have_stack())
        skip();
    plain("DO 1");
    stack("kill");
    use_all(&away);
    assert_int_equal(away.ok, 0);
    assert_true(away.worst_ms < 500); /* refused at once: nobody waits for nothing */
    stack("start");
    heals(3000);
    assert_int_equal(tk_db_tx(db, in(3000), insert_and_answer, &tx), TK_DB_OK);
}

static void works_without_a_server(void **state)
{
    const struct tk_db_conf nowhere = {
        .socket = "/nonexistent/sock", .name = "x", .user = "x", .pool = 2, .timeout_ms = 2500};
    struct tk_db *whole = db, *none = tk_db_new(&nowhere);

    (void)state;
    db = none;
    assert_int_equal(plain("DO 1"), TK_DB_BROKEN);
    assert_false(tk_db_ping(db));
    assert_int_equal(tk_db_err(TK_DB_BROKEN), TK_DB_UNABLE_TO_CONNECT);
    tk_db_free(none);
    tk_db_free(NULL);
    db = whole;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(migrates_once),
        cmocka_unit_test(migrates_alone),
        TEST(carries_values),
        TEST(tells_none_and_duplicate),
        TEST(is_strict),
        TEST(drains_calls),
        TEST(ends_what_a_call_left_open),
        TEST(limits_results),
        TEST(bounds_prepared_statements),
        TEST(commits_or_not),
        TEST(repeats_ten_times),
        TEST(survives_deadlocks),
        TEST(ends_waits_for_locks),
        TEST(ends_long_statements),
        TEST(commits_nothing_too_late),
        TEST(bounds_the_wait_for_the_pool),
        TEST(serves_threads),
        TEST(replaces_dead_idle_connections),
        TEST(repeats_a_lost_transaction_once),
        TEST(says_unknown_after_a_write),
        TEST(says_unknown_when_lost_in_a_write),
        TEST(bears_a_stopped_server),
        TEST(says_unknown_when_lost_in_a_commit),
        TEST(bears_a_killed_server),
        TEST(works_without_a_server),
    };

    conf.socket = getenv("TICKETAKA_DB_SOCKET");
    conf.name = getenv("TICKETAKA_DB_NAME");
    conf.user = getenv("TICKETAKA_DB_USER");
    conf.password_file = getenv("TICKETAKA_DB_PASSWORD_FILE");
    if (!conf.socket || !conf.name || !conf.user) {
        printf("skipped: db_test: set TICKETAKA_DB_SOCKET, _NAME, _USER and _PASSWORD_FILE\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
