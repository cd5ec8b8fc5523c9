#!/bin/sh
# 260 members ask for one seat each of 200, at once: 200 hold, 60 have NO_VACANCY; all buy at once: 200 rows.
# timeout: 180
. "$(dirname "$0")/lib.sh"
. "$TOP/scripts/test/seats.sh"
new_session
members=260
base=$((4000000000 + $(od -An -N3 -tu4 /dev/urandom) * 300))
i=0
while [ $i -lt $members ]; do
    mint_token $((base + i)) > "$WORK/token.$i"
    i=$((i + 1))
done

at_once() { # PATH BODY: all members together; statuses on $WORK/codes
    i=0
    : > "$WORK/curl"
    while [ $i -lt $members ]; do
        [ $i -eq 0 ] || echo next
        # shellcheck disable=SC2028
        printf 'url = "%s%s"\nheader = "Authorization: %s"\nheader = "Content-Type: application/json"\ndata = %s\noutput = "%s"\nwrite-out = "%%{http_code}\\n"\nnoproxy = "*"\nmax-time = 30\n' \
            "$TICKETAKA_URL" "$1" "$(cat "$WORK/token.$i")" "$(printf %s "$2" | jq -Rs .)" "$WORK/body.$i"
        i=$((i + 1))
    done >> "$WORK/curl"
    curl -s --parallel --parallel-immediate --parallel-max 64 -K "$WORK/curl" > "$WORK/codes" 2> /dev/null || :
}
of() { grep -cx "$1" "$WORK/codes" || :; }

at_once /performance/rsv/check "{\"prfSessionId\":$SESSION,\"count\":1}"
same 'holds' "$(of 200)" 200
same 'NO_VACANCY' "$(of 202)" 60
same 'remaining' "$(remaining)" 0
consistent
at_once /performance/rsv/create "{\"performanceId\":\"$PRF\",\"prfTitle\":\"\",\"prfPoster\":\"\",\"prfSessionId\":$SESSION,\"price\":$(sql performance "SELECT MIN(price) FROM prf_grade WHERE performance_id = '$PRF'")}"
sold=$(of 200)
same 'rows' "$(sql reservation "SELECT COUNT(*) FROM RESERVATION WHERE prf_session_id = $SESSION")" "$sold"
same 'seats' "$(sql reservation "SELECT COUNT(*), COUNT(DISTINCT seat) FROM reservation_seat WHERE session_id = $SESSION")" "$(printf '%s\t%s' "$sold" "$sold")"
[ "$sold" -ge 100 ] || fail "only $sold of the 100 seats of the grade were sold"
same 'everybody answered' "$((sold + $(of 400)))" $members
consistent
