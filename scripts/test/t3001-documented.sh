#!/bin/sh
# The documented check, withdraw and create: exact codes and Korean texts, one count-hold for each member, price decides
# the grade, never the sum; nothing of the client's title and poster is believed.
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$TOP/scripts/test/seats.sh"
new_session
member

# ---- check, and who may not
api POST /performance/rsv/check '' "{\"prfSessionId\":$SESSION,\"count\":1}"
expect_error 401 UNAUTHORIZED
for count in -1 0 11 2147483648 1.5 '"x"' null '{}'; do
    check "$count"
    expect_error 422 INVALID_VALUE
done
api POST /performance/rsv/check "$TOKEN" '{"prfSessionId":999999999,"count":1}'
expect 400 .error NO_SUCH_ELEMENT .description '조회한 데이터를 찾을 수 없습니다.'
api GET "/performance/session/$SESSION"
same 'counts' "$(field '.data | tojson')" '{"remainingSeat":200,"totalSeat":200}'
check 2
expect 200 .code 200 .description 성공 .data null
same 'remaining' "$(remaining)" 198

# ---- a second check replaces the first, and one's own seats do not count against it
check 5
expect 200
same 'remaining after a second check' "$(remaining)" 195
withdraw 5
expect 200 .description 성공
same 'remaining after withdraw' "$(remaining)" 200
withdraw 5
expect 200 .description 성공

# ---- create without a hold, for another performance, with no grade's price
buy 100000
expect 400 .description '예약을 완료할 수 없습니다.' .error NOT_ABLE_TO_CREATE
check 2
BUY_PRF=PF000000 buy 200000
expect 400 .error NOT_ABLE_TO_CREATE
for price in 1 0 99999 300000; do
    buy "$price"
    expect 400 .error NOT_ABLE_TO_CREATE
done
for price in -1 1.5 '"x"' null; do
    buy "$price"
    expect_error 422 INVALID_VALUE
done
same 'hold kept' "$(remaining)" 198

# ---- 2 × 50,000 is two R seats and not one VIP: count × comes first; the seats are moved
buy 100000
expect 200 .description 성공 .data.total 100000 '.data.seats | map(.grade) | unique | tojson' '["R석"]'
id=$(field .data.reservationId)
same 'title, poster and price of our own' \
    "$(sql reservation "SELECT performance_title, reservation_price, reservation_ticket_count FROM RESERVATION WHERE reservation_id = $id")" \
    "$(printf '좌석 "시험" 🎭\t100000\t2')"
buy 100000
expect 400 .error NOT_ABLE_TO_CREATE
same 'remaining' "$(remaining)" 198
consistent

# ---- unit price × count, and the bare unit price, of the dear grade
check 3
buy 300000
expect 200 .data.total 300000 '.data.seats | map(.grade) | unique | tojson' '["VIP석"]'
check 3
buy 50000
expect 200 .data.total 150000

# ---- with an Idempotency-Key a repeat asks for the sale that was; another body is refused
check 1
again=$(key)
buy 50000 -H "Idempotency-Key: $again"
expect 200
id=$(field .data.reservationId)
buy 50000 -H "Idempotency-Key: $again"
expect 200 .data.reservationId "$id"
check 1
buy 50000 -H "Idempotency-Key: $again"
expect 200 .data.reservationId "$id"
buy 100000 -H "Idempotency-Key: $again"
expect_error 422 KEY_REUSED
same 'holds after repeats' "$(remaining)" 190
withdraw

# ---- the meant grade is full: 400, and the hold is kept
for row in F G H I J; do
    member
    seats=
    for no in 1 2 3 4 5 6 7 8 9 10; do seats="$seats $row$no"; done
    # shellcheck disable=SC2086
    hold_seats $seats || :
    member
    seats=
    for no in 11 12 13 14 15 16 17 18 19 20; do seats="$seats $row$no"; done
    # shellcheck disable=SC2086
    hold_seats $seats || :
done
member
while check 10 && buy 500000 && [ "$STATUS" = 200 ]; do member; done
expect 400 .error NOT_ABLE_TO_CREATE
before=$(remaining)
check 10
same 'own seats do not count against a check' "$(remaining)" "$before"
buy 1000000
expect 200 .data.total 1000000

# ---- none left: 202 NO_VACANCY, and create answers 400
member
while check 10 && [ "$STATUS" = 200 ]; do member; done
expect 202 .code 202 .error NO_VACANCY .description '예약 가능한 좌석이 없습니다.'
buy 500000
expect 400 .error NOT_ABLE_TO_CREATE
consistent

# ---- begun, or closed: no vacancy
new_session '-1 HOUR'
check 1
expect 202 .error NO_VACANCY
new_session
sql performance "UPDATE prf_session SET state = 'closed' WHERE prf_session_id = $SESSION"
check 1
expect 202 .error NO_VACANCY
