/*
 * Exit statuses: frozen, because scripts branch on them. `ticketaka help exit-codes` is printed
 * from these rows. Failures that the server names take theirs from the registry
 * (shared/base/err.h).
 */
#ifndef TK_CLI_EXITS_H
#define TK_CLI_EXITS_H

#include "cli/lang.h"

#define EXITS(X)                                                                                   \
    X(DONE, 0, N_("done"), "")                                                                     \
    X(FAILED, 1, N_("unexpected failure"), N_("report it"))                                        \
    X(USAGE, 2, N_("wrong usage, or a question would be needed and there is no terminal"),         \
      N_("correct the command"))                                                                   \
    X(NOT_FOUND, 3, N_("not found, or nothing with --exit-status"), N_("branch"))                  \
    X(LOGIN, 4, N_("not logged in, or the login cannot be renewed"), N_("log in"))                 \
    X(FORBIDDEN, 5, N_("not allowed for this role"), N_("ask a manager"))                          \
    X(TAKEN, 6, N_("seat taken, sold out or another conflict"),                                    \
      N_("choose others, as --best does"))                                                         \
    X(HOLD_GONE, 7, N_("hold expired, sold or not yours"), N_("hold again"))                       \
    X(REFUSED, 8, N_("refused by a rule (limits, sale times, verification)"),                      \
      N_("follow the hint"))                                                                       \
    X(SOME_FAILED, 9, N_("some of several failed; results on standard output"),                    \
      N_("run the failed ones again"))                                                             \
    X(NOT_SENT, 10, N_("the server was not reached: nothing was sent"), N_("run it again"))        \
    X(BUSY, 11, N_("the server is overloaded or unavailable"), N_("run it again later"))           \
    X(UNKNOWN, 12, N_("outcome unknown: sent, but no answer; the key is printed"),                 \
      N_("run the same command again: the same key gives the same result"))

enum {
#define X(name, status, meaning, reaction) EXIT_##name = status,
    EXITS(X)
#undef X
};

#define EXIT_BIT(name) (1u << EXIT_##name)

#endif
