#!/usr/bin/env python3
"""usage: storm.py SESSION PERFORMANCE MEMBERS SEATS

MEMBERS different members ask for one seat each of a session of SEATS, all at the same moment, through the gateway; all
who have one buy it at the same moment, and then all ask again at the same moment. Every single answer is accounted for;
exit status 1 and a line when one is not what it must be. Reads the environment that `scripts/stack env` prints.
"""
import base64
import hashlib
import json
import os
import random
import re
import selectors
import socket
import subprocess
import sys
import time
from collections import Counter
from importlib import util as importer
from urllib.parse import urlsplit

GATEWAY = urlsplit(os.environ["TICKETAKA_URL"])
LIMIT = 60  # seconds for all answers of one wave


# ---- tokens ---------------------------------------------------------------------------------------------------------

def private_key():
    text = subprocess.run(["openssl", "rsa", "-in", os.environ["TICKETAKA_JWT_KEY_FILE"], "-noout", "-text"],
                          check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()
    number = lambda name: int(re.sub(r"[\s:]", "", re.search(name + r":\s*((?:\s*[0-9a-f]{2}:?)+)", text).group(1)), 16)
    return {name: number(name) for name in ("modulus", "prime1", "prime2", "exponent1", "exponent2", "coefficient")}


def sign(key, data):
    """RSASSA-PKCS1-v1_5 with SHA-256, by the key's primes; 400 tokens in a second instead of 400 processes."""
    size = (key["modulus"].bit_length() + 7) // 8
    info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(data).digest()
    m = int.from_bytes(b"\0\1" + b"\xff" * (size - len(info) - 3) + b"\0" + info, "big")
    a = pow(m, key["exponent1"], key["prime1"])
    b = pow(m, key["exponent2"], key["prime2"])
    return (b + key["prime2"] * ((a - b) * key["coefficient"] % key["prime1"])).to_bytes(size, "big")


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(key, member):
    now = int(time.time())
    head = {"alg": "RS256", "typ": "JWT", "kid": os.environ["TICKETAKA_JWT_KID"]}
    body = {"iss": "Ticketaka", "aud": "AUDIENCE", "sub": str(member), "role": "ADULT", "permission": "all",
            "scope": "member", "iat": now, "exp": now + 1800, "jti": random.randbytes(16).hex()}
    text = base64url(json.dumps(head).encode()) + b"." + base64url(json.dumps(body).encode())
    return (text + b"." + base64url(sign(key, text))).decode()


# ---- waves ----------------------------------------------------------------------------------------------------------

class Caller:
    def __init__(self, request):
        self.socket = socket.create_connection((GATEWAY.hostname, GATEWAY.port), 10)
        self.request, self.answer = request, b""

    def read(self):
        data = self.socket.recv(65536)
        self.answer += data
        return bool(data)


def wave(path, callers):
    """callers: [(token, body, key)]. All connect first, then all send; -> [(status, body)] in their order."""
    crowd = []
    for who, body, key in callers:
        data = json.dumps(body).encode()
        crowd.append(Caller(f"POST {path} HTTP/1.1\r\nHost: {GATEWAY.netloc}\r\nAuthorization: {who}\r\n"
                            f"Content-Type: application/json\r\nIdempotency-Key: {key}\r\nConnection: close\r\n"
                            f"Content-Length: {len(data)}\r\n\r\n".encode() + data))
    poll, end = selectors.DefaultSelector(), time.monotonic() + LIMIT
    start = time.monotonic()
    for caller in crowd:
        caller.socket.sendall(caller.request)
        poll.register(caller.socket, selectors.EVENT_READ, caller)
    left = len(crowd)
    while left and time.monotonic() < end:
        for ready, _ in poll.select(1):
            if not ready.data.read():
                poll.unregister(ready.fileobj)
                ready.fileobj.close()
                left -= 1
    print(f"{path}: {len(crowd)} at once, {time.monotonic() - start:.2f} s")
    return [parse(caller.answer) for caller in crowd]


def parse(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split(b" ")[1]) if head.startswith(b"HTTP/1.") else 0
    if b"chunked" in head.lower():
        whole, rest = b"", body
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            whole, rest = whole + rest[:int(size, 16)], rest[int(size, 16) + 2:]
        body = whole
    try:
        return status, json.loads(body)
    except ValueError:
        return status, {}


def demand(ok, text):
    if not ok:
        print(text)
        sys.exit(1)


def kinds(answers):
    return Counter((status, body.get("error", "-")) for status, body in answers)


def prices(session):
    """Member -> price of the seat that he holds, from the hold's own record."""
    spec = importer.spec_from_file_location("check", os.path.join(os.path.dirname(__file__), "check-sale.py"))
    check = importer.module_from_spec(spec)
    spec.loader.exec_module(check)
    redis, tag, out = check.Redis(), "{s%s}" % session, {}
    for member, hold in redis.hash(tag + ":mem").items():
        record = redis.hash(f"{tag}:h:{hold}")
        out[int(member)] = (int(record["seats"].split(":")[1]), hold)
    return out


def main():
    session, performance, members, seats = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    grades = [100000, 50000]  # new_session of seats.sh
    key, first = private_key(), random.randrange(5 * 10**9, 8 * 10**9)
    tokens = {first + i: token(key, first + i) for i in range(members)}

    answers = wave("/performance/rsv/check", [(who, {"prfSessionId": int(session), "count": 1}, f"check-{member}")
                                              for member, who in tokens.items()])
    want = Counter({(200, "-"): seats, (202, "NO_VACANCY"): members - seats})
    demand(kinds(answers) == want, f"checks: {kinds(answers)}, expected {want}")

    held = prices(session)
    demand(sorted(held) == sorted(member for member, (status, _) in zip(tokens, answers) if status == 200),
           "those who were answered 200 are not those who hold")
    buyers = [(tokens[member], {"performanceId": performance, "prfTitle": "", "prfPoster": "", "prfSessionId": int(session),
                                "price": grades[grade]}, f"create-{member}") for member, (grade, _) in held.items()]
    random.shuffle(buyers)
    sold = wave("/performance/rsv/create", buyers)
    demand(kinds(sold) == Counter({(200, "-"): seats}), f"creates: {kinds(sold)}, expected {seats} of 200")
    again = wave("/performance/rsv/create", buyers)
    demand([body.get("data") for _, body in again] == [body.get("data") for _, body in sold],
           f"a repeat is answered otherwise: {kinds(again)}")

    data = [body["data"] for _, body in sold]
    demand(len({one["reservationId"] for one in data}) == seats, "a reservation was answered twice")
    demand(len({one["seats"][0]["seat"] for one in data}) == seats, "a seat was answered twice")
    demand(len({one["ticketCode"] for one in data}) == seats, "a ticket was answered twice")
    print("sum", sum(one["total"] for one in data))


if __name__ == "__main__":
    main()
