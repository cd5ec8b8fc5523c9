#!/usr/bin/env python3
"""usage: check-sale.py [--wait SECONDS] [--journal FILE] [--seats N] [--session ID]

Compares everything that was sold on a stack, or in one session of it, with everything that its maps say. Reads the environment that
`scripts/stack env` prints. What is still on its way gets --wait seconds to arrive; then every difference is printed,
one a line, and the exit status is 1.

The journal tells what clients were answered, one create a line: HOLD STATUS ERROR RESERVATION ("-" for none).
"""
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter, defaultdict

STACK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "stack")
# After these the hold can never be sold; after the others it still may, or was by another request.
FINAL = {"SEAT_TAKEN", "HOLD_EXPIRED"}
LATE_MS = 1000  # how long past its end a hold may stand


class Redis:
    def __init__(self):
        host, port = os.environ["TICKETAKA_REDIS"].rsplit(":", 1)
        self.file = socket.create_connection((host, int(port)), 5).makefile("rwb")
        with open(os.environ["TICKETAKA_REDIS_PASSWORD_FILE"]) as secret:
            self("AUTH", secret.read().strip())

    def send(self, *words):
        self.file.write(b"*%d\r\n" % len(words))
        for word in words:
            data = str(word).encode()
            self.file.write(b"$%d\r\n%s\r\n" % (len(data), data))

    def read(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"-" or not line:
            raise OSError("redis: " + rest.decode())
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        return int(rest) if kind == b":" else rest.decode()

    def __call__(self, *words):
        self.send(*words)
        self.file.flush()
        return self.read()

    def hash(self, key):
        flat = self("HGETALL", key)
        return dict(zip(flat[::2], flat[1::2]))

    def scores(self, key):
        flat = self("ZRANGE", key, 0, -1, "WITHSCORES")
        return {one: float(score) for one, score in zip(flat[::2], flat[1::2])}


def sql(statement):
    out = subprocess.run([STACK, "sql", "-N", "-B", "reservation", "-e", statement], check=True,
                         stdout=subprocess.PIPE, timeout=30).stdout.decode()
    return [line.split("\t") for line in out.splitlines()]


# ---- one session's map against itself ------------------------------------------------------------------------------

def snapshot(redis, tag):
    """All of one session at one moment: a transaction."""
    reads = [("GET", tag + ":map"), ("GET", tag + ":gr"), ("HGETALL", tag + ":meta"), ("HGETALL", tag + ":own"),
             ("ZRANGE", tag + ":exp", 0, -1, "WITHSCORES"), ("ZRANGE", tag + ":com", 0, -1, "WITHSCORES"),
             ("HGETALL", tag + ":n"), ("HGETALL", tag + ":mem"), ("TIME",)]
    holds = redis("KEYS", tag + ":h:*")
    redis("MULTI")
    for words in reads + [("HGETALL", key) for key in holds]:
        redis(*words)
    out = redis("EXEC")
    pairs = lambda flat: dict(zip(flat[::2], flat[1::2]))
    names = ("map", "gr", "meta", "own", "exp", "com", "n", "mem")
    state = {name: value if isinstance(value, str) or value is None else pairs(value)
             for name, value in zip(names, out)}
    state["now"] = int(out[8][0]) * 1000 + int(out[8][1]) // 1000
    state["holds"] = {key.split(":h:", 1)[1]: pairs(flat) for key, flat in zip(holds, out[9:]) if flat}
    return state


def check_counts(s, seats, say):
    body = (s["map"] or "").replace("\n", "")
    count = Counter(body)
    for byte in "fhcsx":
        if count[byte] != int(s["meta"].get(byte, -1)):
            say(f"{count[byte]} bytes '{byte}', counter says {s['meta'].get(byte)}")
    if sum(count.values()) != sum(count[byte] for byte in "fhcsx"):
        say(f"bytes of no meaning: {dict(count)}")
    if seats and len(body) != seats:
        say(f"{len(body)} seats, expected {seats}")
    if [i for i, c in enumerate(s["map"] or "") if c == "\n"] != [i for i, c in enumerate(s["gr"] or "") if c == "\n"]:
        say("rows of :map and :gr differ")


def seats_of(hold):
    return [int(pair.split(":")[0]) for pair in hold["seats"].split(",")]


def check_owners(s, say):
    owned, members = {int(off): hold for off, hold in s["own"].items()}, Counter()
    for off, byte in enumerate(s["map"] or ""):
        hold = s["holds"].get(owned.get(off, ""))
        if (byte in "hc") != (off in owned):
            say(f"seat {off} is '{byte}', owner {owned.get(off)}")
        elif off in owned and not hold:
            say(f"seat {off} is '{byte}' for hold {owned[off]}, which is no more: stranded")
        elif hold and hold["st"] != byte:
            say(f"seat {off} is '{byte}', its hold {owned[off]} is '{hold['st']}'")
        elif hold and off not in seats_of(hold):
            say(f"seat {off} belongs to hold {owned[off]}, which does not list it")
        if hold:
            members[hold["own"]] += 1
    if {k: int(v) for k, v in s["n"].items()} != dict(members):
        say(f":n says {s['n']}, members hold {dict(members)}")


def check_holds(s, say):
    for name, hold in s["holds"].items():
        in_exp, in_com = name in s["exp"], name in s["com"]
        if (in_exp, in_com) != (hold["st"] == "h", hold["st"] == "c"):
            say(f"hold {name} is '{hold['st']}', in :exp {in_exp}, in :com {in_com}")
        if hold["st"] == "c":
            say(f"hold {name} is committing since {s['now'] - int(hold['at'])} ms after it was made")
        elif float(hold["exp"]) < s["now"] - LATE_MS:
            say(f"hold {name} ended {s['now'] - int(hold['exp'])} ms ago and still stands")
        if hold["st"] == "h" and any(s["own"].get(str(off)) != name for off in seats_of(hold)):
            say(f"hold {name} is held and has lost a seat of {hold['seats']}")
    for where in ("exp", "com"):
        for name in s[where]:
            if name not in s["holds"]:
                say(f":{where} has {name}, which is no more")
    for member, name in s["mem"].items():
        if s["holds"].get(name, {}).get("own") != member:
            say(f":mem of {member} is {name}, which is no hold of his")


# ---- a map against the truth ------------------------------------------------------------------------------------------

def seat_list(session):
    """As a customer is told."""
    url = f"{os.environ['TICKETAKA_PERFORMANCE_URL']}/performance/session/{session}/seats"
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as answer:
        return json.load(answer)["data"]["seats"]


def check_sold(session, s, sold, say):
    try:
        told = seat_list(session)
    except OSError as error:
        say(f"its seats cannot be read: {error}")
        return
    body = (s["map"] or "").replace("\n", "")
    if len(told) != len(body):
        say(f"{len(told)} seats are told, the map has {len(body)}")
        return
    mapped = {seat["seat"] for seat, byte in zip(told, body) if byte == "s"}
    if mapped != sold:
        say(f"sold in the map only: {sorted(mapped - sold)}; in the truth only: {sorted(sold - mapped)}")
    word = {"f": "free", "h": "held", "c": "held", "s": "sold", "x": "blocked"}
    for seat, byte in zip(told, body):
        if seat["state"] != word.get(byte):
            say(f"{seat['seat']} is '{byte}', customers are told {seat['state']}")


# ---- the truth against itself ---------------------------------------------------------------------------------------

TRUTH = {
    "outbox row is not published": "SELECT id, kind, body FROM outbox",
    "reservation without all its seats": """
        SELECT r.reservation_id, r.reservation_ticket_count, COUNT(s.seat) FROM RESERVATION AS r
        LEFT JOIN reservation_seat AS s USING (reservation_id) GROUP BY r.reservation_id
        HAVING COUNT(s.seat) <> r.reservation_ticket_count""",
    "reservation whose seats are of another session": """
        SELECT r.reservation_id, s.seat FROM RESERVATION AS r JOIN reservation_seat AS s USING (reservation_id)
        WHERE s.session_id <> r.prf_session_id""",
    "price is not the sum of the seats": """
        SELECT r.reservation_id, r.reservation_price, SUM(s.price) FROM RESERVATION AS r
        JOIN reservation_seat AS s USING (reservation_id) GROUP BY r.reservation_id
        HAVING SUM(s.price) <> r.reservation_price""",
    "paid once, the price, and nothing back": """
        SELECT r.reservation_id, r.reservation_price, COUNT(p.payment_id), SUM(p.amount) FROM RESERVATION AS r
        LEFT JOIN payment AS p ON p.hold_id = r.hold_id GROUP BY r.reservation_id
        HAVING COUNT(p.payment_id) <> 1 OR SUM(p.kind = 'pay' AND p.state = 'paid') <> 1
            OR SUM(p.amount) <> r.reservation_price""",
    "a valid ticket for each seat": """
        SELECT s.reservation_id, s.seat FROM reservation_seat AS s
        LEFT JOIN ticket AS t ON t.reservation_id = s.reservation_id AND t.seat = s.seat AND t.session_id = s.session_id
            AND t.state = 'valid' AND t.price = s.price WHERE t.ticket_id IS NULL""",
    "a valid ticket without its seat": """
        SELECT t.ticket_id, t.session_id, t.seat FROM ticket AS t
        LEFT JOIN reservation_seat AS s ON s.reservation_id = t.reservation_id AND s.seat = t.seat
        WHERE t.state = 'valid' AND s.seat IS NULL""",
    "two valid tickets for one seat": """
        SELECT session_id, seat, COUNT(*) FROM ticket WHERE state = 'valid' GROUP BY session_id, seat
        HAVING COUNT(*) > 1""",
    "cancelled, and not exactly paid back": """
        SELECT r.reservation_id, r.reservation_price, SUM(p.kind = 'pay'), SUM(p.kind = 'refund')
        FROM DELETE_RESERVATION AS r LEFT JOIN payment AS p ON p.hold_id = r.hold_id GROUP BY r.reservation_id
        HAVING COALESCE(SUM(IF(p.kind = 'pay', p.amount, 0)), -1) <> r.reservation_price
            OR COALESCE(SUM(IF(p.kind = 'refund' AND p.state IN ('refund_due', 'refunded'), p.amount, 0)), -1)
                <> r.reservation_price""",
    "cancelled and alive": """
        SELECT reservation_id FROM DELETE_RESERVATION JOIN RESERVATION USING (reservation_id)""",
    "cancelled and still has seats": """
        SELECT d.reservation_id, s.seat FROM DELETE_RESERVATION AS d JOIN reservation_seat AS s USING (reservation_id)""",
    "a hold sold twice": """
        SELECT hold_id, COUNT(*) FROM UNIT_RESERVATION GROUP BY hold_id HAVING COUNT(*) > 1""",
    "a key that says sold without its sale": """
        SELECT k.hold_id FROM sale_key AS k LEFT JOIN UNIT_RESERVATION AS r
            ON r.hold_id = k.hold_id AND r.reservation_id = k.reservation_id
        WHERE k.state = 'sold' AND r.hold_id IS NULL""",
    "a sale whose key does not say sold": """
        SELECT r.hold_id, k.state FROM UNIT_RESERVATION AS r LEFT JOIN sale_key AS k ON k.hold_id = r.hold_id
        WHERE k.state IS NULL OR k.state <> 'sold'""",
    "a refused hold that was paid": """
        SELECT k.hold_id FROM sale_key AS k JOIN payment AS p ON p.hold_id = k.hold_id AND p.kind = 'pay'
        WHERE k.state = 'refused'""",
}


def of_session(session):
    """A prefix that has a statement see one session only."""
    tables = {"RESERVATION": "prf_session_id = {0}", "DELETE_RESERVATION": "prf_session_id = {0}",
              "UNIT_RESERVATION": "prf_session_id = {0}", "reservation_seat": "session_id = {0}",
              "ticket": "session_id = {0}", "sale_key": "hold_id LIKE '{0}-%'", "payment": "hold_id LIKE '{0}-%'",
              "outbox": "JSON_VALUE(body, '$.prfSessionId') = {0}"}
    return "WITH " + ", ".join(f"{table} AS (SELECT * FROM reservation.{table} WHERE {where.format(session)})"
                               for table, where in tables.items()) if session else ""


def check_truth(session, say):
    marks = " ".join(f"SELECT '#{i}'; {of_session(session)} {text};" for i, text in enumerate(TRUTH.values()))
    rule = None
    for row in sql(marks):
        if re.fullmatch(r"#\d+", row[0]) and len(row) == 1:
            rule = list(TRUTH)[int(row[0][1:])]
        else:
            say(f"{rule}: {' '.join(row)}")


def check_journal(path, say):
    sales = {hold: number for hold, number in sql("SELECT hold_id, reservation_id FROM UNIT_RESERVATION")}
    with open(path) as lines:
        for line in lines:
            hold, status, error, number = line.split()
            if status == "200" and sales.get(hold) != number:
                say(f"create of {hold} was answered 200 with reservation {number}; the truth has {sales.get(hold)}")
            if error in FINAL and hold in sales:
                say(f"create of {hold} was refused with {error}; the truth has {sales[hold]}")


def check_all(options):
    out = []
    redis = Redis()
    sold = defaultdict(set)
    for session, seat in sql("SELECT session_id, seat FROM reservation_seat"):
        sold[session].add(seat)
    which = options["session"] or "*"
    tags = {re.match(r"(\{s(\d+)\})", key).groups() for key in redis("KEYS", "{s%s}:meta" % which)}
    for tag, session in sorted(tags):
        say = lambda text: out.append(f"session {session}: {text}")
        state = snapshot(redis, tag)
        check_counts(state, options["seats"], say)
        check_owners(state, say)
        check_holds(state, say)
        check_sold(session, state, sold[session], say)
    check_truth(options["session"], out.append)
    if options["journal"]:
        check_journal(options["journal"], out.append)
    return out


def main():
    options = {"wait": 5.0, "journal": None, "seats": None, "session": None}
    words = sys.argv[1:]
    while words:
        name = words.pop(0)[2:]
        options[name] = {"wait": float, "seats": int}.get(name, str)(words.pop(0))
    end = time.monotonic() + options["wait"]
    while True:
        try:
            wrong = check_all(options)
        except (OSError, subprocess.SubprocessError) as error:
            wrong = [f"a store does not answer: {error}"]
        if not wrong or time.monotonic() > end:
            break
        time.sleep(0.1)
    for line in wrong[:40]:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
