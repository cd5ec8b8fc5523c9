"""Every row and sentence of the contract's member service, through the gateway."""
import json
import os
import re
import secrets
import time

from call import ABSENT, GATEWAY, TEXTS, call, end, problem, same, source
from stack import code_key, mint, new_member, one, part, plant_code, redis, sql

UNIQUE = secrets.token_hex(5)
PASSWORD = "canary-" + secrets.token_hex(8)


def address(name):
    return "%s.%s@example.kr" % (name, UNIQUE)


def post(path, body, **more):
    return call("POST", "/member/" + path, body, address=source(), **more)


def form(to, **more):
    out = {"email": to, "password": PASSWORD, "name": "홍길동", "birth": "2000-02-29", "phone": "010-1234-5678", "gender": "남"}
    out.update(more)
    return {name: value for name, value in out.items() if value is not ABSENT}


def validated(email):
    plant_code(email, "000042")
    post("validation", {"email": email, "authNum": "000042"}).ok()


def members(email):
    return int(one("member", "SELECT COUNT(*) FROM member WHERE email = '%s'" % email))


def check_email():
    taken, free = address("taken"), address("free")
    new_member(taken, PASSWORD)
    post("checkDuplicateEmail", {"email": free}).ok()
    left = int(redis("PTTL", code_key("code", free)))
    if not 280000 < left <= 300000:
        problem("a code lives %d ms, expected five minutes" % left)
    post("checkDuplicateEmail", {"email": taken}).failed("DUPLICATE_EMAIL")
    post("checkDuplicateEmail", {"email": taken.upper()}).failed("DUPLICATE_EMAIL")
    for wrong in (None, "", "x", "no-at.example.kr", "no-dot@example", "a@b@c.kr", "a b@c.kr", 1, [], {}, True):
        post("checkDuplicateEmail", {"email": wrong}).failed("INVALID_VALUE").names("email")
    post("checkDuplicateEmail", {}).failed("INVALID_VALUE").names("email")


def validation():
    email = address("code")
    for right in ("012345", 12345, "12345", "0012345"[1:]):
        plant_code(email, "012345")
        post("validation", {"email": email, "authNum": right}).ok()
        post("validation", {"email": email, "authNum": right}).failed("INVALID_NUM")  # once
    plant_code(email, "000000")
    post("validation", {"email": email, "authNum": 0}).ok()
    plant_code(email, "012345")
    for wrong in (None, ABSENT, "", "x", "012346", 12346, -12345, "-12345", " 12345", "12345 ", "1234567", 10 ** 18):
        plant_code(email, "012345")
        body = {"email": email} if wrong is ABSENT else {"email": email, "authNum": wrong}
        post("validation", body).failed("INVALID_NUM")
    for odd in (True, [], {}, 12345.5, 2 ** 63):
        plant_code(email, "012345")
        post("validation", {"email": email, "authNum": odd}).failed("INVALID_NUM", "INVALID_VALUE", "MALFORMED")
    post("validation", {"email": address("never"), "authNum": "012345"}).failed("INVALID_NUM")
    plant_code(email, "012345")  # five tries
    for again in range(5):
        post("validation", {"email": email, "authNum": "99999%d" % again}).failed("INVALID_NUM")
    post("validation", {"email": email, "authNum": "012345"}).failed("INVALID_NUM")
    plant_code(email, "012345")
    redis("PEXPIRE", code_key("code", email), "1")
    time.sleep(0.005)  # past the millisecond that it has left
    post("validation", {"email": email, "authNum": "012345"}).failed("INVALID_NUM")


def signup():
    email = address("new")
    post("signup", form(email)).failed("NOT_VALIDATED")
    same("members without proof", members(email), 0)
    validated(email)
    for field, wrongs in {
            "email": ("x", "", None, 1), "password": ("1234567", "", None, 12345678, ["12345678"]), "name": ("김", "", None, 12),
            "birth": ("2000-2-29", "20000229", "2001-02-29", "", None, 20000229), "gender": ("X", "", "남자", "m", None, 1),
            "phone": ("01012345678", "010-12-3456", "02-123-4567", "010-1234-567", "010-1234-56789", "+82-10-1234-5678", "", None, 1)}.items():
        for wrong in (*wrongs, ABSENT):
            post("signup", form(email, **{field: wrong})).failed("INVALID_VALUE").names(field)
    same("members with a wrong form", members(email), 0)
    post("signup", form(email)).ok()
    post("signup", form(email)).failed("DUPLICATE_MEMBER")
    post("signup", form(email.upper())).failed("DUPLICATE_MEMBER")
    same("members", members(email), 1)
    for number, (gender, kept) in enumerate({"남": "M", "M": "M", "여": "F", "F": "F"}.items()):
        email = address("gender%d" % number)
        validated(email)
        post("signup", form(email, gender=gender, password="8letters", name="김구", phone="011-123-4567")).ok()
        same("gender", sql("member", "SELECT gender, phone FROM member WHERE email = '%s'" % email), [[kept, "011-123-4567"]])


