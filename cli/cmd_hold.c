#include "cli/shapes.h"
#include "cli/want.h"

static int run(struct cli *cli)
{
    struct tk_hold_want want;
    struct tk_answer answer;
    json_t *hold = NULL;
    int status;

    if (!want_read(cli, cli->words[0], &want, &status))
        return status;
    if (!cli_begin_write(cli, &status)) {
        json_decref(want.seats);
        return status;
    }
    tk_hold_create(cli->api, &want, &answer);
    json_decref(want.seats);
    cli_end_write(cli, &answer);
    if (answer.sent != TK_HTTP_ANSWERED || answer.err != TK_OK)
        return cli_fail_answer(cli, &answer, NULL);
    hold = shape_hold(answer.data);
    if (!hold)
        return cli_fail_shape(cli, &answer);
    out_one(&cli->out, hold_columns, hold);
    if (cli->out.mode == OUT_TABLE)
        cli_note(cli, _("buy with: ticketaka reserve %s"),
                 json_string_value(json_object_get(hold, "id")));
    json_decref(hold);
    tk_answer_release(&answer);
    return EXIT_DONE;
}

static const struct option_row options[] = {WANT_OPTIONS, {0}};

const struct cmd_entry cmd_hold = {
    .name = "hold",
    .synopsis = "SESSION (--seats SPEC | --best N | --count N) [--grade GRADE] [--zone ZONE]",
    .summary = N_("hold seats for three minutes"),
    .details = N_(
        "All of the seats are held, or none. 'hold show', 'hold extend' and 'hold release'\n"
        "take the id that is printed; 'reserve' buys it."),
    .options = options,
    .examples = (const struct example[]){{"ticketaka hold 11 --best 2", N_("the two best seats")},
                                         {"ticketaka hold 11 --seats A12-13",
                                          N_("these two, or none")},
                                         {"ticketaka hold 11 --count 4 --grade S석 --id",
                                          N_("any four of a grade; print the hold's id")},
                                         {0}},
    .flags = CMD_LOGIN | CMD_WRITES | CMD_KEYED,
    .exits = EXIT_BIT(TAKEN) | EXIT_BIT(REFUSED) | EXIT_BIT(NOT_FOUND) | EXIT_BIT(FORBIDDEN),
    .least = 1,
    .most = 1,
    .run = run,
};
