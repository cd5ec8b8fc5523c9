#include <stdio.h>
#include <string.h>

#include "cli/shapes.h"
#include "cli/want.h"
#include "shared/base/str.h"

static const struct column columns[] = {
    {"id", N_("Reservation"), CELL_TEXT, "reservationId"},
    {"seats", N_("Seats"), CELL_TEXT, NULL},
    {"total", N_("Total"), CELL_MONEY, "total"},
    {"change", N_("Change"), CELL_MONEY, "change"},
    {"ticket_codes", N_("Tickets"), CELL_TEXT, NULL},
    {"currency", N_("Currency"), CELL_JSON, NULL},
    {"hold_id", N_("Hold"), CELL_JSON, NULL},
    {"payment", N_("Paid by"), CELL_JSON, NULL},
    {0},
};

/* One code for each seat; an answer with a single one is a list of one. */
static json_t *codes(json_t *data)
{
    json_t *list = json_array(), *tickets = json_object_get(data, "tickets"), *ticket;
    size_t index;

    json_array_foreach (tickets, index, ticket) {
        if (json_is_string(json_object_get(ticket, "code")))
            json_array_append(list, json_object_get(ticket, "code"));
    }
    ticket = json_object_get(data, "ticketCode");
    if (!json_array_size(list) && json_is_string(ticket))
        json_array_append(list, ticket);
    return list;
}

static json_t *shape(json_t *data, const struct tk_sale_want *sale)
{
    json_t *object = out_reshape(columns, data), *seats = json_object_get(data, "seats");

    if (!object)
        return NULL;
    json_object_set_new(object, "seats",
                        json_is_object(json_array_get(seats, 0)) ? shape_seats(seats)
                                                                 : json_incref(seats));
    json_object_set_new(object, "ticket_codes", codes(data));
    json_object_set_new(object, "hold_id", json_string(sale->hold));
    json_object_set_new(object, "payment", json_string(sale->method));
    shape_won(object);
    return object;
}

/* Holds the seats first, under a key of its own. False: reported. */
static bool take_hold(struct cli *cli, int *status)
{
    char key[KEY_SIZE];
    struct tk_hold_want want;
    struct tk_answer answer;
    const char *hold;
    bool kept = false;

    /* An earlier run got as far as a hold: its sale is what has to be asked about. */
    if (cli->pending.hold[0])
        return true;
    if (!want_read(cli, cli->words[0], &want, status))
        return false;
    snprintf(key, sizeof key, "%.64s-hold", cli->pending.key);
    cli->client.key = key;
    tk_hold_create(cli->api, &want, &answer);
    json_decref(want.seats);
    cli->client.key = cli->pending.key;
    hold = json_string_value(json_object_get(answer.data, "holdId"));
    if (answer.sent != TK_HTTP_ANSWERED || answer.err != TK_OK) {
        cli_end_write(cli, &answer);
        *status = cli_fail_answer(cli, &answer, NULL);
        return false;
    }
    if (hold && !pending_set_hold(&cli->pending, hold))
        kept = true;
    else
        *status = cli_fail_shape(cli, &answer);
    if (kept)
        tk_answer_release(&answer);
    return kept;
}

/* A refused sale must not leave seats behind that only this command knew of. */
static void give_back(struct cli *cli, const char *hold)
{
    unsigned flags = cli->client.flags;
    struct tk_answer answer;
    char key[37];

    key_make(key);
    cli->client.key = key;
    tk_hold_release(cli->api, hold, &answer);
    tk_answer_release(&answer);
    cli->client.key = NULL;
    cli->client.flags = flags;
}

