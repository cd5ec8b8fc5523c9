/* QR codes on a terminal or on paper. */
#ifndef TK_CLI_QR_H
#define TK_CLI_QR_H

#include <stdbool.h>

#include "cli/output.h"

/*
 * Draws `code` (digits are packed three to ten bits). Half blocks where UTF-8 may be drawn and not
 * `ascii`, else "##". On a terminal the light modules are drawn, for a dark background; otherwise
 * the dark ones, for paper; `invert` swaps that. False: too long, or memory is short.
 */
bool qr_draw(struct out *out, const char *code, bool ascii, bool invert);

#endif
