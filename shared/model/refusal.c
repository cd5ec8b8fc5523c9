#include "shared/model/refusal.h"

#include <string.h>

#include "shared/base/utf8.h"

_Bool tk_refuse(struct tk_refusal *why, const char *text, const char *at, const char *reason)
{
    size_t before = (size_t)(at - text), column = 1;
    uint32_t cp;

    for (size_t i = 0; i < before; column++)
        i += tk_utf8_next(text + i, before - i, &cp);
    *why = (struct tk_refusal){.column = column, .reason = reason};
    return false;
}

const char *tk_skip_blanks(const char *at)
{
    static const char *const blanks[] = {" ", "\t", "\n", "\r", "\u00a0", "\u3000"};

    for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++) {
        size_t size = strlen(blanks[i]);

        if (strncmp(at, blanks[i], size) == 0) {
            at += size;
            i = (size_t)-1; /* from the first row again */
        }
    }
    return at;
}
