#!/bin/sh
# 400 members ask for one seat each of 200 at the same moment, through the gateway: 200 hold, 200 have NO_VACANCY, nobody
# is left without an answer. The 200 buy at the same moment, each his own grade, and all repeat it: 200 rows.
# timeout: 120
. "$(dirname "$0")/lib.sh"
. "$TOP/scripts/test/seats.sh"
. "$TOP/scripts/test/proof.sh"
new_session '30 DAY'
python3 "$TOP/scripts/test/storm.py" "$SESSION" "$PRF" 400 200 > "$WORK/storm" 2>&1 || fail "$(cat "$WORK/storm")"
cat "$WORK/storm"
same 'sum of the answers' "$(sed -n 's/^sum //p' "$WORK/storm")" 15000000
same 'reservations, seats, tickets, paid' "$(sql reservation "SELECT
    (SELECT COUNT(*) FROM RESERVATION WHERE prf_session_id = $SESSION),
    (SELECT COUNT(DISTINCT seat) FROM reservation_seat WHERE session_id = $SESSION),
    (SELECT COUNT(*) FROM ticket WHERE session_id = $SESSION AND state = 'valid'),
    (SELECT SUM(amount) FROM payment JOIN RESERVATION USING (hold_id) WHERE prf_session_id = $SESSION AND kind = 'pay')")" \
    "$(printf '200\t200\t200\t15000000')"
same 'remaining' "$(remaining)" 0
for count in 'f 0' 'h 0' 'c 0' 's 200'; do
    same "seats that are ${count% *}" "$(redis HGET "$(map_key meta)" "${count% *}")" "${count#* }"
done
settled_all "a storm"
