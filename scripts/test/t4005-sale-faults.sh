#!/bin/sh
# Struck between every two steps of a sale and of a cancel: the process killed, the answer lost, MariaDB stopped, killed
# in mid-COMMIT and frozen. One key, one outcome; unknown is 503 OUTCOME_UNKNOWN with Retry-After, never "failed".
# timeout: 240
NO_STACK=1
. "$(dirname "$0")/lib.sh"
own_stack "$WORK/var"
. "$TOP/scripts/test/reservation.sh"
[ "$BUILD" != release ] || skip "a release build has no failpoints"

unknown() {
    expect_error 503 OUTCOME_UNKNOWN
    [ -n "$(header Retry-After)" ] || fail "503 without Retry-After"
}
once() { # HOLD SEATS: sold exactly once
    same "reservations of $1" "$(one "SELECT COUNT(*) FROM RESERVATION WHERE hold_id = '$1'")" 1
    same "seats of $1" "$(one "SELECT COUNT(*) FROM reservation_seat JOIN RESERVATION USING (reservation_id) WHERE hold_id = '$1'")" "$2"
    same "payments of $1" "$(one "SELECT COUNT(*) FROM payment WHERE hold_id = '$1'")" 1
}
settled() { truth create "$1" && [ "$STATUS" = 200 ]; } # BODY
started=$(lib_now)
begin() { started=$(lib_now); }
within() { # HUNDREDTHS
    [ $(($(lib_now) - started)) -le "$1" ] || fail "it took $(($(lib_now) - started)) hundredths of a second: $BODY"
}

# ---- the answer of the COMMIT is lost once: the call is repeated and finds its own sale
arm reservation reservation.after-commit 'error*1'
key=$(hold)
sell "$key" A1=100 A2=100
expect 200 .data.outcome sold
once "$key" 2
disarm reservation

# ---- lost twice: unknown; asked again later: sold
for point in reservation.after-commit reservation.before-reply; do
    key=$(hold) seat=$(openssl rand -hex 4)
    arm reservation "$point" error
    sell "$key" "$seat=100"
    unknown
    disarm reservation
    once "$key" 1
    ask "$key"
    expect 200 .data.outcome sold
    sold=$(field .data.reservationId)
    sell "$key" "$seat=100"
    expect 200 .data.reservationId "$sold"
    once "$key" 1
done

# ---- no connection before the call: unknown to the caller, and nothing was done
key=$(hold)
arm reservation reservation.before-call error
sell "$key" B1=100
unknown
arm reservation reservation.before-ask error
ask "$key"
unknown
disarm reservation
ask "$key"
expect 200 .data.outcome refused
sell "$key" B1=100
expect_error 409 HOLD_EXPIRED

# ---- killed at each step
for point in reservation.before-call reservation.after-commit reservation.before-reply; do
    key=$(hold) seat=$(openssl rand -hex 4)
    arm reservation "$point" kill
    later killed POST /reservation/create "$(sale "$key" "$seat=100")"
    answer killed
    same "the answer of a killed service at $point" "$STATUS" 000
    disarm reservation
    stack start reservation
    sell "$key" "$seat=100"
    expect 200 .data.outcome sold
    once "$key" 1
done

# ---- cancel: the answer lost, once and for good; killed
cancelled() { # RESERVATION
    same "seats of the cancelled $1" "$(one "SELECT COUNT(*) FROM reservation_seat WHERE reservation_id = $1")" 0
    same "refunds of $1" "$(one "SELECT COUNT(*) FROM payment WHERE reservation_id = $1 AND kind = 'refund'")" 1
    same "tickets of $1" "$(one "SELECT GROUP_CONCAT(DISTINCT state) FROM ticket WHERE reservation_id = $1")" cancelled
}
for action in 'error*1' error kill; do
    sell "$(hold)" C1=100
    id=$(field .data.reservationId)
    arm reservation cancel.after-commit "$action"
    later cancel DELETE "/reservation/delete/$id" '' "Authorization: $(mint_token "$MEMBER")"
    answer cancel
    case $action in
        'error*1') expect 200 ;;
        error) expect 503 .error OUTCOME_UNKNOWN ;;
        kill) same "the answer of a killed service" "$STATUS" 000 ;;
    esac
    disarm reservation
    [ "$action" != kill ] || stack start reservation
    cancel "$id"
    expect 200
    cancelled "$id"
