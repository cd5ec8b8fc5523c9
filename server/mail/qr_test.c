#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <png.h>
#include <stdlib.h>

#include "server/mail/qr.h"

/* The picture must be a PNG that another decoder accepts, square, with a white border and dark
 * content. */
static void test_png_is_sound(void **state)
{
    struct tk_buf buf = {0};
    png_image image = {.version = PNG_IMAGE_VERSION};
    unsigned char *pixels;
    size_t dark = 0;

    (void)state;
    assert_true(qr_png("01234567890123456789", &buf));
    assert_true(png_image_begin_read_from_memory(&image, buf.data, buf.len));
    image.format = PNG_FORMAT_GRAY;
    assert_int_equal(image.width, image.height);
    assert_int_equal(image.width % 6, 0);
    pixels = malloc(PNG_IMAGE_SIZE(image));
    assert_non_null(pixels);
    assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
    for (size_t i = 0; i < (size_t)image.width * image.height; i++)
        dark += pixels[i] < 128;
    assert_int_equal(pixels[0], 255);
    /* Top left finder pattern: its corner module is dark, 4 modules in. */
    assert_int_equal(pixels[24 * image.width + 24], 0);
    assert_true(dark > (size_t)image.width * image.height / 6);
    free(pixels);
    tk_buf_release(&buf);
}

static void test_refuses_what_is_no_code(void **state)
{
    static const char *const bad[] = {"", "12a4", "12 34", "-1", "\xef\xbc\x91"};
    char long_code[402];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct tk_buf buf = {0};

        assert_false(qr_png(bad[i], &buf));
        assert_null(buf.data);
    }
    memset(long_code, '7', 401);
    long_code[401] = '\0';
    assert_false(qr_png(long_code, &(struct tk_buf){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_png_is_sound),
        cmocka_unit_test(test_refuses_what_is_no_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
