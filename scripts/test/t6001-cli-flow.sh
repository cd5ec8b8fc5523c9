#!/bin/sh
# A customer's whole way with the command line: sign up with the mailed code, log in, find, hold, buy, look,
# cancel; as a table, as TSV, as JSON and as ids.
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cli.sh"

EMAIL=flow.$UNIQUE@example.kr
form="--name 김하나 --birth 1990-01-31 --phone 010-1234-5678 --gender F"
run 0 account verify "$EMAIL"
CODE=$(mail_code "$EMAIL")
[ ${#CODE} = 6 ] || fail "mailed code '$CODE'"
# shellcheck disable=SC2086 # words
run 8 account signup "$EMAIL" $form --password-file "$WORK/password"
says 'not confirmed'
# shellcheck disable=SC2086
run 0 account signup "$EMAIL" $form --code "$CODE" --password-file "$WORK/password"
# shellcheck disable=SC2086
run 6 account signup "$EMAIL" $form --password-file "$WORK/password"
run 6 account verify "$EMAIL"
echo "not $PASSWORD" > "$WORK/other"
run 4 auth login "$EMAIL" --password-file "$WORK/other"
printf '%s\n' "$PASSWORD" | ticketaka auth login "$EMAIL" --password-stdin > "$WORK/out" || fail "login by standard input"
run 0 account info --json
same name "$(json .name)" 김하나
same email "$(json .email)" "$EMAIL"

cli_session
run 0 search "$(ticketaka show "$PERF" --json | jq -r .title)" --json
json '.[].id' | grep -qx "$PERF" || fail "search does not find $PERF"
run 0 sessions "$PERF" --json
same total "$(json '.[0].total')" 200
json '.[0].starts_at' | grep -qE '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:00\+09:00$' || fail "starts_at $(json '.[0].starts_at')"
run 0 seats "$SESSION" --json
same seats "$(json '.seats | length')" 200
run 0 seats "$SESSION" --free
same columns "$(head -n 1 "$WORK/out" | awk -F '\t' '{print NF}')" 4
FREE=$(ticketaka seats "$SESSION" --free --id | wc -l)

# hold, look, extend, release
run 0 hold "$SESSION" --count 2 --json
HOLD=$(json .id)
same 'seats of the hold' "$(json '.seats | length')" 2
same 'session of the hold' "$(json .session_id)" "$SESSION"
same currency "$(json .currency)" KRW
SEATS=$(json '[.seats[].seat] | join(",")')
same 'free while held' "$(ticketaka seats "$SESSION" --free --id | wc -l)" "$((FREE - 2))"
run 6 hold "$SESSION" --seats "$SEATS" --json
silent
same code "$(error_json .code)" SEAT_TAKEN
same 'conflicting seats' "$(error_json '.seats | length')" 2
run 0 hold show "$HOLD"
prints "$SEATS"
run 0 hold extend "$HOLD" --id
same id "$OUT" "$HOLD"
run 2 hold release "$HOLD" # nobody to ask
says --yes
run 0 hold release "$HOLD" --yes
same 'free after release' "$(ticketaka seats "$SESSION" --free --id | wc -l)" "$FREE"

# buy a hold in cash, and in one step by card
HOLD=$(ticketaka hold "$SESSION" --best 2 --id)
run 0 reserve "$HOLD" --pay cash --tendered 10000000 --json
FIRST=$(json .id)
same change "$(json .change)" "$((10000000 - $(json .total)))"
same codes "$(json '.ticket_codes | length')" 2
run 0 reserve "$HOLD" --pay cash --tendered 10000000 --id # again: the same sale
same 'the sale repeated' "$OUT" "$FIRST"
run 0 reserve "$SESSION" --count 1 --grade "$(ticketaka show "$PERF" --json | jq -r '.prices[-1].grade')" --id
SECOND=$OUT
same 'keys left' "$(pendings)" 0
run 0 reservations --id
same reservations "$(printf %s "$OUT" | tr '\n' ' ')" "$SECOND $FIRST"
run 0 reservations --json
same total "$(json '.[0] | "\(.state) \(.count) \(.currency)"')" 'reserved 1 KRW'

# tickets
run 0 ticket "$FIRST" --json
CODE=$(json '.tickets[0].code')
printf %s "$CODE" | grep -qE '^[0-9]{100,}$' || fail "ticket code '$CODE'"
run 0 ticket "$FIRST"
same 'lines of a ticket' "$(wc -l < "$WORK/out")" 2
run 0 ticket "$FIRST" --qr --ascii
prints '##'
if command -v zbarimg > /dev/null; then
    # what is drawn can be read: one module is two characters wide and one high
    python3 - "$WORK/out" "$WORK/qr.pbm" << 'PY'
import sys
rows = [line.rstrip("\n") for line in open(sys.argv[1], encoding="utf-8")]
first = [row for row in rows[1:] if set(row) <= {"#", " "}]
side = max(len(row) for row in first) // 2
rows = [row.ljust(side * 2) for row in first[:side]]
scale = 4
out = open(sys.argv[2], "w")
out.write("P1\n%d %d\n" % (side * scale, len(rows) * scale))
for row in rows:
    bits = " ".join("1" if row[2 * x] == "#" else "0" for x in range(side) for _ in range(scale))
    for _ in range(scale):
        out.write(bits + "\n")
PY
    same 'decoded code' "$(zbarimg -q --raw "$WORK/qr.pbm" 2> /dev/null | head -n 1)" "$CODE"
fi

# cancel: once, again, and of several one that is not mine
run 0 cancel "$FIRST" --yes
run 0 cancel "$FIRST" --yes
run 9 cancel "$SECOND" 999999999 --yes --json
same results "$(json '[.[].state] | join(" ")')" 'cancelled failed'
run 0 reservations --cancelled --id
same 'cancelled ones' "$(wc -l < "$WORK/out")" 2
run 3 reservations --upcoming -e
gone() { [ "$(ticketaka seats "$SESSION" --free --id | wc -l)" = "$FREE" ]; }
wait_for 10 gone

run 0 auth logout
run 4 account info
