"""Each store hanging, then gone, then gone when the services start: what needs it says so in time, what does not need it works,
/readyz names it and nothing else, and when it is back all heals and nothing is lost. The services are children of this program."""
import glob
import os
import secrets
import signal
import subprocess
import threading
import time

from call import SERVICE, call, end, problem, same, source, wait_for
from stack import TOP, mint, new_member, new_session, one, plant_code, redis, run, sql

VAR = os.environ["TICKETAKA_VAR"]
LATEST = 3.3  # three seconds, and what a loaded machine adds
PASSWORD = "canary-" + secrets.token_hex(8)
STORES = {  # store: its name in /readyz, who uses it, the contract's failure
    "redis": ("redis", ("member", "performance"), "REDIS_TROUBLE_OCCURRED"),
    "mariadb": ("db", ("member", "performance", "reservation", "mail"), "DB_UNABLE_TO_CONNECT"),
    "rabbitmq": ("rabbitmq", ("member", "performance", "reservation", "mail"), "RABBITMQ_UNABLE_TO_CONNECT"),
    "smtp": ("smtp", ("mail",), None),
}
begun = time.monotonic()


def say(text):
    print("%5.1f s  %s" % (time.monotonic() - begun, text), flush=True)


def stack(*words):
    run(TOP + "/scripts/stack", *words)


# ---- services ---------------------------------------------------------------------------------------------------

children = {}


