"""One visitor's way through the documented client, from no account to a cancelled ticket, as the client sends it."""
import email
import email.policy
import glob
import os
import re
import secrets
import time
from urllib.parse import quote

from call import call, end, problem, same, source, wait_for
from stack import new_session, one, plant_code, sql

WHO = "journey.%s@example.kr" % secrets.token_hex(5)
PASSWORD = "canary-" + secrets.token_hex(8)
HERE = source()


def mails():
    """This visitor's mails, oldest first."""
    out = []
    for path in sorted(glob.glob(os.environ["TICKETAKA_MAILDIR"] + "/new/*"), key=os.path.getmtime):
        with open(path, "rb") as file:
            mail = email.message_from_binary_file(file, policy=email.policy.default)
        if WHO in str(mail["To"]):
            out.append(mail)
    return out


def html(mail):
    return mail.get_body(("html",)).get_content()


def becomes_member():
    call("POST", "/member/checkDuplicateEmail", {"email": WHO}, address=HERE).ok()
    wait_for("the mail with the code", 15, lambda: len(mails()) == 1)
    mail = mails()[0]
    same("subject", mail["Subject"], "[Ticketaka] 회원 가입 인증 번호 발송")
    same("mime type", mail.get_body(("html",)).get_content_type(), "text/html")
    code = re.search(r"(?<![0-9#])[0-9]{6}(?![0-9])", mail.get_body(("plain",)).get_content()).group()
    if code not in html(mail):
        problem("the HTML part lacks the code")
    call("POST", "/member/validation", {"email": WHO, "authNum": int(code) ^ 1}, address=HERE).failed("INVALID_NUM")
    call("POST", "/member/validation", {"email": WHO, "authNum": int(code)}, address=HERE).ok()  # as a number: without leading zeros
    call("POST", "/member/signup", {"email": WHO, "password": PASSWORD, "name": "나그네", "birth": "1990-05-05", "phone": "010-9876-5432",
                                    "gender": "여"}, address=HERE).ok()
    call("POST", "/member/checkDuplicateEmail", {"email": WHO}, address=HERE).failed("DUPLICATE_EMAIL")
    other = "zero." + WHO
    plant_code(other, "000123")
    call("POST", "/member/validation", {"email": other, "authNum": 123}, address=HERE).ok()
    token = call("POST", "/member/login", {"email": WHO, "password": PASSWORD}, address=HERE).done().headers["Authorization"]
    call("GET", "/member/info", token=token).ok({"name": "나그네", "email": WHO, "phone": "010-9876-5432", "birth": "1990-05-05"})
    return token


def finds():
    """By a word of the title, among all that the season has, and opens it."""
    prf, session = new_session()
    title = "여정 " + secrets.token_hex(4)
    sql("performance", "UPDATE performance SET title = '%s' WHERE performance_id = '%s'" % (title, prf))
    call("GET", "/performance/rank").done()
    call("GET", "/performance/cat?genre=%s&page=0" % quote("연극")).done()
    found = call("GET", "/performance/search?keyword=%s&page=0" % quote(title[:6])).done().data["content"]
    same("found", [row["prfId"] for row in found if row["title"] == title], [prf])
    detail = call("GET", "/performance?p=" + prf).done().data
    same("sessions", [row["prfSessionId"] for row in detail["prfSessionList"]], [session])
    return detail, session


def remaining(session):
    return call("GET", "/performance/session/%d" % session).done().data["remainingSeat"]


def buys(token, detail, session, count, price):
    """As the client does: the session's id as text, title and poster as it saw them."""
    info = detail["performanceDetailInfo"]
    call("POST", "/performance/rsv/check", {"prfSessionId": str(session), "count": count}, token=token).ok()
    return call("POST", "/performance/rsv/create", {"performanceId": info["prfId"], "prfTitle": info["title"], "prfPoster": info["poster"],
                                                    "prfSessionId": str(session), "price": price}, token=token).done()


def main():
    token = becomes_member()
    detail, session = finds()
    grades = {row["seatType"]: row["price"] for row in detail["performanceDetailInfo"]["ticketPrice"]}
    same("free at first", remaining(session), 200)
    call("POST", "/performance/rsv/check", {"prfSessionId": str(session), "count": 4}, token=token).ok()
    same("free after a check", remaining(session), 196)
    # goes back and chooses again, without a withdraw
    buys(token, detail, session, 2, grades["VIP석"] * 2)
    same("free after a sale", remaining(session), 198)
    buys(token, detail, session, 3, grades["R석"])  # another client: the unit price
    rows = call("GET", "/reservation/lists", token="Bearer " + token).done().data
    same("lists", [(row["reservationTicketCount"], row["reservationPrice"], row["reservationDeleted"], row["performanceTitle"]) for row in rows],
         [(3, 150000, "N", detail["performanceDetailInfo"]["title"]), (2, 200000, "N", detail["performanceDetailInfo"]["title"])])
    when = detail["prfSessionList"][0]
    same("when", {(row["reservationDate"], row["reservationTime"]) for row in rows}, {(when["prfSessionDate"], when["prfSessionTime"])})
    call("GET", "/reservation/list/%d" % rows[1]["reservationId"], token=token).ok(rows[1])
    tickets(rows, detail)
    call("DELETE", "/reservation/delete/%d" % rows[1]["reservationId"], token=token).ok()
    begin = time.monotonic()
    wait_for("the seats are back", 1, lambda: remaining(session) == 197)
    print("the seats were back after %d ms" % ((time.monotonic() - begin) * 1000))
    same("lists after the cancel", call("GET", "/reservation/lists", token=token).done().data, [rows[0], dict(rows[1], reservationDeleted="Y")])
    call("DELETE", "/reservation/delete/%d" % rows[1]["reservationId"], token=token).ok()
    same("seats of the cancelled one", one("reservation", "SELECT COUNT(*) FROM reservation_seat WHERE reservation_id = %d" % rows[1]["reservationId"]),
         "0")


def tickets(rows, detail):
    wait_for("two ticket mails", 20, lambda: len(mails()) == 3)
    for mail in mails()[1:]:
        same("subject", mail["Subject"], "[Ticketaka] 예약 정보 발송해 드립니다.")
        body = html(mail)
        for word in ("일시", "회차", "인원", detail["performanceDetailInfo"]["title"], "cid:qrcode", detail["performanceDetailInfo"]["poster"]):
            if word not in body:
                problem("the ticket mail lacks '%s'" % word)
        pictures = [part for part in mail.walk() if part.get_content_type() == "image/png"]
        same("a PNG inline as qrcode", "<qrcode>" in [part["Content-ID"] for part in pictures], True)
        same("is PNG", {part.get_content()[:8] for part in pictures}, {b"\x89PNG\r\n\x1a\n"})
    same("how many came", sorted(int(re.search(r"([0-9]+) ?[명매]", html(mail)).group(1)) for mail in mails()[1:]),
         sorted(row["reservationTicketCount"] for row in rows))


main()
end()
