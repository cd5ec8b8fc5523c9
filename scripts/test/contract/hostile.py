"""Bodies that no honest client sends, to every POST route of every service: a clear envelope, and nothing changed."""
import json
import os
import secrets

from call import SERVICE, call, end, problem, same, source
from stack import TOP, ROUTES, mint, new_id, new_session, redis, run

with open(os.environ["TICKETAKA_SERVICE_TOKEN_FILE"], encoding="ascii") as file:
    CREDENTIAL = (("X-Ticketaka-Service", file.read().strip()),)
PRF, SESSION = new_session()
MEMBER = new_id()
TOKEN = mint(MEMBER)
HOLD = "%d-%s-%s" % (SESSION, secrets.token_hex(12), secrets.token_hex(8))


class Raw(str):
    """JSON as it stands, for what json.dumps would not write."""


COMMON = [None, True, [], {}, ["x"], {"$gt": ""}]
TEXT = [*COMMON, 1, 1.5]
NUMBER = [*COMMON, "", "x", -1, 1.5, "1.0", "-1", " 1", "1 ", "+1", "１", "1e3", "0x10", Raw("9223372036854775808"), "9223372036854775808",
          Raw("1e400"), Raw("-0.5"), Raw("1E2"), "1" * 40, Raw("1" * 400)]
ID = [*NUMBER, 0, "0"]
COUNT = [*ID, 11, "11", 101, 2147483648, 4294967297, 9223372036854775807]
WON = [*NUMBER, 1000000000001, 9223372036854775807]
UGLY = ["", "\x01", "a\nb", "a\x7f", "\ufeff", Raw('"\\u0000"'), Raw('"\\ud800"'), Raw('"\\udc00\\ud800"'), Raw('"a\x01b"'), Raw('"a\nb"')]
EMAIL = [*TEXT, *UGLY, "x", "a@b", "a@b@c.kr", "a b@c.kr", "a@b.kr\r\nBcc: c@d.kr", "한글@b.kr", "a" * 190 + "@b.kr"]
SEATS = [None, True, {}, "A1", 1, [], [None], [1], [""], ["A1", "A1"], ["a1"], ["A0"], ["A21"], ["Z1"], ["A1\u0000"], [["A1"]], ["A" * 40],
         ["A1"] * 101, ["A%d" % n for n in range(1, 12)]]
METHOD = [*TEXT, "", "CARD", "bitcoin", "card "]

