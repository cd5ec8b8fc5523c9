#!/bin/sh
# A sale struck between every two steps, the truth away, Redis flushed and restarted: one key, one outcome; what is cut off
# is asked about; no sold seat comes back on sale and none is stranded.
# timeout: 300
NO_STACK=1
. "$(dirname "$0")/lib.sh"
own_stack "$WORK/var"
. "$TOP/scripts/test/seats.sh"
[ "$BUILD" != release ] || skip "a release build has no failpoints"
set_conf() {
    while [ $# -gt 1 ]; do
        stack set performance "$1" "$2" > /dev/null
        shift 2
    done
    stack restart performance > /dev/null
}
set_conf hold-ms 3000 ask-after-ms 1500 ask-again-ms 300 reconcile-ms 1000 remaining-ms 500 sweep-ms 100
unknown() {
    expect_error 503 OUTCOME_UNKNOWN
    [ -n "$(header Retry-After)" ] || fail '503 without Retry-After'
}
up() { stack start performance > /dev/null; }

# ---- expiry: the sweeper frees the seats by itself, in time; remaining_seat follows
new_session
member
hold_seats A1 A2
expect 200
wait_for 5 free_is 200
look "$HOLD"
expect_error 404 HOLD_NOT_FOUND
create "$HOLD"
expect_error 409 HOLD_EXPIRED
hold_seats A1
written() { [ "$(sql performance "SELECT remaining_seat FROM prf_session WHERE prf_session_id = $SESSION")" = "$1" ]; }
wait_for 5 written 199
wait_for 5 written 200
# a key whose hold has ended makes no second one
again=$(key)
hold_body '"count":1' "$again"
expect 200
wait_for 5 free_is 200
hold_body '"count":1' "$again"
expect_error 409 HOLD_EXPIRED

# ---- killed between every two steps, then the same request again: sold, once
for point in create.before-promote create.after-promote create.before-call create.after-call create.before-settle create.after-settle; do
    member
    hold_seats B1 B2
    expect 200
    arm performance "$point" 'kill*1'
    curl -s -m 5 --noproxy '*' -X POST -H "Authorization: $TOKEN" -H 'Content-Type: application/json' \
        -d "{\"holdId\":\"$HOLD\",\"payment\":{\"method\":\"card\"}}" "$TICKETAKA_URL/performance/rsv/create" > /dev/null || :
    reached performance "$point" || fail "$point was not reached"
    disarm performance
    up
    create "$HOLD"
    case $STATUS in
        200) same "rows after a kill at $point" "$(rows "$HOLD")" 1 ;;
        409) # it took too long to come back: then it must never have been sold
            expect_error 409 HOLD_EXPIRED
            same "rows after a kill at $point" "$(rows "$HOLD")" 0 ;;
        *) fail "after a kill at $point: $STATUS $BODY" ;;
    esac
    if [ "$STATUS" = 200 ]; then
        api DELETE "/reservation/delete/$(field .data.reservationId)" "$TOKEN"
        expect 200
    fi
    wait_for 5 free_is 200
    consistent
done

# ---- the same points failing: unknown is never "failed"; nobody repeats: the sweeper asks, and seats are free or sold
for point in create.after-promote create.after-call create.after-settle; do
    member
    hold_seats C1
    arm performance "$point" error
    create "$HOLD"
    unknown
    disarm performance
    if [ "$point" = create.after-promote ]; then
        wait_for 8 seat_is C1 free
        same "rows after $point" "$(rows "$HOLD")" 0
        create "$HOLD"
        expect_error 409 HOLD_EXPIRED
    else
        wait_for 8 seat_is C1 sold
        create "$HOLD"
        expect 200
        same "rows after $point" "$(rows "$HOLD")" 1
        api DELETE "/reservation/delete/$(field .data.reservationId)" "$TOKEN"
        wait_for 5 seat_is C1 free
    fi
    consistent
done

# ---- a committing hold is never withdrawn, deleted, extended or replaced
member
check 1
arm performance create.after-promote error
buy 100000
unknown
disarm performance
withdraw 1
expect 200
same 'committing after withdraw' "$(redis HGET "$(map_key meta)" c)" 1
check 2
expect 200
same 'committing after a second check' "$(redis HGET "$(map_key meta)" c)" 1
same 'remaining' "$(remaining)" 197
wait_for 8 free_is 200
member
hold_seats D1
arm performance create.after-promote error
create "$HOLD"
unknown
disarm performance
release "$HOLD"
expect_error 409 HOLD_COMMITTING
extend "$HOLD"
expect_error 409 HOLD_COMMITTING
# two bodies: the second is told so, nothing changes
create "$HOLD"
expect 200
create "$HOLD" cash
expect_error 422 KEY_REUSED
seat_is D1 sold || fail 'D1 is not sold'
consistent

# ---- settling fails after the COMMIT: the sale stands, its event repairs the map
member
hold_seats E1
arm performance create.before-settle error
create "$HOLD"
expect 200
disarm performance
wait_for 5 seat_is E1 sold
consistent

# ---- no reservation service: nothing was sent, the hold is kept and runs out in its own time
member
stack stop reservation > /dev/null
hold_seats E2
create "$HOLD"
expect 500 .description '예약생성이 실패하였습니다.' .error RESERVATION_FAILED
look "$HOLD"
expect 200 .data.state held
# holds on an installed map go on; a map that must be installed first cannot be had
hold_seats E3
expect 200
installed=$SESSION
new_session
hold_seats A1
expect_error 503 UNAVAILABLE
SESSION=$installed
stack start reservation > /dev/null
wait_for 5 seat_is E2 free

