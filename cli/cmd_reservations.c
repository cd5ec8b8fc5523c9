#include <string.h>

#include "cli/cli.h"
#include "cli/shapes.h"
#include "shared/base/time.h"
#include "shared/net/reservation.h"

#define TTY_LIMIT 20

static const struct column columns[] = {
    {"id", N_("Reservation"), CELL_INT, NULL},    {"title", N_("Title"), CELL_WIDE, NULL},
    {"starts_at", N_("Starts"), CELL_TIME, NULL}, {"count", N_("Seats"), CELL_INT, NULL},
    {"total", N_("Total"), CELL_MONEY, NULL},     {"state", N_("State"), CELL_TEXT, NULL},
    {"created_at", N_("Made"), CELL_TIME, NULL},  {0},
};

static bool wanted(const struct args *args, json_t *row, const char *now)
{
    const char *state = json_string_value(json_object_get(row, "state"));
    const char *starts = json_string_value(json_object_get(row, "starts_at"));
    bool cancelled = state && strcmp(state, "cancelled") == 0;
    bool past = starts && strncmp(starts, now, 16) < 0;

    if (args_flag(args, "cancelled") != cancelled &&
        (args_flag(args, "cancelled") || args_flag(args, "upcoming") || args_flag(args, "past")))
        return false;
    return !(args_flag(args, "upcoming") && past) && !(args_flag(args, "past") && !past);
}

static int print(struct cli *cli, json_t *data)
{
    int64_t limit = args_int(&cli->args, "limit",
                             cli->out.tty && !args_flag(&cli->args, "all") ? TTY_LIMIT : 0);
    json_t *list = json_array(), *item;
    char now[20];
    size_t index;
    int more, status;

    tk_seoul_print(tk_wall_ms(), now);
    json_array_foreach (data, index, item) {
        json_t *row = shape_reservation(item);

        if (row && wanted(&cli->args, row, now))
            json_array_append(list, row);
        json_decref(row);
    }
    shape_cut(list, limit, &more);
    out_list(&cli->out, columns, list);
    if (more && !args_text(&cli->args, "limit"))
        cli_note(cli, _("these are the first %d; --all shows the rest"), TTY_LIMIT);
    if (!json_array_size(list))
        cli_note(cli, "%s", _("there are no such reservations"));
    status = cli_found(cli, json_array_size(list));
    json_decref(list);
    return status;
}

static int run(struct cli *cli)
{
    bool none;
    struct tk_answer answer;
    int status;

    tk_reservation_list(cli->api, &answer);
    none = answer.sent == TK_HTTP_ANSWERED && answer.err == TK_NO_RESERVATION_LIST;
    if (!none && (answer.sent != TK_HTTP_ANSWERED || answer.err != TK_OK))
        return cli_fail_answer(cli, &answer, NULL);
    if (!none && !json_is_array(answer.data))
        return cli_fail_shape(cli, &answer);
    status = print(cli, none ? NULL : answer.data);
    tk_answer_release(&answer);
    return status;
}

static const struct option_row options[] = {
    {"upcoming", 0, OPTION_FLAG, NULL, N_("only what is still to come"), 0, 0, NULL},
    {"past", 0, OPTION_FLAG, NULL, N_("only what has begun"), 0, 0, NULL},
    {"cancelled", 0, OPTION_FLAG, NULL, N_("only cancelled ones"), 0, 0, NULL},
    {"limit", 'n', OPTION_INT, "N", N_("at most N; all in a pipe, 20 on a terminal"), 1, 100000,
     NULL},
    {"all", 'a', OPTION_FLAG, NULL, N_("all of them, on a terminal too"), 0, 0, NULL},
    {0},
};

const struct cmd_entry cmd_reservations = {
    .name = "reservations",
    .synopsis = "[options]",
    .summary = N_("list your reservations, the newest first"),
    .options = options,
    .examples = (const struct example[]){{"ticketaka reservations --upcoming",
                                          N_("what is still to come")},
                                         {"ticketaka reservations --json | jq '.[0].total'",
                                          N_("what the last one cost")},
                                         {0}},
    .flags = CMD_LOGIN | CMD_LIST,
    .run = run,
};
