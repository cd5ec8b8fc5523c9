#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "shared/base/str.h"
#include "shared/net/reservation.h"

static const struct column columns[] = {
    {"id", N_("Reservation"), CELL_INT, NULL},
    {"state", N_("State"), CELL_TEXT, NULL},
    {"error", N_("Error"), CELL_TEXT, NULL},
    {0},
};

/* Each reservation is a write of its own, with a key of its own. */
static void cancel(struct cli *cli, int64_t id, struct tk_answer *answer)
{
    char key[KEY_SIZE + 24];

    snprintf(key, sizeof key, "%.40s-%lld", cli->pending.key, (long long)id);
    cli->client.key = key;
    tk_reservation_cancel(cli->api, id, answer);
    cli->client.key = cli->pending.key;
}

static int cancel_one(struct cli *cli, int64_t id)
{
    struct tk_answer answer;
    json_t *done;

    cancel(cli, id, &answer);
    cli_end_write(cli, &answer);
    if (answer.sent != TK_HTTP_ANSWERED || answer.err != TK_OK)
        return cli_fail_answer(cli, &answer, cli->words[0]);
    tk_answer_release(&answer);
    done = json_pack("{s:I, s:s, s:n}", "id", (json_int_t)id, "state", "cancelled", "error");
    if (!done)
        return cli_fail_shape(cli, NULL);
    out_one(&cli->out, columns, done);
    json_decref(done);
    return EXIT_DONE;
}

static const char *error_name(const struct tk_answer *answer)
{
    static const char *const lost[] = {
        [TK_HTTP_NOT_SENT] = "NOT_SENT", [TK_HTTP_UNCERTAIN] = "OUTCOME_UNKNOWN"};

    return answer->sent == TK_HTTP_ANSWERED ? tk_err_name(answer->err) : lost[answer->sent];
}

static int cancel_many(struct cli *cli, const int64_t *ids)
{
    bool definite = true;
    json_t *list = json_array();
    int failed = 0;

    for (int i = 0; i < cli->count; i++) {
        struct tk_answer answer;
        bool done;

        cancel(cli, ids[i], &answer);
        done = answer.sent == TK_HTTP_ANSWERED && answer.err == TK_OK;
        failed += !done;
        definite = definite && client_definite(&answer);
        json_array_append_new(list, json_pack("{s:I, s:s, s:s?}", "id", (json_int_t)ids[i], "state",
                                              done ? "cancelled" : "failed", "error",
                                              done ? NULL : error_name(&answer)));
        tk_answer_release(&answer);
    }
    pending_close(&cli->pending, definite);
    out_list(&cli->out, columns, list);
    json_decref(list);
    if (failed)
        cli_note(cli, _("%d of %d were not cancelled"), failed, cli->count);
    return failed ? EXIT_SOME_FAILED : EXIT_DONE;
}

static int run(struct cli *cli)
{
    int64_t *ids = calloc((size_t)cli->count, sizeof *ids);
    int status = EXIT_FAILED;
    bool good = ids != NULL;

    for (int i = 0; good && i < cli->count; i++)
        good = cli_number(cli, cli->words[i], _("reservation"), &ids[i], &status);
    if (good && cli->count == 1)
        good = cli_confirm(cli, &status, _("Cancel reservation %s?"), cli->words[0]);
    else if (good)
        good = cli_confirm(cli, &status, _("Cancel these %d reservations?"), cli->count);
    if (good && cli_begin_write(cli, &status))
        status = cli->count == 1 ? cancel_one(cli, ids[0]) : cancel_many(cli, ids);
    free(ids);
    return status;
}

const struct cmd_entry cmd_cancel = {
    .name = "cancel",
    .synopsis = "RESERVATION...",
    .summary = N_("cancel reservations and give their seats back"),
    .details = N_(
        "Of several, each is tried: the results are on standard output, and exit 9 says that\n"
        "some failed. Cancelling twice does no harm."),
    .examples = (const struct example[]){{"ticketaka cancel 42", N_("asks before it does")},
                                         {"ticketaka cancel 42 43 --yes", N_("without asking")},
                                         {0}},
    .flags = CMD_LOGIN | CMD_WRITES | CMD_KEYED,
    .exits = EXIT_BIT(NOT_FOUND) | EXIT_BIT(SOME_FAILED) | EXIT_BIT(REFUSED),
    .least = 1,
    .most = -1,
    .run = run,
};