def login():
    email = address("login")
    member = new_member(email, PASSWORD)
    answer = post("login", {"email": email, "password": PASSWORD}).done()
    token = answer.headers.get("Authorization", "")
    if not re.fullmatch(r"ey[\w-]+\.[\w-]+\.[\w-]+", token):
        problem("Authorization is '%s', no bare JWT" % token)
    same("data of a login", sorted(answer.data), ["expiresIn", "refreshToken"])
    same("expiresIn", answer.data["expiresIn"], 1800)
    head, body = part(token, 0), part(token, 1)
    same("alg", head.get("alg"), "RS256")
    same("claims", {name: body.get(name) for name in ("iss", "sub", "aud", "role", "permission")},
         {"iss": "Ticketaka", "sub": str(member), "aud": "AUDIENCE", "role": "ADULT", "permission": "all"})
    same("life of a token", body["exp"] - body["iat"], 1800)
    if abs(body["iat"] - time.time()) > 60:
        problem("iat is %s" % body["iat"])
    keys = call("GET", "/member/.well-known/jwks.json").done()
    found = [key for key in json.loads(keys.raw)["keys"] if key["kid"] == head.get("kid")]
    same("the key of the token", [(key["kty"], key["use"], key["alg"], "d" in key) for key in found], [("RSA", "sig", "RS256", False)])
    wrong = [post("login", {"email": who, "password": what}).failed("NO_MEMBER").raw
             for who, what in ((email, "wrong-password"), (address("nobody"), PASSWORD), ("nobody", PASSWORD), (email, ""))]
    same("one answer to all that is wrong", len(set(wrong)), 1)
    same("Authorization of a failure", post("login", {"email": email, "password": "x"}).headers.get("Authorization"), None)
    for body in ({}, {"email": email}, {"password": PASSWORD}, {"email": None, "password": None}, {"email": 1, "password": 2}):
        post("login", body).failed("INVALID_VALUE")
    year = int(time.strftime("%Y", time.gmtime(time.time() + 9 * 3600)))
    for born, role in ((year - 19, "ADULT"), (year - 18, "CHILD")):
        email = address("born%d" % born)
        new_member(email, PASSWORD, "%d-12-31" % born)
        token = post("login", {"email": email, "password": PASSWORD}).done().headers["Authorization"]
        same("role of one born in %d" % born, part(token, 1)["role"], role)


def info():
    email = address("info")
    member = new_member(email, PASSWORD, "1999-12-31", "김 아무개")
    token = post("login", {"email": email, "password": PASSWORD}).done().headers["Authorization"]
    for sent in (token, "Bearer " + token, "bearer " + token, "Bearer   " + token, mint(member)):
        call("GET", "/member/info", token=sent).ok({"name": "김 아무개", "email": email, "phone": "010-1234-5678", "birth": "1999-12-31"})
    sql("member", "DELETE FROM member WHERE id = %d" % member)
    for at in (GATEWAY, os.environ["TICKETAKA_MEMBER_URL"]):
        call("GET", "/member/info", token=token, at=at).failed("UNAUTHORIZED")
        same("401 in full", call("GET", "/member/info", token=token, at=at).json,
             {"code": 401, "description": TEXTS["UNAUTHORIZED"][1], "error": "UNAUTHORIZED"})


def sessions():
    email = address("again")
    new_member(email, PASSWORD)
    first = post("login", {"email": email, "password": PASSWORD}).done().data["refreshToken"]
    answer = post("refresh", {"refreshToken": first}).done()
    second = answer.data["refreshToken"]
    same("expiresIn", answer.data["expiresIn"], 1800)
    call("GET", "/member/info", token=answer.headers["Authorization"]).done()
    if second == first:
        problem("the refresh token did not change")
    post("logout", {"refreshToken": second}).ok()
    post("logout", {"refreshToken": second}).ok()
    post("refresh", {"refreshToken": second}).failed("UNAUTHORIZED")


def limits():
    here = source()
    for again in range(60):
        answer = call("POST", "/member/checkDuplicateEmail", {"email": address("limit%d" % again)}, address=here)
        if answer.error == "TOO_MANY_REQUESTS":
            break
    answer.failed("TOO_MANY_REQUESTS")


for test in (check_email, validation, signup, login, info, sessions, limits):
    test()
end()
