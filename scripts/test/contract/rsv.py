"""Every row and sentence of the contract about holds, sales and reservations, through the gateway."""
import time

from call import ABSENT, SERVICE, call, end, problem, same, source, wait_for
from stack import mint, new_id, new_session, one, redis, sql

PRICES = {"VIP석": 100000, "R석": 50000}


class Buyer:
    """A member before one session."""

    def __init__(self, prf, session):
        self.prf, self.session, self.member = prf, session, new_id()
        self.token = mint(self.member)

    def post(self, path, body, **more):
        return call("POST", "/performance/rsv/" + path, body, token=self.token, **more)

    def check(self, count, **more):
        return self.post("check", {"prfSessionId": self.session, "count": count}, **more)

    def withdraw(self, count=1):
        return self.post("withdraw", {"prfSessionId": self.session, "count": count})

    def create(self, price, **more):
        body = {"performanceId": self.prf, "prfTitle": "남의 제목", "prfPoster": "http://evil.example.com/", "prfSessionId": self.session,
                "price": price}
        body.update(more)
        return self.post("create", {name: value for name, value in body.items() if value is not ABSENT})

    def lists(self):
        return call("GET", "/reservation/lists", token=self.token)


def remaining(session):
    return call("GET", "/performance/session/%d" % session).done().data["remainingSeat"]


def rows(buyer):
    return int(one("reservation", "SELECT COUNT(*) FROM RESERVATION WHERE member_id = %d" % buyer.member))


def holds():
    prf, session = new_session()
    buyer = Buyer(prf, session)
    buyer.withdraw().ok()  # of a session that has no map yet
    buyer.check(2).ok()
    same("remaining", remaining(session), 198)
    hold = redis("HGET", "{s%d}:mem" % session, str(buyer.member))
    left = int(redis("ZSCORE", "{s%d}:exp" % session, hold)) - int(time.time() * 1000)
    if not 170000 < left <= 180000:
        problem("a hold lasts %d ms, expected three minutes" % left)
    buyer.check(10).ok()
    same("remaining after a second check", remaining(session), 190)
    buyer.check(1).ok()
    same("remaining after a third", remaining(session), 199)
    same("holds of one member", redis("ZCARD", "{s%d}:exp" % session), "1")
    for sent in (str(session), session):
        buyer.post("check", {"prfSessionId": sent, "count": 3}).ok()
        buyer.post("check", {"prfSessionId": sent, "count": "2"}, headers=(("Authorization-X", "1"),)).ok()
    buyer.token = "Bearer " + buyer.token
    buyer.check(3).ok()
    same("remaining by Bearer", remaining(session), 197)
    other = Buyer(prf, session)
    other.withdraw(3).ok()  # never another's
    same("remaining after another's withdraw", remaining(session), 197)
    for again in range(2):
        buyer.withdraw(3).ok()
        same("remaining after withdraw", remaining(session), 200)
    buyer.post("withdraw", {"prfSessionId": str(session)}).ok()
    buyer.post("check", {"prfSessionId": 9007199254740991, "count": 1}).failed("NO_SUCH_ELEMENT")


def creates():
    prf, session = new_session()
    other_prf, other_session = new_session()
    buyer = Buyer(prf, session)
    buyer.create(50000).failed("NOT_ABLE_TO_CREATE")  # no hold
    buyer.check(2).ok()
    buyer.create(200000, performanceId=other_prf).failed("NOT_ABLE_TO_CREATE")
    buyer.create(200000, performanceId="PF_NEVER").failed("NOT_ABLE_TO_CREATE")
    buyer.create(200000, prfSessionId=other_session, performanceId=other_prf).failed("NOT_ABLE_TO_CREATE")
    buyer.create(200000, prfSessionId=other_session).failed("NOT_ABLE_TO_CREATE")
    buyer.create(70000).failed("NOT_ABLE_TO_CREATE")  # no grade's price
    same("rows", rows(buyer), 0)
    same("the hold is kept", remaining(session), 198)
    wants = [  # count, price sent, prfTitle and prfPoster, grade, total
        (2, 200000, {}, "VIP석", 200000), (2, 100000, {}, "R석", 100000), (3, 50000, {}, "R석", 150000), (1, 100000, {}, "VIP석", 100000),
        (3, 100000, {"prfTitle": ABSENT, "prfPoster": None}, "VIP석", 300000), (1, "50000", {"prfPoster": ABSENT}, "R석", 50000),
        (1, 50000, {"prfSessionId": str(session), "prfTitle": "x" * 500}, "R석", 50000),
    ]
    for count, price, more, grade, total in wants:
        buyer = Buyer(prf, session)
        buyer.check(count).ok()
        data = buyer.create(price, **more).done().data
        same("grades and total for %d × %s" % (count, price), ({seat["grade"] for seat in data["seats"]}, len(data["seats"]), data["total"]),
             ({grade}, count, total))
        got = buyer.lists().done().data
        same("the row", [(item["reservationId"], item["reservationTicketCount"], item["reservationPrice"], item["reservationTotalPrice"],
                          item["reservationUnitPrice"], item["performanceTitle"], item["reservationPoster"]) for item in got],
             [(data["reservationId"], count, total, total, PRICES[grade], "계약 \"시험\" 🎭", "http://poster.example.com/%s.gif" % prf)])
        buyer.create(price, **more).failed("NOT_ABLE_TO_CREATE")  # its hold is spent
        same("rows after a second create", rows(buyer), 1)


