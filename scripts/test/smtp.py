#!/usr/bin/env python3
"""An SMTP server that misbehaves on demand.  usage: smtp.py PORT FOLDER

FOLDER/mode holds how to answer the next mails (read at every mail):
  ok          take it
  451 | 550   that answer to RCPT TO, with the address in it
  552         that answer after the content
  421         that greeting, or answer to MAIL on a connection that was open already, then close
  drop        take the content, say nothing, close
  slow        never answer the content
A mail whose content was received is FOLDER/mail.N, with `taken` in FOLDER/mail.N.state when 250 was said.
"""
import itertools
import os
import socket
import sys
import threading

PORT, FOLDER = int(sys.argv[1]), sys.argv[2]
COUNT = itertools.count(1)


def mode():
    with open(os.path.join(FOLDER, "mode"), encoding="ascii") as file:
        return file.read().strip()


def content(lines):
    kept = []
    for line in lines:
        if line == b".\r\n":
            return b"".join(kept)
        kept.append(line[1:] if line.startswith(b".") else line)
    return None


def keep(data, taken):
    name = os.path.join(FOLDER, "mail.%d" % next(COUNT))
    with open(name, "wb") as file:
        file.write(data)
    if taken:
        with open(name + ".state", "w", encoding="ascii") as file:
            file.write("taken")


def serve(peer):
    lines = peer.makefile("rb")
    say = lambda text: peer.sendall(text.encode() + b"\r\n")
    if mode() == "421":
        say("421 busy")
        return
    say("220 test")
    for line in lines:
        word = line.split()[0].upper() if line.split() else b""
        if word == b"QUIT":
            say("221 bye")
            return
        if word == b"MAIL" and mode() == "421":  # on a connection that was kept open
            say("421 closing")
            return
        if word == b"RCPT" and mode() in ("451", "550"):
            say(mode() + " no, " + line.decode("latin-1").strip())
        elif word == b"DATA":
            say("354 go on")
            data = content(lines)
            if data is None or mode() == "drop":
                keep(data or b"", False)
                return
            if mode() == "slow":
                keep(data, False)
                peer.recv(1)
                return
            if mode() == "552":
                say("552 too much")
                continue
            keep(data, True)
            say("250 taken")
        else:
            say("250 ok")


def connection(peer):
    with peer:
        try:
            serve(peer)
        except OSError:
            pass


server = socket.create_server(("127.0.0.1", PORT))
while True:
    threading.Thread(target=connection, args=(server.accept()[0],), daemon=True).start()
