#!/bin/sh
# The documented rows of the reservation service, exactly: texts, 202 quirks, order, who sees what (U18: every route with
# an id, asked by the owner, another member, staff, nobody).
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/reservation.sh"

owner=$(mint_token "$MEMBER") other=$(mint_token $((MEMBER + 1))) box=$(mint_token $((MEMBER + 2)) 'member box')
manager=$(mint_token $((MEMBER + 3)) 'member manager') door=$(mint_token $((MEMBER + 4)) 'member door')
nothing='{"code":202,"description":"예약 정보가 없습니다.","error":"NO_RESERVATION_LIST"}'
body_is() { # WHAT EXPECTED: the whole body, keys sorted
    same "$1" "$(printf %s "$BODY" | jq -cS .)" "$(printf %s "$2" | jq -cS .)"
}

# ---- nothing yet
api GET /reservation/lists "$owner"
body_is "an empty list" "$nothing"
same "its status" "$STATUS" 202

# ---- two sales: equal prices, and different ones without poster, date and time
sell "$(hold)" 1F:A1=50000 1F:A2=50000
first=$(field .data.reservationId) at=$(field .data.createdAt) code=$(field '.data.tickets[0].code')
EXTRA='del(.poster, .date, .time)' sell "$(hold)" 1F:B1=50000 2F:3.12=70000
second=$(field .data.reservationId) at2=$(field .data.createdAt)

row1="{\"reservationId\":$first,\"reservationTicketCount\":2,\"performanceTitle\":\"햄릿 \\\"리턴즈\\\" 🎭\",\"reservationDate\":\"2099-12-30\",\"reservationTime\":\"19:30\",\"reservationPrice\":100000,\"reservationTotalPrice\":100000,\"reservationUnitPrice\":50000,\"reservationPoster\":\"http://img.example/1.gif\",\"reservationDeleted\":\"N\",\"reservationCreateAt\":\"$at\",\"performanceId\":\"PF1\",\"prfSessionId\":$SESSION}"
row2="{\"reservationId\":$second,\"reservationTicketCount\":2,\"performanceTitle\":\"햄릿 \\\"리턴즈\\\" 🎭\",\"reservationDate\":\"\",\"reservationTime\":\"\",\"reservationPrice\":120000,\"reservationTotalPrice\":120000,\"reservationUnitPrice\":null,\"reservationPoster\":\"\",\"reservationDeleted\":\"N\",\"reservationCreateAt\":\"$at2\",\"performanceId\":\"PF1\",\"prfSessionId\":$SESSION}"
api GET /reservation/lists "$owner"
body_is "the list, newest first" "{\"code\":200,\"description\":\"성공\",\"data\":[$row2,$row1]}"
api GET "/reservation/list/$first" "Bearer $owner"
body_is "one row" "{\"code\":200,\"description\":\"성공\",\"data\":$row1}"
case $(header Content-Type) in application/json*) ;; *) fail "Content-Type is '$(header Content-Type)'" ;; esac

# ---- the ticket: for the owner and the box office
api GET "/reservation/$first/ticket" "$owner"
expect 200 '.data.tickets | length' 2 '.data.tickets[0].seat' 1F:A1 '.data.tickets[0].code' "$code" '.data.tickets[0].state' valid \
    '.data.tickets[0].grade' R '.data.tickets[0].price' 50000 .data.facility '대학로 소극장' .data.reservationTime 19:30
owners=$BODY
for staff in "$box" "$manager"; do
    api GET "/reservation/$first/ticket" "$staff"
    same "the ticket for staff" "$BODY" "$owners"
done
grep -q '"event":"staff-look-up"' "$TICKETAKA_VAR/log/reservation.log" || fail "a staff look-up left no trace"

# ---- U18: who may not see it is told exactly what an absent id is told
absent=9007199254740991
for path in "GET /reservation/list/ID" "DELETE /reservation/delete/ID" "GET /reservation/ID/ticket"; do
    method=${path%% *} path=${path#* }
    before=${path%ID*} after=${path#*ID}
    api "$method" "$before$absent$after" "$owner"
    gone=$(printf %s "$BODY" | sed "s/$absent/N/") gone_status=$STATUS
    case $path in
        */ticket) expect_error 404 NOT_FOUND ;;
        *) body_is "an absent id" "$nothing" ;;
    esac
    for stranger in "$other" "$door"; do
        api "$method" "$before$first$after" "$stranger"
        same "$method $path of another member" "$STATUS $(printf %s "$BODY" | sed "s/$first/N/")" "$gone_status $gone"
    done
    case $path in */ticket) ;; *)
        for staff in "$box" "$manager"; do # the documented paths know only the owner
            api "$method" "$before$first$after" "$staff"
            same "$method $path by staff" "$STATUS $BODY" "$gone_status $gone"
        done
        ;;
    esac
    api "$method" "$before$first$after"
    expect_error 401 UNAUTHORIZED
    api "$method" "$before$first$after" "${owner}x"
    expect_error 401 UNAUTHORIZED
    api "$method" "$before$first$after" "$(mint_token "$MEMBER" member ADULT -5)"
    expect_error 401 UNAUTHORIZED
    for bad in 0 -1 abc 1e3 9223372036854775808 '1%00'; do
        api "$method" "$TRUTH$before$bad$after" "$owner"
        case $STATUS in 4*) ;; *) fail "$method $path with id '$bad': $STATUS $BODY" ;; esac
    done
