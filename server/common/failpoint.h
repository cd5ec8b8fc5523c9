/*
 * Named places where a debug build can be told to die, stop, fail or be slow, so that tests can strike
 * between any two steps of a sale. In release builds TK_FAILPOINT compiles to nothing.
 *
 * TICKETAKA_FAILPOINTS names a file; each line is `NAME ACTION`. It is read again at every failpoint that is
 * reached, so a test arms and disarms while the service runs. Actions:
 *   kill        SIGKILL to ourselves           error      the place fails as its own comment says
 *   pause       wait until the line is gone (at most 60 s)     sleep MS
 * A suffix `*N` strikes only at the Nth time. Reached points are appended to "<file>.log": `NAME`.
 */
#ifndef TK_COMMON_FAILPOINT_H
#define TK_COMMON_FAILPOINT_H

#include <stdbool.h>

#ifdef TK_FAILPOINTS
bool tk_failpoint(const char *name); /* true: behave as if the step had failed */
#define TK_FAILPOINT(name) tk_failpoint(name)
#else
#define TK_FAILPOINT(name) false
#endif

#endif
