#include "cli/cli.h"

static const struct column columns[] = {
    {"version", N_("Version"), CELL_TEXT, NULL},
    {0},
};

static int run(struct cli *cli)
{
    json_t *version = json_pack("{s:s}", "version", TK_VERSION);

    if (!version)
        return cli_fail_shape(cli, NULL);
    if (cli->out.mode == OUT_TABLE)
        out_line(&cli->out, "ticketaka %s", TK_VERSION);
    else
        out_one(&cli->out, columns, version);
    json_decref(version);
    return EXIT_DONE;
}

const struct cmd_entry cmd_version = {
    .name = "version",
    .synopsis = "",
    .summary = N_("show the version of this program"),
    .examples = (const struct example[]){{"ticketaka version", N_("which version is this?")}, {0}},
    .flags = CMD_LOCAL,
    .run = run,
};
