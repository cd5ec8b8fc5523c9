/* A ticket code as a picture. */
#ifndef MAIL_QR_H
#define MAIL_QR_H

#include <stdbool.h>

#include "shared/base/str.h"

/*
 * Appends a PNG (grey, 1 bit a pixel) of the QR code of `digits` to `png`: numeric mode, error
 * correction level M, 6 pixels a module, the quiet zone of 4 modules that the standard asks for.
 * false: not 1 to 400 digits, or memory is short; *png is then to be released and not used.
 */
bool qr_png(const char *digits, struct tk_buf *png);

#endif
