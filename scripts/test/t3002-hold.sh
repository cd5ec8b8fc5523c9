#!/bin/sh
# Our holds: named seats all or none, conflicts by name, picked seats, caps, keys, owners, extending at most twice,
# release, and a sale whose hold id is its key.
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$TOP/scripts/test/seats.sh"
new_session
member
first=$TOKEN

# ---- values
api POST /performance/rsv/hold "$TOKEN" "{\"prfSessionId\":$SESSION,\"seats\":[\"A1\"]}"
expect_error 422 INVALID_VALUE
case $(field .detail) in *Idempotency-Key*) ;; *) fail "the detail does not name the header: $BODY" ;; esac
for body in '"seats":[]' '"seats":["Z1"]' '"seats":["A21"]' '"seats":["a1"]' '"seats":["A1","A.1"]' '"seats":"A1"' \
    '"seats":[1]' '"count":0' '"count":11' '"count":-1' '"count":1.5' '"count":2,"seats":["A1"]' '"x":1' \
    '"count":1,"seatType":"S석"' '"count":1,"zone":"2F"' '"count":1,"together":"yes"'; do
    hold_body "$body"
    expect_error 422 INVALID_VALUE
done
same 'remaining' "$(remaining)" 200

# ---- named, any spelling; the same key is the same hold, another body is refused
again=$(key)
hold_body '"seats":["A1","A.2"]' "$again"
expect 200 '.data.seats | map(.seat) | tojson' '["A1","A2"]' .data.total 200000 .data.why named .data.state held
HOLD=$(field .data.holdId) theirs=$HOLD
left=$(field .data.expiresInMs)
{ [ "$left" -gt 170000 ] && [ "$left" -le 180000 ]; } || fail "expiresInMs is $left"
hold_body '"seats":["A1","A.2"]' "$again"
expect 200 .data.holdId "$HOLD"
hold_body '"seats":["A1","A3"]' "$again"
expect_error 422 KEY_REUSED
same 'remaining' "$(remaining)" 198

# ---- all or none, and the taken ones are named
member
hold_seats A2 A3 A1
expect 409 .error SEAT_TAKEN '.data.conflicts | tojson' '[{"seat":"A2","state":"held"},{"seat":"A1","state":"held"}]'
same 'remaining' "$(remaining)" 198

# ---- another's hold is answered as none; nothing can be done to it
look "$theirs"
expect_error 404 HOLD_NOT_FOUND
extend "$theirs"
expect_error 404 HOLD_NOT_FOUND
release "$theirs"
expect_error 404 HOLD_NOT_FOUND
create "$theirs"
expect_error 409 HOLD_EXPIRED
same 'keys of the truth' "$(sql reservation "SELECT COUNT(*) FROM sale_key WHERE hold_id = '$theirs'")" 0
TOKEN=$first
look "$theirs"
expect 200 .data.holdId "$theirs"

# ---- picked: together in one row, nearest the middle, front rows first; then the grade that was asked for
member
hold_count 2
expect 200 '.data.seats | map(.seat) | tojson' '["A10","A11"]' .data.why together
hold_count 3 '"seatType":"R석"'
expect 200 '.data.seats | map(.seat) | tojson' '["F9","F10","F11"]' .data.total 150000
release "$HOLD"
expect 200
hold_count 9
expect_error 409 LIMIT_EXCEEDED
hold_count 8 '"together":true'
expect 200 '.data.seats | map(.seat[0:1]) | unique | length' 1

# ---- extend at most twice, a repeated key once
member
hold_count 1
again=$(key)
extend "$HOLD" "$again"
expect 200
extend "$HOLD" "$again"
expect 200
extend "$HOLD"
expect 200
extend "$HOLD"
expect_error 409 EXTEND_LIMIT
extend "$HOLD" "$again"
expect 200

# ---- release, and again; then it can neither be looked at nor sold
release "$HOLD"
expect 200
release "$HOLD"
expect 200
look "$HOLD"
expect_error 404 HOLD_NOT_FOUND
create "$HOLD"
expect_error 409 HOLD_EXPIRED
consistent

# ---- a sale: the same again gives the same answer, another payment is refused, the seats are sold
member
hold_seats B1 B2
create "$HOLD" bottlecaps
expect_error 422 INVALID_VALUE
api POST /performance/rsv/create "$TOKEN" "{\"holdId\":\"$HOLD\",\"payment\":{\"method\":\"cash\",\"tendered\":199999}}"
expect_error 422 INVALID_VALUE
look "$HOLD"
expect 200 .data.state held
body="{\"holdId\":\"$HOLD\",\"payment\":{\"method\":\"cash\",\"tendered\":250000}}"
api POST /performance/rsv/create "$TOKEN" "$body"
expect 200 .data.total 200000 .data.change 50000 '.data.tickets | length' 2 '.data.ticketCode == .data.tickets[0].code' true
id=$(field .data.reservationId)
api POST /performance/rsv/create "$TOKEN" "$body"
expect 200 .data.reservationId "$id" .data.change 50000
create "$HOLD"
expect_error 422 KEY_REUSED
same 'reservations' "$(rows "$HOLD")" 1
seat_is B1 sold || fail 'B1 is not sold'
release "$HOLD"
expect 200
seat_is B1 sold || fail 'B1 was given back'

# ---- cancelled: back on sale within a second; the late repeat still tells of the sale and takes nothing
api DELETE "/reservation/delete/$id" "$TOKEN"
expect 200
wait_for 3 seat_is B1 free
api POST /performance/rsv/create "$TOKEN" "$body"
expect 200 .data.reservationId "$id"
seat_is B1 free || fail 'a repeat after the cancel took the seat back'
consistent

# ---- money: nobody at a till took any, so staff owe none, whatever the buyer calls it; a clerk's word counts
refund() { sql reservation "SELECT CONCAT_WS(' ', method, state) FROM payment WHERE hold_id = '$1' AND kind = 'refund'"; }
same 'the refund of cash that nobody took' "$(refund "$HOLD")" 'web refunded'
member box
hold_seats B3
create "$HOLD" cash
expect 200
same 'what a clerk took' "$(sql reservation "SELECT CONCAT_WS(' ', method, state, clerk_id) FROM payment WHERE hold_id = '$HOLD'")" \
    "cash paid $MEMBER"

# ---- the map: a version that only a change moves, and 304
api GET "/performance/session/$SESSION/seats"
expect 200 '.data.seats | length' 200 '.data.grades | tojson' '[{"seatType":"VIP석","price":100000},{"seatType":"R석","price":50000}]' \
    '.data.seats[20] | tojson' '{"seat":"B1","grade":"VIP석","state":"free","x":0,"y":1,"flags":[]}'
tag=$(header ETag)
same 'ETag' "$tag" "\"$(field .data.version)\""
api GET "/performance/session/$SESSION/seats" '' '' -H "If-None-Match: $tag"
same 'status' "$STATUS" 304
hold_count 1
api GET "/performance/session/$SESSION/seats" '' '' -H "If-None-Match: $tag"
expect 200

# ---- a price from today's table: a changed list is followed, a hold keeps the price it was made at
sql performance "UPDATE prf_grade SET price = 120000 WHERE performance_id = '$PRF' AND ord = 0"
stack restart performance > /dev/null
wait_for 10 look "$HOLD"
expect 200 .data.total 100000
hold_count 1
expect 200 .data.total 120000

# ---- begun: closed
new_session '-1 HOUR'
hold_count 1
expect_error 409 SALE_CLOSED

# ---- the box office may hold more
new_session
member 'member box'
hold_count 11
expect 200 '.data.seats | length' 11
