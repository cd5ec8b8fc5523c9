#!/bin/sh
# Two performance processes share one Redis: a hold made by one is sold by the other, both install at once and one map comes
# of it, and what one leaves behind when it is killed the other one ends.
# timeout: 240
NO_STACK=1
. "$(dirname "$0")/lib.sh"
own_stack "$WORK/var"
. "$TOP/scripts/test/seats.sh"
for row in 'hold-ms 3000' 'ask-after-ms 1500' 'ask-again-ms 300' 'reconcile-ms 1000' 'sweep-ms 100'; do
    # shellcheck disable=SC2086
    stack set performance $row > /dev/null
done
stack restart performance > /dev/null
first=$TICKETAKA_URL
other=$((PORT + 12))
conf=$(find "$VAR"/ -path '*/conf/performance.conf' | head -n 1)
# Without the environment of `stack env`, which would win over the file.
env -i PATH="$PATH" "$TOP/build/$BUILD/bin/ticketaka-performance" --config "$conf" --listen "127.0.0.1:$other" 2> "$VAR/log/performance-two.log" &
two=$!
stop_two() { kill "$two" 2> /dev/null && wait "$two"; }
trap 'stop_two || :; lib_end' EXIT
second=http://127.0.0.1:$other
ready() { curl -fsS -o /dev/null -m 2 --noproxy '*' "$second/readyz" 2> /dev/null; }
wait_for 15 ready
one() { TICKETAKA_URL=$first; }
two() { TICKETAKA_URL=$second; }

# ---- both are the first to want the map
new_session
member
pids=
for i in 1 2 3 4 5 6; do
    if [ $((i % 2)) -eq 0 ]; then one; else two; fi
    (TOKEN=$(mint_token $((MEMBER + i))) && hold_seats A$i && printf '%s' "$STATUS" > "$WORK/s$i") &
    pids="$pids $!"
done
# shellcheck disable=SC2086
wait $pids
same 'holds of both' "$(cat "$WORK"/s[1-6])" 200200200200200200
same 'maps made' "$(redis HGET "$(map_key meta)" h)" 6
consistent

# ---- held here, sold there; a repeat here
one
hold_seats B1
expect 200
two
create "$HOLD"
expect 200
id=$(field .data.reservationId)
one
create "$HOLD"
expect 200 .data.reservationId "$id"
wait_for 8 free_is 199
consistent

# ---- what one leaves behind when it dies, the other ends
two
hold_seats C1
expect 200
if [ "$BUILD" != release ]; then
    one
    hold_seats C2
    arm performance create.after-promote pause
    (create "$HOLD") > /dev/null 2>&1 &
    later=$!
    wait_for 5 reached performance create.after-promote
    stack kill performance > /dev/null
    wait "$later" || :
    disarm performance
    two
    api GET "$second/performance/session/$SESSION"
    ended() {
        api GET "$second/performance/session/$SESSION"
        [ "$(field .data.remainingSeat)" = 199 ]
    }
    wait_for 10 ended
    same 'rows of the one that was asked about' "$(rows "$HOLD")" 0
    create "$HOLD"
    expect_error 409 HOLD_EXPIRED
    stack start performance > /dev/null
    one
fi
consistent
stop_two || fail "the second process ended with status $?"
