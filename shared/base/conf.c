#include "shared/base/conf.h"

#include <ctype.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/str.h"

#define ROWS_MAX       128
#define NAME_MAX_BYTES 64

/* Where a row's value came from, for --print-config. Rows are const, so it is kept beside them. */
struct origin {
    const struct tk_conf_row *row;
    int rank; /* a source replaces what a lower one gave */
    char *text;
    char where[96];
};

enum { RANK_NONE, RANK_DEFAULT, RANK_FILE, RANK_ENV, RANK_FLAG };

static struct origin origins[ROWS_MAX];
static size_t origin_count;

struct load {
    const struct tk_conf_row *const *tables;
    const char *file;
    FILE *err;
    bool failed;
};

static struct origin *origin_of(const struct tk_conf_row *row)
{
    for (size_t i = 0; i < origin_count; i++)
        if (origins[i].row == row)
            return &origins[i];
    return NULL;
}

static struct origin *by_name(const struct tk_conf_row *const *tables, const char *name,
                              size_t size)
{
    for (; *tables; tables++)
        for (const struct tk_conf_row *row = *tables; row->type != TK_CONF_END; row++)
            if (strlen(row->name) == size && memcmp(row->name, name, size) == 0)
                return origin_of(row);
    return NULL;
}

static bool parse_bool(const char *text, bool *out)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"yes", true}, {"true", true},   {"1", true},
                 {"no", false}, {"false", false}, {"0", false}};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].word, text) == 0) {
            *out = words[i].value;
            return true;
        }
    return false;
}

/* Sets the row's target, or says why not. */
static bool apply(const struct origin *origin, FILE *err)
{
    const struct tk_conf_row *row = origin->row;
    const char *text = origin->text;

    switch (row->type) {
    case TK_CONF_STR:
        *(const char **)row->to = text;
        return true;
    case TK_CONF_INT:
        if (text && tk_parse_i64(text, row->low, row->high, row->to))
            return true;
        fprintf(err, "'%s' of '%s' (%s) is not a number from %lld to %lld: correct it\n",
                text ? text : "", row->name, origin->where, (long long)row->low,
                (long long)row->high);
        return false;
    case TK_CONF_BOOL:
        if (text && parse_bool(text, row->to))
            return true;
        fprintf(err, "'%s' of '%s' (%s) is neither yes nor no: correct it\n", text ? text : "",
                row->name, origin->where);
        return false;
    case TK_CONF_END:
        break;
    }
    return false;
}

static bool give(struct origin *origin, int rank, const char *text, const char *where, FILE *err)
{
    char *copy;

    if (rank < origin->rank)
        return true;
    copy = text ? strdup(text) : NULL;
    if (text && !copy) {
        fprintf(err, "not enough memory\n");
        return false;
    }
    free(origin->text);
    origin->text = copy;
    origin->rank = rank;
    snprintf(origin->where, sizeof origin->where, "%s", where);
    return true;
}

static bool take_defaults(const struct tk_conf_row *const *tables, FILE *err)
{
    for (; *tables; tables++)
        for (const struct tk_conf_row *row = *tables; row->type != TK_CONF_END; row++) {
            struct origin *origin = origin_of(row);

            if (!origin && origin_count < ROWS_MAX) {
                origin = &origins[origin_count++];
                origin->row = row;
            }
            if (!origin) {
                fprintf(err, "more than %d configuration rows\n", ROWS_MAX);
                return false;
            }
            origin->rank = RANK_NONE; /* a second load starts anew */
            if (!give(origin, RANK_DEFAULT, row->def, "default", err))
                return false;
        }
    return true;
}

/* ---- flags ---------------------------------------------------------------------- */
static bool take_flag(struct load *load, const char *name, size_t size, const char *value)
{
    struct origin *origin = by_name(load->tables, name, size);

    if (size == 6 && memcmp(name, "config", 6) == 0) {
        load->file = value;
        return true;
    }
    if (!origin) {
        fprintf(load->err, "'--%.*s' is no option: see --help\n", (int)size, name);
        return false;
    }
    return give(origin, RANK_FLAG, value, "flag", load->err);
}

static bool take_flags(struct load *load, int argc, char **argv, int *rest)
{
    int i = 1;

    for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
        const char *name = argv[i] + 2, *equals = strchr(name - 1, '=');
        size_t size = equals ? (size_t)(equals - name) : strlen(name - 1) - 1;

        if (strcmp(argv[i], "--") == 0) {
            i++;
            break;
        }
        if (argv[i][1] != '-') {
            fprintf(load->err, "'%s' is no option: see --help\n", argv[i]);
            return false;
        }
        if (!equals && i + 1 == argc) {
            fprintf(load->err, "'%s' needs a value: give one after it\n", argv[i]);
            return false;
        }
        if (!take_flag(load, name, size, equals ? equals + 1 : argv[++i]))
            return false;
    }
    *rest = i;
    return true;
}

