/* Help and shell completion, made from the rows of command.h and of the topics below. */
#ifndef TK_CLI_HELP_H
#define TK_CLI_HELP_H

#include "cli/command.h"
#include "cli/output.h"

/* Of one command, or of the whole program (NULL). EXIT_DONE. */
int help_for(struct out *out, const struct cmd_entry *cmd);
/* The commands whose names begin with `group`. */
void help_group(struct out *out, const char *group);
/* A topic such as exit-codes; -1: there is none of this name. */
int help_topic(struct out *out, const char *name);
/* Completion of bash. */
void help_completion(struct out *out);

#endif
