#include <string.h>

#include "cli/cli.h"
#include "cli/shapes.h"
#include "shared/base/str.h"
#include "shared/net/performance.h"

static const struct column columns[] = {
    {"id", N_("Id"), CELL_TEXT, "prfId"},
    {"rank", N_("Rank"), CELL_INT, NULL},
    {"title", N_("Title"), CELL_WIDE, "title"},
    {"start_date", N_("From"), CELL_TEXT, "startDate"},
    {"end_date", N_("To"), CELL_TEXT, "endDate"},
    {"genre", N_("Genre"), CELL_TEXT, "genre"},
    {"venue", N_("Venue"), CELL_WIDE, "facilityName"},
    {"viewing_age", N_("Age"), CELL_JSON, "viewingAge"},
    {"poster", N_("Poster"), CELL_JSON, "poster"},
    {0},
};

/* The documented rank is text; ours is a number. */
static json_t *row(json_t *wire)
{
    json_t *object = out_reshape(columns, wire), *rank = json_object_get(wire, "rnum");
    int64_t number = json_integer_value(rank);

    if (json_is_integer(rank) ||
        (json_is_string(rank) && tk_parse_i64(json_string_value(rank), 1, 100000, &number)))
        json_object_set_new(object, "rank", json_integer(number));
    return object;
}

static int run(struct cli *cli)
{
    const char *name = args_text(&cli->args, "genre"), *genre = name ? shape_genre(name) : NULL;
    struct tk_answer answer;
    json_t *list, *item;
    size_t index;
    int status, more;

    if (name && !genre)
        return cli_usage(cli, NULL, _("'%s' is no genre; give one of %s"), name, GENRE_NAMES);
    tk_performance_rank(cli->api, &answer);
    if (answer.sent != TK_HTTP_ANSWERED || answer.err != TK_OK)
        return cli_fail_answer(cli, &answer, NULL);
    if (!json_is_array(answer.data))
        return cli_fail_shape(cli, &answer);
    list = json_array();
    json_array_foreach (answer.data, index, item) {
        const char *its = json_string_value(json_object_get(item, "genre"));

        if (!genre || (its && strcmp(its, genre) == 0))
            json_array_append_new(list, row(item));
    }
    shape_cut(list, args_int(&cli->args, "limit", 0), &more);
    out_list(&cli->out, columns, list);
    status = cli_found(cli, json_array_size(list));
    json_decref(list);
    tk_answer_release(&answer);
    return status;
}

static const struct option_row options[] = {
    {"genre", 'g', OPTION_TEXT, "GENRE", N_("only this genre, such as musical or 뮤지컬"), 0, 0,
     NULL},
    {"limit", 'n', OPTION_INT, "N", N_("at most N"), 1, 100000, NULL},
    {0},
};

const struct cmd_entry cmd_rank = {
    .name = "rank",
    .synopsis = "[options]",
    .summary = N_("show what sold best yesterday"),
    .options = options,
    .examples = (const struct example[]){{"ticketaka rank --limit 3", N_("the first three")}, {0}},
    .flags = CMD_LIST,
    .run = run,
};
