#!/bin/sh
# Every order in which a sale, its answer, its events, a cancel, a rebuild and a reconcile can meet: each order is made, not
# waited for. ONLY="part part" runs these alone; scripts/mutants says which part fails when a rule is dropped.
# timeout: 240
# shellcheck disable=SC2119,SC2317 # member and new_session take what they need by themselves
NO_STACK=1
. "$(dirname "$0")/lib.sh"
mkdir -p "$WORK/var/local"
echo 'reconcile-ms = 3600000' > "$WORK/var/local/performance.conf" # only when a test wants it
own_stack "$WORK/var"
. "$TOP/scripts/test/reservation.sh"
. "$TOP/scripts/test/seats.sh"
. "$TOP/scripts/test/proof.sh"
[ "$BUILD" != release ] || skip "a release build has no failpoints"
command -v amqp-publish > /dev/null || fail "amqp-publish is missing; install amqp-tools"

log=$TICKETAKA_VAR/failpoints
begin() { new_session '30 DAY' && member; }
hit() { [ "$(grep -cx "$2" "$log/$1.log")" -gt "$3" ]; } # SERVICE POINT BEFORE
count_of() { grep -cx "$2" "$log/$1.log" 2> /dev/null || :; }
# strike POINT ACTION: of the performance service; `struck` waits until it was reached since
strike() {
    strike_point=$1 strike_before=$(count_of performance "$1")
    arm performance "$1" "$2"
}
struck() { wait_for 10 hit performance "$strike_point" "${strike_before:-0}"; }
resume() { disarm performance; }

reservation_of() { one "SELECT reservation_id FROM UNIT_RESERVATION WHERE hold_id = '$1'"; } # HOLD
change_of() { one "SELECT JSON_VALUE(answer, '\$.change') FROM sale_key WHERE hold_id = '$1'"; } # HOLD
quit() { api DELETE "/reservation/delete/$1" "${2:-$TOKEN}" && expect 200; } # RESERVATION [TOKEN]

# The relay is stopped; events are published by hand, in any order and any number; `applied N` waits until N more were.
relay_stop() { freeze; }
relay_go() { disarm reservation && wait_for 10 drained; }
drained() { [ "$(one 'SELECT COUNT(*) FROM outbox')" = 0 ]; }
events_from() { events_before=$(count_of performance event.after-apply); }
applied() { wait_for 10 hit performance event.after-apply $((events_before + $1 - 1)); }
event() { # sold|free CHANGE SEAT...
    event_state=$1 event_change=$2
    shift 2
    event_seats=$(printf '"%s",' "$@")
    amqp-publish -u "amqp://reservation:$(cat "$TICKETAKA_KEYS/amqp-reservation.pass")@127.0.0.1:$((PORT + 8))/ticketaka" \
        -e seat.exchange -r seat.key -p -C application/json \
        -b "{\"prfSessionId\":$SESSION,\"seats\":[${event_seats%,}],\"state\":\"$event_state\",\"change\":$event_change}"
}
all() { settled_all "$1" 10; }

part_cancel_before_settle() { # †11
    begin
    hold_seats A1 A2
    strike create.before-settle pause
    pay_later one "$HOLD"
    struck
    wait_for 5 byte_is 0 s # the event came first
    quit "$(reservation_of "$HOLD")"
    wait_for 5 byte_is 0 f
    theirs=$TOKEN
    member
    hold_seats A1
    expect 200
    resume
    TOKEN=$theirs
    paid one
    expect 200 .data.total 200000
    same "A1, which another holds by now" "$(byte 0)" h
    same "A2, which was cancelled" "$(byte 1)" f
    all 'cancelled before it was settled'
}

part_replies_lost() { # †7 †10 †11
    begin
    hold_seats A1 A2
    strike create.after-settle error
    pay "$HOLD"
    expect_error 503 OUTCOME_UNKNOWN
    resume
    look "$HOLD"
    expect_error 404 HOLD_NOT_FOUND
    pay "$HOLD"
    expect 200 .data.total 200000
    id=$(field .data.reservationId)
    quit "$id"
    wait_for 5 byte_is 0 f
    pay "$HOLD"
    expect 200 .data.reservationId "$id"
    theirs=$TOKEN ours=$HOLD
    member
    hold_seats A1
    expect 200
    another=$TOKEN
    TOKEN=$theirs
    pay "$ours"
    expect 200 .data.reservationId "$id"
    same "A1 after the replay" "$(byte 0)" h
    TOKEN=$another
    pay "$HOLD"
    expect 200 .data.total 100000
    # a hold's end is no outcome: the truth was told of it and nothing else
    same "reservations of the hold" "$(one "SELECT COUNT(*) FROM UNIT_RESERVATION WHERE hold_id = '$ours'")" 1
    all 'replies lost'
}

