/* The vocabulary of checks for route tables: bounded, strict, no locale. See struct tk_param in httpd.h. */
#ifndef TK_COMMON_VALIDATE_H
#define TK_COMMON_VALIDATE_H

#include <jansson.h>
#include <stdbool.h>

bool tk_check_id(const char *text, const json_t *value); /* 1 … 2^63-1, number or numeric string */
bool tk_check_page(const char *text, const json_t *value); /* 0 … 1,000,000 */
bool tk_check_count(const char *text,
                    const json_t *value); /* 1 … 100 seats, number or numeric string */
bool tk_check_won(const char *text, const json_t *value); /* 0 … 10^12, number or numeric string */
bool tk_check_text(const char *text,
                   const json_t *value); /* UTF-8, no control characters, 0 … 200 bytes */
bool tk_check_keyword(const char *text, const json_t *value); /* UTF-8, 0 … 200 bytes */
bool tk_check_email(const char *text,
                    const json_t *value); /* one @, a dot after it, <= 190 bytes, no C0, no space */
bool tk_check_password(const char *text, const json_t *value); /* 8 … 256 bytes of UTF-8 */
bool tk_check_name(const char *text,
                   const json_t *value); /* 2 … 50 characters, no control characters */
bool tk_check_day(const char *text, const json_t *value);    /* yyyy-MM-dd, a real day */
bool tk_check_phone(const char *text, const json_t *value);  /* 01x-xxx(x)-xxxx */
bool tk_check_gender(const char *text, const json_t *value); /* 남 여 M F */
bool tk_check_key(const char *text,
                  const json_t *value); /* idempotency key: 8 … 64 of [A-Za-z0-9._:-] */
bool tk_check_prf(const char *text,
                  const json_t *value); /* performance id: 1 … 20 of [A-Za-z0-9_-] */
bool tk_check_hold(const char *text, const json_t *value); /* hold id: 8 … 64 of [0-9a-z-] */
bool tk_check_seats(const char *text,
                    const json_t *value); /* array of 1 … 100 strings of 1 … 32 bytes */
bool tk_check_object(const char *text, const json_t *value);
bool tk_check_bool(const char *text, const json_t *value);
bool tk_check_token(const char *text,
                    const json_t *value); /* refresh token: 20 … 200 of [A-Za-z0-9_.-] */

#endif
