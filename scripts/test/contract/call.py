"""One HTTP request as a web client sends it, and what must be true of every answer: the envelope, the literal
texts of the contract, the headers, and that openapi.yaml says so (document.py)."""
import http.client
import json
import os
import re
import secrets
import socket
import sys
import time
from urllib.parse import urlsplit

import document

GATEWAY = os.environ["TICKETAKA_URL"]
SERVICE = {name: os.environ["TICKETAKA_%s_URL" % name.upper()] for name in ("member", "performance", "reservation", "mail")}
ABSENT = object()  # a body that is not sent, a value that is not there

# name: (status, description), word by word
TEXTS = {
    "OK": (200, "성공"),
    "NO_DATA_SEARCHED": (202, "검색어에 해당하는 공연을 찾을 수 없습니다."),
    "NO_VACANCY": (202, "예약 가능한 좌석이 없습니다."),
    "NO_RESERVATION_LIST": (202, "예약 정보가 없습니다."),
    "NOT_ABLE_TO_CREATE": (400, "예약을 완료할 수 없습니다."),
    "NO_SUCH_ELEMENT": (400, "조회한 데이터를 찾을 수 없습니다."),
    "NO_MEMBER": (404, "존재하지 않는 회원 정보입니다"),
    "INVALID_NUM": (404, "잘못된 인증번호 입니다"),
    "DUPLICATE_EMAIL": (409, "중복된 이메일 입니다"),
    "DUPLICATE_MEMBER": (409, "이미 존재하는 회원입니다"),
    "RESERVATION_FAILED": (500, "예약생성이 실패하였습니다."),
    "DB_UNABLE_TO_CONNECT": (500, "데이터 베이스에 연결할 수 없습니다."),
    "REDIS_TROUBLE_OCCURRED": (500, "레디스 문제 발생"),
    "RABBITMQ_UNABLE_TO_CONNECT": (500, "Rabbitmq와 통신 할 수 없습니다."),
    "INVALID_VALUE": (422, "요청 값이 올바르지 않습니다."),
    "KEY_REUSED": (422, None),
    "MALFORMED": (400, None),
    "UNAUTHORIZED": (401, "로그인이 필요합니다."),
    "FORBIDDEN": (403, "권한이 없습니다."),
    "NOT_FOUND": (404, None),
    "METHOD_NOT_ALLOWED": (405, None),
    "TOO_LARGE": (413, None),
    "TOO_MANY_REQUESTS": (429, None),
    "UNAVAILABLE": (503, None),
    "OUTCOME_UNKNOWN": (503, None),
}
PLAIN = ("/openapi.yaml", "/metrics", "/member/.well-known/jwks.json")  # no envelope when they succeed

problems = []


def problem(text):
    problems.append(text)
    print(text[:1500], file=sys.stderr)


def same(what, got, want):
    if got != want:
        problem("%s is %r, expected %r" % (what, got, want))
    return got == want


def end():
    """The last line of every test."""
    if problems:
        print("%d problems" % len(problems), file=sys.stderr)
    sys.exit(1 if problems else 0)


def wait_for(what, seconds, condition):
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            problem("%s: not within %s s" % (what, seconds))
            return False
        time.sleep(0.02)
    return True


class Answer:
    """What came back. `json` is None where the body is none."""

    def __init__(self, asked, status, headers, raw, seconds):
        self.asked, self.status, self.headers, self.raw, self.seconds = asked, status, headers, raw, seconds
        self.json = None

    def __str__(self):
        return "%s: %s %s" % (self.asked, self.status, self.raw[:400].decode("utf-8", "replace"))

    @property
    def data(self):
        return (self.json or {}).get("data", ABSENT)

    @property
    def error(self):
        return (self.json or {}).get("error")

    def ok(self, data=ABSENT):
        """200 and exactly this envelope; without an argument there is no data."""
        if self.status != 200:
            problem("%s, expected 200" % self)
        elif self.data != data:
            problem("%s, expected data %r" % (self, data))
        return self

    def done(self):
        """200, whatever its data; what follows cannot go on without."""
        if self.status != 200:
            problem("%s, expected 200" % self)
            end()
        return self

    def failed(self, *names):
        """One of these failures of the contract, by its status, text and name."""
        if self.error not in names:
            problem("%s, expected %s" % (self, " or ".join(names)))
        return self

    def names(self, field):
        if field not in (self.json or {}).get("detail", ""):
            problem("%s: its detail does not name '%s'" % (self, field))
        return self


