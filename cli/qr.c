#include "cli/qr.h"

#include <qrencode.h>

#define QUIET 4 /* modules of white around the code, as ISO/IEC 18004 wants */

static bool dark(const QRcode *qr, int x, int y)
{
    if (x < 0 || y < 0 || x >= qr->width || y >= qr->width)
        return false;
    return qr->data[y * qr->width + x] & 1;
}

static void half_blocks(struct tk_buf *to, const QRcode *qr, bool invert)
{
    static const char *const glyphs[] = {" ", "▄", "▀", "█"};

    for (int y = -QUIET; y < qr->width + QUIET; y += 2) {
        for (int x = -QUIET; x < qr->width + QUIET; x++) {
            bool top = dark(qr, x, y) != invert, low = dark(qr, x, y + 1) != invert;

            tk_buf_puts(to, glyphs[top * 2 + low]);
        }
        tk_buf_putc(to, '\n');
    }
}

static void hashes(struct tk_buf *to, const QRcode *qr, bool invert)
{
    for (int y = -QUIET; y < qr->width + QUIET; y++) {
        for (int x = -QUIET; x < qr->width + QUIET; x++)
            tk_buf_puts(to, dark(qr, x, y) != invert ? "##" : "  ");
        tk_buf_putc(to, '\n');
    }
}

bool qr_draw(struct out *out, const char *code, bool ascii, bool invert)
{
    QRcode *qr = QRcode_encodeString(code, 0, QR_ECLEVEL_M, QR_MODE_8, 1);

    if (!qr)
        return false;
    (out->utf8 && !ascii ? half_blocks : hashes)(&out->text, qr, out->tty != invert);
    QRcode_free(qr);
    return true;
}