static int sell(struct cli *cli, const struct tk_sale_want *sale, bool own_hold)
{
    struct tk_answer answer;
    const char *rest;
    json_t *done;
    bool refused;

    tk_hold_sell(cli->api, sale, &answer);
    refused = client_definite(&answer) && answer.err != TK_OK;
    /* Where others had some of the seats, the answer carries a new hold that has the rest. */
    rest = json_string_value(json_object_get(json_object_get(answer.data, "hold"), "holdId"));
    if (refused && own_hold)
        give_back(cli, rest ? rest : sale->hold);
    else if (refused && rest)
        cli_note(cli, _("the other seats are still held: %s"), rest);
    if (answer.sent != TK_HTTP_ANSWERED || answer.err != TK_OK) {
        int status = cli_fail_answer(cli, &answer, sale->hold);

        pending_close(&cli->pending, refused);
        return status;
    }
    done = shape(answer.data, sale);
    tk_answer_release(&answer);
    pending_close(&cli->pending, done != NULL);
    if (!done)
        return cli_fail_shape(cli, NULL);
    out_one(&cli->out, columns, done);
    json_decref(done);
    return EXIT_DONE;
}

static bool check_usage(struct cli *cli, bool is_hold, struct tk_sale_want *sale, int *status)
{
    struct tk_hold_want want = {0};
    const char *pay = args_text(&cli->args, "pay");

    sale->method = pay ? pay : "card";
    sale->tendered = args_int(&cli->args, "tendered", 0);
    if (sale->tendered && strcmp(sale->method, "cash") != 0) {
        *status = cli_usage(cli, N_("add --pay cash, or leave --tendered out"), "%s",
                            _("only cash is tendered"));
        return false;
    }
    if (is_hold && want_given(cli)) {
        *status = cli_usage(cli, N_("give a session, or leave them out"), "%s",
                            _("a hold has its seats already; --seats, --best, --count, --grade "
                              "and --zone do not go with it"));
        return false;
    }
    if (!is_hold && !want_read(cli, cli->words[0], &want, status))
        return false;
    json_decref(want.seats);
    return true;
}

static int run(struct cli *cli)
{
    /* A hold's id is <session>-<random>-<mac>; a session is a number. */
    bool is_hold = strchr(cli->words[0], '-') && cli->words[0][0] != '-';
    struct tk_sale_want sale = {0};
    int status;

    if (!check_usage(cli, is_hold, &sale, &status) || !cli_begin_write(cli, &status))
        return status;
    if (!is_hold && !take_hold(cli, &status))
        return status;
    sale.hold = is_hold ? cli->words[0] : cli->pending.hold;
    return sell(cli, &sale, !is_hold);
}

static const char *const methods[] = {"card", "cash", "transfer", NULL};

static const struct option_row options[] = {
    WANT_OPTIONS,
    {"pay", 0, OPTION_CHOICE, "METHOD", N_("card (default), cash or transfer"), 0, 0, methods},
    {"tendered", 0, OPTION_INT, "WON", N_("cash given; the change is printed"), 1, 1000000000,
     NULL},
    {0},
};

const struct cmd_entry cmd_reserve = {
    .name = "reserve",
    .synopsis = "HOLD | SESSION (--seats SPEC | --best N | --count N) [options]",
    .summary = N_("buy a hold, or hold and buy in one step"),
    .details = N_(
        "Prints the reservation, its seats, the total and a ticket code for each seat. When no\n"
        "answer comes (exit 12), run the same command again: nothing is ever sold twice."),
    .options = options,
    .examples =
        (const struct example[]){
            {"ticketaka reserve 11 --best 2 --grade R석 --pay card", N_("two seats in one step")},
            {"ticketaka reserve HOLD --pay cash --tendered 200000", N_("a hold, in cash")},
            {"ticketaka reserve 11 --count 1 --id", N_("print only the reservation's id")},
            {0}},
    .flags = CMD_LOGIN | CMD_WRITES | CMD_KEYED,
    .exits = EXIT_BIT(TAKEN) | EXIT_BIT(HOLD_GONE) | EXIT_BIT(REFUSED) | EXIT_BIT(NOT_FOUND) |
             EXIT_BIT(FORBIDDEN),
    .least = 1,
    .most = 1,
    .run = run,
};
