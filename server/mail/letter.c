#include "server/mail/letter.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "server/common/validate.h"
#include "server/mail/qr.h"
#include "shared/base/str.h"

#define TEXT_MAX 400u /* bytes of one value that a letter shows */

static const char subject_ticket[] = "[Ticketaka] 예약 정보 발송해 드립니다.";
static const char subject_valid[] = "[Ticketaka] 회원 가입 인증 번호 발송";

/* ---- values ------------------------------------------------------------------ */

static bool control(unsigned char c)
{
    return c < 0x20 || c == 0x7f;
}

/* Where values are copied to, and whether memory was ever short while doing so. */
struct desk {
    struct tk_arena *arena;
    bool failed;
};

static const char *or_fail(struct desk *desk, const char *text)
{
    if (!text)
        desk->failed = true;
    return text ? text : "";
}

/* The member `name` as one line of text without control characters, cut at TEXT_MAX bytes; "" when
 * absent. */
static const char *value(const json_t *object, const char *name, struct desk *desk)
{
    const json_t *member = json_object_get(object, name);
    const char *text = json_string_value(member);
    size_t size = text ? strlen(text) : 0, kept = 0;
    char *copy;

    if (json_is_integer(member))
        return or_fail(desk,
                       tk_strf(desk->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(member)));
    if (size > TEXT_MAX)
        for (size = TEXT_MAX; size && ((unsigned char)text[size] & 0xc0) == 0x80;)
            size--;
    copy = tk_alloc(desk->arena, size + 1);
    for (size_t i = 0; copy && i < size; i++)
        if (!control((unsigned char)text[i]))
            copy[kept++] = text[i];
    return or_fail(desk, copy);
}

static void put_html(struct tk_buf *buf, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            tk_buf_puts(buf, "&amp;");
            break;
        case '<':
            tk_buf_puts(buf, "&lt;");
            break;
        case '>':
            tk_buf_puts(buf, "&gt;");
            break;
        case '"':
            tk_buf_puts(buf, "&quot;");
            break;
        case '\'':
            tk_buf_puts(buf, "&#39;");
            break;
        default:
            tk_buf_putc(buf, *text);
        }
    }
}

/* 1234567 as "1,234,567원". */
static void put_won(struct tk_buf *buf, json_int_t won)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, won);

    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-')
            tk_buf_putc(buf, ',');
        tk_buf_putc(buf, digits[i]);
    }
    tk_buf_puts(buf, "원");
}

char *letter_encode_header(struct tk_arena *arena, const char *text)
{
    static const char b64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct tk_buf buf = {0};
    char *copy;

    while (*text) {
        size_t take = strlen(text) < 42 ? strlen(text) : 42; /* 56 characters of base64 */

        while (take < strlen(text) && ((unsigned char)text[take] & 0xc0) == 0x80)
            take--; /* never split a character between two words */
        tk_buf_puts(&buf, buf.len ? "\r\n =?UTF-8?B?" : "=?UTF-8?B?");
        for (size_t i = 0; i < take; i += 3) {
            uint32_t bits = (uint32_t)(unsigned char)text[i] << 16;

            bits |= i + 1 < take ? (uint32_t)(unsigned char)text[i + 1] << 8 : 0;
            bits |= i + 2 < take ? (uint32_t)(unsigned char)text[i + 2] : 0;
            tk_buf_putc(&buf, b64[bits >> 18 & 63]);
            tk_buf_putc(&buf, b64[bits >> 12 & 63]);
            tk_buf_putc(&buf, i + 1 < take ? b64[bits >> 6 & 63] : '=');
            tk_buf_putc(&buf, i + 2 < take ? b64[bits & 63] : '=');
        }
        tk_buf_puts(&buf, "?=");
        text += take;
    }
    copy = buf.failed ? NULL : tk_strdup(arena, buf.data ? buf.data : "");
    tk_buf_release(&buf);
    return copy;
}

/* Hands a finished buffer over to the arena. */
static const char *keep(struct desk *desk, struct tk_buf *buf)
{
    char *copy = buf->failed ? NULL : tk_strndup(desk->arena, buf->data ? buf->data : "", buf->len);

    tk_buf_release(buf);
    return or_fail(desk, copy);
}

/* ---- the ticket -------------------------------------------------------------- */

