/*
 * The one registry of errors. The same row is an HTTP answer, an exit status of the command line and a
 * status line of the box office, so that the three can never tell different stories.
 *
 * X(name, http, description, exit, hint)
 *   name         stable upper-case word, sent as "error" in the envelope; programs compare this
 *   http         status of the HTTP answer and value of "code"
 *   description  literal wire text of the contract (Korean)
 *   exit         exit status of `ticketaka` (see `ticketaka help exit-codes`)
 *   hint         English msgid: what the person should do next
 *
 * The rows up to RABBITMQ_UNABLE_TO_CONNECT are fixed by the documented contract: never change their
 * code or text. Others may be added, not renamed.
 */
#ifndef TK_BASE_ERR_H
#define TK_BASE_ERR_H

#include <stdbool.h>

#define TK_ERRORS(X)                                                                               \
    X(OK, 200, "성공", 0, "")                                                                      \
    X(NO_DATA_SEARCHED, 202, "검색어에 해당하는 공연을 찾을 수 없습니다.", 3,                      \
      "try a shorter keyword")                                                                     \
    X(NO_VACANCY, 202, "예약 가능한 좌석이 없습니다.", 6, "try fewer seats or another session")    \
    X(NO_RESERVATION_LIST, 202, "예약 정보가 없습니다.", 3,                                        \
      "list yours with 'ticketaka reservations'")                                                  \
    X(NOT_ABLE_TO_CREATE, 400, "예약을 완료할 수 없습니다.", 7, "hold the seats again")            \
    X(NO_SUCH_ELEMENT, 400, "조회한 데이터를 찾을 수 없습니다.", 3,                                \
      "check the id with 'ticketaka search'")                                                      \
    X(NO_MEMBER, 404, "존재하지 않는 회원 정보입니다", 4, "check the e-mail and the password")     \
    X(INVALID_NUM, 404, "잘못된 인증번호 입니다", 8,                                               \
      "ask for a new code with 'ticketaka account verify'")                                        \
    X(DUPLICATE_EMAIL, 409, "중복된 이메일 입니다", 6, "log in, or use another address")           \
    X(DUPLICATE_MEMBER, 409, "이미 존재하는 회원입니다", 6, "log in, or use another address")      \
    X(RESERVATION_FAILED, 500, "예약생성이 실패하였습니다.", 11,                                   \
      "the hold is kept: run the same command again")                                              \
    X(DB_UNABLE_TO_CONNECT, 500, "데이터 베이스에 연결할 수 없습니다.", 11, "try again shortly")   \
    X(REDIS_TROUBLE_OCCURRED, 500, "레디스 문제 발생", 11, "try again shortly")                    \
    X(RABBITMQ_UNABLE_TO_CONNECT, 500, "Rabbitmq와 통신 할 수 없습니다.", 11, "try again shortly") \
    /* ours */                                                                                     \
    X(MALFORMED, 400, "요청 형식이 올바르지 않습니다.", 2, "send one JSON object")                 \
    X(INVALID_VALUE, 422, "요청 값이 올바르지 않습니다.", 2, "correct the named value")            \
    X(KEY_REUSED, 422, "같은 키로 다른 요청을 보낼 수 없습니다.", 2,                               \
      "use a new idempotency key for a different request")                                         \
    X(UNAUTHORIZED, 401, "로그인이 필요합니다.", 4, "run 'ticketaka auth login'")                  \
    X(FORBIDDEN, 403, "권한이 없습니다.", 5, "ask a manager for the right")                        \
    X(NOT_VALIDATED, 403, "이메일 인증이 필요합니다.", 8,                                          \
      "confirm the code with 'ticketaka account verify' first")                                    \
    X(NOT_FOUND, 404, "요청한 경로를 찾을 수 없습니다.", 3, "check the address")                   \
    X(METHOD_NOT_ALLOWED, 405, "허용되지 않은 요청 방식입니다.", 2, "see the Allow header")        \
    X(SEAT_TAKEN, 409, "이미 선택된 좌석입니다.", 6, "pick other seats, or let --best choose")     \
    X(SOLD_OUT, 409, "남은 좌석이 없습니다.", 6, "try fewer seats or another session")             \
    X(HOLD_EXPIRED, 409, "좌석 선점 시간이 지났습니다.", 7, "hold the seats again")                \
    X(HOLD_NOT_FOUND, 404, "좌석 선점 정보를 찾을 수 없습니다.", 7, "hold the seats again")        \
    X(HOLD_COMMITTING, 409, "결제가 진행 중인 좌석입니다.", 7, "wait for the sale to finish")      \
    X(EXTEND_LIMIT, 409, "선점 시간을 더 연장할 수 없습니다.", 8, "buy now, or hold again")        \
    X(LIMIT_EXCEEDED, 409, "한 번에 선점할 수 있는 좌석 수를 넘었습니다.", 8,                      \
      "release another hold first")                                                                \
    X(SALE_CLOSED, 409, "판매가 종료된 회차입니다.", 8, "choose a later session")                  \
    X(TOO_LARGE, 413, "요청이 너무 큽니다.", 2, "send a smaller request")                          \
    X(TOO_MANY_REQUESTS, 429, "요청이 너무 많습니다.", 11, "wait, then try again")                 \
    X(INTERNAL, 500, "서버 오류가 발생하였습니다.", 1, "report the request id")                    \
    X(UNAVAILABLE, 503, "잠시 후 다시 시도해 주세요.", 11, "try again shortly")                    \
    X(OUTCOME_UNKNOWN, 503, "처리 결과를 확인하고 있습니다.", 12,                                  \
      "run the same command again: the same key gives the same result")

enum tk_err {
#define X(name, http, description, exit, hint) TK_##name,
    TK_ERRORS(X)
#undef X
        TK_ERR_COUNT,
    /* Not an answer: the handler has taken the request along and will finish it later (httpd.h). */
    TK_ASYNC = 1000,
};

const char *tk_err_name(enum tk_err err);
int tk_err_http(enum tk_err err);
const char *tk_err_text(enum tk_err err);
int tk_err_exit(enum tk_err err);
const char *tk_err_hint(enum tk_err err);
/* Looks a name from an envelope up; false (and *out untouched) when it is not ours. */
bool tk_err_from_name(const char *name, enum tk_err *out);

#endif
