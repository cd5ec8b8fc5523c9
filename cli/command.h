/*
 * Commands are data: one file cmd_<verb>.c exports one row, command.c lists pointers to the rows.
 * Help, completion, look-up, preconditions and the lint test all read the same rows, so they cannot
 * drift.
 */
#ifndef TK_CLI_COMMAND_H
#define TK_CLI_COMMAND_H

#include <stddef.h>

#include "cli/args.h"

struct cli;

enum {
    CMD_LOCAL = 1,  /* touches no network */
    CMD_LOGIN = 2,  /* needs a login: checked before it runs */
    CMD_WRITES = 4, /* changes something: refused when its answer could not be shown */
    CMD_KEYED = 8,  /* its writes carry an idempotency key that outlives a lost answer */
    CMD_LIST = 16,  /* prints records; nothing found is an empty list */
};

struct example {
    const char *command;
    const char *what; /* msgid */
};

struct cmd_entry {
    const char *name;                 /* "search", "hold extend" */
    const char *synopsis;             /* what follows the name */
    const char *summary;              /* msgid; one line, no full stop */
    const char *details;              /* msgid; may be NULL */
    const struct option_row *options; /* own options; NULL: none */
    const struct example *examples;   /* ends with a NULL command; at least one */
    unsigned flags;
    unsigned exits;              /* EXIT_BITs beyond those that the flags imply */
    int least, most;             /* words after the name; most -1: any number */
    int (*run)(struct cli *cli); /* returns the exit status, after having said why */
};

extern const struct cmd_entry *const commands[]; /* ends with NULL, in the order of help */
extern const struct cmd_entry cmd_version;       /* also what --version runs */
extern const struct option_row global_options[];

/* The command of these words; *used is how many of them are its name. NULL: none. */
const struct cmd_entry *command_find(const char *const *words, int count, int *used);
/* Whether `word` begins the names of several commands, such as "auth". */
int command_is_group(const char *word);
/* The name that was probably meant, or NULL. */
const char *command_nearest(const char *word);
/* All EXIT_BITs the command may end with. */
unsigned command_exits(const struct cmd_entry *cmd);

#endif
