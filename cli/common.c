#include <string.h>

#include "cli/cli.h"
#include "shared/base/str.h"

int cli_found(const struct cli *cli, size_t found)
{
    return !found && args_flag(&cli->args, "exit-status") ? EXIT_NOT_FOUND : EXIT_DONE;
}

bool cli_number(struct cli *cli, const char *text, const char *what, int64_t *out, int *status)
{
    if (tk_parse_i64(text, 1, INT64_MAX, out))
        return true;
    *status = cli_usage(cli, N_("see --help for examples"), _("'%s' is no %s; give its number"),
                        text, what);
    return false;
}
