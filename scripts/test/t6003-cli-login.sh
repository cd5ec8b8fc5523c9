#!/bin/sh
# The stored login: its file, its renewal by itself, by two processes at once, its order of places, the prompt.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cli.sh"

STORE=$XDG_STATE_HOME/ticketaka/credentials.json
cli_member login
same mode "$(stat -c %a "$STORE")" 600
! grep -rq "$PASSWORD" "$XDG_STATE_HOME" || fail 'the password is on disk'
run 0 auth status --json
same email "$(json .email)" "$EMAIL"
same place "$(json .stored_in)" "$STORE"
same renews "$(json .renews)" true

token() { jq -r '.servers[].access_token' "$STORE"; }
put_token() { # TOKEN: as the access token
    jq --arg token "$1" '.servers[].access_token = $token' "$STORE" > "$WORK/store"
    chmod 600 "$WORK/store"
    mv "$WORK/store" "$STORE"
}
MEMBER=$(run 0 auth status --json; json .member)

# an expired token renews itself before it is sent; one that the server refuses, after its 401
put_token "$(mint_token "$MEMBER" member ADULT -60)"
BEFORE=$(token)
run 0 account info --json
same email "$(json .email)" "$EMAIL"
[ "$(token)" != "$BEFORE" ] || fail 'the expired token is still stored'
put_token "$(mint_token "$MEMBER")x"
run 0 account info -v
says '< 401 UNAUTHORIZED'
says '> POST /member/refresh'
run 0 account info -v
case $ERR in *refresh*) fail "renewed without need: $ERR" ;; esac

# secrets are not in a trace
run 0 auth login "$EMAIL" --password-file "$WORK/password" -vv
says '[secret]'
case $ERR in *"$PASSWORD"*) fail 'the trace shows the password' ;; *"$(jq -r '.servers[].refresh_token' "$STORE")"*) fail 'the trace shows a token' ;; esac

# eight processes with an expired token: one renewal, and all go on
put_token "$(mint_token "$MEMBER" member ADULT -60)"
JOBS=
for n in 1 2 3 4 5 6 7 8; do
    ticketaka account info -v > "$WORK/out.$n" 2> "$WORK/err.$n" &
    JOBS="$JOBS $!"
done
for job in $JOBS; do wait "$job" || fail "one of eight failed: $(cat "$WORK"/err.*)"; done
same renewals "$(cat "$WORK"/err.* | grep -c '> POST /member/refresh')" 1

# a spent refresh token: log in again
jq '.servers[].refresh_token = "spent"' "$STORE" > "$WORK/store" && chmod 600 "$WORK/store" && mv "$WORK/store" "$STORE"
put_token "$(mint_token "$MEMBER" member ADULT -60)"
run 4 account info
says 'ticketaka auth login'
run 0 auth login "$EMAIL" --password-file "$WORK/password"

# others may read it: refused, and said how to mend it
chmod 644 "$STORE"
run 4 account info
says "chmod 600"
chmod 600 "$STORE"

# one login per server
run 4 account info --server http://127.0.0.1:1
run 0 account info --server "$TICKETAKA_URL/"

# the order of places: option, variable, systemd credential, file
mint_token "$MEMBER" > "$WORK/ticketaka.token"
run 0 auth status --token-file "$WORK/ticketaka.token" --json
same how "$(json .stored_in)" "$WORK/ticketaka.token"
TICKETAKA_TOKEN=$(cat "$WORK/ticketaka.token") ticketaka auth status --json > "$WORK/out"
same how "$(jq -r .stored_in "$WORK/out")" "\$TICKETAKA_TOKEN"
CREDENTIALS_DIRECTORY=$WORK ticketaka account info --json > "$WORK/out"
same email "$(jq -r .email "$WORK/out")" "$EMAIL"

# the configuration file; an unknown line is an error, not a surprise
mkdir -p "$XDG_CONFIG_HOME/ticketaka"
printf 'server = %s\nlang = ko\n' "$TICKETAKA_URL" > "$XDG_CONFIG_HOME/ticketaka/config"
(unset TICKETAKA_URL && ticketaka auth status --json > "$WORK/out") || fail 'the configured server is not taken'
same how "$(jq -r .server_from "$WORK/out")" "$XDG_CONFIG_HOME/ticketaka/config"
printf 'sever = x\n' > "$XDG_CONFIG_HOME/ticketaka/config"
run 2 rank
says "'sever'"
rm "$XDG_CONFIG_HOME/ticketaka/config"

# the prompt shows no password, and gives the terminal back as it was
python3 - "$EMAIL" "$WORK/password" << 'PY' || fail 'the prompt'
import os, pty, select, sys, termios, time
password = open(sys.argv[2]).read().strip()
pid, master = pty.fork()
if pid == 0:
    os.execvp("ticketaka", ["ticketaka", "auth", "login", sys.argv[1]])
seen, sent, end = b"", False, time.time() + 20
while time.time() < end:
    if select.select([master], [], [], 0.2)[0]:
        try:
            data = os.read(master, 4096)
        except OSError:
            break
        if not data:
            break
        seen += data
    if b"Password: " in seen and not sent and not termios.tcgetattr(master)[3] & termios.ECHO:
        os.write(master, password.encode() + b"\n")
        sent = True
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit("exit %s: %r" % (status, seen) if status or password.encode() in seen or b"logged in" not in seen else 0)
PY

run 0 auth logout
run 4 auth status
[ "$(jq '.servers | length' "$STORE")" = 0 ] || fail 'the login is still stored'
