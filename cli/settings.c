#include "cli/settings.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/files.h"
#include "shared/base/str.h"

#define DEFAULT_SERVER     "http://127.0.0.1:8080"
#define DEFAULT_TIMEOUT_MS 10000

struct reading {
    struct config *config;
    char *why;
    size_t size;
};

static int take(void *user, const char *section, const char *name, const char *value)
{
    struct reading *reading = user;
    struct config *config = reading->config;
    const struct {
        const char *name;
        char *to;
        size_t size;
    } rows[] = {{"server", config->server, sizeof config->server},
                {"lang", config->lang, sizeof config->lang},
                {"color", config->color, sizeof config->color},
                {"timeout", config->timeout, sizeof config->timeout}};

    for (size_t i = 0; !*section && i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, name) == 0 && tk_copy(rows[i].to, rows[i].size, value))
            return 1;
    snprintf(reading->why, reading->size,
             _("'%s' in '%s' is no setting; there are server, lang, color, timeout"), name,
             config->path);
    return 0;
}

int config_load(struct config *config, char *why, size_t size)
{
    struct reading reading = {config, why, size};
    FILE *file;
    int line;

    *config = (struct config){0};
    if (!config_path(config->path, "config"))
        return 0;
    file = fopen(config->path, "re");
    if (!file && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (!file) {
        snprintf(why, size, _("'%s' cannot be read: %s"), config->path, strerror(errno));
        return -1;
    }
    *why = '\0';
    line = ini_parse_file(file, take, &reading);
    fclose(file);
    if (line && !*why)
        snprintf(why, size, _("line %d of '%s' is not 'name = value'"), line, config->path);
    return line ? -1 : 0;
}

static void choose_server(struct cli *cli, const struct config *config)
{
    const struct {
        const char *value, *from;
    } places[] = {{args_text(&cli->args, "server"), "--server"},
                  {getenv("TICKETAKA_URL"), "$TICKETAKA_URL"},
                  {config->server, config->path},
                  {DEFAULT_SERVER, "default"}};

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (!places[i].value || !*places[i].value)
            continue;
        snprintf(cli->server, sizeof cli->server, "%.255s", places[i].value);
        cli->server_from = places[i].from;
        break;
    }
    /* "http://host/" and "http://host" are one place, with one login. */
    while (strlen(cli->server) > 8 && cli->server[strlen(cli->server) - 1] == '/')
        cli->server[strlen(cli->server) - 1] = '\0';
}

static bool colour_wanted(const char *when, bool tty)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    if (when && strcmp(when, "always") == 0)
        return true;
    if (when && strcmp(when, "never") == 0)
        return false;
    return tty && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

static int terminal_columns(void)
{
    const char *forced = getenv("TICKETAKA_FORCE_TTY"), *columns = getenv("COLUMNS");
    struct winsize size;
    int64_t value;

    if (forced && tk_parse_i64(forced, 20, 1000, &value))
        return (int)value;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
        return size.ws_col;
    return columns && tk_parse_i64(columns, 20, 1000, &value) ? (int)value : 80;
}

static int choose_output(struct cli *cli, const struct config *config)
{
    const struct args *args = &cli->args;
    const char *when = args_text(args, "color");
    const char *forced = getenv("TICKETAKA_FORCE_TTY");
    bool json = args_flag(args, "json"), ids = args_flag(args, "id");
    bool plain = args_flag(args, "plain");

    if (args_flag(args, "no-color"))
        when = "never";
    else if (!when && *config->color)
        when = config->color;
    cli->out.tty = isatty(STDOUT_FILENO) || (forced && *forced);
    cli->out.color = colour_wanted(when, cli->out.tty);
    cli->err_color = colour_wanted(when, isatty(STDERR_FILENO));
    cli->out.utf8 = lang_utf8();
    cli->out.columns = cli->out.tty ? terminal_columns() : 0;
    cli->out.mode = json ? OUT_JSON : ids ? OUT_ID : plain || !cli->out.tty ? OUT_TSV : OUT_TABLE;
    if (json + ids + plain > 1)
        return cli_usage(cli, N_("choose one"), "%s",
                         _("'--json', '--id' and '--plain' exclude each other"));
    return EXIT_DONE;
}

int settings_apply(struct cli *cli, const struct config *config)
{
    const char *timeout = args_text(&cli->args, "timeout");
    const char *key = args_text(&cli->args, "idempotency-key");
    int64_t ms = DEFAULT_TIMEOUT_MS;
    int status = choose_output(cli, config);

    if (status)
        return status;
    if (!timeout && *config->timeout)
        timeout = config->timeout;
    if (timeout && !args_time(timeout, &ms))
        return cli_usage(cli, N_("give a time such as 10s, 500ms or 2m"),
                         _("'%s' in '%s' is no time"), timeout, config->path);
    if (key && (strlen(key) < 8 || strlen(key) > 56 ||
                key[strspn(key, "0123456789abcdefghijklmnopq"
                                "rstuvwxyzABCDEFGHIJKLMNOPQRS"
                                "TUVWXYZ-_.:")]))
        return cli_usage(cli, NULL, "%s",
                         _("'--idempotency-key' must be 8 to 56 letters, digits and -_.:"));
    cli->quiet = args_flag(&cli->args, "quiet");
    cli->no_input = args_flag(&cli->args, "no-input");
    cli->yes = args_flag(&cli->args, "yes");
    cli->input_tty = isatty(STDIN_FILENO);
    choose_server(cli, config);
    client_init(&cli->client, cli->server, ms);
    cli->client.verbose = args_times(&cli->args, "verbose");
    cli->api = &cli->client.api;
    return EXIT_DONE;
}