struct ticket {
    const char *to, *title, *facility, *date, *time, *count, *poster, *number;
    json_int_t price;
    const json_t *seats;
};

static bool web_address(const char *text)
{
    return strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0;
}

static const char *check_seats(const json_t *seats)
{
    size_t index;
    const json_t *seat;

    if (!json_is_array(seats) || !json_array_size(seats) ||
        json_array_size(seats) > LETTER_SEATS_MAX)
        return "seats is not a list of 1 to 100";
    json_array_foreach (seats, index, seat) {
        const char *code = json_string_value(json_object_get(seat, "code"));

        if (!json_is_string(json_object_get(seat, "seat")) || !code || !*code ||
            code[strspn(code, "0123456789")])
            return "a seat has no name or no code of digits";
    }
    return NULL;
}

static const char *read_ticket(const json_t *message, struct desk *desk, struct ticket *out)
{
    const json_t *email = json_object_get(message, "memberEmail");

    if (!tk_check_email(NULL, email))
        return "memberEmail is not an address";
    *out = (struct ticket){
        .to = value(message, "memberEmail", desk),
        .title = value(message, "performanceTitle", desk),
        .facility = value(message, "facility", desk),
        .date = value(message, "reservationDate", desk),
        .time = value(message, "reservationTime", desk),
        .count = value(message, "reservationTicketCount", desk),
        .poster = value(message, "reservationPoster", desk),
        .number = value(message, "reservationId", desk),
        .price = json_integer_value(json_object_get(message, "reservationPrice")),
        .seats = json_object_get(message, "seats"),
    };
    if (!*out->number)
        return "reservationId is missing";
    if (!*out->title)
        return "performanceTitle is missing";
    return check_seats(out->seats);
}

static void put_code_groups(struct tk_buf *buf, const char *code)
{
    for (size_t i = 0; code[i]; i++) {
        if (i && i % 4 == 0)
            tk_buf_putc(buf, i % 40 == 0 ? '\n' : ' ');
        tk_buf_putc(buf, code[i]);
    }
}

static const char *ticket_text(const struct ticket *ticket, struct desk *desk)
{
    struct tk_buf buf = {0};
    size_t index;
    const json_t *seat;

    tk_buf_printf(&buf, "%s\n\n예약번호: %s\n일시: %s\n회차: %s\n", ticket->title, ticket->number,
                  ticket->date, ticket->time);
    if (*ticket->facility)
        tk_buf_printf(&buf, "장소: %s\n", ticket->facility);
    tk_buf_printf(&buf, "인원: %s명\n결제금액: ", ticket->count);
    put_won(&buf, ticket->price);
    tk_buf_puts(&buf, "\n");
    json_array_foreach (ticket->seats, index, seat) {
        tk_buf_printf(&buf, "\n좌석 %s %s\n", value(seat, "seat", desk),
                      value(seat, "grade", desk));
        put_code_groups(&buf, json_string_value(json_object_get(seat, "code")));
        tk_buf_puts(&buf, "\n");
    }
    tk_buf_puts(&buf, "\n입장할 때 좌석마다 QR 코드를 보여 주세요.\nTicketaka\n");
    return keep(desk, &buf);
}

static void put_row(struct tk_buf *buf, const char *label, const char *text)
{
    tk_buf_printf(buf, "<tr><th align=\"left\">%s</th><td>", label);
    put_html(buf, text);
    tk_buf_puts(buf, "</td></tr>\n");
}

static const char *ticket_html(const struct ticket *ticket, const struct letter_image *images,
                               struct desk *desk)
{
    struct tk_buf buf = {0};
    size_t index;
    const json_t *seat;

