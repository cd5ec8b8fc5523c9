#!/bin/sh
# Killed between every two steps of a sale: our services, MariaDB in mid-COMMIT, Redis, RabbitMQ. Some clients ask again, some
# never come back; in the end each hold has one outcome, and maps, truth and answers agree.
# timeout: 240
# shellcheck disable=SC2119,SC2317 # member and new_session take what they need by themselves
NO_STACK=1
. "$(dirname "$0")/lib.sh"
mkdir -p "$WORK/var/local"
cat > "$WORK/var/local/performance.conf" << 'END'
ask-after-ms = 4000
ask-again-ms = 200
reconcile-ms = 1000
END
own_stack "$WORK/var"
. "$TOP/scripts/test/seats.sh"
. "$TOP/scripts/test/proof.sh"
[ "$BUILD" != release ] || skip "a release build has no failpoints"

died() { stack status | grep -qE "^$1 +died"; }
revive() { # SERVICE: after the armed point struck
    wait_for 10 died "$1"
    disarm "$1"
    stack start "$1" > /dev/null
}
definite() { # HOLD: the client asks until he knows
    pay "$1"
    case $STATUS in
        200) return 0 ;;
        409) [ "$(field .error)" = HOLD_EXPIRED ] ;;
        *) return 1 ;;
    esac
}

# ---- our services: of two sales that are under way one is asked for again, the other's client never comes back
new_session '30 DAY'
row=0
for step in performance:create.before-promote performance:create.after-promote performance:create.before-call \
    performance:create.after-call performance:create.before-settle performance:create.after-settle \
    reservation:reservation.before-call reservation:reservation.after-commit reservation:reservation.before-reply; do
    service=${step%%:*} point=${step#*:} row=$((row + 1))
    member
    letter=$(printf ABCDEFGHIJ | cut -c "$row")
    hold_seats "${letter}1" "${letter}2"
    expect 200
    asks=$HOLD
    hold_seats "${letter}3"
    expect 200
    arm "$service" "$point" kill
    pay_later asks "$asks"
    pay_later leaves "$HOLD"
    revive "$service"
    paid asks
    first=$STATUS
    paid leaves
    [ "$first.$STATUS" != 200.200 ] || fail "nothing was killed at $point"
    wait_for 20 definite "$asks"
    case $point in # what was committed is what is answered
        create.after-call | *-settle | *.after-commit | *-reply) expect 200 .data.total "$(field '.data.seats | map(.price) | add')" ;;
        create.before-promote) expect 200 ;; # it never was in danger
    esac
done

# ---- the sweeper, on those that were left behind
for point in sweep.before-ask sweep.before-settle; do
    member
    hold_seats "J${#point}"
    arm performance create.after-call error
    pay "$HOLD"
    expect_error 503 OUTCOME_UNKNOWN
    disarm performance
    arm performance "$point" kill
    revive performance
done
settled_all 'services killed at each step of a create' 20

# ---- around a sale: the hold's answer, the map's installer, the reconciler, the relay, the events
for step in performance:hold.after-script performance:install.after-begin performance:install.after-read \
    performance:reconcile.after-read performance:event.before-apply performance:event.after-apply \
    reservation:relay.before-publish reservation:relay.after-confirm; do
    service=${step%%:*}
    new_session '30 DAY'
    member
    case ${step#*:} in
        event.* | relay.*) hold_seats C1 C2 && arm "$service" "${step#*:}" kill && pay "$HOLD" ;;
        *)
            arm "$service" "${step#*:}" kill
            again=$(key)
            hold_body '"seats":["C1","C2"]' "$again"
            ;;
    esac
    revive "$service"
    case ${step#*:} in
        event.* | relay.*) wait_for 20 definite "$HOLD" ;;
        *) # the same key is the same hold
            held() { hold_body '"seats":["C1","C2"]' "$again" && [ "$STATUS" = 200 ]; }
            wait_for 10 held
            pay "$(field .data.holdId)"
            ;;
    esac
    expect 200 '.data.seats | length' 2
done
settled_all 'services killed around a sale' 20

# ---- a crowd that pays while something is struck; then each asks until he knows
crowd() { # HOLDS: paid for in the background as c0 …
    new_session '30 DAY'
    crowd_i=0
    : > "$WORK/crowd"
    while [ "$crowd_i" -lt "$1" ]; do
        [ $((crowd_i % 10)) -ne 0 ] || member
        hold_count 1
        expect 200
        printf '%s %s\n' "$TOKEN" "$HOLD" >> "$WORK/crowd"
        crowd_i=$((crowd_i + 1))
    done
    crowd_i=0
    while read -r TOKEN HOLD; do
        pay_later "c$crowd_i" "$HOLD"
        crowd_i=$((crowd_i + 1))
    done < "$WORK/crowd"
}
crowd_knows() { # sets SOLD to how many were sold
    SOLD=0 crowd_j=0
    while read -r TOKEN HOLD; do
        paid "c$crowd_j"
        case $STATUS in 200 | 409 | 503 | 500) ;; *) fail "a create while something died: $STATUS $BODY" ;; esac
        crowd_j=$((crowd_j + 1))
        wait_for 30 definite "$HOLD"
        [ "$STATUS" != 200 ] || SOLD=$((SOLD + 1))
    done < "$WORK/crowd"
}
for victim in mariadb mariadb redis; do
    crowd 12
    stack kill "$victim"
    stack start "$victim" > /dev/null
    crowd_knows
    settled_all "$victim killed among sales" 20
done
crowd 12
redis FLUSHALL > /dev/null
crowd_knows
settled_all 'all maps lost among sales' 20

# ---- RabbitMQ away: sales and cancels go on, their events and mails come later
new_session '30 DAY'
member
stack stop rabbitmq
hold_seats D1 D2
pay "$HOLD"
expect 200
gone=$(field .data.reservationId)
hold_seats D3
address=proof-$(openssl rand -hex 6)@example.com
api POST /performance/rsv/create "$TOKEN" \
    "{\"holdId\":\"$HOLD\",\"payment\":{\"method\":\"card\"},\"customer\":{\"name\":\"김관객\",\"email\":\"$address\"}}"
expect 200
journal "$HOLD"
api DELETE "/reservation/delete/$gone" "$TOKEN"
expect 200
[ "$(sql reservation 'SELECT COUNT(*) FROM outbox')" -gt 0 ] || fail 'the outbox is empty and RabbitMQ is away'
stack start rabbitmq > /dev/null
settled_all 'RabbitMQ was away' 30
byte_is 63 f || fail 'a seat that was cancelled is not on sale again'
wait_for 20 mails_to "$address" > /dev/null
same 'mails of that sale' "$(mails_to "$address" | wc -l)" 1
same 'dead messages' "$(stack rabbitmqctl -q list_queues -p ticketaka name messages --no-table-headers | awk '$1 == "dead.queue" { print $2 }')" 0
