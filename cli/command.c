#include "cli/command.h"

#include <string.h>

#include "cli/exits.h"

extern const struct cmd_entry cmd_auth_login, cmd_auth_logout, cmd_auth_status, cmd_account_signup,
    cmd_account_verify, cmd_account_info, cmd_search, cmd_rank, cmd_show, cmd_sessions, cmd_seats,
    cmd_hold, cmd_hold_show, cmd_hold_extend, cmd_hold_release, cmd_reserve, cmd_reservations,
    cmd_ticket, cmd_cancel, cmd_completion, cmd_help;

const struct cmd_entry *const commands[] = {
    &cmd_search,
    &cmd_rank,
    &cmd_show,
    &cmd_sessions,
    &cmd_seats,
    &cmd_hold,
    &cmd_hold_show,
    &cmd_hold_extend,
    &cmd_hold_release,
    &cmd_reserve,
    &cmd_reservations,
    &cmd_ticket,
    &cmd_cancel,
    &cmd_account_verify,
    &cmd_account_signup,
    &cmd_account_info,
    &cmd_auth_login,
    &cmd_auth_logout,
    &cmd_auth_status,
    &cmd_completion,
    &cmd_help,
    &cmd_version,
    NULL,
};

static const char *const colours[] = {"auto", "always", "never", NULL};
static const char *const languages[] = {"ko", "en", NULL};

const struct option_row global_options[] = {
    {"server", 0, OPTION_TEXT, "URL", N_("address of the server"), 0, 0, NULL},
    {"json", 0, OPTION_FLAG, NULL, N_("print JSON; errors are JSON too"), 0, 0, NULL},
    {"id", 0, OPTION_FLAG, NULL, N_("print ids only, one per line"), 0, 0, NULL},
    {"plain", 0, OPTION_FLAG, NULL, N_("print tab-separated lines, as in a pipe"), 0, 0, NULL},
    {"exit-status", 'e', OPTION_FLAG, NULL, N_("exit with 3 when the result is empty"), 0, 0, NULL},
    {"quiet", 'q', OPTION_FLAG, NULL, N_("no notes on standard error"), 0, 0, NULL},
    {"no-input", 0, OPTION_FLAG, NULL, N_("never ask; fail instead"), 0, 0, NULL},
    {"yes", 'y', OPTION_FLAG, NULL, N_("answer yes to questions"), 0, 0, NULL},
    {"timeout", 0, OPTION_TIME, "TIME", N_("give up after TIME (default 10s)"), 0, 0, NULL},
    {"lang", 0, OPTION_CHOICE, "LANG", N_("language of messages: ko or en"), 0, 0, languages},
    {"color", 0, OPTION_CHOICE, "WHEN", N_("auto, always or never"), 0, 0, colours},
    {"no-color", 0, OPTION_FLAG, NULL, N_("no colours"), 0, 0, NULL},
    {"token-file", 0, OPTION_TEXT, "FILE", N_("read the access token from FILE"), 0, 0, NULL},
    {"password-file", 0, OPTION_TEXT, "FILE", N_("read the password from FILE"), 0, 0, NULL},
    {"password-stdin", 0, OPTION_FLAG, NULL, N_("read the password from standard input"), 0, 0,
     NULL},
    {"idempotency-key", 0, OPTION_TEXT, "KEY", N_("use KEY (8 to 56 characters) for the write"), 0,
     0, NULL},
    {"verbose", 'v', OPTION_FLAG, NULL, N_("show requests; twice: bodies too, without secrets"), 0,
     0, NULL},
    {"help", 'h', OPTION_FLAG, NULL, N_("show help"), 0, 0, NULL},
    {"version", 0, OPTION_FLAG, NULL, N_("show the version"), 0, 0, NULL},
    {0},
};

static const struct cmd_entry *by_name(const char *first, const char *second)
{
    size_t length = strlen(first);

    for (const struct cmd_entry *const *cmd = commands; *cmd; cmd++) {
        const char *name = (*cmd)->name;

        if (strncmp(name, first, length) != 0)
            continue;
        if (second ? name[length] == ' ' && strcmp(name + length + 1, second) == 0 : !name[length])
            return *cmd;
    }
    return NULL;
}

const struct cmd_entry *command_find(const char *const *words, int count, int *used)
{
    const struct cmd_entry *cmd = count > 1 ? by_name(words[0], words[1]) : NULL;

    *used = 2;
    if (cmd)
        return cmd;
    *used = 1;
    return count > 0 ? by_name(words[0], NULL) : NULL;
}

int command_is_group(const char *word)
{
    size_t length = strlen(word);

    for (const struct cmd_entry *const *cmd = commands; *cmd; cmd++)
        if (strncmp((*cmd)->name, word, length) == 0 && (*cmd)->name[length] == ' ')
            return 1;
    return 0;
}

const char *command_nearest(const char *word)
{
    const char *names[64];
    size_t count = 0;

    for (const struct cmd_entry *const *cmd = commands; *cmd; cmd++)
        if (count < sizeof names / sizeof names[0])
            names[count++] = (*cmd)->name;
    return args_nearest(word, names, count);
}

unsigned command_exits(const struct cmd_entry *cmd)
{
    unsigned exits = cmd->exits | EXIT_BIT(DONE) | EXIT_BIT(FAILED) | EXIT_BIT(USAGE);

    if (!(cmd->flags & CMD_LOCAL))
        exits |= EXIT_BIT(NOT_SENT) | EXIT_BIT(BUSY);
    if (cmd->flags & CMD_LOGIN)
        exits |= EXIT_BIT(LOGIN);
    if (cmd->flags & CMD_LIST)
        exits |= EXIT_BIT(NOT_FOUND);
    if (cmd->flags & CMD_WRITES)
        exits |= EXIT_BIT(UNKNOWN);
    return exits;
}
