#!/bin/sh
# A sale whose answer is lost: exit 12 with its key, and the same command again gives the same sale, never a second one;
# also when the program was killed, and when the login has ended meanwhile.
# timeout: 180
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cli.sh"
[ "$BUILD" != release ] || skip 'failpoints are not in release builds'

cli_member unknown
cli_session
STORE=$XDG_STATE_HOME/ticketaka/credentials.json
sales() { ticketaka reservations --id | wc -l; }

# the truth has sold, the answer does not come
arm performance create.after-call error
run 12 reserve "$SESSION" --count 2 --timeout 3s --json
silent
same code "$(error_json .code)" OUTCOME_UNKNOWN
same retryable "$(error_json .retryable)" true
KEY=$(error_json .idempotency_key)
same 'keys kept' "$(pendings)" 1
run 12 reserve "$SESSION" --timeout 2s --count 2 # the order of options does not matter
says "$KEY"
same 'keys kept' "$(pendings)" 1
# the login ends: that is no answer to the sale
mv "$STORE" "$WORK/kept"
run 4 reserve "$SESSION" --count 2
mv "$WORK/kept" "$STORE"
same 'keys kept' "$(pendings)" 1
disarm performance
run 0 reserve "$SESSION" --count 2 --json
says "$KEY"
ID=$(json .id)
same 'keys kept' "$(pendings)" 0
same sales "$(sales)" 1
run 0 reservations --json
same count "$(json '.[0].count')" 2
# the same command once more is another sale now
run 0 reserve "$SESSION" --count 2 --id
[ "$OUT" != "$ID" ] || fail 'a new sale got the old number'
same sales "$(sales)" 2

# killed in the middle of the sale
rm -f "$TICKETAKA_VAR/failpoints/performance.log"
arm performance create.before-call pause
ticketaka reserve "$SESSION" --count 1 > "$WORK/out" 2> "$WORK/err" &
CLI=$!
wait_for 10 reached performance create.before-call
kill -9 $CLI
wait $CLI 2> /dev/null || :
disarm performance
same 'keys kept' "$(pendings)" 1
run 0 reserve "$SESSION" --count 1 --id
same sales "$(sales)" 3
same 'keys kept' "$(pendings)" 0

# the reservation service dies between commit and answer: asked again within the same command
rm -f "$TICKETAKA_VAR/failpoints/reservation.log"
arm reservation reservation.before-reply kill
ticketaka reserve "$SESSION" --count 1 --timeout 60s > "$WORK/out" 2> "$WORK/err" &
CLI=$!
wait_for 10 reached reservation reservation.before-reply
disarm reservation
stack up > "$WORK/up"
wait $CLI || fail "the sale was not found again: $(cat "$WORK/err")"
same sales "$(sales)" 4

# two equal commands at once are two sales
ticketaka reserve "$SESSION" --count 1 --id > "$WORK/one" 2> "$WORK/err1" &
ONE=$!
ticketaka reserve "$SESSION" --count 1 --id > "$WORK/two" 2> "$WORK/err2" || fail "second of two: $(cat "$WORK/err2")"
wait $ONE || fail "first of two: $(cat "$WORK/err1")"
same sales "$(sales)" 6

# a key of one's own: the same key is the same sale
run 0 reserve "$SESSION" --count 1 --id --idempotency-key "my-$UNIQUE"
MINE=$OUT
HOLD=$(ticketaka hold "$SESSION" --count 1 --id --idempotency-key "hold-$UNIQUE")
run 0 hold "$SESSION" --count 1 --id --idempotency-key "hold-$UNIQUE"
same 'the hold of the key' "$OUT" "$HOLD"
run 2 hold "$SESSION" --count 2 --idempotency-key "hold-$UNIQUE" --json
same code "$(error_json .code)" KEY_REUSED
run 0 cancel "$MINE" --yes
