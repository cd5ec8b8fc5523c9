#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/exits.h"
#include "shared/base/utf8.h"

static const struct {
    int status;
    const char *name, *meaning, *reaction;
} exit_rows[] = {
#define X(name, status, meaning, reaction) {status, #name, meaning, reaction},
    EXITS(X)
#undef X
};

#define EXIT_ROWS (sizeof exit_rows / sizeof exit_rows[0])

static const char environment_text[] = N_(
    "TICKETAKA_URL           address of the server (default http://127.0.0.1:8080)\n"
    "TICKETAKA_TOKEN         access token, for CI; other processes of yours may see it\n"
    "CREDENTIALS_DIRECTORY   folder of systemd credentials; ticketaka.token is read from it\n"
    "TICKETAKA_FORCE_TTY     width; print tables although standard output is no terminal\n"
    "NO_COLOR                no colours when it is set\n"
    "LC_ALL LC_MESSAGES LANG language of messages: Korean or English\n"
    "XDG_CONFIG_HOME         ticketaka/config: server, lang, color, timeout as 'name = value'\n"
    "XDG_STATE_HOME          ticketaka/credentials.json, ticketaka/pending\n"
    "\n"
    "An option is stronger than the environment, the environment stronger than the file.\n");

static const char formatting_text[] = N_(
    "On a terminal: a table with a header. In a pipe, or with --plain: one record per line, "
    "fields\n"
    "separated by tabs, no header, nothing cut; a tab, a line end and a backslash in a field are "
    "\\t,\n"
    "\\n and \\\\. With --json: one document; names in snake_case; money as an integer with its "
    "currency;\n"
    "times in ISO 8601 with +09:00. With --id: ids only, one per line.\n"
    "Fields are only ever added. Messages and errors go to standard error.\n"
    "Control characters from the server are never printed; JSON has them escaped.\n");

static const char scripting_text[] = N_(
    "Branch on the exit status, not on the text (see 'ticketaka help exit-codes').\n"
    "--no-input never asks. --yes confirms. -e makes an empty result 3. --timeout 10s ends every "
    "wait.\n"
    "Every write has an idempotency key that is on disk before it is sent. After exit 12 run the "
    "same\n"
    "command again: within 24 hours the same key gives the same result, never a second sale.\n"
    "With --json an error is one JSON object on standard error, and standard output stays empty.\n"
    "Passwords come from --password-stdin or --password-file, tokens from --token-file.\n");

static const struct {
    const char *name, *summary, *text;
} topics[] = {
    {"exit-codes", N_("what each exit status means"), NULL},
    {"environment", N_("variables and files"), environment_text},
    {"formatting", N_("tables, tabs, JSON and ids"), formatting_text},
    {"scripting", N_("unattended use, and repeating safely"), scripting_text},
};

#define TOPICS (sizeof topics / sizeof topics[0])

static void two_columns(struct out *out, const char *left, size_t width, const char *right)
{
    tk_buf_puts(&out->text, "  ");
    tk_pad(&out->text, left, width, TK_LEFT);
    tk_buf_printf(&out->text, "  %s\n", right);
}

static void heading(struct out *out, const char *text)
{
    tk_buf_printf(&out->text, "\n%s%s%s\n", out->color ? "\033[1m" : "", text,
                  out->color ? "\033[0m" : "");
}

static void option_name(char to[64], const struct option_row *row)
{
    int at = row->letter ? snprintf(to, 64, "-%c, ", row->letter) : snprintf(to, 64, "    ");

    snprintf(to + at, 64 - (size_t)at, "--%s%s%s", row->name, row->value ? " " : "",
             row->value ? row->value : "");
}

static void options(struct out *out, const char *title, const struct option_row *rows)
{
    size_t width = 0;
    char name[64];

    if (!rows)
        return;
    heading(out, title);
    for (const struct option_row *row = rows; row->name; row++) {
        option_name(name, row);
        if (strlen(name) > width)
            width = strlen(name);
    }
    for (const struct option_row *row = rows; row->name; row++) {
        option_name(name, row);
        two_columns(out, name, width, _(row->help));
    }
}

static void exit_codes(struct out *out, unsigned which)
{
    char number[8];

    for (size_t i = 0; i < EXIT_ROWS; i++)
        if (which & 1u << exit_rows[i].status) {
            snprintf(number, sizeof number, "%d", exit_rows[i].status);
            two_columns(out, number, 2, _(exit_rows[i].meaning));
        }
}

static int help_command(struct out *out, const struct cmd_entry *cmd)
{
    tk_buf_printf(&out->text, "%s\n\n%s ticketaka %s%s%s\n", _(cmd->summary), _("usage:"),
                  cmd->name, *cmd->synopsis ? " " : "", cmd->synopsis);
    if (cmd->details)
        tk_buf_printf(&out->text, "\n%s\n", _(cmd->details));
    options(out, _("options:"), cmd->options);
    heading(out, _("examples:"));
    for (const struct example *example = cmd->examples; example->command; example++)
        tk_buf_printf(&out->text, "  # %s\n  $ %s\n", _(example->what), example->command);
    heading(out, _("exit codes:"));
    exit_codes(out, command_exits(cmd));
    tk_buf_printf(&out->text, "\n%s\n", _("Options of every command: see 'ticketaka help'."));
    return EXIT_DONE;
}

static void command_lines(struct out *out, const char *group)
{
    size_t width = 0;

    for (const struct cmd_entry *const *cmd = commands; *cmd; cmd++)
        if (strlen((*cmd)->name) > width)
            width = strlen((*cmd)->name);
    for (const struct cmd_entry *const *cmd = commands; *cmd; cmd++) {
        size_t length = group ? strlen(group) : 0;

        if (!group || (strncmp((*cmd)->name, group, length) == 0 &&
                       (!(*cmd)->name[length] || (*cmd)->name[length] == ' ')))
            two_columns(out, (*cmd)->name, width, _((*cmd)->summary));
    }
}

