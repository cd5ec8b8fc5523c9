#!/bin/sh
# Every exit status that can be reached without breaking a server, with its message, hint and JSON form;
# nothing on standard output when it failed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cli.sh"

# 2: usage
for words in 'reserv' 'search' 'search --gnre x' 'cancel' 'seats 1 2' 'seats x' 'hold 1 --best 0' \
    'hold 1 --best 1 --timeout soon' 'rank --plain --id' \
    'auth lgoin' 'help nonsense' 'completion fish' 'search x --on 2026-02-30' 'search x --lang fr' \
    'rank --genre opera' 'version --idempotency-key short'; do
    # shellcheck disable=SC2086 # words
    run 2 $words
    silent
    says 'error:'
done
run 2 reserv
says "did you mean 'reserve'"
run 2 search x --gnre y
says "did you mean '--genre'"
run 2 serch --json
silent
same code "$(error_json .code)" USAGE
same exit "$(error_json .exit)" 2

# 3: not found; an empty list is no error, unless asked to be
run 3 show PF0
says 'hint:'
says 'request:'
run 3 sessions PF0
run 3 seats 999999999
run 0 search "no such title $UNIQUE"
silent
run 0 search "no such title $UNIQUE" --json
same list "$OUT" '[]'
run 3 search "no such title $UNIQUE" -e

# 4: not logged in
for words in 'account info' 'hold 1 --best 1' 'reserve 1 --best 1' 'reservations' 'ticket 1' 'cancel 1 --yes' 'auth status'; do
    # shellcheck disable=SC2086
    run 4 $words
    silent
    says 'ticketaka auth login'
done
run 4 auth login nobody@example.kr --password-file "$WORK/password"
run 4 account info --token-file "$WORK/password" --json # not a token
same code "$(error_json .code)" UNAUTHORIZED
run 4 account info --token-file "$WORK/nothing"

cli_member exits
cli_session
# 2 by us and by the server, 3, 6, 7, 8
for words in 'hold 1' 'hold x --best 1' 'hold 1 --best 2 --count 2' 'hold 1 --seats A1,,A2' 'hold 1 --seats A1 --grade R' \
    'reserve 1' 'reserve 1-a-b --best 2' 'reserve 1 --best 1 --tendered 5' 'ticket x' 'cancel 1 x --yes' 'cancel 1'; do
    # shellcheck disable=SC2086
    run 2 $words
    silent
done
run 2 hold "$SESSION" --seats Z99
run 3 hold 999999999 --best 1
run 3 ticket 999999999
run 3 cancel 999999999 --yes
HOLD=$(ticketaka hold "$SESSION" --count 1 --id)
SEAT=$(ticketaka hold show "$HOLD" --json | jq -r '.seats[0].seat')
run 6 hold "$SESSION" --seats "$SEAT"
says "'$SEAT'"
run 7 hold show "$SESSION-0123456789abcdef01234567-0123456789abcdef"
run 7 reserve "$SESSION-0123456789abcdef01234567-0123456789abcdef"
run 0 hold extend "$HOLD"
run 0 hold extend "$HOLD"
run 8 hold extend "$HOLD"
run 0 hold release "$HOLD" -y
run 7 hold extend "$HOLD"
# a sale that is refused gives back what it had held itself
FREE=$(ticketaka seats "$SESSION" --free --id | wc -l)
run 2 reserve "$SESSION" --count 2 --pay cash --tendered 1
same 'free after a refused sale' "$(ticketaka seats "$SESSION" --free --id | wc -l)" "$FREE"

# 10: nobody there; nothing sent, no key left
run 10 reserve 1 --best 1 --server http://127.0.0.1:1 --token-file "$WORK/password"
says 'nothing was sent'
same 'keys left' "$(pendings)" 0
run 10 rank --server http://127.0.0.1:1 --json
same retryable "$(error_json .retryable)" true

# 11: somebody who does not answer, and who is overloaded
python3 - "$WORK/port" << 'PY' &
import http.server, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words): pass
    def do_GET(self):
        if "slow" in self.path:
            time.sleep(3)
        self.send_response(200 if "odd" in self.path else 503)
        self.send_header("Retry-After", "60")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.handle_error = lambda *words: None
open(sys.argv[1] + ".new", "w").write(str(server.server_port))
import os; os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
PY
FAKE=$!
end() {
    ended=$?
    kill "$FAKE"
    lib_end "$ended"
}
trap end EXIT
wait_for 10 test -s "$WORK/port"
BUSY=http://127.0.0.1:$(cat "$WORK/port")
run 11 rank --server "$BUSY"
run 11 search slow --server "$BUSY" --timeout 500ms
says 'nothing was changed'

# 1: what is no Ticketaka server, and an output that takes nothing
run 1 rank --server "$BUSY/odd"
says 'cannot be read'
run 2 rank --server 'ftp://127.0.0.1'
status=0
ticketaka rank > /dev/full 2> "$WORK/err" || status=$?
same 'exit with a full disk' "$status" 1
status=0
ticketaka rank >&- 2> "$WORK/err" || status=$?
same 'exit with a closed output' "$status" 1
# whoever cannot see the answer must not buy
status=0
ticketaka reserve "$SESSION" --count 1 >&- 2> "$WORK/err" || status=$?
same 'exit of a sale with a closed output' "$status" 2
same 'free after it' "$(ticketaka seats "$SESSION" --free --id | wc -l)" "$FREE"

# 141: the reader has gone; silently
ticketaka seats "$SESSION" 2> "$WORK/err" | head -n 1 > "$WORK/out"
same 'lines' "$(wc -l < "$WORK/out")" 1
[ ! -s "$WORK/err" ] || fail "head: $(cat "$WORK/err")"
