#!/bin/sh
# The outbox: RabbitMQ away for a while, the relay killed after a confirm, the member service away, two processes. Each
# row reaches its queue at least once, as the contract says it looks, and nothing waits for anything else.
# timeout: 240
NO_STACK=1
. "$(dirname "$0")/lib.sh"
own_stack "$WORK/var"
. "$TOP/scripts/test/reservation.sh"
command -v amqp-get > /dev/null || fail "amqp-get is missing; install amqp-tools"
stack stop performance # nobody but this test takes from the queues
stack stop mail

take() { # USER QUEUE -> every message that is in the queue, one a line
    while amqp-get -u "amqp://$1:$(cat "$TICKETAKA_KEYS/amqp-$1.pass")@127.0.0.1:$((PORT + 8))/ticketaka" -q "$2" > "$WORK/message"; do
        cat "$WORK/message"
        echo
    done
}
seats() { take performance seat.queue; }
mails() { take mail mail.queue; }
rows() { one "SELECT COUNT(*) FROM outbox WHERE kind LIKE '${1:-%}'"; }
empty() { [ "$(rows "${1:-%}")" = 0 ]; }
ready() { # UP|DOWN
    ready_is=$(curl -s --noproxy '*' "$TRUTH/readyz" | jq -r .data.dependencies.rabbitmq)
    [ "$ready_is" = "$1" ]
}
metric() { curl -s --noproxy '*' "$TRUTH/metrics" | awk -v name="$1" '$1 == name { print $2 }'; }
sql member "INSERT INTO member (id, email, password, name) VALUES ($MEMBER, 't$MEMBER@example.com', '', '김하늘')"
other=$((MEMBER + 1))
sql member "INSERT INTO member (id, email, password, name) VALUES ($other, 't$other@example.com', '', '박바다')"

# ---- what a message looks like
EXTRA='del(.customer)' sell "$(hold)" 1F:A1=50000 1F:A2=70000
expect 200
sold=$BODY id=$(field .data.reservationId)
wait_for 5 empty
same "the seat message" "$(seats | jq -cS .)" \
    "{\"change\":$(field .data.change),\"prfSessionId\":$SESSION,\"seats\":[\"1F:A1\",\"1F:A2\"],\"state\":\"sold\"}"
same "the mail" "$(mails | jq -cS .)" "$(printf %s "$sold" | jq -cS --arg member "$MEMBER" '.data as $s | {
    reservationId: $s.reservationId, memberId: ($member | tonumber), memberEmail: "t\($member)@example.com", memberName: "김하늘",
    performanceId: "PF1", performanceTitle: "햄릿 \"리턴즈\" 🎭", reservationTicketCount: 2, reservationDate: "2099-12-30",
    reservationTime: "19:30", reservationPrice: 120000, reservationPoster: "http://img.example/1.gif",
    reservationCreateAt: $s.createdAt, facility: "대학로 소극장",
    seats: [$s.seats, $s.tickets] | transpose | map(.[0] + {code: .[1].code})}')"
cancel "$id"
wait_for 5 empty
same "the message of a cancel" "$(seats | jq -cS 'del(.change)')" \
    "{\"prfSessionId\":$SESSION,\"seats\":[\"1F:A1\",\"1F:A2\"],\"state\":\"free\"}"

# ---- RabbitMQ away: sales and cancels go on, every row waits, and then arrives
stack stop rabbitmq
wait_for 10 ready down
many away B 110 # more than one window
many_send away
many_are away 200 || fail "sales while RabbitMQ is away: $(sort "$WORK/away.status" | uniq -c | sort -rn | head -5)"
cancel "$(jq .data.reservationId "$WORK/away.109")"
expect 200
sell "$(hold)" B0=100
expect_error 409 SEAT_TAKEN
same "rows that wait" "$(rows seat) $(rows mail)" "112 110"
one "SELECT id FROM outbox WHERE kind = 'seat'" | sort -n > "$WORK/changes"
one "SELECT reservation_id FROM outbox WHERE kind = 'mail'" | sort -n > "$WORK/reservations"
depth_seen() { [ "$(metric 'ticketaka_outbox_rows{kind="seat"}')" = 112 ]; }
wait_for 5 depth_seen
stack start rabbitmq
wait_for 30 empty
wait_for 10 ready up
seats > "$WORK/seats"
mails > "$WORK/mails"
same "changes that arrived" "$(jq .change "$WORK/seats" | sort -nu | cksum)" "$(cksum < "$WORK/changes")"
same "mails that arrived" "$(jq .reservationId "$WORK/mails" | sort -nu | cksum)" "$(cksum < "$WORK/reservations")"
same "the order of the changes" "$(jq .change "$WORK/seats" | cksum)" "$(jq .change "$WORK/seats" | sort -n | cksum)"

