/* What tk_pad writes is valid, exactly as wide as asked, and nothing that moves a terminal. */
#include <stdlib.h>
#include <string.h>

#include "shared/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t columns = size ? data[0] % 80 : 0;
    char *text = strndup((const char *)data, size);
    struct tk_buf out = {0};
    uint32_t cp;

    if (!text)
        return 0;
    tk_buf_puts(&out, "");
    tk_pad(&out, text, columns, TK_LEFT);
    if (!tk_utf8_valid(out.data, out.len) || tk_columns(out.data) != columns)
        abort();
    for (size_t i = 0; i < out.len;) {
        i += tk_utf8_next(out.data + i, out.len - i, &cp);
        if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp >= 0x200b && cp <= 0x200f) ||
            (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2060 && cp <= 0x206f))
            abort();
    }
    tk_buf_release(&out);
    free(text);
    return 0;
}
