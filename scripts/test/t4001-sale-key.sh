#!/bin/sh
# One key, one outcome: the same create again, with another body, after an ask, after a cancel; taken seats.
# Rules of the protocol (ARCHITECTURE.md) that fail here when they are dropped (each was dropped once to see it):
# timeout: 120
#   † 8  asking is a write           sale_ask without its INSERT: the late create sells
#   † 11 the key survives a cancel   sale_key deleted with the reservation: the replay sells again
#   † 20 a refusal has a number      no outbox row, or one that names all seats: conflicts and change differ
#   † 21 a refusal is stored         no UPDATE of the key: the repeat sells once the seat is free again
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/reservation.sh"
freeze

# ---- the same create again gives the same answer, with the same ticket codes
key=$(hold)
sell "$key" 1F:A2=100 1F:A1=200
expect 200 .data.outcome sold .data.total 300 .data.requestHash body-one '.data.seats[0].seat' 1F:A2 \
    '.data.tickets | length' 2 '[.data.tickets[].code | length] | unique | tostring' '[181]' \
    '.data.createdAt | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$")' true
first=$BODY id=$(field .data.reservationId) change=$(field .data.change)
same "the outbox row of the change number" "$(outbox "$change" | jq -cS .)" \
    "{\"prfSessionId\":$SESSION,\"seats\":[\"1F:A2\",\"1F:A1\"],\"state\":\"sold\"}"
sell "$key" 1F:A2=100 1F:A1=200
same "a repeat" "$(printf %s "$BODY" | jq -cS .data)" "$(printf %s "$first" | jq -cS .data)"
same "rows of the sale" "$(one "SELECT COUNT(*) FROM RESERVATION WHERE hold_id = '$key'")" 1
same "its outbox rows" "$(one "SELECT GROUP_CONCAT(kind ORDER BY id) FROM outbox WHERE reservation_id = $id")" seat,mail
ask "$key"
same "an ask" "$(printf %s "$BODY" | jq -cS .data)" "$(printf %s "$first" | jq -cS .data)"

# ---- another body changes nothing
EXTRA='.requestHash = "body-two"' sell "$key" 1F:B1=100
expect_error 422 KEY_REUSED
same "seats sold" "$(one "SELECT GROUP_CONCAT(seat ORDER BY seat) FROM reservation_seat WHERE session_id = $SESSION")" 1F:A1,1F:A2

# ---- † 8: what was asked for can never be sold
late=$(hold)
ask "$late"
expect 200 .data.outcome refused '.data | has("conflicts")' false
ask "$late"
expect 200 .data.outcome refused
sell "$late" 1F:C1=100
expect_error 409 HOLD_EXPIRED
expect 409 .data.outcome refused
same "seats of the late create" "$(one "SELECT COUNT(*) FROM reservation_seat WHERE session_id = $SESSION AND seat = '1F:C1'")" 0

# ---- † 20: a taken seat is named, with its number
loser=$(hold)
sell "$loser" 1F:D1=100 1F:A1=200 1F:A0=50
expect_error 409 SEAT_TAKEN
expect 409 .data.outcome refused '.data.conflicts | tostring' '["1F:A1"]' ".data.change > $change" true
lost=$BODY
same "the outbox row of the refusal" "$(outbox "$(field .data.change)" | jq -cS .)" \
    "{\"prfSessionId\":$SESSION,\"seats\":[\"1F:A1\"],\"state\":\"sold\"}"
same "what the refused sale left" "$(one "SELECT COUNT(*) FROM RESERVATION WHERE hold_id = '$loser'")" 0
same "its tickets" "$(one "SELECT COUNT(*) FROM ticket WHERE session_id = $SESSION")" 2
same "its payments" "$(one "SELECT COUNT(*) FROM payment WHERE hold_id = '$loser'")" 0
ask "$loser"
expect 200 .data.outcome refused '.data.conflicts | tostring' '["1F:A1"]'

# ---- † 11 and † 21: replays after the cancel
cancel "$id"
expect 200 .code 200
sell "$key" 1F:A2=100 1F:A1=200
same "a replay after the cancel" "$(printf %s "$BODY" | jq -cS .data)" "$(printf %s "$first" | jq -cS .data)"
sell "$loser" 1F:D1=100 1F:A1=200 1F:A0=50
expect_error 409 SEAT_TAKEN
same "the refusal's replay" "$(printf %s "$BODY" | jq -cS .data)" "$(printf %s "$lost" | jq -cS .data)"
same "seats sold in the end" "$(one "SELECT COUNT(*) FROM reservation_seat WHERE session_id = $SESSION")" 0

# ---- a seat's name is its bytes: a1, A1 and "A1 " are three seats
for seat in 1F:E1 1f:E1 '1F:E1 '; do
    sell "$(hold)" "$seat=100"
    expect 200 '.data.seats[0].seat' "$seat"
done

# ---- a walk-in: no mail without an address, one with it; a refused card is owed back, once
walk=$(hold)
EXTRA='.memberId = 0 | .clerkId = 12 | .terminal = "box-1" | .payment = {method: "cash", tendered: 500} | del(.customer)' sell "$walk" 1F:F1=300
expect 200
same "a walk-in's outbox" "$(one "SELECT GROUP_CONCAT(kind) FROM outbox WHERE reservation_id = $(field .data.reservationId)")" seat
same "its payment" "$(one "SELECT CONCAT_WS(',', kind, state, method, amount, tendered, clerk_id) FROM payment WHERE hold_id = '$walk'")" \
    pay,paid,cash,300,500,12
