"""The stack behind the gateway: its stores, its keys, and tokens good and bad."""
import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import subprocess
import time

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."))
KEYS = os.environ["TICKETAKA_KEYS"]
KID = os.environ["TICKETAKA_JWT_KID"]


def run(*command, text=None):
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        raise RuntimeError("%s: %s" % (" ".join(command[:4]), done.stderr.decode("utf-8", "replace")))
    return done.stdout


def sql(database, statement):
    """Rows of columns, as text."""
    out = run(TOP + "/scripts/stack", "sql", "-N", "-B", database, "-e", statement).decode()
    return [line.split("\t") for line in out.splitlines()]


def one(database, statement):
    return sql(database, statement)[0][0]


def redis(*words):
    return run(TOP + "/scripts/stack", "redis", *words).decode().rstrip("\n")


def table():
    """(service, method, template, auth) of every service's own table."""
    out = []
    for service in ("member", "performance", "reservation", "mail"):
        for line in run("%s/ticketaka-%s" % (os.environ["TICKETAKA_BIN"], service), "--routes").decode().splitlines():
            method, pattern, auth = line.split("\t")[:3]
            out.append((service, method, re.sub(":([A-Za-z]+)", r"{\1}", pattern), auth))
    return out


ROUTES = table()


def new_id():
    """Of a member or a session that nobody else has."""
    return 4000000000 + secrets.randbelow(1 << 32)


# ---- tokens -----------------------------------------------------------------------------------------------------

def b64(data):
    if not isinstance(data, bytes):
        data = json.dumps(data, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def part(token, number):
    text = token.split(".")[number]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def rs256(text, key):
    return b64(run("openssl", "dgst", "-sha256", "-sign", key, text=text.encode()))


def claims(member, seconds=1800, **more):
    now = int(time.time())
    out = {"iss": "Ticketaka", "aud": "AUDIENCE", "sub": str(member), "role": "ADULT", "permission": "all", "scope": "member",
           "iat": now, "exp": now + seconds, "jti": secrets.token_hex(16)}
    out.update(more)
    return {name: value for name, value in out.items() if value is not None}


def mint(member, seconds=1800, key=None, header=None, **more):
    text = b64(header or {"alg": "RS256", "typ": "JWT", "kid": KID}) + "." + b64(claims(member, seconds, **more))
    return text + "." + rs256(text, key or os.environ["TICKETAKA_JWT_KEY_FILE"])


def bad_tokens(member, folder):
    """What no valid token is: a label and the value of Authorization, None for no header at all."""
    other = folder + "/other.pem"
    run("openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", other)
    good = mint(member)
    head, body, sign = good.split(".")
    with open("%s/jwt-public/%s.pem" % (KEYS, KID), "rb") as file:
        public = file.read()
    hs = b64({"alg": "HS256", "typ": "JWT", "kid": KID}) + "." + body
    none = b64({"alg": "none", "typ": "JWT", "kid": KID}) + "." + body
    return [
        ("missing", None), ("empty", ""), ("malformed", "abc"), ("dots", ".."), ("only Bearer", "Bearer"),
        ("another scheme", "Basic " + good), ("Bearer twice", "Bearer Bearer " + good),
        ("forged: signed by another key", mint(member, key=other)),
        ("forged: another's payload", "%s.%s.%s" % (head, b64(claims(member + 1)), sign)),
        ("forged: a bit of the signature", "%s.%s.%s" % (head, body, ("B" if sign[0] == "A" else "A") + sign[1:])),
        ("cut", good[:-8]), ("without signature", head + "." + body + "."),
        ("expired", mint(member, -5)), ("without exp", mint(member, exp=None)),
        ("another issuer", mint(member, iss="Other")), ("another audience", mint(member, aud="OTHER")),
        ("HS256 with the public key", hs + "." + b64(hmac.new(public, hs.encode(), hashlib.sha256).digest())),
        ("none", none + "."), ("none, lower case", none.replace(b64({"alg": "none", "typ": "JWT", "kid": KID}),
                                                            b64({"alg": "nOnE", "typ": "JWT", "kid": KID})) + "."),
    ]


# ---- codes of the member service --------------------------------------------------------------------------------

def code_key(prefix, email):
    return "m:%s:{%s}" % (prefix, hashlib.blake2b(email.encode(), digest_size=16).hexdigest())


def plant_code(email, digits, seconds=300):
    """As if this code had been mailed to the address."""
    der = run("openssl", "rsa", "-in", os.environ["TICKETAKA_JWT_KEY_FILE"], "-traditional", "-outform", "DER")
    key = hashlib.blake2b(der, digest_size=32, key=b"ticketaka member codes").digest()
    code = hashlib.blake2b(email.encode() + b"\0" + digits.encode(), digest_size=32, key=key).hexdigest()
    redis("DEL", code_key("code", email))
    redis("HSET", code_key("code", email), "hash", code, "tries", "0", "id", "planted")
    redis("PEXPIRE", code_key("code", email), str(seconds * 1000))


def new_member(email, password, birth="2000-02-29", name="홍길동"):
    run(os.environ["TICKETAKA_BIN"] + "/ticketaka-member", "--config", os.environ["TICKETAKA_VAR"] + "/conf/member.conf", "member-add",
        "--email", email, "--name", name, "--phone", "010-1234-5678", "--birth", birth, "--gender", "M", text=password.encode() + b"\n")
    return int(one("member", "SELECT id FROM member WHERE email = '%s'" % email))


# ---- a session of its own -----------------------------------------------------------------------------------------

def new_session(when="30 DAY", prices=(("VIP석", 100000), ("R석", 50000))):
    """(performance, session): 200 seats; the front half costs the first price where there are two."""
    prf = "T" + secrets.token_hex(8)
    grades = ", ".join("('%s', %d, '%s', %d)" % (prf, n, name, price) for n, (name, price) in enumerate(prices))
    sql("performance", """
        INSERT INTO performance (performance_id, title, start_date, end_date, sty_urls, schedule_text, price_text, poster, genre)
        VALUES ('{0}', '계약 "시험" 🎭', CURDATE(), CURDATE() + INTERVAL 60 DAY, '[]', '', '', 'http://poster.example.com/{0}.gif', '연극');
        INSERT INTO prf_grade VALUES {1};
        INSERT INTO prf_session (performance_id, session_date, session_time)
        VALUES ('{0}', NOW() + INTERVAL {2}, NOW() + INTERVAL {2})""".format(prf, grades, when))
    return prf, int(one("performance", "SELECT prf_session_id FROM prf_session WHERE performance_id = '%s'" % prf))
