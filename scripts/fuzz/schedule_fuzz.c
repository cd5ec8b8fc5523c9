/* Any text is understood or refused with a column inside it, and what is understood expands within
 * its bounds. */
#include <stdlib.h>
#include <string.h>

#include "shared/base/utf8.h"
#include "shared/model/schedule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tk_session_at out[TK_SESSIONS_MAX];
    static const tk_day holidays[] = {20450, 20451, 20460};
    const struct tk_holidays set = {.days = holidays, .count = 3};
    char *text = strndup((const char *)data, size);
    struct tk_schedule schedule;
    struct tk_refusal why = {0};

    if (!text)
        return 0;
    if (!tk_schedule_parse(text, &schedule, &why)) {
        if (why.column < 1 || why.column > tk_utf8_count(text) + 1 || !why.reason)
            abort();
    } else {
        int count = tk_schedule_expand(&schedule, 20440, 20470, &set, out, &why);

        for (int i = 1; i < count; i++)
            if (out[i - 1].day > out[i].day ||
                (out[i - 1].day == out[i].day && out[i - 1].minute >= out[i].minute))
                abort();
    }
    free(text);
    return 0;
}