# Route: a body that would be taken, and for each member what is not. A dot goes into an object.
BODIES = {
    "/member/checkDuplicateEmail": ({"email": "h@example.kr"}, {"email": EMAIL}),
    "/member/validation": ({"email": "h@example.kr", "authNum": "1"}, {"email": EMAIL}),
    "/member/signup": (
        {"email": "h@example.kr", "password": "12345678", "name": "홍길동", "birth": "2000-01-01", "phone": "010-1234-5678", "gender": "남"},
        {"email": EMAIL, "password": [*TEXT, "1234567", "x" * 257], "name": [*TEXT, *UGLY, "김", "김" * 51],
         "birth": [*TEXT, *UGLY, "2000-13-01", "2001-02-29", "0000-00-00", "+2000-1-01"], "phone": [*TEXT, *UGLY, "010-1234-567８"],
         "gender": [*TEXT, *UGLY, "MF"]}),
    "/member/login": ({"email": "h@example.kr", "password": "12345678"}, {"email": TEXT, "password": [*TEXT, "x" * 1100]}),
    "/member/refresh": ({"refreshToken": "A" * 43}, {"refreshToken": [*TEXT, *UGLY, "short", "A" * 201, "a b" * 10]}),
    "/member/logout": ({"refreshToken": "A" * 43}, {"refreshToken": [*TEXT, *UGLY, "short", "A" * 201, "a b" * 10]}),
    "/performance/rsv/check": ({"prfSessionId": SESSION, "count": 1}, {"prfSessionId": ID, "count": COUNT}),
    "/performance/rsv/withdraw": ({"prfSessionId": SESSION, "count": 1}, {"prfSessionId": ID}),
    "/performance/rsv/create": ({"performanceId": PRF, "prfTitle": "x", "prfPoster": "x", "prfSessionId": SESSION, "price": 200000},
                                {"performanceId": [*TEXT, *UGLY, "x" * 21, "../x", "'"], "prfSessionId": ID, "price": WON}),
    "/performance/rsv/create#holdId": (
        {"holdId": HOLD, "payment": {"method": "card"}, "customer": {}},
        {"holdId": [*TEXT[1:], *UGLY, "short", "A" * 30, "x" * 65, "{s1}:map-----"], "payment": [True, [], "card", 1, {}], "payment.method": METHOD,
         "payment.tendered": [True, [], {}, "x", -1, 1.5, Raw("9223372036854775808"), 1000000000001], "customer": [True, [], "x", 1],
         "customer.name": [*TEXT[1:], *UGLY, "김" * 51], "customer.phone": [*TEXT[1:], *UGLY, "02-1"], "customer.email": [value for value in EMAIL[1:] if value != "한글@b.kr"]}),
    "/performance/rsv/hold": ({"prfSessionId": SESSION, "seats": ["A1"]}, {"prfSessionId": ID, "seats": SEATS}),
    "/performance/rsv/hold#count": (
        {"prfSessionId": SESSION, "count": 1},
        {"count": COUNT, "seatType": [*TEXT[1:], *UGLY, "없는석"], "zone": [*TEXT[1:], "1F", "\x01"], "together": ["x", 1, 0, [], {}],
         "terminal": [*TEXT[1:], "\x01", "x" * 33], "seats": [["A1"]]}),
    "/reservation/create": (
        {"holdId": HOLD, "requestHash": "hash-of-a-body", "memberId": MEMBER, "clerkId": None, "terminal": None, "channel": "web",
         "performanceId": PRF, "performanceTitle": "x", "poster": "x", "facility": "x", "prfSessionId": SESSION, "date": "2099-01-01",
         "time": "19:30", "seats": [{"seat": "A1", "grade": "R", "price": 1}], "total": 1, "payment": {"method": "card"}, "customer": {}},
        {"holdId": [*TEXT, *UGLY], "requestHash": [*TEXT, *UGLY, "short"], "memberId": NUMBER, "prfSessionId": ID, "total": [*WON, 2],
         "seats": [None, True, {}, "A1", 1, [], [None], ["A1"], [{}], [{"seat": "A1"}], [{"seat": 1, "grade": "R", "price": 1}],
                   [{"seat": "A1", "grade": "R", "price": -1}], [{"seat": "A1", "grade": "R", "price": "x"}],
                   [{"seat": "A1", "grade": "R", "price": 1}] * 2],
         "date": [True, [], 1, "2099-13-01", "x"], "performanceTitle": [True, [], 1, "x" * 5000]}),
    "/reservation/ask": ({"holdId": HOLD}, {"holdId": [*TEXT, *UGLY, "short", "x" * 65, "A" * 30]}),
    "/reservation/ask#createKey": ({"memberId": MEMBER, "createKey": "key-of-a-create"},
                                   {"memberId": ID, "createKey": [*TEXT, *UGLY, "short", "x" * 65, "키" * 20], "holdId": [HOLD]}),
    "/reservation/rebuild": ({"prfSessionId": SESSION}, {"prfSessionId": ID}),
}
NO_BODY = {"/performance/rsv/hold/{holdId}/extend"}


