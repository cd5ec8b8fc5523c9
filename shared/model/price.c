#include "shared/model/price.h"

#include <string.h>

#include "shared/base/str.h"
#include "shared/base/utf8.h"

#define WON  "원"
#define FREE "전석무료"

struct cursor {
    const char *text, *at;
    struct tk_refusal *why;
};

static bool refuse(struct cursor *cur, const char *at, const char *reason)
{
    return tk_refuse(cur->why, cur->text, at, reason);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool starts(const char *at, const char *word)
{
    return strncmp(at, word, strlen(word)) == 0;
}

/* End of the blanks-free part of [from, to). */
static const char *trim_end(const char *from, const char *to)
{
    const char *end = from;

    for (const char *at = from; at < to;) {
        const char *next = tk_skip_blanks(at);

        if (next == at)
            end = ++at;
        else
            at = next;
    }
    return end;
}

/*
 * The run of digits and commas that ends just before `won` (blanks between are allowed): where it
 * begins, and where it ends in *end. NULL: there is none.
 */
static const char *amount_before(const char *from, const char *won, const char **end)
{
    const char *at = *end = trim_end(from, won);

    while (at > from && (is_digit(at[-1]) || at[-1] == ','))
        at--;
    return at < *end ? at : NULL;
}

/* 30000 or 30,000; anything in between is a slip of the pen that could be read in two ways. */
static bool parse_amount(struct cursor *cur, const char *at, const char *end, int64_t *won)
{
    const char *start = at;
    int64_t value = 0;
    int run = 0;
    bool grouped = false;

    for (; at < end; at++) {
        if (*at == ',') {
            if (run == 0 || run > 3 || (grouped && run != 3))
                return refuse(cur, at, "thousands commas stand before every third digit");
            grouped = true;
            run = 0;
            continue;
        }
        run++;
        value = value * 10 + (*at - '0');
        if (value > TK_PRICE_MAX)
            return refuse(cur, start, "a seat cannot cost more than 100,000,000 won");
    }
    if (grouped && run != 3)
        return refuse(cur, end, "three digits follow a thousands comma");
    if (value == 0)
        return refuse(cur, start, "an amount of 0: only " FREE " says that a show is free");
    *won = value;
    return true;
}

/*
 * A label may hold commas, but not one that more likely parts two entries of which the first lost
 * its 원: "R석 30,000, S석 20,000원" is no label "R석 30,000, S석". In parentheses anything goes.
 */
static bool check_commas(struct cursor *cur, const char *from, const char *to)
{
    int depth = 0;

    for (const char *at = from; at < to; at++) {
        size_t digits = strspn(at + 1, "0123456789");

        depth += *at == '(' ? 1 : *at == ')' && depth > 0 ? -1 : 0;
        if (*at != ',' || depth > 0)
            continue;
        if (at == from || tk_skip_blanks(at + 1) != at + 1)
            return refuse(cur, at, "expected a seat type and an amount before the comma");
        if (is_digit(at[-1]) && digits == 3 && (at[4] != ',' || !is_digit(at[5])))
            return refuse(cur, at + 4, "expected 원 after the amount");
    }
    return true;
}

static bool parse_label(struct cursor *cur, const char *from, const char *to, struct tk_price *out)
{
    const char *end = trim_end(from, to);
    size_t size = (size_t)(end - from), chars = 0;
    uint32_t cp;

    if (size == 0)
        return refuse(cur, from, "expected a seat type before the amount");
    if (end == to)
        return refuse(cur, to, "expected a blank between the seat type and the amount");
    for (size_t i = 0; i < size; chars++) {
        size_t used = tk_utf8_next(from + i, size - i, &cp);

        if (cp == TK_UTF8_BAD || cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
            return refuse(cur, from + i, "a seat type holds no control characters or broken text");
        if (chars == TK_GRADE_CHARS)
            return refuse(cur, from + i, "a seat type has at most 50 characters");
        i += used;
    }
    if (!check_commas(cur, from, end))
        return false;
    memcpy(out->seat_type, from, size);
    out->seat_type[size] = '\0';
    return true;
}

/* Where the last word before `to` begins. */
static const char *last_word(const char *from, const char *to)
{
    const char *word = from;

    for (const char *at = from; at < to; at++)
        if (tk_skip_blanks(at) != at && tk_skip_blanks(at) < to)
            word = tk_skip_blanks(at);
    return word;
}

/* The first 원 that closes an entry; NULL with *why when there is none. */
static const char *find_won(struct cursor *cur, const char **amount, const char **amount_end)
{
    const char *won = cur->at;

    while ((won = strstr(won, WON))) {
        const char *after = tk_skip_blanks(won + strlen(WON));

        *amount = amount_before(cur->at, won, amount_end);
        if (*amount && (*after == ',' || !*after))
            return won;
        if (*amount) {
            refuse(cur, after, "expected a comma or the end after the amount");
            return NULL;
        }
        if (*after == ',' || !*after || is_digit(*last_word(cur->at, won))) {
            refuse(cur, last_word(cur->at, won), "expected an amount in digits before 원");
            return NULL;
        }
        won += strlen(WON);
    }
    refuse(cur, cur->at, "expected a seat type and an amount ending in 원");
    return NULL;
}

static bool add(struct cursor *cur, const char *from, const struct tk_price *price,
                struct tk_prices *out)
{
    for (size_t i = 0; i < out->count; i++) {
        if (strcmp(out->row[i].seat_type, price->seat_type) != 0)
            continue;
        if (out->row[i].won == price->won)
            return true;
        return refuse(cur, from, "the same seat type stands twice with different prices");
    }
    if (out->count == TK_PRICES_MAX)
        return refuse(cur, from, "more than 40 seat types");
    out->row[out->count++] = *price;
    return true;
}

static bool parse_entry(struct cursor *cur, struct tk_prices *out)
{
    struct tk_price price = {0};
    const char *amount, *end, *from = cur->at, *won = find_won(cur, &amount, &end);

    if (!won)
        return false;
    if (amount > from && strchr("-+.", amount[-1]))
        return refuse(cur, amount - 1, "an amount is a whole number without a sign");
    if (!parse_amount(cur, amount, end, &price.won) || !parse_label(cur, from, amount, &price))
        return false;
    cur->at = tk_skip_blanks(won + strlen(WON));
    return add(cur, from, &price, out);
}

static bool parse_free(const char *at, struct tk_prices *out)
{
    if (!starts(at, FREE) || *tk_skip_blanks(at + strlen(FREE)))
        return false;
    out->count = 1;
    out->row[0] = (struct tk_price){.seat_type = "전석", .won = 0};
    return true;
}

bool tk_prices_parse(const char *text, struct tk_prices *out, struct tk_refusal *why)
{
    struct cursor cur = {.text = text, .at = tk_skip_blanks(text), .why = why};
    struct tk_prices got = {0};

    if (strlen(text) > TK_PRICES_TEXT_MAX)
        return refuse(&cur, text, "the price list is longer than 4,000 bytes");
    if (!*cur.at)
        return refuse(&cur, text, "the price list is empty: unknown is not free");
    if (parse_free(cur.at, &got)) {
        *out = got;
        return true;
    }
    for (;;) {
        if (!parse_entry(&cur, &got))
            return false;
        if (!*cur.at)
            break;
        cur.at = tk_skip_blanks(cur.at + 1);
        if (!*cur.at)
            return refuse(&cur, cur.at, "expected another seat type after the comma");
    }
    *out = got;
    return true;
}
