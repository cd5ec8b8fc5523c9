#include "cli/cli.h"
#include "cli/qr.h"
#include "cli/shapes.h"
#include "shared/net/reservation.h"

static const struct column ticket_columns[] = {
    {"code", N_("Code"), CELL_WIDE, "code"},
    {"seat", N_("Seat"), CELL_TEXT, "seat"},
    {"grade", N_("Grade"), CELL_TEXT, "grade"},
    {"price", N_("Price"), CELL_MONEY, "price"},
    {"state", N_("State"), CELL_TEXT, "state"},
    {"currency", N_("Currency"), CELL_JSON, NULL},
    {"generation", N_("Issue"), CELL_JSON, "generation"},
    {0},
};

static const struct column head_columns[] = {
    {"id", N_("Reservation"), CELL_INT, NULL},    {"title", N_("Title"), CELL_TEXT, NULL},
    {"starts_at", N_("Starts"), CELL_TIME, NULL}, {"venue", N_("Venue"), CELL_TEXT, NULL},
    {"total", N_("Total"), CELL_MONEY, NULL},     {0},
};

static json_t *shape(json_t *data)
{
    json_t *object = json_is_object(data) ? shape_reservation(data) : NULL;
    json_t *tickets = json_array(), *item;
    size_t index;

    if (!object) {
        json_decref(tickets);
        return NULL;
    }
    json_array_foreach (json_object_get(data, "tickets"), index, item) {
        json_t *ticket = out_reshape(ticket_columns, item);

        shape_won(ticket);
        json_array_append_new(tickets, ticket);
    }
    json_object_set(object, "venue", json_object_get(data, "facility"));
    json_object_set_new(object, "tickets", tickets);
    return object;
}

static void draw_all(struct cli *cli, json_t *tickets)
{
    size_t index, drawn = 0;
    json_t *ticket;

    json_array_foreach (tickets, index, ticket) {
        const char *code = json_string_value(json_object_get(ticket, "code"));
        const char *seat = json_string_value(json_object_get(ticket, "seat"));

        if (!code)
            continue;
        drawn++;
        out_line(&cli->out, "%s", seat ? seat : "");
        if (!qr_draw(&cli->out, code, args_flag(&cli->args, "ascii"),
                     args_flag(&cli->args, "invert")))
            cli->out.text.failed = true;
    }
    if (!drawn)
        cli_note(cli, "%s", _("no ticket of this reservation is valid any more"));
}

static void print(struct cli *cli, json_t *object)
{
    json_t *tickets = json_object_get(object, "tickets");

    if (out_document(&cli->out, object))
        return;
    if (args_flag(&cli->args, "qr") && cli->out.mode != OUT_ID) {
        draw_all(cli, tickets);
        return;
    }
    if (cli->out.mode == OUT_TABLE) {
        out_one(&cli->out, head_columns, object);
        out_line(&cli->out, "%s", "");
    }
    out_list(&cli->out, ticket_columns, tickets);
}

static int run(struct cli *cli)
{
    struct tk_answer answer;
    json_t *object;
    int64_t id;
    int status;

    if (!cli_number(cli, cli->words[0], _("reservation"), &id, &status))
        return status;
    tk_reservation_ticket(cli->api, id, &answer);
    if (answer.sent != TK_HTTP_ANSWERED || answer.err != TK_OK)
        return cli_fail_answer(cli, &answer, cli->words[0]);
    object = shape(answer.data);
    if (!object)
        return cli_fail_shape(cli, &answer);
    tk_answer_release(&answer);
    print(cli, object);
    json_decref(object);
    return EXIT_DONE;
}

static const struct option_row options[] = {
    {"qr", 0, OPTION_FLAG, NULL, N_("draw the codes as QR"), 0, 0, NULL},
    {"ascii", 0, OPTION_FLAG, NULL, N_("draw with ## only"), 0, 0, NULL},
    {"invert", 0, OPTION_FLAG, NULL, N_("swap dark and light, for a light terminal"), 0, 0, NULL},
    {0},
};

const struct cmd_entry cmd_ticket = {
    .name = "ticket",
    .synopsis = "RESERVATION [options]",
    .summary = N_("show the tickets of a reservation, and their codes"),
    .options = options,
    .examples = (const struct example[]){{"ticketaka ticket 42 --qr", N_("to show at the door")},
                                         {"ticketaka ticket 42 --id", N_("only the codes")},
                                         {0}},
    .flags = CMD_LOGIN,
    .exits = EXIT_BIT(NOT_FOUND),
    .least = 1,
    .most = 1,
    .run = run,
};