sold_to() { one "SELECT COUNT(*) FROM RESERVATION WHERE member_id = $1"; } # MEMBER
with() { # KEY PRICE: the documented create
    buy "$2" -H "Idempotency-Key: $1"
}
part_key_after_flush() { # one key, one sale, also when Redis has forgotten both
    begin
    check 2
    expect 200
    again=$(key)
    strike create.after-settle error
    with "$again" 200000
    expect_error 503 OUTCOME_UNKNOWN
    resume
    redis FLUSHALL > /dev/null
    with "$again" 200000
    expect 200 .data.total 200000 '.data.tickets | length' 2
    id=$(field .data.reservationId)
    same "whose it is" "$(one "SELECT member_id FROM RESERVATION WHERE reservation_id = $id")" "$MEMBER"
    with "$again" 100000
    expect_error 422 KEY_REUSED
    with "$(key)" 200000
    expect 400 .error NOT_ABLE_TO_CREATE
    buy 200000
    expect 400 .error NOT_ABLE_TO_CREATE
    # unknown is never "failed"
    arm reservation reservation.before-ask error
    with "$again" 200000
    expect_error 503 OUTCOME_UNKNOWN
    disarm reservation
    # a later hold: the key still answers for its own sale, and the hold is kept
    check 2
    expect 200
    second=$(redis HGET "$(map_key mem)" "$MEMBER")
    with "$again" 200000
    expect 200 .data.reservationId "$id"
    look "$second"
    expect 200 .data.state held
    same "sales of one key" "$(sold_to "$MEMBER")" 1
    # another body of that key sells it neither, and does not hide the sale
    with "$again" 100000
    expect_error 422 KEY_REUSED
    with "$again" 200000
    expect 200 .data.reservationId "$id"
    same "sales of one key and two bodies" "$(sold_to "$MEMBER")" 1
    with "$(key)" 100000
    expect 200 .data.total 100000
    with "$again" 200000
    expect 200 .data.reservationId "$id"
    # the price that no grade of a later hold has
    check 1
    with "$again" 200000
    expect 200 .data.reservationId "$id"
    # in another session the key is as used
    first=$SESSION first_prf=$PRF
    new_session '30 DAY'
    check 2
    with "$again" 200000
    expect_error 422 KEY_REUSED
    SESSION=$first PRF=$first_prf
    # another member's key of the same letters is another key
    ours=$MEMBER theirs=$TOKEN
    member
    with "$again" 200000
    expect 400 .error NOT_ABLE_TO_CREATE
    MEMBER=$ours TOKEN=$theirs
    quit "$id"
    with "$again" 200000
    expect 200 .data.reservationId "$id"
    redis FLUSHALL > /dev/null
    with "$again" 200000
    expect 200 .data.reservationId "$id"
    same "sales in the end" "$(sold_to "$MEMBER")" 1
    seat_is A1 free || true # has the map made anew
    all 'a key that Redis forgot'
}

part_flush_before_settle() { # †10 †11
    begin
    hold_seats A1 A2
    strike create.before-settle 'pause*1' # not the one that asks
    pay_later one "$HOLD"
    struck
    redis FLUSHALL > /dev/null
    pay "$HOLD" # no map at all: the truth is asked
    expect 200 .data.total 200000
    seat_is A1 sold || fail "the map that was made anew does not have the sale: $BODY"
    resume
    paid one
    expect 200 .data.total 200000
    all 'flushed before it was settled'
}

part_rebuild_races() { # †11 †12 †14
    begin
    hold_seats A1
    pay "$HOLD"
    expect 200
    quit_later=$(field .data.reservationId)
    wait_for 5 drained
    redis FLUSHALL > /dev/null
    # the installer has read; then a sale and a cancel, whose events find no map
    strike install.after-read pause
    (seat_is A1 free) > /dev/null 2>&1 &
    reader=$!
    struck
    events_from
    sell "$(hold)" A5=100
    expect 200
    quit "$quit_later"
    applied 2
    resume
    wait "$reader" || :
    wait_for 5 byte_is 4 s
    wait_for 5 byte_is 0 f
    all 'a sale and a cancel while a map was installed'
    # events that are older than the floor come after the map: a seat that was sold, cancelled and held again stays held
    relay_stop
    key=$(hold)
    sell "$key" A7=100
    sold_at=$(change_of "$key")
    quit "$(field .data.reservationId)"
    redis FLUSHALL > /dev/null
    hold_seats A7
    expect 200
    events_from
    event sold "$sold_at" A7
    applied 1
    same "A7, held after an old sale was cancelled" "$(byte 6)" h
    relay_go
    pay "$HOLD"
    expect 200
    all 'events below the floor'
}