def services_start():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TICKETAKA_")}
    for name in SERVICE:
        with open("%s/log/%s.direct.log" % (VAR, name), "ab") as log:
            children[name] = subprocess.Popen(["%s/ticketaka-%s" % (os.environ["TICKETAKA_BIN"], name), "--config", "%s/conf/%s.conf" % (VAR, name)],
                                              env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    for name in SERVICE:
        wait_for("%s is up" % name, 10, lambda: alive(name) and healthy(name))


def services_stop():
    for child in children.values():
        child.send_signal(signal.SIGTERM)
    for name, child in children.items():
        try:
            same("exit status of %s" % name, child.wait(12), 0)
        except subprocess.TimeoutExpired:
            problem("%s does not stop" % name)
            child.kill()
    children.clear()


def alive(name):
    return children[name].poll() is None


def healthy(name):
    done = subprocess.run(["curl", "-fsS", "-m", "2", "--noproxy", "*", SERVICE[name] + "/healthz"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def down(service):
    """What /readyz says is away."""
    answer = call("GET", "/readyz", at=SERVICE[service])
    names = {name for name, state in answer.data["dependencies"].items() if state == "down"}
    same("%s: status" % answer, answer.status, 503 if names else 200)
    return names


def readiness(store, seconds):
    """Within that time every service names exactly this store, or nothing when it is None."""
    for service in SERVICE:
        name, users, _ = STORES.get(store, (None, (), None))
        want = {name} if service in users else set()
        if not wait_for("readyz of %s says %s" % (service, want or "ready"), seconds, lambda: down(service) == want):
            problem("readyz of %s says %s" % (service, down(service)))


# ---- requests ---------------------------------------------------------------------------------------------------

PRF, SESSION = new_session(prices=(("전석", 30000),))
visitors = []


class Visitor:
    """A member who has all that the requests need, made while everything works."""

    def __init__(self):
        self.email = "faults.%s@example.kr" % secrets.token_hex(6)
        self.member = new_member(self.email, PASSWORD)
        self.fresh, self.asks = "new." + self.email, "asks." + self.email
        self.token = mint(self.member)
        self.refresh = call("POST", "/member/login", {"email": self.email, "password": PASSWORD}, address=source()).done().data["refreshToken"]
        plant_code(self.fresh, "123456")
        call("POST", "/member/validation", {"email": self.fresh, "authNum": "123456"}, address=source()).done()
        plant_code("code." + self.email, "123456")
        self.check().done()
        self.create().done()
        self.sold = call("GET", "/reservation/lists", token=self.token).done().data[0]["reservationId"]
        self.hold, self.paid = [self.take().done().data["holdId"] for _ in range(2)]
        self.check().done()
        self.mailed = False
        visitors.append(self)

    @staticmethod
    def key():
        return (("Idempotency-Key", secrets.token_hex(12)),)

    def check(self):
        return call("POST", "/performance/rsv/check", {"prfSessionId": SESSION, "count": 1}, token=self.token)

    def take(self):
        return call("POST", "/performance/rsv/hold", {"prfSessionId": SESSION, "count": 1}, token=self.token, headers=self.key())

    def create(self):
        return call("POST", "/performance/rsv/create", {"performanceId": PRF, "prfSessionId": SESSION, "price": 30000}, token=self.token)

    def post(self, path, body):
        return call("POST", "/member/" + path, body, address=source())

    def ask_code(self):
        answer = self.post("checkDuplicateEmail", {"email": self.asks})
        self.mailed = self.mailed or answer.status == 200
        return answer

    def requests(self):
        """label: (what it needs, what it may do without for a while, how it is asked)"""
        get, token = call, self.token
        path = "/performance/session/%d" % SESSION
        return {
            "jwks": ("", "", lambda: get("GET", "/member/.well-known/jwks.json")),
            "openapi": ("", "", lambda: get("GET", "/openapi.yaml")),
            "code": ("mariadb redis rabbitmq", "", self.ask_code),
            "validation": ("redis", "", lambda: self.post("validation", {"email": "code." + self.email, "authNum": 123456})),
            "signup": ("mariadb redis", "", lambda: self.post("signup", {
                "email": self.fresh, "password": PASSWORD, "name": "나그네", "birth": "1990-05-05", "phone": "010-9876-5432", "gender": "여"})),
            "login": ("mariadb", "", lambda: self.post("login", {"email": self.email, "password": PASSWORD})),
            "refresh": ("mariadb", "", lambda: self.post("refresh", {"refreshToken": self.refresh})),
            "info": ("mariadb", "", lambda: get("GET", "/member/info", token=token)),
            "search": ("mariadb", "", lambda: get("GET", "/performance/search?keyword=" + secrets.token_hex(3) + "&page=1")),
            "cat": ("mariadb", "", lambda: get("GET", "/performance/cat?genre=x%s&page=1" % secrets.token_hex(3))),
            "rank": ("mariadb", "mariadb", lambda: get("GET", "/performance/rank")),
            "detail": ("mariadb", "mariadb", lambda: get("GET", "/performance?p=" + PRF)),
            "session": ("redis", "mariadb", lambda: get("GET", path)),
            "seats": ("redis", "mariadb", lambda: get("GET", path + "/seats")),
            "check": ("redis", "mariadb", self.check),
            "look": ("redis", "mariadb", lambda: get("GET", "/performance/rsv/hold/" + self.hold, token=token)),
            "extend": ("redis", "mariadb", lambda: get("POST", "/performance/rsv/hold/%s/extend" % self.hold, token=token, headers=self.key())),
            "hold": ("redis", "mariadb", self.take),
            "create": ("mariadb redis", "", lambda: get("POST", "/performance/rsv/create", {"holdId": self.paid}, token=token)),
            "lists": ("mariadb", "", lambda: get("GET", "/reservation/lists", token=token)),
            "list": ("mariadb", "", lambda: get("GET", "/reservation/list/%d" % self.sold, token=token)),
            "ticket": ("mariadb", "", lambda: get("GET", "/reservation/%d/ticket" % self.sold, token=token)),
            "delete": ("mariadb", "", lambda: get("DELETE", "/reservation/delete/%d" % self.sold, token=token)),
        }


def judge(store, label, needs, spare, answer, strict):
    where = "%s with %s away: %s" % (label, store, answer)
    if answer.seconds > LATEST:
        problem("%s: after %.2f s" % (where, answer.seconds))
    if answer.status in (200, 202) and store in needs.split() and store not in spare.split():
        problem("%s: as if it were there" % where)
    if answer.status == 200:
        return
    allowed = {STORES[store][2], "UNAVAILABLE", "OUTCOME_UNKNOWN"}
    if store in needs.split() + spare.split():
        if answer.error not in allowed:
            problem("%s: not what the contract says" % where)
    elif strict:
        problem("%s: does not need it" % where)


def round_of(store, visitor, strict):
    """All requests at once, so that those that wait are in the way of the others."""
    answers = {}
    rows = visitor.requests()

    def ask(label):
        answers[label] = rows[label][2]()

    threads = [threading.Thread(target=ask, args=(label,)) for label in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for label, answer in answers.items():
        judge(store, label, rows[label][0], rows[label][1], answer, strict)
    slowest = max(answers, key=lambda label: answers[label].seconds)
    failed = sorted("%s %s" % (label, answer.error) for label, answer in answers.items() if answer.status != 200)
    say("%-8s slowest %s %.2f s; %d of %d failed" % (store, slowest, answers[slowest].seconds, len(failed), len(answers)))
    return failed


def heals(store):
    """By itself, within a bounded time, and then everything works again."""
    readiness(None, 20)
    visitor = Visitor()
    rows = visitor.requests()
    for label in rows:
        answer = rows[label][2]()
        same("%s after %s came back: %s" % (label, store, answer), answer.status, 200)
    say("%-8s healed; %s sales not settled" % (store, redis("ZCARD", "{s%d}:com" % SESSION)))


def ordeal(store):
    hanging, second, gone, restarted = Visitor(), Visitor(), Visitor(), Visitor()
    stack("pause", store)
    round_of(store, hanging, False)
    readiness(store, 10)
    round_of(store, second, True)
    stack("cont", store)
    heals(store)
    stack("stop", store)
    round_of(store, gone, True)
    readiness(store, 10)
    services_stop()
    services_start()
    readiness(store, 10)
    round_of(store, restarted, True)
    for name in SERVICE:
        same("%s stays up" % name, alive(name), True)
    stack("start", store)
    heals(store)


# ---- nothing is lost --------------------------------------------------------------------------------------------

def mails():
    """How many mails each address was sent."""
    out = {}
    for path in glob.glob(os.environ["TICKETAKA_MAILDIR"] + "/new/*"):
        with open(path, "rb") as file:
            for line in file.read().split(b"\n\n")[0].splitlines():
                if line.lower().startswith(b"to:"):
                    to = line[3:].strip().decode().strip("<>")
                    out[to] = out.get(to, 0) + 1
    return out


def wanted():
    """A ticket for every reservation there ever was, a code wherever one was promised."""
    out = {}
    for member, count in sql("reservation", "SELECT member_id, COUNT(*) FROM UNIT_RESERVATION GROUP BY member_id"):
        out.update({visitor.email: int(count) for visitor in visitors if visitor.member == int(member)})
    out.update({visitor.asks: 1 for visitor in visitors if visitor.mailed})
    return out


def nothing_lost():
    wait_for("every sale is settled", 20, lambda: redis("ZCARD", "{s%d}:com" % SESSION) == "0")
    say("every sale is settled")
    wait_for("the outbox is empty", 20, lambda: one("reservation", "SELECT COUNT(*) FROM outbox") == "0")
    say("the outbox is empty")
    seats = one("reservation", "SELECT COUNT(*) FROM reservation_seat WHERE session_id = %d" % SESSION)
    wait_for("the map shows what is sold", 5, lambda: redis("HGET", "{s%d}:meta" % SESSION, "s") == seats)
    same("sold seats of the map", str(redis("GET", "{s%d}:map" % SESSION).count("s")), seats)
    want = wanted()
    say("%d sold, %d mails wanted" % (int(seats), sum(want.values())))
    lacking = lambda: {to: (mails().get(to, 0), count) for to, count in want.items() if mails().get(to, 0) < count}
    if not wait_for("mails (came, expected)", 45, lambda: not lacking()):
        problem("lost mails: %s" % lacking())
    say("all mails came")


stack("stop", "haproxy")
for service in SERVICE:
    stack("stop", service)
services_start()
stack("start", "haproxy")
try:
    readiness(None, 20)
    for store in STORES:
        ordeal(store)
    nothing_lost()
finally:
    services_stop()
end()