done

# ---- MariaDB stopped: within three seconds each path says so, and all heals
sell "$(hold)" D1=100
id=$(field .data.reservationId) token=$(mint_token "$MEMBER")
stack stop mariadb
begin
sell "$(hold)" D2=100
unknown
within 300
begin
ask "$(hold)"
unknown
within 300
begin
rebuild "$SESSION"
expect_error 503 UNAVAILABLE
within 300
for path in /reservation/lists "/reservation/list/$id" "/reservation/$id/ticket"; do
    begin
    api GET "$TRUTH$path" "$token"
    expect_error 500 DB_UNABLE_TO_CONNECT
    within 300
done
begin
cancel "$id" "$token"
case $STATUS in 500) expect_error 500 DB_UNABLE_TO_CONNECT ;; *) unknown ;; esac
within 300
not_ready() { [ "$(curl -s --noproxy '*' "$TRUTH/readyz" | jq -r .data.dependencies.db)" = down ]; }
wait_for 10 not_ready
stack start mariadb
listed() { api GET "$TRUTH/reservation/list/$id" "$token" && [ "$STATUS" = 200 ]; }
wait_for 10 listed

# ---- MariaDB killed under load, three times: what was answered stays, what was not is settled by its key
round=0
while [ "$round" -lt 3 ]; do
    many "r$round" "R$round-" 40
    many_send "r$round" &
    load=$!
    wait_for 10 grep -q ' 200$' "$WORK/r$round.status"
    stack kill mariadb
    wait "$load"
    ! grep -qvE ' (200|503)$' "$WORK/r$round.status" || fail "creates while MariaDB dies: $(cut -d' ' -f2 "$WORK/r$round.status" | sort | uniq -c)"
    count=0
    while [ "$count" -lt 40 ]; do
        jq -r '.data.reservationId // empty' "$WORK/r$round.$count" > "$WORK/id$count"
        count=$((count + 1))
    done
    stack start mariadb
    all_sold() { many_send "r$round" && many_are "r$round" 200; }
    wait_for 20 all_sold
    count=0
    while [ "$count" -lt 40 ]; do
        [ ! -s "$WORK/id$count" ] ||
            same "a sale answered before the crash" "$(jq -r .data.reservationId "$WORK/r$round.$count")" "$(cat "$WORK/id$count")"
        count=$((count + 1))
    done
    same "keys, reservations, seats and payments of 40 creates" "$(one "SELECT CONCAT_WS(' ', COUNT(DISTINCT r.hold_id),
        COUNT(DISTINCT r.reservation_id), COUNT(*), COUNT(DISTINCT payment_id)) FROM reservation_seat AS s
        JOIN RESERVATION AS r USING (reservation_id) JOIN payment AS p ON p.hold_id = r.hold_id WHERE seat LIKE 'R$round-%'")" '40 40 40 40'
    round=$((round + 1))
done

# ---- MariaDB frozen in the middle: unknown within three seconds; thawed: settled by the key
key=$(hold)
stack pause mariadb
begin
sell "$key" E1=100
within 320
expect 503
[ -n "$(header Retry-After)" ] || fail "503 without Retry-After"
stack cont mariadb
wait_for 10 settled "$(sale "$key" E1=100)"
once "$key" 1

# ---- in the end: every seat of a live reservation, every reservation its seats, no seat twice, all said in the outbox
same "reservations whose seats are not all there" "$(one "SELECT COUNT(*) FROM RESERVATION AS r WHERE reservation_ticket_count <>
    (SELECT COUNT(*) FROM reservation_seat AS s WHERE s.reservation_id = r.reservation_id)")" 0
same "sales whose sum is wrong" "$(one "SELECT COUNT(*) FROM RESERVATION AS r WHERE reservation_price <>
    (SELECT SUM(price) FROM reservation_seat AS s WHERE s.reservation_id = r.reservation_id)")" 0
drained() { [ "$(one 'SELECT COUNT(*) FROM outbox')" = 0 ]; }
wait_for 20 drained