def source():
    """An address of this machine that no other caller has: limits by address are met by the test that means them."""
    return "127.%d.%d.%d" % (1 + secrets.randbelow(250), secrets.randbelow(250), 2 + secrets.randbelow(250))


def encoded(body):
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    return json.dumps(body, ensure_ascii=False).encode()


def exchange(sock, message, method):
    """Sends and reads. A server that refuses a large body may close before it has read all of it."""
    try:
        sock.sendall(message)
    except (BrokenPipeError, ConnectionResetError):
        pass
    response = http.client.HTTPResponse(sock, method=method)
    response.begin()
    return response, response.read()


def call(method, path, body=ABSENT, token=None, headers=(), at=GATEWAY, address=None, timeout=15):
    """PATH is sent as it is, byte by byte. HEADERS are pairs."""
    where = urlsplit(at)
    request_id = "contract-" + secrets.token_hex(8)
    lines = ["%s %s HTTP/1.1" % (method, path), "Host: %s" % where.netloc, "X-Request-Id: %s" % request_id, "Connection: close"]
    names = [name.lower() for name, _ in headers]
    message = b""
    if body is not ABSENT:
        message = encoded(body)
        lines.append("Content-Length: %d" % len(message))
        if "content-type" not in names:
            lines.append("Content-Type: application/json")
    if token is not None:
        lines.append("Authorization: %s" % token)
    lines += ["%s: %s" % pair for pair in headers]
    asked = "%s %s%s %s" % (method, "" if at == GATEWAY else at, path[:120],
                            message[:160].decode("utf-8", "replace"))
    begin = time.monotonic()
    try:
        with socket.create_connection((where.hostname, where.port), timeout, (address, 0) if address else None) as sock:
            response, raw = exchange(sock, "\r\n".join(lines + ["", ""]).encode() + message, method)
    except (OSError, http.client.HTTPException) as failure:
        problem("%s: no answer: %r" % (asked, failure))
        return Answer(asked, 0, {}, b"", time.monotonic() - begin)
    answer = Answer(asked, response.status, response.headers, raw, time.monotonic() - begin)
    judge(answer, method, path, request_id)
    return answer


def no_twice(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a member twice")
    return dict(pairs)


def judge(answer, method, path, request_id):
    bare = path.split("?")[0]
    if answer.headers.get("X-Request-Id") != request_id:
        problem("%s: X-Request-Id is %r, not the one sent" % (answer, answer.headers.get("X-Request-Id")))
    if answer.status in (429, 503) and not re.fullmatch("[1-9][0-9]*", answer.headers.get("Retry-After", "")):
        problem("%s: Retry-After is %r" % (answer, answer.headers.get("Retry-After")))
    if answer.status == 405 and not answer.headers.get("Allow"):
        problem("%s: without Allow" % answer)
    if answer.status in (204, 304) or method == "HEAD":
        same("%s: length of the body" % answer, len(answer.raw), 0)
        return
    if bare in PLAIN and answer.status == 200:
        return
    if not re.fullmatch("application/json(; *charset=utf-8)?", answer.headers.get("Content-Type", ""), re.I):
        problem("%s: Content-Type is %r" % (answer, answer.headers.get("Content-Type")))
    try:
        answer.json = json.loads(answer.raw.decode("utf-8", "strict"), object_pairs_hook=no_twice)
    except ValueError as failure:
        problem("%s: not JSON: %s" % (answer, failure))
        return
    judge_envelope(answer)
    for fault in document.faults(method, bare, answer.status, answer.error, answer.json):
        problem("%s: openapi.yaml: %s" % (answer, fault))


def judge_envelope(answer):
    got = answer.json
    unknown = set(got) - {"code", "description", "data", "error", "detail"}
    if unknown:
        problem("%s: unknown in the envelope: %s" % (answer, unknown))
    same("%s: code" % answer, got.get("code"), answer.status)
    if "data" in got and got["data"] is None:
        problem("%s: data is null, not left out" % answer)
    name = got.get("error", "OK")
    if (answer.status == 200) != (name == "OK"):
        problem("%s: error is %r" % (answer, got.get("error")))
    status, text = TEXTS.get(name, (answer.status, None))
    same("%s: status" % answer, answer.status, status)
    if text:
        same("%s: description" % answer, got.get("description"), text)
        if text.encode() not in answer.raw:
            problem("%s: the text is not in UTF-8" % answer)
    elif not re.search("[가-힣]", got.get("description", "")):
        problem("%s: the description is not Korean" % answer)
