#!/bin/sh
# The collector: the demo season loaded twice is the same; what changes is refreshed; sessions keep their ids.
# shellcheck disable=SC1091,SC2034,SC2016
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/catalogue.sh"
own_catalogue t2001

# ---- the season, twice ------------------------------------------------------------------------------------------
"$TOP/scripts/season" "$WORK/season"
collect "$WORK/season"
summary 'facilities 5 new'
summary 'performances 20 new, 0 changed'
summary 'set aside 2'
same 'genres' "$(cat_sql 'SELECT COUNT(DISTINCT genre) FROM performance')" 8
same 'free shows' "$(cat_sql "SELECT GROUP_CONCAT(seat_type, price) FROM prf_grade WHERE performance_id = 'PF900013'")" 전석0
same 'a title with emoji' "$(cat_sql "SELECT title FROM performance WHERE performance_id = 'PF900016'")" \
    '반짝반짝 🎪 유랑극단의 마술상자 ✨'
same 'text without its trailing space' "$(cat_sql "SELECT poster FROM performance WHERE performance_id = 'PF900001'")" \
    https://poster.example.com/pfmPoster/PF_PF900001.jpg
same 'a venue' "$(cat_sql "SELECT CONCAT_WS('|', name, tel_no, latitude, longitude, seat_scale) FROM facility WHERE facility_id = 'FC900002'")" \
    '달맞이소극장|02-000-2702|37.5823100|127.0035512|168'
same 'blanks of a venue' "$(cat_sql "SELECT CONCAT(tel_no IS NULL, relate_url IS NULL) FROM facility WHERE facility_id = 'FC900005'")" 11
same 'the schedule nobody understands' "$(aside performance PF900021 dtguidance)" '1 expected a day: 월요일 to 일요일, or HOL'
same 'the price nobody understands' "$(aside performance PF900022 pcseguidance)" '7 expected an amount in digits before 원'
same 'performances without sessions' "$(cat_sql 'SELECT COUNT(*) FROM performance p WHERE NOT EXISTS
    (SELECT 1 FROM prf_session s WHERE s.performance_id = p.performance_id)')" 0
same 'yesterday in the box office' "$(cat_sql "SELECT CONCAT(COUNT(*), ' ', MIN(rank_date) = '$(day -1 %F)') FROM prf_rank")" '10 1'

everything() {
    cat_sql 'SELECT prf_session_id, performance_id, session_date, session_time, state, total_seat FROM prf_session ORDER BY 1;
        SELECT performance_id, loaded, title, state, price_rev FROM performance ORDER BY 1; SELECT * FROM prf_grade ORDER BY 1, 2;
        SELECT facility_id, name, latitude FROM facility ORDER BY 1; SELECT * FROM prf_rank ORDER BY 1, 2;
        SELECT kind, id, field, col, reason, first_seen FROM quarantine ORDER BY 1, 2, 3; SELECT * FROM holiday ORDER BY 1, 2'
}
everything > "$WORK/first"
catalogue_migrate # every file may be applied again
collect "$WORK/season"
summary 'holidays 0 new; facilities 0 new, 0 changed, 5 same; performances 0 new, 0 changed, 20 same; sessions 0 new, 0 closed'
everything > "$WORK/second"
cmp "$WORK/first" "$WORK/second" || fail "the second run changed something: $(diff "$WORK/first" "$WORK/second" | head)"

# ---- one performance through its life ------------------------------------------------------------------------------
mkdir "$WORK/one"
one() { # TITLE SCHEDULE PRICES STATE: a run of the last week and the next two
    performance "$WORK/one/a.xml" PF777001 "$1" "$(day -7 %Y.%m.%d)" "$(day 14 %Y.%m.%d)" "$2" "$3" "$4"
    collect "$WORK/one"
}
sessions() { # STATE WHERE -> how many
    cat_sql "SELECT COUNT(*) FROM prf_session WHERE performance_id = 'PF777001' AND state = '$1' AND $2"
}
one 처음 '월요일 ~ 일요일(15:00,20:00)' 'R석 30,000원, S석 20,000원' 공연중
summary 'performances 1 new'
summary 'sessions 44 new'
same 'the venue that its performance names' "$(cat_sql "SELECT CONCAT(name, detailed) FROM facility WHERE facility_id = 'FC000777'")" 시험극장0
loaded=$(cat_sql "SELECT loaded FROM performance WHERE performance_id = 'PF777001'")
cat_sql "SELECT prf_session_id, session_date, session_time FROM prf_session WHERE performance_id = 'PF777001' ORDER BY 1" > "$WORK/ids"

one 나중 '월요일 ~ 일요일(20:00), 월요일 ~ 일요일(21:00)' 'R석 35,000원, S석 20,000원' 공연완료
summary 'performances 0 new, 1 changed'
same 'title and state' "$(cat_sql "SELECT CONCAT(title, state, loaded, price_rev) FROM performance WHERE performance_id = 'PF777001'")" \
    "나중공연완료${loaded}2"
