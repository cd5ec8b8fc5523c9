#include "cli/args.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/lang.h"
#include "shared/base/str.h"
#include "shared/base/time.h"

#define CANDIDATES 64

static int distance(const char *a, const char *b)
{
    int row[34];
    int n = (int)strlen(b);

    if (strlen(a) > 32 || n > 32)
        return 99;
    for (int j = 0; j <= n; j++)
        row[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        int diagonal = row[0];

        row[0] = i;
        for (int j = 1; j <= n; j++) {
            int best = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[n];
}

const char *args_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *best = NULL;
    int least = (int)strlen(word) <= 3 ? 2 : 3; /* one slip in a short word, two in a longer one */

    for (size_t i = 0; i < count; i++) {
        int d = distance(word, candidates[i]);

        if (d < least) {
            least = d;
            best = candidates[i];
        }
    }
    return best;
}

bool args_time(const char *text, int64_t *ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"", 1000}};
    size_t digits = strspn(text, "0123456789");
    char number[12];
    int64_t value;

    if (!digits || digits >= sizeof number)
        return false;
    memcpy(number, text, digits);
    number[digits] = '\0';
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(text + digits, units[i].unit) == 0) {
            if (!tk_parse_i64(number, 1, 86400000 / units[i].ms, &value))
                return false;
            *ms = value * units[i].ms;
            return true;
        }
    return false;
}

__attribute__((format(printf, 3, 4))) static int wrong(char *why, size_t size, const char *format,
                                                       ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(why, size, format, args);
    va_end(args);
    return -1;
}

static const struct option_row *by_name(const struct option_row *const *tables, const char *name,
                                        size_t length)
{
    for (; *tables; tables++)
        for (const struct option_row *row = *tables; row->name; row++)
            if (strlen(row->name) == length && memcmp(row->name, name, length) == 0)
                return row;
    return NULL;
}

static const struct option_row *by_letter(const struct option_row *const *tables, char letter)
{
    for (; *tables; tables++)
        for (const struct option_row *row = *tables; row->name; row++)
            if (row->letter == letter)
                return row;
    return NULL;
}

static int unknown(const struct option_row *const *tables, const char *name, size_t length,
                   char *why, size_t size)
{
    const char *names[CANDIDATES], *near;
    char word[64];
    size_t count = 0;

    snprintf(word, sizeof word, "%.*s", (int)length, name);
    for (; *tables; tables++)
        for (const struct option_row *row = *tables; row->name && count < CANDIDATES; row++)
            names[count++] = row->name;
    near = args_nearest(word, names, count);
    if (near)
        return wrong(why, size, _("unknown option '--%s'; did you mean '--%s'?"), word, near);
    return wrong(why, size, _("unknown option '--%s'; see --help"), word);
}

static bool is_choice(const char *const *choices, const char *value)
{
    for (; *choices; choices++)
        if (strcmp(*choices, value) == 0)
            return true;
    return false;
}

static void list_choices(const char *const *choices, char *to, size_t size)
{
    size_t at = 0;

    *to = '\0';
    for (; *choices && at < size; choices++)
        at += (size_t)snprintf(to + at, size - at, "%s%s", at ? ", " : "", *choices);
}

static int check_value(const struct option_row *row, const char *value, char *why, size_t size)
{
    char list[160];
    int64_t number;
    tk_day day;

    switch (row->type) {
    case OPTION_FLAG:
        return 0;
    case OPTION_TEXT:
        return *value ? 0 : wrong(why, size, _("'--%s' needs a value"), row->name);
    case OPTION_INT:
        if (tk_parse_i64(value, row->low, row->high, &number))
            return 0;
        return wrong(why, size, _("'--%s' is '%s'; give a number from %lld to %lld"), row->name,
                     value, (long long)row->low, (long long)row->high);
    case OPTION_CHOICE:
        if (is_choice(row->choices, value))
            return 0;
        list_choices(row->choices, list, sizeof list);
        return wrong(why, size, _("'--%s' is '%s'; give one of %s"), row->name, value, list);
    case OPTION_DATE:
        if (tk_day_parse(value, '-', &day))
            return 0;
        return wrong(why, size, _("'--%s' is '%s'; give a date such as 2026-12-24"), row->name,
                     value);
    case OPTION_TIME:
        if (args_time(value, &number))
            return 0;
        return wrong(why, size, _("'--%s' is '%s'; give a time such as 10s, 500ms or 2m"),
                     row->name, value);
    }
    return 0;
}