/* ---- environment ---------------------------------------------------------------- */
static bool variable(char *to, size_t size, const char *name)
{
    if (snprintf(to, size, "TICKETAKA_%s", name) >= (int)size)
        return false;
    for (; *to; to++)
        *to = *to == '-' ? '_' : (char)toupper((unsigned char)*to);
    return true;
}

static bool take_environment(struct load *load)
{
    char name[NAME_MAX_BYTES + 16];

    if (!load->file)
        load->file = getenv("TICKETAKA_CONFIG");
    for (const struct tk_conf_row *const *t = load->tables; *t; t++)
        for (const struct tk_conf_row *row = *t; row->type != TK_CONF_END; row++) {
            const char *value = variable(name, sizeof name, row->name) ? getenv(name) : NULL;

            if (value && !give(origin_of(row), RANK_ENV, value, name, load->err))
                return false;
        }
    return true;
}

/* ---- file ----------------------------------------------------------------------- */
/* `# …` after a value is a comment, as --print-config writes it; libinih itself only knows `;`. */
static void cut_comment(char *value)
{
    for (char *p = value; *p; p++)
        if (*p == '#' && (p == value || p[-1] == ' ' || p[-1] == '\t')) {
            *p = '\0';
            break;
        }
}

static int take_line(void *arg, const char *section, const char *name, const char *given)
{
    struct load *load = arg;
    struct origin *origin = by_name(load->tables, name, strlen(name));
    char value[1024], *text;

    if (load->failed)
        return 1; /* the first mistake is enough */
    if (*section || !origin) {
        fprintf(load->err, "'%s' in '%s' is no setting: see --help\n", *section ? section : name,
                load->file);
    } else if (!tk_copy(value, sizeof value, given)) {
        fprintf(load->err, "'%s' in '%s' is too long: shorten it\n", name, load->file);
    } else if (origin->rank == RANK_FILE) {
        fprintf(load->err, "'%s' is twice in '%s': remove one\n", name, load->file);
    } else {
        cut_comment(value);
        text = tk_trim(value);
        if (give(origin, RANK_FILE, text, load->file, load->err))
            return 1;
    }
    load->failed = true;
    return 0;
}

static bool take_file(struct load *load)
{
    int line;

    if (!load->file)
        return true;
    line = ini_parse(load->file, take_line, load);
    if (line == 0 && !load->failed)
        return true;
    if (line < 0)
        fprintf(load->err, "cannot read '%s': check the path after --config\n", load->file);
    else
        fprintf(load->err, "'%s', line %d: write `name = value`\n", load->file, line);
    return false;
}

static bool apply_all(const struct load *load)
{
    for (const struct tk_conf_row *const *t = load->tables; *t; t++)
        for (const struct tk_conf_row *row = *t; row->type != TK_CONF_END; row++)
            if (!apply(origin_of(row), load->err))
                return false;
    return true;
}

int tk_conf_load(const struct tk_conf_row *const *tables, int argc, char **argv, int *rest,
                 FILE *err)
{
    struct load load = {.tables = tables, .err = err};

    if (!take_defaults(tables, err) || !take_flags(&load, argc, argv, rest) ||
        !take_environment(&load) || !take_file(&load) || !apply_all(&load))
        return -1;
    return 0;
}

void tk_conf_help(const struct tk_conf_row *const *tables, FILE *out)
{
    for (; *tables; tables++)
        for (const struct tk_conf_row *row = *tables; row->type != TK_CONF_END; row++) {
            fprintf(out, "  --%-24s %s", row->name, row->help);
            fprintf(out, row->def ? " (default: %s)\n" : "\n", row->def);
        }
}

/* What --print-config shows ends in tickets and chats: a password in an address is left out. */
static void print_value(const char *text, FILE *out)
{
    const char *user = strstr(text, "://");
    const char *at = user ? strchr(user + 3, '@') : NULL;
    const char *colon = at ? memchr(user + 3, ':', (size_t)(at - user - 3)) : NULL;

    if (colon)
        fprintf(out, "%.*s:***%s", (int)(colon - text), text, at);
    else
        fputs(text, out);
}

void tk_conf_print(const struct tk_conf_row *const *tables, FILE *out)
{
    for (; *tables; tables++)
        for (const struct tk_conf_row *row = *tables; row->type != TK_CONF_END; row++) {
            const struct origin *origin = origin_of(row);

            /* An unset text has no spelling in a file: shown, but as a comment. */
            if (!origin || !origin->text) {
                fprintf(out, "# %s is not set\n", row->name);
                continue;
            }
            fprintf(out, "%s = ", row->name);
            print_value(origin->text, out);
            fprintf(out, "  # %s\n", origin->where);
        }
}