part_shuffled() { # †11
    begin
    seat_is A1 free || fail "no map: $BODY" # made before all this
    relay_stop
    key=$(hold) last=$(hold)
    sell "$key" A1=100
    first=$(change_of "$key")
    quit "$(field .data.reservationId)"
    freed=$(one "SELECT MAX(id) FROM outbox WHERE body LIKE '%free%'")
    sell "$last" A1=100
    third=$(change_of "$last")
    events_from
    event free "$freed" A1
    event sold "$first" A1
    applied 2
    same 'A1 after "free" came before its "sold"' "$(byte 0)" f
    event sold "$third" A1
    event free "$freed" A1
    event sold "$first" A1
    event free "$freed" A1
    applied 6
    same 'A1 after all of them twice, the last first' "$(byte 0)" s
    relay_go
    all 'shuffled, doubled and late'
}

part_free_of_committing() { # †8: a newer "free" frees only what is sold, and raises the number of all else
    begin
    hold_seats A1 A2
    relay_stop
    strike create.before-settle error
    pay "$HOLD"
    expect 200
    resume
    same "A1, not settled" "$(byte 0)" c
    id=$(field .data.reservationId) first=$(change_of "$HOLD")
    quit "$id"
    freed=$(one "SELECT MAX(id) FROM outbox WHERE body LIKE '%free%'")
    events_from
    event free "$freed" A1 A2
    applied 1
    same "A1, free in the truth and committing here" "$(byte 0)" c
    event sold "$first" A1 A2
    applied 2
    same "A1 after the late event of its sale" "$(byte 0)" c
    pay "$HOLD"
    expect 200 .data.reservationId "$id"
    same "A1 after the answer" "$(byte 0)" f
    relay_go
    all 'a cancel that overtook the sale'
}

part_two_bodies() { # †9
    begin
    hold_seats A1 A2
    relay_stop
    strike create.before-settle pause
    pay_later one "$HOLD"
    struck
    pay "$HOLD" cash
    expect_error 422 KEY_REUSED
    same "A1 after another body" "$(byte 0)" c
    same "A2 after another body" "$(byte 1)" c
    resume
    paid one
    expect 200
    relay_go
    pay "$HOLD" cash
    expect_error 422 KEY_REUSED
    all 'two bodies'
    # what settles it in the end is the question, also when only the wrong body comes again
    hold_seats A3
    relay_stop
    strike create.before-settle error
    pay "$HOLD"
    expect 200
    resume
    pay "$HOLD" cash
    expect_error 422 KEY_REUSED
    same "A3" "$(byte 2)" c
    relay_go # its event sells the seat, and the hold is asked about
    pay "$HOLD"
    expect 200
    all 'another body after a settle that was lost'
}

part_committing_is_left_alone() { # †4 †7
    begin
    check 2
    expect 200
    strike create.before-call 'pause*1'
    first=$(redis HGET "$(map_key mem)" "$MEMBER")
    pay_later one "$first"
    struck
    withdraw 2
    expect 200
    extend "$first"
    expect_error 409 HOLD_COMMITTING
    release "$first"
    expect_error 409 HOLD_COMMITTING
    buy 100000 # two of the cheaper grade: neither moved, nor sold for another price than was said
    expect 400 .error NOT_ABLE_TO_CREATE
    check 1
    expect 200
    same "committing seats" "$(redis GET "$(map_key map)" | tr -cd c | wc -c)" 2
    resume
    paid one
    expect 200 .data.total 200000
    withdraw 1
    all 'a committing hold'
}

part_refused() { # †20 †21
    begin
    hold_seats B1 B2 B3
    relay_stop
    theirs=$(hold)
    sell "$theirs" B2=100
    pay "$HOLD"
    expect 409 .error SEAT_TAKEN '.data.conflicts | map(.seat) | tojson' '["B2"]' '.data.hold.seats | map(.seat) | tojson' '["B1","B3"]'
    rest=$(field .data.holdId)
    same "B1 B2 B3" "$(byte 21)$(byte 22)$(byte 23)" hsh
    look "$HOLD"
    expect_error 404 HOLD_NOT_FOUND
    pay "$HOLD"
    expect 409 .error SEAT_TAKEN
    pay "$rest"
    expect 200 '.data.seats | length' 2
    # refused, but before the map hears of it the other sale is cancelled: its seat is free
    hold_seats C1 C2
    theirs=$(hold)
    sell "$theirs" C2=100
    strike create.before-settle pause
    pay_later one "$HOLD"
    struck
    quit "$(reservation_of "$theirs")"
    freed=$(one "SELECT MAX(id) FROM outbox WHERE body LIKE '%free%'")
    events_from
    event free "$freed" C2
    applied 1
    resume
    paid one
    expect 409 .error SEAT_TAKEN
    same "C1 C2" "$(byte 42)$(byte 43)" hf
    # and what was refused stays so, though all its seats could be had
    pay "$HOLD"
    expect 409 .error SEAT_TAKEN
    relay_go
    all 'refused sales'
}