EXTRA='.memberId = 0 | .customer = {name: "김", email: "kim@example.com"}' sell "$(hold)" 1F:F2=300
same "a customer's mail" "$(one "SELECT JSON_VALUE(body, '\$.memberEmail') FROM outbox WHERE kind = 'mail' AND reservation_id = $(field .data.reservationId)")" \
    kim@example.com
card=$(hold)
for try in 1 2; do
    EXTRA='.payment = {method: "card"}' sell "$card" 1F:F1=300
    expect_error 409 SEAT_TAKEN
done
same "a charged card (try $try)" "$(one "SELECT GROUP_CONCAT(CONCAT_WS(',', kind, state, amount)) FROM payment WHERE hold_id = '$card'")" \
    refund,refund_due,300
! one "UPDATE payment SET amount = 0 WHERE hold_id = '$walk'" 2> /dev/null || fail "a payment could be changed"
! one "DELETE FROM payment WHERE hold_id = '$walk'" 2> /dev/null || fail "a payment could be deleted"
! one "DELETE FROM RESERVATION WHERE hold_id = '$walk'" 2> /dev/null || fail "a reservation was deleted and its seats stranded"

# ---- refused unread: no credential, a member's token (the path is then not even there), bad values
body=$(sale "$(hold)" 1F:G1=100)
for path in create ask rebuild; do
    api POST "$TRUTH/reservation/$path" '' "$body"
    expect_error 404 NOT_FOUND
    api POST "$TRUTH/reservation/$path" "$(mint_token "$MEMBER" 'member admin')" "$body"
    expect_error 404 NOT_FOUND
    api POST "$TRUTH/reservation/$path" '' "$body" -H 'X-Ticketaka-Service: wrong'
    expect_error 404 NOT_FOUND
done
while IFS='|' read -r name change; do
    EXTRA=$change sell "$(hold)" 1F:G1=100
    expect_error 422 INVALID_VALUE
    case $(field .detail) in *"$name"*) ;; *) fail "'$change': the detail does not name '$name': $BODY" ;; esac
done << 'EOF'
total|.total = 99
seats|.seats = []
seats|.seats += .seats | .total *= 2
memberId|.memberId = -1
prfSessionId|.prfSessionId = 0
holdId|.holdId = "X"
requestHash|del(.requestHash)
seats|.seats[0].price = -1
time|.time = "25:00"
EOF
same "seats of refused requests" "$(one "SELECT COUNT(*) FROM reservation_seat WHERE session_id = $SESSION AND seat = '1F:G1'")" 0

# ---- a create key sells once, whatever hold comes with it; a refusal does not use it up
by_key() { truth ask "{\"memberId\":${2:-$MEMBER},\"createKey\":\"$1\"}"; } # KEY [MEMBER]
keyed() { # KEY HOLD SEAT=PRICE...
    keyed_key=$1
    shift
    EXTRA="${EXTRA:-.} | .createKey = \"$keyed_key\"" sell "$@"
}
create_key=key-of-$key other=$(hold)
by_key "$create_key"
expect 200 .data.outcome none
sell "$(hold)" 1F:K0=100
expect 200
keyed "$create_key" "$(hold)" 1F:K0=100
expect_error 409 SEAT_TAKEN
by_key "$create_key"
expect 200 .data.outcome none
bought=$(hold)
keyed "$create_key" "$bought" 1F:K1=100
expect 200 .data.holdId "$bought"
of_key=$(printf %s "$BODY" | jq -cS .data)
keyed "$create_key" "$other" 1F:K2=100
expect 200 .data.holdId "$bought"
same "another hold's create under the key" "$(printf %s "$BODY" | jq -cS .data)" "$of_key"
EXTRA='.requestHash = "body-two"' keyed "$create_key" "$other" 1F:K2=100
expect_error 422 KEY_REUSED
same "what the other hold left" "$(one "SELECT COUNT(*) FROM sale_key WHERE hold_id = '$other'")" 0
same "seats of the key" "$(one "SELECT GROUP_CONCAT(seat) FROM reservation_seat WHERE session_id = $SESSION AND seat IN ('1F:K1', '1F:K2')")" 1F:K1
sell "$other" 1F:K2=100
expect 200 .data.holdId "$other"
keyed "$create_key" "$other" 1F:K2=100
same "the key with a hold that another sold" "$(printf %s "$BODY" | jq -cS .data)" "$of_key"
by_key "$create_key"
same "an ask by key" "$(printf %s "$BODY" | jq -cS .data)" "$of_key"
by_key "$create_key" $((MEMBER + 1))
expect 200 .data.outcome none
cancel "$(printf %s "$of_key" | jq .reservationId)"
by_key "$create_key"
same "an ask by key after the cancel" "$(printf %s "$BODY" | jq -cS .data)" "$of_key"
keyed "$create_key" "$(hold)" 1F:K1=100
same "a create after the cancel" "$(printf %s "$BODY" | jq -cS .data)" "$of_key"
