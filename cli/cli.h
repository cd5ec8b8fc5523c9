/* One run of the command line: what its commands share. */
#ifndef TK_CLI_CLI_H
#define TK_CLI_CLI_H

#include <stdbool.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/exits.h"
#include "cli/lang.h"
#include "cli/output.h"
#include "cli/pending.h"

struct cli {
    const struct cmd_entry *cmd;
    struct args args;
    const char **words; /* after the command's name */
    int count;
    struct out out;
    struct client client;
    struct tk_api *api; /* of the client */
    struct pending pending;
    char server[256];
    const char *server_from; /* "--server", "$TICKETAKA_URL", a file, "default" */
    bool quiet, no_input, yes, input_tty;
    bool err_color;
};

/* The whole program. Returns the exit status. */
int cli_main(int argc, const char *const *argv);

/* ---- saying what went wrong: the only way to it; each returns the exit status ---- */

struct problem {
    int exit;
    const char *code;       /* stable upper-case word */
    const char *hint;       /* msgid; NULL or "": none */
    const char *request_id; /* NULL or "": none */
    json_t *seats;          /* borrowed; NULL: none */
};

int cli_fail(struct cli *cli, const struct problem *problem, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int cli_usage(struct cli *cli, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Reports an answer that is no success; `subject` (may be NULL) is what it is about.
 * Releases it. */
int cli_fail_answer(struct cli *cli, struct tk_answer *answer, const char *subject);
/* Memory is short, or the server's answer has not the shape it must have (`answer` released; may be
 * NULL). */
int cli_fail_shape(struct cli *cli, struct tk_answer *answer);
/* A remark on standard error, unless --quiet. */
void cli_note(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The error in a sentence, in the chosen language. */
const char *cli_sentence(enum tk_err err);

/* ---- common steps ------------------------------------------------------------ */

/* EXIT_DONE, or EXIT_NOT_FOUND with --exit-status where `found` is 0. */
int cli_found(const struct cli *cli, size_t found);
/* A session's or reservation's number, > 0; else false after reporting (*status is set). */
bool cli_number(struct cli *cli, const char *text, const char *what, int64_t *out, int *status);
/* Asks y/N; true at once with --yes. false: *status is 2 (cannot ask) or 1 (answered no),
 * reported. */
bool cli_confirm(struct cli *cli, int *status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A line typed by a person; malloc'd; NULL when nobody can be asked (reported with the flag to
 * give). */
char *cli_ask(struct cli *cli, const char *question, const char *flag, int *status);
/* --password-file, --password-stdin, or a prompt without echo (twice when `twice`); as cli_ask.
 * Wipe and free. */
char *cli_password(struct cli *cli, bool twice, int *status);
void cli_wipe(char *secret); /* and frees */

/* Before the first keyed write: finds or makes the key and puts it on disk. false: reported. */
bool cli_begin_write(struct cli *cli, int *status);
/* After the last: whether the key is spent. */
void cli_end_write(struct cli *cli, const struct tk_answer *answer);

#endif