part_sold_under_a_hold() { # †6
    begin
    hold_seats D1 D2 D3
    sell "$(hold)" D2=100
    wait_for 5 byte_is 64 s
    same "D1 D2 D3" "$(byte 63)$(byte 64)$(byte 65)" fsf
    look "$HOLD"
    expect_error 404 HOLD_NOT_FOUND
    pay "$HOLD"
    expect_error 409 HOLD_EXPIRED
    all 'sold under a hold'
}

part_failover() { # †8: another Redis answers, which never heard that the hold was promoted and sold
    begin
    hold_seats E1 E2
    redis BGREWRITEAOF > /dev/null
    rewritten() { redis INFO persistence | tr -d '\r' | grep -qx 'aof_rewrite_in_progress:0'; }
    wait_for 10 rewritten
    redis CONFIG SET appendonly no > /dev/null
    relay_stop
    strike create.before-settle error
    pay "$HOLD"
    expect 200
    resume
    arm performance reconcile.after-read error
    stack kill redis
    stack start redis > /dev/null
    same "E1 at the other Redis" "$(byte 84)" h
    released() { release "$HOLD" && [ "$STATUS" = 200 ]; }
    wait_for 10 released
    same "E1 E2, sold in the truth" "$(byte 84)$(byte 85)" ss
    resume
    relay_go
    all 'a failover'
    # the same for his second check, which would replace the hold
    check 2
    old=$(redis HGET "$(map_key mem)" "$MEMBER")
    arm performance reconcile.after-read error
    redis HSET "$(map_key "h:$old")" run another > /dev/null
    check 1
    expect 200
    same "the old hold was asked about" "$(one "SELECT state FROM sale_key WHERE hold_id = '$old'")" refused
    resume
    withdraw 1
    all 'a check after a failover'
}

part_reconcile_races() { # †9 †14: what changed after the truth was read is newer than the reading
    begin
    hold_seats F1
    pay "$HOLD"
    expect 200
    id=$(field .data.reservationId)
    hold_seats F2
    wait_for 5 drained
    before=$(redis HGET "$(map_key meta)" floor)
    strike reconcile.after-read pause
    stack restart performance > /dev/null
    struck
    pay "$HOLD"
    expect 200
    quit "$id"
    wait_for 5 byte_is 105 f
    resume
    higher() { [ "$(redis HGET "$(map_key meta)" floor)" -gt "$before" ]; }
    wait_for 10 higher
    same "F1 F2, sold and cancelled meanwhile" "$(byte 105)$(byte 106)" fs
    all 'a reconcile that raced a sale and a cancel'
}

part_reconcile_mends() { # †9: events lost for good are made good; a question nobody asked again is asked; holds end
    printf '%s\n' 'reconcile-ms = 500' 'ask-after-ms = 3000' 'hold-ms = 1500' > "$VAR/local/performance.conf"
    stack restart performance > /dev/null
    begin
    seat_is G1 free || fail "no map: $BODY"
    relay_stop
    sell "$(hold)" G1=100
    expect 200
    one "DELETE FROM outbox" > /dev/null
    wait_for 5 byte_is 126 s
    rebuild "$SESSION"
    event sold "$(field .data.floor)" G2
    wait_for 5 byte_is 127 f
    relay_go
    # a hold whose client is gone runs out; one that is committing does not, until the truth was asked
    hold_seats H1
    gone=$HOLD
    hold_seats H2
    ends=$(redis HGET "$(map_key "h:$HOLD")" exp)
    strike create.before-call pause
    pay_later one "$HOLD"
    struck
    over() { redis TIME | head -n 1 | { read -r over_s && [ $((over_s * 1000)) -gt $((ends + 300)) ]; }; }
    wait_for 5 over
    same "H1 H2 after their time" "$(byte 147)$(byte 148)" fc
    wait_for 10 byte_is 148 f # asked, and so refused for ever
    resume
    paid one
    expect_error 409 HOLD_EXPIRED
    pay "$gone"
    expect_error 409 HOLD_EXPIRED
    all 'mended by itself'
}

PARTS=$(sed -n 's/^part_\([a-z_]*\)() {.*/\1/p' "$0")
for part in ${ONLY:-$PARTS}; do
    [ -z "${TRACE:-}" ] || echo "-- $part $(lib_now)"
    "part_$part"
done
[ -n "${ONLY:-}" ] || same 'dead messages' "$(stack rabbitmqctl -q list_queues -p ticketaka name messages --no-table-headers |
    awk '$1 == "dead.queue" { print $2 }')" 0
