#!/usr/bin/env python3
"""usage: chaos.py SESSION JOURNAL SECONDS [SEED]

Members hold, pay, pay again, give up, release, cancel and cancel again, all over the same few seats, while answers are
lost, settling fails, events are held back and maps vanish. What each create was answered goes to the journal for
check-sale.py, which must find that all adds up. Reads the environment that `scripts/stack env` prints.
"""
import http.client
import json
import os
import random
import sys
import threading
import time
from importlib import util as importer
from urllib.parse import urlsplit

HERE = os.path.dirname(os.path.abspath(__file__))
SEATS = ["A1", "A2", "A3", "F1", "F2", "F3"]
MEMBERS = 6
FAULTS = {
    "performance": ["create.after-promote", "create.after-call", "create.before-settle", "create.after-settle",
                    "hold.after-script", "install.after-read", "reconcile.after-read", "event.before-apply",
                    "event.after-apply", "sweep.before-ask", "sweep.before-settle", "create.before-call"],
    "reservation": ["reservation.after-commit", "reservation.before-reply", "cancel.after-commit", "rebuild.before-reply",
                    "relay.before-publish", "relay.after-confirm", "reservation.before-ask"],
}


def module(name):
    spec = importer.spec_from_file_location(name, f"{HERE}/{name}.py")
    loaded = importer.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


storm, check = module("storm"), module("check-sale")


class Member(threading.Thread):
    def __init__(self, session, key, journal, lock, end, seed):
        super().__init__()
        self.rng = random.Random(seed)
        self.id = random.SystemRandom().randrange(5 * 10**9, 8 * 10**9)
        self.token = storm.token(key, self.id)
        self.session, self.journal, self.lock, self.end, self.wrong = session, journal, lock, end, None
        self.holds, self.sold = [], []

    def call(self, method, path, body=None):
        where = urlsplit(os.environ["TICKETAKA_URL"])
        line = http.client.HTTPConnection(where.hostname, where.port, timeout=15)
        try:
            line.request(method, path, json.dumps(body) if body is not None else None,
                         {"Authorization": self.token, "Content-Type": "application/json",
                          "Idempotency-Key": "%032x" % self.rng.getrandbits(128)})
            answer = line.getresponse()
            data = answer.read()
            return answer.status, json.loads(data) if data else {}
        except (OSError, http.client.HTTPException, ValueError):
            return 0, {}
        finally:
            line.close()

    def hold(self):
        seats = self.rng.sample(SEATS, self.rng.choice((1, 1, 2, 3)))
        status, body = self.call("POST", "/performance/rsv/hold", {"prfSessionId": self.session, "seats": seats})
        if status == 200:
            self.holds.append(body["data"]["holdId"])

    def pay(self):
        if not self.holds:
            return self.hold()
        hold = self.rng.choice(self.holds[-3:])
        method = "card" if self.rng.random() < 0.9 else "cash"
        status, body = self.call("POST", "/performance/rsv/create", {"holdId": hold, "payment": {"method": method}})
        data = body.get("data") or {}
        with self.lock:
            self.journal.write(f"{hold} {status:03} {body.get('error', '-')} {data.get('reservationId', '-')}\n")
        if status == 200 and data["reservationId"] not in self.sold:
            self.sold.append(data["reservationId"])
        if data.get("holdId"):
            self.holds.append(data["holdId"])

    def cancel(self):
        if self.sold:
            self.call("DELETE", f"/reservation/delete/{self.rng.choice(self.sold[-2:])}")

    def release(self):
        if self.holds:
            self.call("DELETE", f"/performance/rsv/hold/{self.rng.choice(self.holds)}")

    def run(self):
        try:
            while time.monotonic() < self.end:
                self.rng.choice((self.hold, self.hold, self.pay, self.pay, self.cancel, self.cancel, self.release))()
        except Exception as error:  # a thread has nobody else to tell
            self.wrong = error


def strike(rng):
    """One fault for a moment; then everything is as before."""
    kind = rng.randrange(10)
    if kind == 0:
        check.Redis()("FLUSHALL")
        return
    service = rng.choice(list(FAULTS))
    path = f"{os.environ['TICKETAKA_VAR']}/failpoints/{service}"
    lines = [f"{point} {rng.choice(('error', 'error', 'sleep 150'))}\n" for point in rng.sample(FAULTS[service], 2)]
    with open(path + ".new", "w") as out:
        out.writelines(lines)
    os.rename(path + ".new", path)
    time.sleep(rng.uniform(0.05, 0.5))  # the length of the fault
    with open(path + ".new", "w"):
        pass
    os.rename(path + ".new", path)


def main():
    session, seconds = int(sys.argv[1]), float(sys.argv[3])
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else random.SystemRandom().randrange(2**32)
    print("seed", seed)
    rng, key, lock, end = random.Random(seed), storm.private_key(), threading.Lock(), time.monotonic() + seconds
    with open(sys.argv[2], "a") as journal:
        members = [Member(session, key, journal, lock, end, rng.random()) for _ in range(MEMBERS)]
        for member in members:
            member.start()
        while time.monotonic() < end:
            strike(rng)
        for member in members:
            member.join()
    for member in members:
        if member.wrong:
            raise member.wrong
    print("holds", sum(len(member.holds) for member in members), "sales", sum(len(member.sold) for member in members))


if __name__ == "__main__":
    main()