static int take(struct args *args, const struct option_row *row, const char *value, char *why,
                size_t size)
{
    if (row->type != OPTION_FLAG && args_text(args, row->name))
        return wrong(why, size, _("'--%s' is given twice; give it once"), row->name);
    if (check_value(row, value, why, size))
        return -1;
    args->given[args->options++] = (struct given){row, value};
    return 0;
}

struct scan {
    const struct option_row *const *tables;
    int argc;
    const char *const *argv;
    int at;
};

static int take_long(struct args *args, struct scan *scan, char *why, size_t size)
{
    const char *name = scan->argv[scan->at] + 2, *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    const struct option_row *row = by_name(scan->tables, name, length);

    if (!row)
        return unknown(scan->tables, name, length, why, size);
    if (row->type == OPTION_FLAG)
        return equals ? wrong(why, size, _("'--%s' takes no value"), row->name)
                      : take(args, row, "", why, size);
    if (equals)
        return take(args, row, equals + 1, why, size);
    if (scan->at + 1 >= scan->argc)
        return wrong(why, size, _("'--%s' needs a value"), row->name);
    return take(args, row, scan->argv[++scan->at], why, size);
}

static int take_letters(struct args *args, struct scan *scan, char *why, size_t size)
{
    for (const char *letter = scan->argv[scan->at] + 1; *letter; letter++) {
        const struct option_row *row = by_letter(scan->tables, *letter);

        if (!row)
            return wrong(why, size, _("unknown option '-%c'; see --help"), *letter);
        if (row->type == OPTION_FLAG) {
            if (take(args, row, "", why, size))
                return -1;
            continue;
        }
        if (letter[1])
            return take(args, row, letter + 1, why, size);
        if (scan->at + 1 >= scan->argc)
            return wrong(why, size, _("'--%s' needs a value"), row->name);
        return take(args, row, scan->argv[++scan->at], why, size);
    }
    return 0;
}

int args_parse(struct args *args, const struct option_row *const *tables, int argc,
               const char *const *argv, char *why, size_t size)
{
    struct scan scan = {tables, argc, argv, 1};
    size_t room = 2; /* a bundle such as -vv is several options in one argument */

    *args = (struct args){0};
    for (int i = 1; i < argc; i++)
        room += argv[i][0] == '-' && argv[i][1] != '-' ? strlen(argv[i]) : 1;
    args->words = calloc((size_t)argc + 1, sizeof *args->words);
    args->given = calloc(room, sizeof *args->given);
    if (!args->words || !args->given)
        return wrong(why, size, "%s", _("memory is short"));
    for (; scan.at < argc; scan.at++) {
        const char *word = argv[scan.at];
        int failed = 0;

        if (strcmp(word, "--") == 0)
            break;
        if (word[0] != '-' || !word[1])
            args->words[args->count++] = word;
        else if (word[1] == '-')
            failed = take_long(args, &scan, why, size);
        else
            failed = take_letters(args, &scan, why, size);
        if (failed)
            return -1;
    }
    for (scan.at++; scan.at < argc; scan.at++)
        args->words[args->count++] = argv[scan.at];
    return 0;
}

void args_release(struct args *args)
{
    free(args->words);
    free(args->given);
    *args = (struct args){0};
}

int args_times(const struct args *args, const char *name)
{
    int times = 0;

    for (int i = 0; i < args->options; i++)
        times += strcmp(args->given[i].row->name, name) == 0;
    return times;
}

bool args_flag(const struct args *args, const char *name)
{
    return args_times(args, name) > 0;
}

const char *args_text(const struct args *args, const char *name)
{
    for (int i = 0; i < args->options; i++)
        if (strcmp(args->given[i].row->name, name) == 0)
            return args->given[i].value;
    return NULL;
}

int64_t args_int(const struct args *args, const char *name, int64_t otherwise)
{
    const char *text = args_text(args, name);
    int64_t value;

    return text && tk_parse_i64(text, INT64_MIN, INT64_MAX, &value) ? value : otherwise;
}

int args_peek(const struct option_row *rows, int argc, const char *const *argv,
              const char *words[2])
{
    const struct option_row *const tables[] = {rows, NULL};
    int count = 0;

    for (int i = 1; i < argc && count < 2; i++) {
        const struct option_row *row;
        size_t length = strcspn(argv[i], "=");

        if (argv[i][0] != '-') {
            words[count++] = argv[i];
            continue;
        }
        if (argv[i][1] != '-') {
            row = by_letter(tables, argv[i][1]);
            if (!row)
                break;
            i += row->type != OPTION_FLAG && !argv[i][2];
            continue;
        }
        row = length > 2 ? by_name(tables, argv[i] + 2, length - 2) : NULL;
        if (!row)
            break;
        i += row->type != OPTION_FLAG && !argv[i][length];
    }
    return count;
}