same 'the price list' "$(cat_sql "SELECT GROUP_CONCAT(seat_type, price ORDER BY ord) FROM prf_grade WHERE performance_id = 'PF777001'")" \
    R석35000,S석20000
same 'coming sessions at 15:00 that are open' "$(sessions open "session_time = '15:00' AND session_date > '$(day 0 %F)'")" 0
same 'coming sessions at 15:00 that are closed' "$(sessions closed "session_time = '15:00' AND session_date > '$(day 0 %F)'")" 14
same 'past sessions at 15:00, left alone' "$(sessions open "session_time = '15:00' AND session_date < '$(day 0 %F)'")" 7
same 'sessions at 21:00' "$(sessions open "session_time = '21:00'")" 22

one 나중 '월요일 ~ 일요일(15:00,20:00)' 'R석 35,000원, S석 20,000원' 공연완료
same 'coming sessions at 15:00 that are open again' "$(sessions open "session_time = '15:00' AND session_date > '$(day 0 %F)'")" 14
cat_sql "SELECT prf_session_id, session_date, session_time FROM prf_session WHERE performance_id = 'PF777001'
    AND session_time < '21:00' ORDER BY 1" > "$WORK/ids.now"
cmp "$WORK/ids" "$WORK/ids.now" || fail 'a session has another id now'

# ---- set aside, then mended: what was on sale stays on sale ------------------------------------------------------------
one 깨짐 '월요일 휴관' '5만원' 공연중
summary 'set aside 1'
same 'its schedule' "$(aside performance PF777001 dtguidance)" '5 expected times in parentheses after the days'
same 'its prices' "$(aside performance PF777001 pcseguidance)" '1 expected an amount in digits before 원'
same 'the title on sale' "$(cat_sql "SELECT title FROM performance WHERE performance_id = 'PF777001'")" 나중
seen=$(cat_sql "SELECT first_seen FROM quarantine WHERE id = 'PF777001' AND field = 'dtguidance'")
one 깨짐 '월요일 휴관' 'R석 50,000원' 공연중
same 'prices that are fine now' "$(aside performance PF777001 pcseguidance)" ''
same 'first seen' "$(cat_sql "SELECT first_seen FROM quarantine WHERE id = 'PF777001' AND field = 'dtguidance'")" "$seen"
one 고침 '월요일(20:00)' 'R석 50,000원' 공연중
same 'what is still set aside' "$(cat_sql "SELECT COUNT(*) FROM quarantine WHERE id = 'PF777001'")" 0
same 'the mended title' "$(cat_sql "SELECT title FROM performance WHERE performance_id = 'PF777001'")" 고침

# ---- a venue's detail comes later; ranks of days past go --------------------------------------------------------------
mkdir "$WORK/later"
cat > "$WORK/later/venue.xml" << 'EOF'
<dbs><db><fcltynm>시험극장 </fcltynm><mt10id>FC000777</mt10id><seatscale>15,000</seatscale><telno> </telno><relateurl>javascript:alert(1)</relateurl>
<adres>서울</adres><la>37.5211200999</la><lo>없음</lo></db></dbs>
EOF
cat_sql "INSERT INTO prf_rank VALUES ('$(day -3 %F)', 1, 'PF900001'), ('$(day -4 %F)', 1, 'PF900001')"
collect "$WORK/later"
summary 'facilities 0 new, 1 changed'
same 'the venue' "$(cat_sql "SELECT CONCAT_WS('|', name, IFNULL(relate_url, '-'), latitude, IFNULL(longitude, '-'), seat_scale) FROM facility
    WHERE facility_id = 'FC000777'")" '시험극장|-|37.5211201|-|15000'
same 'the oldest rank' "$(cat_sql 'SELECT MIN(rank_date) FROM prf_rank')" "$(day -3 %F)"
collect "$WORK/one"
same 'the venue after another run' "$(cat_sql "SELECT name FROM facility WHERE facility_id = 'FC000777'")" 시험극장

# ---- two runs at once end in the same rows ------------------------------------------------------------------------------
mkdir "$WORK/race"
for number in 1 2 3 4 5 6 7 8 9; do
    performance "$WORK/race/$number.xml" "PF77810$number" "경주 $number" "$(day 1 %Y.%m.%d)" "$(day 30 %Y.%m.%d)" '월요일 ~ 일요일(20:00)' '전석 1,000원'
done
(collect "$WORK/race" && cp "$WORK/summary" "$WORK/other" && same 'status of the other run' "$STATUS" 0) &
other=$!
WORK_OTHER=$WORK
WORK=$WORK/mine && mkdir "$WORK"
collect "$WORK_OTHER/race"
WORK=$WORK_OTHER
same 'status of this run' "$STATUS" 0
wait "$other" || fail 'the other run failed'
same 'sessions of both' "$(cat_sql "SELECT COUNT(*) FROM prf_session WHERE performance_id LIKE 'PF77810%'")" 270
drop_catalogue
