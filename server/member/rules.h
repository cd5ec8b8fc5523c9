/*
 * The rules of an account: pure functions, the clock passed in.
 *
 * Canonical e-mail: ASCII letters in lower case, nothing else changed (no dots or plus parts
 * removed: some hosts tell those apart). Accepted are a local part of RFC 5322 dot-atom characters
 * and a host of letters, digits and hyphens with at least one dot; quoted local parts, comments and
 * addresses beyond ASCII are refused, as is whatever could break a mail header.
 */
#ifndef MEMBER_RULES_H
#define MEMBER_RULES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define EMAIL_SIZE 191 /* with the NUL */
#define CODE_SIZE  7   /* six digits and the NUL */

/* false when `text` is no address of the accepted form; then `to` is untouched. */
bool email_canon(char to[EMAIL_SIZE], const char *text);

/* ADULT: 19 or more by year difference, in Seoul's year at `wall_ms`. Without a birth date (staff):
 * adult. */
bool is_adult(const char *birth, int64_t wall_ms);

/* 'M', 'F', or 0 when it is neither. */
char gender_of(const char *text);

enum code_form {
    CODE_FORM_OK,
    CODE_FORM_WRONG, /* null, absent, not one to six digits: can only be a wrong code */
    CODE_FORM_TYPE,  /* neither number nor text: 422 */
};
/* What a client sent as authNum, to six digits: 12345, "12345" and "012345" are the same code. */
enum code_form code_digits(const json_t *value, char to[CODE_SIZE]);

/* A scope list for the database from words with commas or blanks between; "member" is always part
 * of it. false: an unknown word; it is then copied to `bad`. */
bool scope_canon(const char *text, char to[64], char bad[32]);

/* Checks for route tables (validate.h). */
bool check_email(const char *text, const json_t *value);
bool check_birth(const char *text, const json_t *value);   /* a real day, from 1900 to today */
bool check_attempt(const char *text, const json_t *value); /* login: any text up to 1,000 bytes */

#endif