def sold_out():
    prf, session = new_session(prices=(("전석", 30000),))
    for _ in range(20):
        holder = Buyer(prf, session)
        holder.check(10).ok()
    same("remaining", remaining(session), 0)
    late = Buyer(prf, session)
    late.check(1).failed("NO_VACANCY")
    late.create(30000).failed("NOT_ABLE_TO_CREATE")
    same("rows of who got nothing", rows(late), 0)
    late.lists().failed("NO_RESERVATION_LIST")
    holder.check(10).ok()  # its own seats do not count against it
    holder.check(5).ok()
    late.check(6).failed("NO_VACANCY")
    late.check(5).ok()
    call("GET", "/performance/session/%d" % session).ok({"remainingSeat": 0, "totalSeat": 200})
    # The client takes the refusal of a second check for a hold: what it then creates must not be the first one, of another count.
    holder.check(6).failed("NO_VACANCY")
    holder.create(180000).failed("NOT_ABLE_TO_CREATE")
    holder.create(150000).failed("NOT_ABLE_TO_CREATE")
    same("rows", rows(holder), 0)
    same("remaining", remaining(session), 5)
    prf, session = new_session("-1 HOUR")  # it has begun
    buyer = Buyer(prf, session)
    buyer.check(1).failed("NO_VACANCY")
    buyer.create(50000).failed("NOT_ABLE_TO_CREATE")


def mine():
    """lists, list/{id}, delete/{id}: exactly, for the owner and for others."""
    prf, session = new_session()
    buyer, other = Buyer(prf, session), Buyer(prf, session)
    buyer.lists().failed("NO_RESERVATION_LIST")
    same("an empty list has no data", buyer.lists().data, ABSENT)
    ids = []
    for count, price in ((2, 200000), (1, 50000)):
        buyer.check(count).ok()
        ids.append(buyer.create(price).done().data["reservationId"])
    at = sql("performance", "SELECT session_date, TIME_FORMAT(session_time, '%%H:%%i') FROM prf_session WHERE prf_session_id = %d" % session)[0]
    made = dict(sql("reservation", "SELECT reservation_id, DATE_FORMAT(created_at, '%%Y-%%m-%%dT%%H:%%i:%%s') FROM RESERVATION "
                    "WHERE member_id = %d" % buyer.member))

    def row(number, count, price, deleted):
        return {"reservationId": ids[number], "reservationTicketCount": count, "performanceTitle": "계약 \"시험\" 🎭", "reservationDate": at[0],
                "reservationTime": at[1], "reservationPrice": price * count, "reservationTotalPrice": price * count,
                "reservationUnitPrice": price, "reservationPoster": "http://poster.example.com/%s.gif" % prf,
                "reservationDeleted": deleted, "reservationCreateAt": made[str(ids[number])], "performanceId": prf, "prfSessionId": session}

    buyer.lists().ok([row(1, 1, 50000, "N"), row(0, 2, 100000, "N")])
    now = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() + 9 * 3600 - 60))
    if made[str(ids[0])] < now:
        problem("reservationCreateAt %s is not the time in Seoul, %s" % (made[str(ids[0])], now))
    for number, want in ((0, row(0, 2, 100000, "N")), (1, row(1, 1, 50000, "N"))):
        call("GET", "/reservation/list/%d" % ids[number], token=buyer.token).ok(want)
    for method, path in (("GET", "list"), ("DELETE", "delete")):
        for who, number in ((other, ids[0]), (buyer, 9007199254740991)):
            answer = call(method, "/reservation/%s/%d" % (path, number), token=who.token).failed("NO_RESERVATION_LIST")
            same("nothing about it", answer.data, ABSENT)
        for wrong in ("0", "x", "-1", "9223372036854775808"):
            call(method, "/reservation/%s/%s" % (path, wrong), token=buyer.token).failed("INVALID_VALUE")
    same("rows", rows(buyer), 2)
    same("remaining", remaining(session), 197)
    for again in range(2):
        call("DELETE", "/reservation/delete/%d" % ids[0], token="Bearer " + buyer.token).ok()
    wait_for("the seats are back on sale", 1, lambda: remaining(session) == 199)
    buyer.lists().ok([row(1, 1, 50000, "N"), row(0, 2, 100000, "Y")])
    call("GET", "/reservation/list/%d" % ids[0], token=buyer.token).ok(row(0, 2, 100000, "Y"))
    same("tables", [one("reservation", "SELECT COUNT(*) FROM %s WHERE reservation_id = %d" % (table, ids[0]))
                    for table in ("RESERVATION", "DELETE_RESERVATION", "UNIT_RESERVATION")], ["0", "1", "1"])
    call("POST", "/reservation/create", {}, token=buyer.token).failed("NOT_FOUND")
    call("POST", "/reservation/create", {}, token=buyer.token, at=SERVICE["reservation"]).failed("NOT_FOUND")


for test in (holds, creates, sold_out, mine):
    test()
end()
