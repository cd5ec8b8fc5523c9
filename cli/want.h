/* Which seats `hold` and `reserve` are to take: --seats SPEC, --best N or --count N, with --grade
 * and --zone. */
#ifndef TK_CLI_WANT_H
#define TK_CLI_WANT_H

#include "cli/cli.h"
#include "shared/net/performance.h"

extern const char *const want_options[]; /* names, ends with NULL */

#define WANT_OPTIONS                                                                               \
    {"seats", 's', OPTION_TEXT, "SPEC", N_("these seats: A12-14, 1F:F3,F4, A5+2"), 0, 0, NULL},    \
        {"best", 0, OPTION_INT, "N", N_("the N best seats side by side"), 1, 50, NULL},            \
        {"count", 0, OPTION_INT, "N", N_("any N seats, together or not"), 1, 50, NULL},            \
        {"grade", 0, OPTION_TEXT, "GRADE", N_("of this grade, such as R석"), 0, 0, NULL},          \
    {                                                                                              \
        "zone", 0, OPTION_TEXT, "ZONE", N_("in this zone, such as 1F"), 0, 0, NULL                 \
    }

/* Fills *want from the options; want->seats is a new reference (or NULL). False: reported in
 * *status. */
bool want_read(struct cli *cli, const char *session, struct tk_hold_want *want, int *status);
/* Whether any of the options was given. */
bool want_given(const struct cli *cli);

#endif