def text(value):
    """JSON in which a Raw stands as it is."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(json.dumps(name) + ":" + text(member) for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def post(route, body, headers=(), member_token=True):
    path = route.split("#")[0]
    service = path.split("/")[1]
    internal = service == "reservation"
    headers = list(headers) + list(CREDENTIAL if internal else ())
    if path == "/performance/rsv/hold" and not any(name == "Idempotency-Key" for name, _ in headers):
        headers.append(("Idempotency-Key", secrets.token_hex(12)))
    return call("POST", path, body, token=TOKEN if service == "performance" and member_token else None, headers=headers,
                **({"at": SERVICE[service]} if internal else {"address": source()}))


def replaced(body, field, value):
    out = json.loads(json.dumps(body))
    inner, _, name = field.rpartition(".")
    (out[inner] if inner else out)[name] = value
    return out


def shapes(body):
    """What is no body of this route at all: (bytes, errors that say so)."""
    whole = text(body).encode()
    first = next(iter(body))
    bad = ("MALFORMED", "INVALID_VALUE")
    rows = [(b, bad) for b in (b"", b" ", b"{", b"}", b"[]", b"null", b"true", b"1", b'"x"', b"{}", b"[" + whole + b"]", whole[:-1], whole + b"x",
                               whole + whole, b"{'a':1}", whole[:-1] + b",}", b"<a/>", b"a=1&b=2", b"\xef\xbb\xbf" + whole, b"\0" + whole,
                               whole.decode().encode("utf-16"), b"// x\n" + whole, whole.replace(b"{", b'{"x":NaN,', 1))]
    rows += [(whole.replace(b"{", b'{"%s":"\xff\xfe",' % name, 1), bad) for name in (b"x", first.encode())]
    rows += [(whole[:-1] + b"," + json.dumps(first).encode() + b":" + text(body[first]).encode() + b"}", bad)]
    deep = b"[" * 1500 + b"]" * 1500
    rows += [(deep, ("MALFORMED", "TOO_LARGE")), (b'{"a":' * 200 + b"1" + b"}" * 200, ("MALFORMED", "INVALID_VALUE", "TOO_LARGE")),
             (whole[:-1] + b',"x":' + b"[" * 700 + b"]" * 700 + b"}", ("MALFORMED", "INVALID_VALUE", "TOO_LARGE"))]
    rows += [(whole[:-1] + b',"x":"' + b"a" * size + b'"}', ("TOO_LARGE",)) for size in (65600, 1 << 20)]
    return rows


def everything():
    """All that could have changed: rows of every table that is written to by requests, and the session's whole map."""
    counts = run(TOP + "/scripts/stack", "sql", "-N", "-B", "-e", " UNION ALL ".join(
        "SELECT '%s', COUNT(*) FROM %s" % (name, name) for name in (
            "member.member", "member.refresh_token", "performance.performance", "performance.prf_session", "reservation.RESERVATION",
            "reservation.DELETE_RESERVATION", "reservation.reservation_seat", "reservation.sale_key", "reservation.payment",
            "reservation.outbox", "mail.sent")))
    seats = [redis("GET", "{s%d}:map" % SESSION)] + [redis("HGETALL", "{s%d}:%s" % (SESSION, key)) for key in ("own", "mem")]
    codes = sorted(key for key in redis("--scan", "--pattern", "m:*").splitlines() if key.startswith(("m:code", "m:ok", "m:mail")))
    return counts.decode().splitlines() + seats + codes


def unchanged(what, before):
    after = everything()
    if after != before:
        problem("%s: changed: %s" % (what, [pair for pair in zip(before, after) if pair[0] != pair[1]] or (before, after)))
    return after


def fields(route):
    body, wrongs = BODIES[route]
    for field, values in wrongs.items():
        for value in values:
            answer = post(route, text(replaced(body, field, value)))
            answer.failed("INVALID_VALUE", "MALFORMED", "TOO_LARGE")
            if answer.error == "INVALID_VALUE":
                answer.names(field.rpartition(".")[2] if field != "seats" or "#" not in route else "count")


def main():
    posts = {path for _, method, path, _ in ROUTES if method == "POST"}
    same("routes whose bodies are tested", {route.split("#")[0] for route in BODIES} | NO_BODY, posts)
    post("/performance/rsv/check", {"prfSessionId": SESSION, "count": 2}).ok()  # something that could be lost
    state = everything()
    for route, (body, _) in BODIES.items():
        for raw, names in shapes(body):
            post(route, raw).failed(*names)
        state = unchanged("shapes to " + route, state)
        fields(route)
        state = unchanged("fields to " + route, state)
    for wrong in ("", "short", "x" * 65, "with blank in it", "한글이름의열쇠", "a\tb-123456"):
        answer = post("/performance/rsv/hold", {"prfSessionId": SESSION, "seats": ["A1"]}, headers=(("Idempotency-Key", wrong),))
        answer.failed("INVALID_VALUE").names("Idempotency-Key")
    call("POST", "/performance/rsv/hold", {"prfSessionId": SESSION, "seats": ["A1"]}, token=TOKEN).failed("INVALID_VALUE").names("Idempotency-Key")
    call("POST", "/performance/rsv/hold/%s/extend" % HOLD, {"x": "y" * 70000}, token=TOKEN).failed("TOO_LARGE")
    # what a form or another program sends is no JSON, whatever it is called
    for kind, raw in (("application/x-www-form-urlencoded", b"email=a%40b.kr&password=12345678"), ("text/plain", b"email"),
                      ("application/xml", b"<email/>"), ("multipart/form-data; boundary=x", b"--x\r\n\r\n--x--\r\n")):
        for route in BODIES:
            post(route, raw, headers=(("Content-Type", kind),)).failed("MALFORMED")
    unchanged("keys and content types", state)
    same("the hold is still there", redis("HGET", "{s%d}:meta" % SESSION, "h"), "2")


main()
end()