void help_group(struct out *out, const char *group)
{
    command_lines(out, group);
}

int help_for(struct out *out, const struct cmd_entry *cmd)
{
    if (cmd)
        return help_command(out, cmd);
    tk_buf_printf(&out->text, "%s\n\n%s ticketaka COMMAND ...\n",
                  _("Ticketaka: find performances, hold seats, reserve them"), _("usage:"));
    heading(out, _("examples:"));
    tk_buf_puts(&out->text, "  $ ticketaka search hamlet\n"
                            "  $ ticketaka sessions PF100001 --available 2\n"
                            "  $ ticketaka reserve 11 --best 2 --pay card\n");
    heading(out, _("commands:"));
    command_lines(out, NULL);
    heading(out, _("topics of 'ticketaka help TOPIC':"));
    for (size_t i = 0; i < TOPICS; i++)
        two_columns(out, topics[i].name, 16, _(topics[i].summary));
    options(out, _("options of every command:"), global_options);
    return EXIT_DONE;
}

static void exit_table(struct out *out)
{
    for (size_t i = 0; i < EXIT_ROWS; i++) {
        tk_buf_printf(&out->text, "%4d  %s\n", exit_rows[i].status, _(exit_rows[i].meaning));
        if (*exit_rows[i].reaction)
            tk_buf_printf(&out->text, "      -> %s\n", _(exit_rows[i].reaction));
    }
    tk_buf_printf(&out->text, " 130  %s\n 141  %s\n", _("interrupted (SIGINT)"),
                  _("the reader of the output has gone (SIGPIPE)"));
}

int help_topic(struct out *out, const char *name)
{
    for (size_t i = 0; i < TOPICS; i++) {
        if (strcmp(topics[i].name, name) != 0)
            continue;
        if (topics[i].text)
            tk_buf_puts(&out->text, _(topics[i].text));
        else
            exit_table(out);
        return EXIT_DONE;
    }
    return -1;
}

static void option_words(struct tk_buf *to, const struct option_row *rows)
{
    for (; rows && rows->name; rows++)
        tk_buf_printf(to, " --%s", rows->name);
}

/* "auth", which is no command itself, completes to what follows it. */
static void complete_groups(struct tk_buf *to)
{
    const char *last = "";

    for (const struct cmd_entry *const *cmd = commands; *cmd; cmd++) {
        size_t length = strcspn((*cmd)->name, " ");
        const char *group = (*cmd)->name;
        char word[32];
        int used;

        snprintf(word, sizeof word, "%.*s", (int)length, group);
        if (!group[length] || command_find((const char *[]){word}, 1, &used) ||
            strncmp(last, group, length + 1) == 0)
            continue;
        last = group;
        tk_buf_printf(to, "    '%s '*) words='", word);
        for (const struct cmd_entry *const *sub = commands; *sub; sub++)
            if (strncmp((*sub)->name, group, length + 1) == 0)
                tk_buf_printf(to, " %s", (*sub)->name + length + 1);
        tk_buf_puts(to, "' ;;\n");
    }
}

void help_completion(struct out *out)
{
    struct tk_buf *to = &out->text;

    tk_buf_puts(to,
                "# bash completion of ticketaka; load with: eval \"$(ticketaka completion bash)\"\n"
                "_ticketaka() {\n"
                "    local cur=${COMP_WORDS[COMP_CWORD]} words='' i first='' second=''\n"
                "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                "        case ${COMP_WORDS[i]} in\n"
                "        -*) ;;\n"
                "        *) if [[ -z $first ]]; then first=${COMP_WORDS[i]}; "
                "elif [[ -z $second ]]; then second=${COMP_WORDS[i]}; fi ;;\n"
                "        esac\n"
                "    done\n"
                "    case \"$first $second\" in\n");
    for (const struct cmd_entry *const *cmd = commands; *cmd; cmd++) {
        /* "hold show" must come before "hold *", whatever the order of the list. */
        if (!strchr((*cmd)->name, ' '))
            continue;
        tk_buf_printf(to, "    '%s') words='", (*cmd)->name);
        option_words(to, (*cmd)->options);
        tk_buf_puts(to, "' ;;\n");
    }
    for (const struct cmd_entry *const *cmd = commands; *cmd; cmd++) {
        if (strchr((*cmd)->name, ' '))
            continue;
        tk_buf_printf(to, "    '%s '*) words='", (*cmd)->name);
        option_words(to, (*cmd)->options);
        for (const struct cmd_entry *const *sub = commands; *sub; sub++)
            if (strncmp((*sub)->name, (*cmd)->name, strlen((*cmd)->name)) == 0 &&
                (*sub)->name[strlen((*cmd)->name)] == ' ')
                tk_buf_printf(to, " %s", strchr((*sub)->name, ' ') + 1);
        tk_buf_puts(to, "' ;;\n");
    }
    complete_groups(to);
    tk_buf_puts(to, "    ' ') words='");
    for (const struct cmd_entry *const *cmd = commands; *cmd; cmd++)
        tk_buf_printf(to, " %.*s", (int)strcspn((*cmd)->name, " "), (*cmd)->name);
    tk_buf_puts(to, "' ;;\n    esac\n    words=\"$words");
    option_words(to, global_options);
    tk_buf_puts(to, "\"\n    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n}\n"
                    "complete -o default -F _ticketaka ticketaka\n");
}
