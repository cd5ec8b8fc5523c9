# shellcheck shell=sh disable=SC2034,SC2154 # what a test reads is set here; lib.sh comes first
# For tests of seats and holds: `. "$(dirname "$0")/lib.sh"; . "$TOP/scripts/test/seats.sh"`.
# new_session makes a session that no other test knows: 200 seats, A to E are VIP at 100,000, F to J are R at 50,000.
# shellcheck disable=SC2120 # most want a session of next month
new_session() { # [INTERVAL]: when it begins, from now: "30 DAY"
    PRF=T$(openssl rand -hex 8)
    sql performance "
        INSERT INTO performance (performance_id, title, start_date, end_date, sty_urls, schedule_text, price_text)
        VALUES ('$PRF', '좌석 \"시험\" 🎭', CURDATE(), CURDATE(), '[]', '', '');
        INSERT INTO prf_grade VALUES ('$PRF', 0, 'VIP석', 100000), ('$PRF', 1, 'R석', 50000);
        INSERT INTO prf_session (performance_id, session_date, session_time)
        VALUES ('$PRF', NOW() + INTERVAL ${1:-30 DAY}, NOW() + INTERVAL ${1:-30 DAY})"
    SESSION=$(sql performance "SELECT prf_session_id FROM prf_session WHERE performance_id = '$PRF'")
}
# shellcheck disable=SC2120 # most want no more than a member
member() { # sets MEMBER and TOKEN to a new one's
    MEMBER=$((4000000000 + $(od -An -N4 -tu4 /dev/urandom)))
    TOKEN=$(mint_token "$MEMBER" "${1:-member}")
}
key() { openssl rand -hex 12; }

hold_body() { # BODY-MEMBERS [KEY]
    api POST /performance/rsv/hold "$TOKEN" "{\"prfSessionId\":$SESSION,$1}" -H "Idempotency-Key: ${2:-$(key)}"
}
hold_seats() { # SEAT...: sets HOLD
    hold_list=$(printf '"%s",' "$@")
    hold_body "\"seats\":[${hold_list%,}]"
    HOLD=$(field '.data.holdId // ""')
}
hold_count() { # COUNT [MORE]
    hold_body "\"count\":$1${2:+,$2}"
    HOLD=$(field '.data.holdId // ""')
}
look() { api GET "/performance/rsv/hold/$1" "$TOKEN"; }
release() { api DELETE "/performance/rsv/hold/$1" "$TOKEN" '' -H "Idempotency-Key: ${2:-$(key)}"; }
extend() { api POST "/performance/rsv/hold/$1/extend" "$TOKEN" '' -H "Idempotency-Key: ${2:-$(key)}"; }
create() { # HOLD [METHOD]
    api POST /performance/rsv/create "$TOKEN" "{\"holdId\":\"$1\",\"payment\":{\"method\":\"${2:-card}\"}}"
}
check() { # COUNT [CURL-ARG...]
    check_count=$1
    shift
    api POST /performance/rsv/check "$TOKEN" "{\"prfSessionId\":\"$SESSION\",\"count\":$check_count}" "$@"
}
withdraw() { api POST /performance/rsv/withdraw "$TOKEN" "{\"prfSessionId\":$SESSION,\"count\":${1:-1}}"; }
buy() { # PRICE [CURL-ARG...]: the documented create
    buy_price=$1
    shift
    api POST /performance/rsv/create "$TOKEN" "{\"performanceId\":\"${BUY_PRF:-$PRF}\",\"prfTitle\":\"남의 제목\",\"prfPoster\":\"x\",\"prfSessionId\":$SESSION,\"price\":$buy_price}" "$@"
}

remaining() { # -> free seats
    api GET "/performance/session/$SESSION"
    expect 200 .data.totalSeat 200
    field .data.remainingSeat
}
seat_is() { # SEAT STATE: for wait_for and tests
    api GET "/performance/session/$SESSION/seats"
    [ "$(printf %s "$BODY" | jq -r --arg seat "$1" '.data.seats[]? | select(.seat == $seat) | .state')" = "$2" ]
}
free_is() { [ "$(remaining)" = "$1" ]; }
map_key() { # KEY -> "{s12}:KEY"
    printf '{s%s}:%s' "$SESSION" "$1"
}
# Nothing counted twice, nothing lost: the map agrees with its counters and with MariaDB.
consistent() {
    redis GET "$(map_key map)" > "$WORK/map"
    for consistent_byte in f h c s x; do
        same "count of $consistent_byte" "$(redis HGET "$(map_key meta)" $consistent_byte)" \
            "$(tr -cd "$consistent_byte" < "$WORK/map" | wc -c)"
    done
    same "owned seats" "$(redis HLEN "$(map_key own)")" "$(tr -cd hc < "$WORK/map" | wc -c)"
    same "sold seats" "$(tr -cd s < "$WORK/map" | wc -c)" \
        "$(sql reservation "SELECT COUNT(*) FROM reservation_seat WHERE session_id = $SESSION")"
}
rows() { sql reservation "SELECT COUNT(*) FROM RESERVATION WHERE hold_id = '$1'"; } # HOLD
