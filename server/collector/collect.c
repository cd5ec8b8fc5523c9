#include "server/collector/collect.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>

#include "server/collector/store.h"
#include "shared/base/log.h"
#include "shared/base/str.h"

#define FILES_MAX  100000
#define DEPTH_MAX  8
#define RANKS_MAX  100
#define ARENA_MAX  (64 << 20)
#define RANK_DAYS  3
#define NONE_FIELD "document"

struct run {
    struct tk_db *db;
    const char *folder;
    tk_day today;
    int minute;
    struct tk_holidays holidays;
    struct tk_arena *kept; /* as long as the run */
    struct collected *out;
};

/* One file in hand. */
struct source {
    const char *path; /* below the folder: names the file in the quarantine */
    struct tk_arena *arena;
    struct document doc;
};

static bool failed(enum tk_db_res res)
{
    return res != TK_DB_OK && res != TK_DB_NONE;
}

/* ---- setting aside ----------------------------------------------------------- */
static enum tk_db_res set_aside(struct run *run, const char *kind, const char *id,
                                const struct issues *issues)
{
    run->out->set_aside++;
    for (size_t i = 0; i < issues->count; i++)
        tk_log(TK_WARN, "set aside", TK_S("kind", kind), TK_S("id", id),
               TK_S("field", issues->row[i].field), TK_I("column", issues->row[i].column),
               TK_S("reason", issues->row[i].reason), TK_S("text", issues->row[i].text));
    return store_quarantine(run->db, kind, id, issues);
}

/* The database refused one row (TK_DB_ERROR): a bug of ours must not keep the others from being
 * loaded. */
static enum tk_db_res set_aside_refused(struct run *run, const char *kind, const char *id)
{
    struct issues issues = {0};

    tk_log(TK_ERROR, "the database refused a row", TK_S("kind", kind), TK_S("id", id),
           TK_S("error", tk_db_error()));
    issue_add(&issues, "row", NULL, 0, "the database refused the row");
    return set_aside(run, kind, id, &issues);
}

/* An id for the quarantine: the row's own, or the file's name where it has none. */
static const char *name_of(const struct source *source, const char *id)
{
    return id ? id : source->path;
}

#define COUNT_CHANGE(counts, change)                                                               \
    ((change) == CHANGE_ADDED     ? (counts)->added++                                              \
     : (change) == CHANGE_UPDATED ? (counts)->updated++                                            \
                                  : (counts)->same++)

/* ---- rows, by kind ----------------------------------------------------------- */
static enum tk_db_res load_holiday(struct run *run, struct source *source, const xmlNode *row)
{
    struct issues issues = {0};
    struct holiday holiday;
    enum change change;
    enum tk_db_res res;

    if (!holiday_read(row, source->arena, &holiday, &issues))
        return set_aside(run, "holiday", source->path, &issues);
    if (!holiday.name)
        return TK_DB_OK;
    res = store_holiday(run->db, &holiday, &change);
    if (!failed(res))
        COUNT_CHANGE(&run->out->holidays, change);
    return res;
}

static enum tk_db_res load_facility(struct run *run, struct source *source, const xmlNode *row)
{
    struct issues issues = {0};
    struct facility facility;
    enum change change;
    enum tk_db_res res;

    if (!facility_read(row, source->arena, &facility, &issues))
        return set_aside(run, "facility", name_of(source, facility.id), &issues);
    res = store_facility(run->db, &facility, &change);
    if (res == TK_DB_ERROR)
        return set_aside_refused(run, "facility", facility.id);
    if (failed(res))
        return res;
    COUNT_CHANGE(&run->out->facilities, change);
    return store_release(run->db, "facility", facility.id);
}

static enum tk_db_res load_performance(struct run *run, struct source *source, const xmlNode *row)
{
    struct issues issues = {0};
    struct performance performance;
    struct session_changes sessions;
    enum change change;
    enum tk_db_res res;

