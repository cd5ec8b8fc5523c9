#include "server/mail/qr.h"

#include <png.h>
#include <qrencode.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#define SCALE      6
#define QUIET      4
#define DIGITS_MAX 400

static void write_bytes(png_structp png, png_bytep data, size_t size)
{
    struct tk_buf *out = png_get_io_ptr(png);

    tk_buf_add(out, data, size);
    if (out->failed)
        png_error(png, "out of memory");
}

static void flush_nothing(png_structp png)
{
    (void)png;
}

static void fail(png_structp png, png_const_charp message)
{
    (void)message;
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

/* One line of pixels, 1 is white: module row `y` of the code,
 * or the quiet zone when outside of it. */
static void fill_line(unsigned char *line, size_t size, const QRcode *code, int y)
{
    memset(line, 0xff, size);
    if (y < 0 || y >= code->width)
        return;
    for (int x = 0; x < code->width; x++) {
        if (!(code->data[y * code->width + x] & 1))
            continue;
        for (int i = 0; i < SCALE; i++) {
            int pixel = (x + QUIET) * SCALE + i;

            line[pixel / 8] &= (unsigned char)~(0x80 >> pixel % 8);
        }
    }
}

static bool write_png(png_structp png, png_infop info, unsigned char *line, size_t size,
                      const QRcode *code)
{
    png_uint_32 side = (png_uint_32)(code->width + 2 * QUIET) * SCALE;

    /* libpng reports every error by jumping here. */
    if (setjmp(png_jmpbuf(png)))
        return false;
    png_set_IHDR(png, info, side, side, 1, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (int y = -QUIET; y < code->width + QUIET; y++) {
        fill_line(line, size, code, y);
        for (int i = 0; i < SCALE; i++)
            png_write_row(png, line);
    }
    png_write_end(png, info);
    return true;
}

static bool encode_png(const QRcode *code, struct tk_buf *out)
{
    size_t size = ((size_t)(code->width + 2 * QUIET) * SCALE + 7) / 8;
    unsigned char *line = malloc(size);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, fail, ignore_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    bool ok = false;

    if (line && info) {
        png_set_write_fn(png, out, write_bytes, flush_nothing);
        ok = write_png(png, info, line, size, code);
    }
    png_destroy_write_struct(&png, &info);
    free(line);
    return ok;
}

bool qr_png(const char *digits, struct tk_buf *png)
{
    size_t length = strlen(digits);
    QRinput *input;
    QRcode *code = NULL;
    bool ok = false;

    if (!length || length > DIGITS_MAX || strspn(digits, "0123456789") != length)
        return false;
    input = QRinput_new2(0, QR_ECLEVEL_M);
    if (input &&
        QRinput_append(input, QR_MODE_NUM, (int)length, (const unsigned char *)digits) == 0)
        code = QRcode_encodeInput(input);
    if (code)
        ok = encode_png(code, png);
    QRcode_free(code);
    QRinput_free(input);
    return ok;
}
