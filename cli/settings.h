/*
 * What a run is set to: options over environment over $XDG_CONFIG_HOME/ticketaka/config (`name =
 * value`: server, lang, color, timeout) over defaults.
 */
#ifndef TK_CLI_SETTINGS_H
#define TK_CLI_SETTINGS_H

#include <stddef.h>

struct config {
    char server[256], lang[8], color[8], timeout[16];
    char path[1024];
};

/* No file: an empty *config. -1 and `why` when the file is wrong. */
int config_load(struct config *config, char *why, size_t size);

struct cli;
/* Server, output mode, colour, time limit. EXIT_DONE, or a reported failure. */
int settings_apply(struct cli *cli, const struct config *config);

#endif