done
for path in /reservation/lists "/reservation/list/$first"; do
    api GET "$path" '' '' -H "x-istio-jwt-sub: $MEMBER" -H "X-Istio-Jwt-Sub: $MEMBER"
    expect_error 401 UNAUTHORIZED
    api GET "$TRUTH$path" '' '' -H "x-istio-jwt-sub: $MEMBER"
    expect_error 401 UNAUTHORIZED
done
same "rows after all that" "$(one "SELECT COUNT(*) FROM RESERVATION WHERE member_id = $MEMBER")" 2

# ---- service routes are not there through the gateway, credential or not
for path in create ask rebuild; do
    api POST "/reservation/$path" "$owner" '{}' -H "X-Ticketaka-Service: $(cat "$TICKETAKA_SERVICE_TOKEN_FILE")"
    expect_error 404 NOT_FOUND
done
api POST /reservation/lists "$owner" '{}'
expect_error 405 METHOD_NOT_ALLOWED

# ---- cancel, and again; with a key
key="key-$(openssl rand -hex 8)"
api DELETE "/reservation/delete/$first" "$owner" '' -H "Idempotency-Key: $key"
body_is "a cancel" '{"code":200,"description":"성공"}'
api DELETE "/reservation/delete/$first" "$owner" '' -H "Idempotency-Key: $key"
body_is "a cancel again" '{"code":200,"description":"성공"}'
api DELETE "/reservation/delete/$second" "$owner" '' -H "Idempotency-Key: $key"
expect_error 422 KEY_REUSED
api DELETE "/reservation/delete/$second" "$owner" '' -H "Idempotency-Key: short"
expect_error 422 INVALID_VALUE
api DELETE "/reservation/delete/$first" "$other"
body_is "another member's cancel of a cancelled one" "$nothing"
api GET /reservation/lists "$owner"
body_is "the list with a cancelled one" \
    "{\"code\":200,\"description\":\"성공\",\"data\":[$row2,$(printf %s "$row1" | sed 's/"reservationDeleted":"N"/"reservationDeleted":"Y"/')]}"
api GET "/reservation/list/$first" "$owner"
expect 200 .data.reservationDeleted Y
api GET "/reservation/$first/ticket" "$owner"
expect 200 '.data.tickets[0].state' cancelled '.data.tickets[0] | has("code")' false .data.reservationDeleted Y
same "where the row went" "$(one "SELECT CONCAT((SELECT COUNT(*) FROM RESERVATION WHERE reservation_id = $first),
    (SELECT COUNT(*) FROM DELETE_RESERVATION WHERE reservation_id = $first),
    (SELECT COUNT(*) FROM UNIT_RESERVATION WHERE reservation_id = $first),
    (SELECT COUNT(*) FROM reservation_seat WHERE reservation_id = $first))")" 0110
same "its payments" "$(one "SELECT GROUP_CONCAT(CONCAT_WS(' ', kind, state, amount) ORDER BY payment_id) FROM payment WHERE reservation_id = $first")" \
    'pay paid 100000,refund refunded 100000'
sell "$(hold)" 1F:A1=50000
expect 200 .data.outcome sold

# ---- money that went over a counter is owed back; a performance that has begun is not cancelled
for method in cash:refund_due card:refund_due transfer:refund_due web:refunded comp:refunded; do
    EXTRA=".payment = {method: \"${method%:*}\"} | .clerkId = 0" sell "$(hold)" 1F:C1=40000
    expect 200
    id=$(field .data.reservationId)
    cancel "$id"
    expect 200
    same "the refund of $method" "$(one "SELECT CONCAT_WS(' ', state, clerk_id) FROM payment WHERE reservation_id = $id AND kind = 'refund'")" \
        "${method#*:}"
done
EXTRA='.date = "2020-01-01"' sell "$(hold)" 1F:C2=40000
id=$(field .data.reservationId)
cancel "$id"
expect_error 409 SALE_CLOSED
same "the reservation of a begun performance" "$(one "SELECT COUNT(*) FROM reservation_seat WHERE reservation_id = $id")" 1
