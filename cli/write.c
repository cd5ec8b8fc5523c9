#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "shared/base/str.h"

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_global(const struct option_row *row)
{
    for (const struct option_row *global = global_options; global->name; global++)
        if (global == row)
            return true;
    return false;
}

/*
 * What a command does, whatever the order of its options and however its result is to be shown. Two
 * lines are never taken for one: a line end inside a word is escaped.
 */
static void add_meaning(struct tk_buf *to, const struct cli *cli)
{
    const char **lines = calloc((size_t)cli->args.options + 1, sizeof *lines);
    size_t count = 0;

    tk_buf_printf(to, "%s", cli->cmd->name);
    for (int i = 0; i < cli->count; i++) {
        tk_buf_putc(to, ' ');
        out_tsv_field(to, cli->words[i]);
    }
    for (int i = 0; lines && i < cli->args.options; i++) {
        const struct given *given = &cli->args.given[i];
        struct tk_buf line = {0};

        if (is_global(given->row))
            continue;
        tk_buf_printf(&line, " --%s", given->row->name);
        if (*given->value)
            tk_buf_putc(&line, ' ');
        out_tsv_field(&line, given->value);
        lines[count++] = line.data;
    }
    if (lines)
        qsort(lines, count, sizeof *lines, by_text);
    for (size_t i = 0; i < count; i++) {
        tk_buf_puts(to, lines[i] ? lines[i] : "");
        free((char *)lines[i]);
    }
    to->failed = to->failed || !lines;
    free(lines);
}

bool cli_begin_write(struct cli *cli, int *status)
{
    const char *key = args_text(&cli->args, "idempotency-key");
    struct problem problem = {
        .exit = EXIT_FAILED,
        .code = "NO_STATE",
        .hint = N_("set XDG_STATE_HOME to a folder that can be written"),
    };
    struct tk_buf what = {0}, meaning = {0};
    int failed;

    add_meaning(&what, cli);
    tk_buf_printf(&meaning, "%s\n%s\n%s\n%s", cli->server, cli->client.credentials.member,
                  key ? key : "", what.data ? what.data : "");
    failed = what.failed || meaning.failed
                 ? ENOMEM
                 : pending_open(&cli->pending, meaning.data, what.data, key);
    tk_buf_release(&what);
    tk_buf_release(&meaning);
    if (failed) {
        *status = cli_fail(cli, &problem,
                           _("the key of the write cannot be kept: %s; nothing was sent"),
                           strerror(failed));
        return false;
    }
    cli->client.key = cli->pending.key;
    if (cli->pending.repeated)
        cli_note(cli,
                 _("an earlier run of this command had no clear outcome; it is repeated with "
                   "its key %s"),
                 cli->pending.key);
    return true;
}

void cli_end_write(struct cli *cli, const struct tk_answer *answer)
{
    /* What never left this machine needs no key, unless an earlier attempt or step did leave. */
    bool untouched = answer->sent == TK_HTTP_NOT_SENT && !cli->pending.repeated &&
                     !cli->pending.hold[0];

    pending_close(&cli->pending, untouched || client_definite(answer));
}
