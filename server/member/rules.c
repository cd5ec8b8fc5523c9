#include "server/member/rules.h"

#include <stdio.h>
#include <string.h>

#include "server/common/validate.h"
#include "shared/base/str.h"
#include "shared/base/time.h"

#define ADULT_YEARS 19
#define OLDEST_YEAR 1900

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* dot-atom of RFC 5322: no dot first, last or twice in a row. `more` are the other allowed
 * characters. */
static bool is_dotted(const char *text, size_t size, const char *more, size_t label_max)
{
    size_t label = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '.') {
            if (label == 0)
                return false;
            label = 0;
        } else if (is_alnum(text[i]) || (text[i] != '\0' && strchr(more, text[i]))) {
            if (++label > label_max)
                return false;
        } else {
            return false;
        }
    }
    return label > 0;
}

bool email_canon(char to[EMAIL_SIZE], const char *text)
{
    char lower[EMAIL_SIZE];
    if (!tk_copy(lower, sizeof lower, text))
        return false;
    for (char *c = lower; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c += 'a' - 'A';
    const char *at = strchr(lower, '@');
    if (!at || !strchr(at, '.'))
        return false;
    if (!is_dotted(lower, (size_t)(at - lower), "!#$%&'*+-/=?^_`{|}~", 64) ||
        !is_dotted(at + 1, strlen(at + 1), "-", 63))
        return false;
    memcpy(to, lower, sizeof lower);
    return true;
}

bool is_adult(const char *birth, int64_t wall_ms)
{
    if (!birth)
        return true;
    tk_day born, today;
    int born_year, year, month, day, minute;
    if (!tk_day_parse(birth, '-', &born))
        return false;
    tk_day_split(born, &born_year, &month, &day);
    tk_seoul(wall_ms, &today, &minute);
    tk_day_split(today, &year, &month, &day);
    return year - born_year >= ADULT_YEARS;
}

char gender_of(const char *text)
{
    if (strcmp(text, "M") == 0 || strcmp(text, "남") == 0)
        return 'M';
    if (strcmp(text, "F") == 0 || strcmp(text, "여") == 0)
        return 'F';
    return 0;
}

enum code_form code_digits(const json_t *value, char to[CODE_SIZE])
{
    int64_t number;
    if (!value || json_is_null(value))
        return CODE_FORM_WRONG;
    if (json_is_integer(value)) {
        number = json_integer_value(value);
    } else if (!json_is_string(value)) {
        return CODE_FORM_TYPE;
    } else if (json_string_length(value) >= CODE_SIZE || json_string_value(value)[0] == '-' ||
               !tk_parse_i64(json_string_value(value), 0, 999999, &number)) {
        return CODE_FORM_WRONG;
    }
    if (number < 0 || number > 999999)
        return CODE_FORM_WRONG;
    snprintf(to, CODE_SIZE, "%06d", (int)number);
    return CODE_FORM_OK;
}

bool scope_canon(const char *text, char to[64], char bad[32])
{
    /* In the order they are written; the bit of a word is its place. */
    static const char *const words[] = {"member", "box", "door", "manager", "admin", "kiosk"};
    enum { WORDS = sizeof words / sizeof *words };
    unsigned set = 1;
    while (*text) {
        size_t size = strcspn(text, ", "), word = 0;
        while (word < WORDS &&
               (strlen(words[word]) != size || memcmp(words[word], text, size) != 0))
            word++;
        if (size > 0 && word == WORDS) {
            snprintf(bad, 32, "%.*s", (int)(size < 31 ? size : 31), text);
            return false;
        }
        if (size > 0)
            set |= 1U << word;
        text += size + (text[size] != '\0');
    }
    to[0] = '\0';
    for (size_t word = 0; word < WORDS; word++)
        if (set & 1U << word)
            snprintf(to + strlen(to), 64 - strlen(to), "%s%s", *to ? " " : "", words[word]);
    return true;
}

bool check_email(const char *text, const json_t *value)
{
    char canon[EMAIL_SIZE];
    const char *email = text ? text : json_string_value(value);
    return tk_check_email(text, value) && email && email_canon(canon, email);
}

bool check_birth(const char *text, const json_t *value)
{
    const char *birth = text ? text : json_string_value(value);
    tk_day born, first, today;
    int minute;
    if (!tk_check_day(text, value) || !birth || !tk_day_parse(birth, '-', &born))
        return false;
    tk_seoul(tk_wall_ms(), &today, &minute);
    return tk_day_make(OLDEST_YEAR, 1, 1, &first) && born >= first && born <= today;
}

bool check_attempt(const char *text, const json_t *value)
{
    return text ? strlen(text) <= 1000 : json_is_string(value) && json_string_length(value) <= 1000;
}
