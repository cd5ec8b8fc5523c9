#include <string.h>

#include "cli/cli.h"
#include "cli/seatmap.h"
#include "cli/shapes.h"
#include "shared/net/performance.h"

static const struct column columns[] = {
    {"seat", N_("Seat"), CELL_TEXT, "seat"},      {"grade", N_("Grade"), CELL_TEXT, "grade"},
    {"price", N_("Price"), CELL_MONEY, NULL},     {"state", N_("State"), CELL_TEXT, "state"},
    {"x", N_("Across"), CELL_JSON, "x"},          {"y", N_("Back"), CELL_JSON, "y"},
    {"flags", N_("Remarks"), CELL_JSON, "flags"}, {0},
};

static json_t *price_of(json_t *grades, json_t *name)
{
    size_t index;
    json_t *grade;

    json_array_foreach (grades, index, grade) {
        if (json_equal(json_object_get(grade, "grade"), name))
            return json_object_get(grade, "price");
    }
    return NULL;
}

static json_t *shape_grades(json_t *wire)
{
    json_t *list = json_array(), *item;
    size_t index;

    json_array_foreach (wire, index, item) {
        json_array_append_new(list,
                              json_pack("{s:O*, s:O*}", "grade", json_object_get(item, "seatType"),
                                        "price", json_object_get(item, "price")));
    }
    return list;
}

static bool is(json_t *object, const char *name, const char *value)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text && strcmp(text, value) == 0;
}

static json_t *shape(const struct args *args, json_t *data)
{
    const char *only = args_text(args, "grade");
    bool free_only = args_flag(args, "free");
    json_t *grades = shape_grades(json_object_get(data, "grades")), *seats = json_array(), *item;
    size_t index;

    json_array_foreach (json_object_get(data, "seats"), index, item) {
        json_t *seat, *price = price_of(grades, json_object_get(item, "grade"));

        if ((only && !is(item, "grade", only)) || (free_only && !is(item, "state", "free")))
            continue;
        seat = out_reshape(columns, item);
        if (seat && price)
            json_object_set(seat, "price", price);
        json_array_append_new(seats, seat);
    }
    return json_pack("{s:O*, s:O*, s:s, s:o, s:o}", "session_id",
                     json_object_get(data, "prfSessionId"), "version",
                     json_object_get(data, "version"), "currency", "KRW", "grades", grades, "seats",
                     seats);
}

static int print(struct cli *cli, json_t *document)
{
    const struct args *args = &cli->args;
    bool list = args_flag(args, "list") || args_flag(args, "free") || args_text(args, "grade");
    bool map = args_flag(args, "map") || (cli->out.mode == OUT_TABLE && !list);
    json_t *seats = json_object_get(document, "seats");

    if (!out_document(&cli->out, document)) {
        if (map)
            seatmap_draw(&cli->out, document);
        else
            out_list(&cli->out, columns, seats);
    }
    return cli_found(cli, json_array_size(seats));
}

static int run(struct cli *cli)
{
    struct tk_answer answer;
    json_t *document;
    int64_t session;
    int status;

    if (args_flag(&cli->args, "map") && args_flag(&cli->args, "list"))
        return cli_usage(cli, N_("choose one"), "%s", _("'--map' and '--list' exclude each other"));
    if (!cli_number(cli, cli->words[0], _("session"), &session, &status))
        return status;
    tk_session_seats(cli->api, session, &answer);
    if (answer.sent != TK_HTTP_ANSWERED || answer.err != TK_OK)
        return cli_fail_answer(cli, &answer, cli->words[0]);
    document = json_is_array(json_object_get(answer.data, "seats")) ? shape(&cli->args, answer.data)
                                                                    : NULL;
    if (!document)
        return cli_fail_shape(cli, &answer);
    tk_answer_release(&answer);
    status = print(cli, document);
    json_decref(document);
    return status;
}

static const struct option_row options[] = {
    {"map", 0, OPTION_FLAG, NULL, N_("draw the hall, also in a pipe"), 0, 0, NULL},
    {"list", 0, OPTION_FLAG, NULL, N_("one line a seat, also on a terminal"), 0, 0, NULL},
    {"free", 0, OPTION_FLAG, NULL, N_("only free seats"), 0, 0, NULL},
    {"grade", 0, OPTION_TEXT, "GRADE", N_("only seats of this grade"), 0, 0, NULL},
    {0},
};

const struct cmd_entry cmd_seats = {
    .name = "seats",
    .synopsis = "SESSION [options]",
    .summary = N_("show the seats of a session: a map on a terminal, a list in a pipe"),
    .options = options,
    .examples = (const struct example[]){{"ticketaka seats 11", N_("the hall as a map")},
                                         {"ticketaka seats 11 --free --id",
                                          N_("names of the free seats")},
                                         {0}},
    .flags = CMD_LIST,
    .exits = EXIT_BIT(NOT_FOUND),
    .least = 1,
    .most = 1,
    .run = run,
};