# ---- killed after the confirm, before the rows are deleted: they come again, none is lost
arm reservation relay.after-confirm kill
sell "$(hold)" C1=100
change=$(field .data.change)
dead() { ! curl -s -m 2 -o "$WORK/null" --noproxy '*' "$TRUTH/healthz"; }
wait_for 10 dead
disarm reservation
stack start reservation
wait_for 10 empty
seats | jq .change > "$WORK/again"
[ "$(grep -cx "$change" "$WORK/again")" -ge 2 ] || fail "the change $change was not sent again: $(cat "$WORK/again")"
mails > "$WORK/null"

# ---- the member service away: that mail waits, seats and mails with an address do not
stack stop member
EXTRA=".memberId = $other | del(.customer)" sell "$(hold)" D1=100
waits=$(field .data.reservationId)
sell "$(hold)" D2=100
known=$(field .data.reservationId)
wait_for 5 empty seat
one_mail() { [ "$(rows mail)" = 1 ]; }
wait_for 5 one_mail
same "the mail that waits" "$(one "SELECT reservation_id FROM outbox WHERE kind = 'mail'")" "$waits"
same "the mail that does not" "$(mails | jq .reservationId)" "$known"
stack start member
wait_for 30 empty mail
same "the mail that waited" "$(mails | jq -r '"\(.reservationId) \(.memberEmail) \(.memberName)"')" "$waits t$other@example.com 박바다"

# ---- a member who does not exist any more: no mail, told in the log and the figures
EXTRA='.memberId = 1 | del(.customer)' sell "$(hold)" D3=100
wait_for 5 empty
wait_for 5 grep -q mail-without-member "$VAR/log/reservation.log"
same "mails dropped" "$(metric ticketaka_outbox_dropped_total)" 1
seats > "$WORK/null"

# ---- two processes, one leader: each message once; the leader stopped in its tracks: the other takes over
# what this test exports for clients must not reach it
env -i "$TICKETAKA_BIN/ticketaka-reservation" --config "$VAR/conf/reservation.conf" --listen "127.0.0.1:$((PORT + 12))" \
    > "$WORK/second.log" 2>&1 &
second=$!
second_up() { curl -fs -m 2 -o "$WORK/null" --noproxy '*' "http://127.0.0.1:$((PORT + 12))/readyz"; }
wait_for 10 second_up
count=0
while [ "$count" -lt 20 ]; do
    sell "$(hold)" "E$count=100"
    expect 200
    count=$((count + 1))
done
wait_for 10 empty
same "messages of 20 sales by two processes" "$(seats | jq .change | wc -l)" 20
stack pause reservation
TRUTH=http://127.0.0.1:$((PORT + 12))
sell "$(hold)" F1=100
expect 200
wait_for 25 empty
same "the message of the process that is left" "$(seats | jq -c .seats)" '["F1"]'
stack cont reservation
kill -TERM "$second"
wait "$second" || fail "the second process ended with $?: $(tail -n 5 "$WORK/second.log")"
! grep -E 'Sanitizer|runtime error:' "$WORK/second.log" || fail "the second process complained"
TRUTH=$TICKETAKA_RESERVATION_URL
sell "$(hold)" F2=100
expect 200
wait_for 10 empty
same "the message of the one that came back" "$(seats | jq -c .seats)" '["F2"]'
