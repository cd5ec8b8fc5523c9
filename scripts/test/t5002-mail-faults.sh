#!/bin/sh
# SMTP that is away, busy, slow, broken off or refusing; messages that can never be sent; a message that comes twice; a crash
# between the server's 250 and our record; the database away: no mail is missing, and only the crash doubles one.
# timeout: 150
NO_STACK=1
. "$(dirname "$0")/lib.sh"
own_stack "$WORK/own"
. "$TOP/scripts/test/reservation.sh"
. "$TOP/scripts/test/mail.sh"

mkdir "$WORK/smtp"
port=$((PORT + 15))
mode() { printf '%s\n' "$1" > "$WORK/smtp/mode"; }
smtp_start() {
    python3 "$TOP/scripts/test/smtp.py" "$port" "$WORK/smtp" &
    SMTP=$!
    # shellcheck source=scripts/lib/child.sh
    . "$TOP/scripts/lib/child.sh"
    wait_for 5 port_listening "$port"
}
smtp_stop() {
    kill "$SMTP"
    wait "$SMTP" || :
}
SMTP=
mail_end() {
    code=$?
    [ -z "$SMTP" ] || kill "$SMTP" 2> /dev/null
    lib_end "$code"
}
trap mail_end EXIT

# mail_sale NAME: sells a seat; its mail goes to NAME@example.kr
row=0
mail_sale() {
    row=$((row + 1))
    EXTRA=".customer = {name: \"손님\", email: \"$1@example.kr\"}"
    sell "$(hold)" "S$row=1000"
    expect 200 .data.outcome sold
    RESERVATION=$(field .data.reservationId)
}
taken() { # NAME -> how many mails to it were answered with 250
    count=0
    for file in "$WORK"/smtp/mail.*.state; do
        [ -e "$file" ] || continue
        ! grep -q "^To: $1@example.kr" "${file%.state}" || count=$((count + 1))
    done
    printf %s "$count"
}
taken_is() { [ "$(taken "$1")" = "$2" ]; }
given_up() { # COUNT: mails that the service gave up
    curl -s --noproxy '*' "$TICKETAKA_MAIL_URL/metrics" | grep -qx "ticketaka_mail_failed_total $1"
}
logged() { grep -q "\"event\":\"$1\".*\"message_id\":\"mail-$2\"" "$VAR/log/mail.log"; }

stack set mail smtp-url "smtp://127.0.0.1:$port"
stack set mail smtp-total-ms 1500
stack set mail mail-threads 1
mode ok
smtp_start
stack restart mail > /dev/null
smtp_stop

# Nobody there: put off, not lost, and the service says so.
smtp_is() {
    curl -s --noproxy '*' "$TICKETAKA_MAIL_URL/readyz" | jq -e ".data.dependencies.smtp == \"$1\"" > /dev/null
}
mail_sale down
wait_for 10 logged 'mail put off' "$RESERVATION"
wait_for 5 smtp_is down
smtp_start
wait_for 5 smtp_is up
wait_for 15 taken_is down 1

# Each of these is put off while it lasts, and arrives when it is over. (All wait in the delay queue at the same time.)
for kind in 421 451 drop slow; do
    mode "$kind"
    mail_sale "mode-$kind"
    wait_for 10 logged 'mail put off' "$RESERVATION"
done
mode ok
for kind in 421 451 drop slow; do wait_for 40 taken_is "mode-$kind" 1; done

# Refused for good: dead at once, the next one flows.
for kind in 550 552; do
    mode "$kind"
    mail_sale "mode-$kind"
    wait_for 10 logged 'mail given up' "$RESERVATION"
done
mode ok
mail_sale after
wait_for 10 taken_is after 1
wait_for 10 given_up 2
! grep -q 'example.kr' "$VAR/log/mail.log" || fail "an address is in the log"

# What can never be sent: each is dead, nothing blocks the queue.
good='{"reservationId":1,"memberEmail":"a@example.kr","performanceTitle":"t","seats":[{"seat":"A1","code":"12"}]}'
{
    printf '%s\n' 'not json' '[]' '{}' '{"memberEmail":7}' 'null'
    printf '%s\n' "$good" | jq -c '.memberEmail = "a@b.c\r\nRCPT TO:<x@y.z>"'
    printf '%s\n' "$good" | jq -c '.memberEmail = "a@b.c>\nX: y"'
    printf '%s\n' "$good" | jq -c '.seats = []'
    printf '%s\n' "$good" | jq -c '.seats[0].code = "12; DROP"'
    printf '%s\n' "$good" | jq -c '.seats = [range(101) | {seat: "A\(.)", code: "1"}]'
} > "$WORK/poison"
n=0
while read -r body; do
    n=$((n + 1))
    publish mail.exchange mail.key "poison-$n" "$body"
done < "$WORK/poison"
publish mail.exchange mail.key '' "$good"
publish mail.exchange mail.key 'bad id>' "$good"
mail_sale poisoned
wait_for 20 taken_is poisoned 1
wait_for 20 given_up 14
wait_for 10 queue_has dead.queue 14

# The same message twice is one mail.
publish mail.exchange mail.key once "$(printf %s "$good" | jq -c '.memberEmail = "once@example.kr"')"
wait_for 10 taken_is once 1
publish mail.exchange mail.key once "$(printf %s "$good" | jq -c '.memberEmail = "once@example.kr"')"
mail_sale behind
wait_for 10 taken_is behind 1
same "mails of a message that came twice" "$(taken once)" 1

# Killed between 250 and the record: one mail more, with the same Message-ID, never none.
arm mail mail.after-send kill
mail_sale crash
wait_for 10 taken_is crash 1
disarm mail
stack start mail > /dev/null
wait_for 20 taken_is crash 2
same "different Message-IDs" "$(grep -l 'To: crash@' "$WORK"/smtp/mail.* | xargs sed -n 's/^Message-ID: //p' | sort -u | wc -l)" 1

# The sent log away: the mail waits, and goes out when it is back.
stack stop mariadb > /dev/null
publish mail.exchange mail.key db "$(printf %s "$good" | jq -c '.memberEmail = "db@example.kr"')"
wait_for 15 grep -q '"event":"mail put off".*"message_id":"db"' "$VAR/log/mail.log"
same "mails sent without the log" "$(taken db)" 0
stack start mariadb > /dev/null
wait_for 30 taken_is db 1
smtp_stop
SMTP=
