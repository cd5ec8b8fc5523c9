/*
 * The configuration table: one row is a flag, an environment variable, a line of the file, a default and
 * a line of --help. A value is taken from the first of: --name VALUE, TICKETAKA_NAME, `name = value` in
 * the file of --config, the default. Name "db-socket" is flag --db-socket, variable TICKETAKA_DB_SOCKET,
 * file key db-socket. A value that does not parse stops the program with its source named.
 */
#ifndef TK_BASE_CONF_H
#define TK_BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum tk_conf_type {
    TK_CONF_END,  /* closes a table */
    TK_CONF_STR,  /* const char * (kept until the process ends) */
    TK_CONF_INT,  /* int64_t, low <= value <= high */
    TK_CONF_BOOL, /* bool; yes/no/true/false/1/0 */
};

struct tk_conf_row {
    enum tk_conf_type type;
    const char *name;
    void *to;
    const char *def; /* textual default; NULL for a string means unset (NULL) */
    const char *help;
    int64_t low, high; /* TK_CONF_INT */
};

/*
 * Fills the targets of several tables (`tables` ends with NULL). `argv` may hold --config FILE, --name VALUE,
 * --name=VALUE. Options that no row names are an error; the first word that is not an option, and what
 * follows it, is left to the caller: *rest is its index (argc when there is none).
 * Returns 0, or -1 after writing what is wrong, and what to do, to `err`.
 */
int tk_conf_load(const struct tk_conf_row *const *tables, int argc, char **argv, int *rest,
                 FILE *err);
/* --help text of the tables: name, default, meaning. */
void tk_conf_help(const struct tk_conf_row *const *tables, FILE *out);
/* --print-config: `name = value  # where it came from`, valid as a file again. */
void tk_conf_print(const struct tk_conf_row *const *tables, FILE *out);

#endif