# ---- somebody else has the seat in the truth: the conflict is named, the others move to a hold that the answer carries
member
hold_seats F1 F2 F3
sql reservation "INSERT INTO reservation_seat (session_id, seat, reservation_id, grade, price)
    SELECT $SESSION, 'F2', reservation_id, 'R석', 50000 FROM reservation_seat WHERE session_id = $SESSION LIMIT 1"
create "$HOLD"
expect 409 .error SEAT_TAKEN '.data.conflicts | tojson' '[{"seat":"F2","state":"sold"}]' '.data.hold.seats | map(.seat) | tojson' '["F1","F3"]'
kept=$(field .data.holdId)
create "$HOLD"
expect 409 .error SEAT_TAKEN .data.holdId "$kept"
seat_is F2 sold || fail 'the named seat is not sold'
create "$kept"
expect 200 .data.total 100000
consistent

# ---- FLUSHALL: no sold seat comes back on sale, a sale whose answer was lost is found, holds are lost
member
hold_seats G1
create "$HOLD"
expect 200
sold=$HOLD
hold_seats G2
redis FLUSHALL > /dev/null
create "$sold"
expect 200
create "$HOLD"
expect_error 409 HOLD_EXPIRED
hold_seats G1
expect_error 409 SEAT_TAKEN
seat_is F2 sold || fail 'F2 came back on sale'
consistent

# ---- FLUSHALL between COMMIT and settle; and between promote and the call
for point in create.before-settle create.before-call; do
    member
    hold_seats H1
    arm performance "$point" pause
    (create "$HOLD") > /dev/null 2>&1 &
    later=$!
    wait_for 5 reached performance "$point"
    redis FLUSHALL > /dev/null
    disarm performance
    wait $later || :
    : > "$TICKETAKA_VAR/failpoints/performance.log"
    create "$HOLD"
    expect 200
    same "rows of $point" "$(rows "$HOLD")" 1
    wait_for 5 seat_is H1 sold
    consistent
    api DELETE "/reservation/delete/$(field .data.reservationId 2> /dev/null || echo 0)" "$TOKEN" || :
    create "$HOLD"
    api DELETE "/reservation/delete/$(field .data.reservationId)" "$TOKEN"
    wait_for 5 seat_is H1 free
done

# ---- Redis restarted: another run_id, a new epoch, the version does not fall
api GET "/performance/session/$SESSION/seats"
before=$(field .data.version)
member
hold_seats I1
expect 200
stack restart redis > /dev/null
holds_again() {
    hold_seats I2
    [ "$STATUS" = 200 ]
}
wait_for 10 holds_again
api GET "/performance/session/$SESSION/seats"
[ "$(field .data.version)" -gt "$before" ] || fail "the version fell from $before to $(field .data.version)"
new_epoch() {
    api GET "/performance/session/$SESSION/seats"
    [ $(($(field .data.version) >> 22)) -gt $((before >> 22)) ]
}
wait_for 5 new_epoch
wait_for 10 free_is "$((200 - $(sql reservation "SELECT COUNT(*) FROM reservation_seat WHERE session_id = $SESSION")))"
consistent

# ---- a map that went wrong is put right within the minute (here a second), both ways
redis SETRANGE "$(map_key map)" 0 s > /dev/null
redis HINCRBY "$(map_key meta)" f -1 > /dev/null
redis HINCRBY "$(map_key meta)" s 1 > /dev/null
wait_for 5 seat_is A1 free
consistent

# ---- a hold's answer lost: the same key finds the hold, the seats are held once
before=$(remaining)
member
again=$(key)
arm performance hold.after-script error
hold_body '"count":2' "$again"
expect 500 .error REDIS_TROUBLE_OCCURRED .description '레디스 문제 발생'
disarm performance
hold_body '"count":2' "$again"
expect 200 '.data.seats | length' 2
same 'held once' "$(remaining)" $((before - 2))

# ---- an event that could not be applied, and one applied twice: the map ends right
member
hold_seats J1
arm performance create.before-settle error
arm performance event.before-apply error
create "$HOLD"
expect 200
id=$(field .data.reservationId)
disarm performance create.before-settle
wait_for 5 reached performance event.before-apply
disarm performance
wait_for 10 seat_is J1 sold
arm performance event.after-apply error
api DELETE "/reservation/delete/$id" "$TOKEN"
expect 200
wait_for 10 seat_is J1 free
disarm performance

# ---- the installer dies, or comes late: the next one installs
for point in install.after-begin install.after-read; do
    new_session
    arm performance "$point" 'kill*1'
    curl -s -m 5 --noproxy '*' "$TICKETAKA_URL/performance/session/$SESSION/seats" > /dev/null || :
    disarm performance
    up
    installs() {
        hold_count 1
        [ "$STATUS" = 200 ]
    }
    wait_for 10 installs
    consistent
done
# paused after its read while a seat is sold: it must read again (settle and event delete its nonce)
new_session
member
hold_seats A1
: > "$TICKETAKA_VAR/failpoints/performance.log"
arm performance create.before-call pause
create "$HOLD" > /dev/null 2>&1 &
sale=$!
wait_for 5 reached performance create.before-call
redis FLUSHALL > /dev/null
arm performance install.after-read pause
curl -s -m 10 --noproxy '*' "$TICKETAKA_URL/performance/session/$SESSION/seats" > /dev/null &
reader=$!
wait_for 5 reached performance install.after-read
disarm performance create.before-call
wait "$sale" || :
same 'rows of the sale' "$(rows "$HOLD")" 1
disarm performance
wait "$reader" || :
seat_is A1 sold || fail 'the installer did not read again: A1 is on sale'
consistent