    tk_buf_puts(&buf, "<!DOCTYPE html>\n<html lang=\"ko\"><head><meta charset=\"utf-8\">"
                      "<title>Ticketaka</title></head>\n<body>\n<h1>");
    put_html(&buf, ticket->title);
    tk_buf_puts(&buf, "</h1>\n");
    if (web_address(ticket->poster)) {
        tk_buf_puts(&buf, "<p><img alt=\"포스터\" width=\"240\" src=\"");
        put_html(&buf, ticket->poster);
        tk_buf_puts(&buf, "\"></p>\n");
    }
    tk_buf_puts(&buf, "<table cellpadding=\"4\">\n");
    put_row(&buf, "예약번호", ticket->number);
    put_row(&buf, "일시", ticket->date);
    put_row(&buf, "회차", ticket->time);
    if (*ticket->facility)
        put_row(&buf, "장소", ticket->facility);
    tk_buf_printf(&buf, "<tr><th align=\"left\">인원</th><td>%s명</td></tr>\n", ticket->count);
    tk_buf_puts(&buf, "<tr><th align=\"left\">결제금액</th><td>");
    put_won(&buf, ticket->price);
    tk_buf_puts(&buf, "</td></tr>\n</table>\n");
    json_array_foreach (ticket->seats, index, seat) {
        tk_buf_puts(&buf, "<h2>좌석 ");
        put_html(&buf, value(seat, "seat", desk));
        tk_buf_puts(&buf, " ");
        put_html(&buf, value(seat, "grade", desk));
        tk_buf_printf(&buf, "</h2>\n<p><img alt=\"QR\" src=\"cid:%s\"></p>\n", images[index].cid);
    }
    tk_buf_puts(&buf, "<p>입장할 때 좌석마다 QR 코드를 보여 주세요.</p>\n</body></html>\n");
    return keep(desk, &buf);
}

/* NULL when memory was short. */
static struct letter_image *ticket_images(const struct ticket *ticket, struct tk_arena *arena)
{
    struct letter_image *images = tk_alloc(arena, json_array_size(ticket->seats) * sizeof *images);
    size_t index;
    const json_t *seat;

    json_array_foreach (ticket->seats, index, seat) {
        struct tk_buf png = {0};
        bool ok = images && qr_png(json_string_value(json_object_get(seat, "code")), &png);

        if (ok) {
            images[index].size = png.len;
            images[index].png = tk_strndup(arena, png.data, png.len);
            snprintf(images[index].cid, sizeof images[index].cid, index ? "qrcode%zu" : "qrcode",
                     index + 1);
        }
        tk_buf_release(&png);
        if (!ok || !images[index].png)
            return NULL;
    }
    return images;
}

bool letter_ticket(const json_t *message, struct tk_arena *arena, struct letter *out,
                   const char **why)
{
    struct desk desk = {.arena = arena};
    struct ticket ticket;
    struct letter letter = {.subject = subject_ticket};

    *why = read_ticket(message, &desk, &ticket);
    if (*why)
        return false;
    letter.to = ticket.to;
    letter.images = ticket_images(&ticket, arena);
    letter.image_count = json_array_size(ticket.seats);
    if (!letter.images)
        return false;
    letter.text = ticket_text(&ticket, &desk);
    letter.html = ticket_html(&ticket, letter.images, &desk);
    if (desk.failed)
        return false;
    *out = letter;
    return true;
}

/* ---- the code of a sign-up --------------------------------------------------- */

bool letter_valid(const json_t *message, struct tk_arena *arena, struct letter *out,
                  const char **why)
{
    const char *code = json_string_value(json_object_get(message, "authNum"));
    struct desk desk = {.arena = arena};
    struct letter letter = {.subject = subject_valid};

    *why = NULL;
    if (!tk_check_email(NULL, json_object_get(message, "email")))
        *why = "email is not an address";
    else if (!code || strlen(code) != 6 || strspn(code, "0123456789") != 6)
        *why = "authNum is not six digits";
    if (*why)
        return false;
    letter.to = value(message, "email", &desk);
    letter.text = tk_strf(arena,
                          "Ticketaka 회원 가입 인증 번호는 %s 입니다.\n"
                          "5분 안에 입력해 주세요. 요청하지 않으셨다면 이 메일을 지워 주세요.\n",
                          code);
    letter.html = tk_strf(arena,
                          "<!DOCTYPE html>\n<html lang=\"ko\"><head><meta charset=\"utf-8\">"
                          "<title>Ticketaka</title></head>\n<body>\n<p>Ticketaka 회원 가입 인증 "
                          "번호</p>\n<h1>%s</h1>\n<p>5분 안에 입력해 주세요. 요청하지 않으셨다면 "
                          "이 메일을 지워 주세요.</p>\n</body></html>\n",
                          code);
    if (desk.failed || !letter.text || !letter.html)
        return false;
    *out = letter;
    return true;
}
