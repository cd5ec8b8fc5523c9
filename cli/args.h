/*
 * Command-line arguments by rows. Options may stand anywhere, also before the command; `--name
 * VALUE`,
 * `--name=VALUE`, `-x`, `-xy`; `--` ends options. Nothing is abbreviated. Values are checked here,
 * so that commands only see good ones.
 */
#ifndef TK_CLI_ARGS_H
#define TK_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_type {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_INT,    /* low <= value <= high */
    OPTION_CHOICE, /* one of `choices` */
    OPTION_DATE,   /* yyyy-MM-dd */
    OPTION_TIME,   /* 10s, 500ms, 2m; a bare number is seconds */
};

struct option_row {
    const char *name; /* without --; NULL ends a table */
    char letter;      /* 0: none */
    enum option_type type;
    const char *value; /* how --help calls the value */
    const char *help;  /* msgid */
    int64_t low, high;
    const char *const *choices; /* ends with NULL */
};

struct given {
    const struct option_row *row;
    const char *value;
};

struct args {
    const char **words; /* what is no option, the command's own words first; borrowed from argv */
    int count;
    struct given *given;
    int options;
};

/*
 * `tables` ends with NULL. Returns 0, or -1 with `why` filled (translated). Release in both cases.
 * Never exits.
 */
int args_parse(struct args *args, const struct option_row *const *tables, int argc,
               const char *const *argv, char *why, size_t size);
void args_release(struct args *args);

/* Whether, and what, an option was given. Asking for a name that no table has is a programming
 * error. */
bool args_flag(const struct args *args, const char *name);
int args_times(const struct args *args, const char *name);
const char *args_text(const struct args *args, const char *name); /* NULL: not given */
int64_t args_int(const struct args *args, const char *name, int64_t otherwise);
/* Milliseconds of an OPTION_TIME; false (untouched) when `text` is none. */
bool args_time(const char *text, int64_t *ms);

/*
 * The first one or two words before any option that `rows` (the global ones) does not have: what
 * the command is looked up by. Returns how many (0..2).
 */
int args_peek(const struct option_row *rows, int argc, const char *const *argv,
              const char *words[2]);

/* The candidate nearest to `word` when it is near enough to be meant; else NULL. */
const char *args_nearest(const char *word, const char *const *candidates, size_t count);

#endif