    if (!performance_read(row, &run->holidays, source->arena, &performance, &issues))
        return set_aside(run, "performance", name_of(source, performance.id), &issues);
    res = store_performance(run->db, &performance, run->today, run->minute, &change, &sessions);
    if (res == TK_DB_ERROR)
        return set_aside_refused(run, "performance", performance.id);
    if (failed(res))
        return res;
    COUNT_CHANGE(&run->out->performances, change);
    run->out->sessions_added += sessions.added;
    run->out->sessions_opened += sessions.opened;
    run->out->sessions_closed += sessions.closed;
    return store_release(run->db, "performance", performance.id);
}

/* The answer does not say which day it is about: boxoffice_yyyyMMdd.xml does, any other is
 * yesterday's. */
static tk_day rank_day(const struct run *run, const char *path)
{
    const char *name = strrchr(path, '_');
    char digits[9] = "";
    int64_t number;
    tk_day day;

    if (name && strspn(name + 1, "0123456789") == 8) {
        memcpy(digits, name + 1, 8);
        if (tk_parse_i64(digits, 19000101, 99991231, &number) &&
            tk_day_make((int)(number / 10000), (int)(number / 100 % 100), (int)(number % 100),
                        &day))
            return day;
    }
    return run->today - 1;
}

/* A day's list is replaced as a whole, so it is read as a whole, from its first row. */
static enum tk_db_res load_ranks(struct run *run, struct source *source, const xmlNode *first)
{
    struct rank ranks[RANKS_MAX];
    struct issues issues = {0};
    enum tk_db_res res;
    size_t count = 0;

    for (const xmlNode *row = first; row && count < RANKS_MAX; row = row_next(row)) {
        struct issues own = {0};

        if (row_kind(row) != KIND_RANK)
            continue;
        if (rank_read(row, source->arena, &ranks[count], &own))
            count++;
        else
            issue_add(&issues, own.row[0].field, own.row[0].text, own.row[0].column,
                      own.row[0].reason);
    }
    if (issues.count)
        res = set_aside(run, "rank", source->path, &issues);
    else
        res = store_release(run->db, "rank", source->path);
    if (failed(res) || count == 0)
        return res;
    run->out->ranks += (int)count;
    return store_ranks(run->db, rank_day(run, source->path), ranks, count);
}

/* ---- files ------------------------------------------------------------------- */
static const struct loader {
    enum tk_db_res (*load)(struct run *run, struct source *source, const xmlNode *row);
    bool whole; /* called once, with the first row */
} loaders[KIND_COUNT] = {
    [KIND_HOLIDAY] = {load_holiday, false},
    [KIND_FACILITY] = {load_facility, false},
    [KIND_PERFORMANCE] = {load_performance, false},
    [KIND_RANK] = {load_ranks, true},
};

static enum tk_db_res load_rows(struct run *run, struct source *source, enum kind kind)
{
    enum tk_db_res res = TK_DB_OK;

    for (xmlNode *row = source->doc.first; row && !failed(res); row = row_next(row)) {
        if (row_kind(row) != kind)
            continue;
        res = loaders[kind].load(run, source, row);
        if (loaders[kind].whole)
            break;
    }
    return res;
}

/* Bits of the kinds that a file holds; what no kind claims is counted once. */
static unsigned kinds_of(struct run *run, const struct source *source)
{
    unsigned kinds = 0;

    for (xmlNode *row = source->doc.first; row; row = row_next(row)) {
        enum kind kind = row_kind(row);

        kinds |= 1u << kind;
        run->out->lists += kind == KIND_NONE;
    }
    return kinds;
}

static enum tk_db_res with_file(struct run *run, const char *path, enum kind kind, unsigned *kinds)
{
    struct source source = {.path = path + strlen(run->folder), .arena = tk_arena_new(ARENA_MAX)};
    struct issues issues = {0};
    enum tk_db_res res = TK_DB_OK;
    const char *why;

