# shellcheck shell=sh disable=SC2034,SC2154 # what a test reads is set here; lib.sh and seats.sh come first
# For tests that strike at sales: `. lib.sh; own_stack "$WORK/var"; . seats.sh; . proof.sh`. Every create is written into a
# journal, which settled_all compares with the truth.
JOURNAL=$WORK/journal
: > "$JOURNAL"
journal() { # HOLD: the last answer
    printf '%s %s %s %s\n' "$1" "$STATUS" "$(field '.error // "-"' 2> /dev/null || echo -)" \
        "$(field '.data.reservationId? // "-"' 2> /dev/null || echo -)" >> "$JOURNAL"
}
# pay HOLD [METHOD]: a create that may go unanswered; STATUS is 000 then
pay() {
    pay_hold=$1
    STATUS=$(curl -sS -m 15 --noproxy '*' -o "$WORK/pay" -w '%{http_code}' -H "Authorization: $TOKEN" \
        -H 'Content-Type: application/json' --data-binary "{\"holdId\":\"$1\",\"payment\":{\"method\":\"${2:-card}\"}}" \
        "${PAY_URL:-$TICKETAKA_URL}/performance/rsv/create" 2> /dev/null) || STATUS=000
    BODY=$([ "$STATUS" = 000 ] || cat "$WORK/pay")
    [ "$STATUS" != 000 ] || BODY='{}'
    api_method=POST api_url=create api_body=$1
    journal "$1"
}
# pay_later NAME HOLD [METHOD]: in the background; `paid NAME` waits for it, sets STATUS and BODY
pay_later() {
    (
        curl -sS -m 30 --noproxy '*' -o "$WORK/pay.$1" -w '%{http_code}' -H "Authorization: $TOKEN" \
            -H 'Content-Type: application/json' --data-binary "{\"holdId\":\"$2\",\"payment\":{\"method\":\"${3:-card}\"}}" \
            "${PAY_URL:-$TICKETAKA_URL}/performance/rsv/create" > "$WORK/pay.$1.status" 2> /dev/null
    ) &
    echo $! > "$WORK/pay.$1.pid"
    printf %s "$2" > "$WORK/pay.$1.hold"
}
paid() {
    wait "$(cat "$WORK/pay.$1.pid")" || :
    STATUS=$(cat "$WORK/pay.$1.status")
    BODY='{}'
    [ "$STATUS" = 000 ] || BODY=$(cat "$WORK/pay.$1")
    api_method=POST api_url=create api_body=$1
    journal "$(cat "$WORK/pay.$1.hold")"
}
paying() { kill -0 "$(cat "$WORK/pay.$1.pid")" 2> /dev/null; } # NAME: not answered yet

# settled_all WHAT [SECONDS]: everything adds up, now or within that time; on a stack that others use, the one SESSION
settled_all() {
    settled_only=
    [ -n "$OWN" ] || settled_only=$SESSION
    python3 "$TOP/scripts/test/check-sale.py" --wait "${2:-10}" --seats 200 --journal "$JOURNAL" \
        ${settled_only:+--session "$settled_only"} > "$WORK/wrong" 2>&1 ||
        { cat "$WORK/wrong" >&2; fail "does not add up: $1"; }
}
byte() { # OFFSET -> byte of the map
    redis GETRANGE "$(map_key map)" "$1" "$1"
}
byte_is() { [ "$(byte "$1")" = "$2" ]; }
