#include "cli/want.h"

#include "shared/model/spec.h"

const char *const want_options[] = {"seats", "best", "count", "grade", "zone", NULL};

bool want_given(const struct cli *cli)
{
    for (const char *const *name = want_options; *name; name++)
        if (args_flag(&cli->args, *name))
            return true;
    return false;
}

static bool read_seats(struct cli *cli, const char *text, struct tk_hold_want *want, int *status)
{
    char names[TK_SPEC_SEATS][TK_SEAT_NAME];
    size_t column = 0;
    int count = tk_spec_read(text, names, &column);

    if (count < 0) {
        *status = cli_usage(
            cli, N_("name seats as A12, A12-14, 1F:F3,F4 or A5+2, at most 50, each once"),
            _("'--seats' is '%s', which cannot be read at column %zu"), text, column);
        return false;
    }
    want->seats = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(want->seats, json_string(names[i]));
    return true;
}

bool want_read(struct cli *cli, const char *session, struct tk_hold_want *want, int *status)
{
    const struct args *args = &cli->args;
    const char *seats = args_text(args, "seats");
    int64_t best = args_int(args, "best", 0), count = args_int(args, "count", 0);

    *want = (struct tk_hold_want){
        .count = (int)(best ? best : count),
        .grade = args_text(args, "grade"),
        .zone = args_text(args, "zone"),
        .together = best > 0,
    };
    if (!cli_number(cli, session, _("session"), &want->session, status))
        return false;
    if ((seats != NULL) + (best > 0) + (count > 0) != 1) {
        *status = cli_usage(cli, N_("for example: --best 2"), "%s",
                            _("say which seats: one of --seats SPEC, --best N, --count N"));
        return false;
    }
    if (seats && (want->grade || want->zone)) {
        *status = cli_usage(cli, N_("leave --grade and --zone out"), "%s",
                            _("named seats have their grade and zone already"));
        return false;
    }
    return !seats || read_seats(cli, seats, want, status);
}