    while (*source.path == '/')
        source.path++;
    if (!source.arena)
        return TK_DB_ERROR;
    if (document_read(path, source.arena, &source.doc, &why)) {
        if (kind == KIND_NONE) {
            *kinds = kinds_of(run, &source);
            res = store_release(run->db, "file", source.path);
        } else {
            res = load_rows(run, &source, kind);
        }
        document_release(&source.doc);
    } else if (kind == KIND_NONE) {
        *kinds = 0;
        issue_add(&issues, NONE_FIELD, NULL, 0, why);
        res = set_aside(run, "file", source.path, &issues);
    }
    tk_arena_free(source.arena);
    return res;
}

struct list {
    char **paths;
    unsigned *kinds;
    size_t count;
};

static struct list found; /* nftw gives its callback no argument; one run at a time */

static int add_file(const char *path, const struct stat *info, int type, struct FTW *at)
{
    size_t size = strlen(path);
    char **paths;

    (void)info;
    if (at->level > DEPTH_MAX)
        return 0;
    if (type == FTW_DNR) {
        errno = EACCES;
        return -1;
    }
    if (type != FTW_F || size < 4 || strcmp(path + size - 4, ".xml") != 0)
        return 0;
    if (found.count == FILES_MAX) {
        errno = EFBIG;
        return -1;
    }
    paths = realloc(found.paths, (found.count + 1) * sizeof(*paths));
    if (!paths)
        return -1;
    found.paths = paths;
    found.paths[found.count] = strdup(path);
    return found.paths[found.count] ? (found.count++, 0) : -1;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int find_files(const char *folder)
{
    struct stat info;

    found = (struct list){0};
    if (stat(folder, &info) != 0)
        return -1;
    if (!S_ISDIR(info.st_mode)) {
        errno = ENOTDIR;
        return -1;
    }
    if (nftw(folder, add_file, 16, FTW_PHYS) != 0)
        return -1;
    if (found.count)
        qsort(found.paths, found.count, sizeof(*found.paths), by_name);
    found.kinds = calloc(found.count + 1, sizeof(*found.kinds));
    return found.kinds ? 0 : -1;
}

static void forget_files(void)
{
    for (size_t i = 0; i < found.count; i++)
        free(found.paths[i]);
    free(found.paths);
    free(found.kinds);
    found = (struct list){0};
}

/* One pass to learn what each file holds, then one over the files of each kind: only one document
 * is open. */
static enum tk_db_res load_all(struct run *run)
{
    enum tk_db_res res = TK_DB_OK;

    run->out->files = (int)found.count;
    for (int kind = KIND_NONE; kind < KIND_COUNT && !failed(res); kind++) {
        for (size_t i = 0; i < found.count && !failed(res); i++)
            if (kind == KIND_NONE || found.kinds[i] & 1u << kind)
                res = with_file(run, found.paths[i], (enum kind)kind, &found.kinds[i]);
        if (kind == KIND_HOLIDAY && !failed(res))
            res = store_holidays(run->db, run->kept, &run->holidays);
    }
    if (!failed(res))
        res = store_drop_ranks(run->db, run->today - RANK_DAYS);
    return failed(res) ? res : TK_DB_OK;
}

int collect(struct tk_db *db, const char *folder, int64_t now_ms, struct collected *out)
{
    struct run run = {.db = db, .folder = folder, .out = out};
    int result = -1, error;

    *out = (struct collected){0};
    tk_seoul(now_ms, &run.today, &run.minute);
    run.kept = tk_arena_new(ARENA_MAX);
    if (run.kept && find_files(folder) == 0)
        result = (int)load_all(&run);
    error = errno;
    forget_files();
    tk_arena_free(run.kept);
    errno = error;
    return result;
}

void collected_print(const struct collected *c, FILE *out)
{
    fprintf(out,
            "%d files: holidays %d new; facilities %d new, %d changed, %d same; "
            "performances %d new, %d changed, %d same; sessions %d new, %d closed, %d reopened; "
            "ranks %d; set aside %d\n",
            c->files, c->holidays.added, c->facilities.added, c->facilities.updated,
            c->facilities.same, c->performances.added, c->performances.updated,
            c->performances.same, c->sessions_added, c->sessions_closed, c->sessions_opened,
            c->ranks, c->set_aside);
}
