#!/bin/sh
# The catalogue's routes: exact JSON, pages, literal wildcards, nulls and empty lists, the quirks of 202.
# shellcheck disable=SC1091,SC2034,SC2016
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/catalogue.sh"
DB=performance
in=$WORK/in
mkdir "$in"
from=$(day 1 %Y.%m.%d) to=$(day 30 %Y.%m.%d) daily='월요일 ~ 일요일(20:00)'
first=$(day 1 %F) last=$(day 30 %F)

search() { # KEYWORD [PAGE]: escaped as a careful client does
    api GET "/performance/search?keyword=$(printf %s "$1" | jq -sRr @uri)${2:+&page=$2}"
}
one_found() { # KEYWORD ID
    search "$1"
    expect 200 .data.numberOfElements 1 .data.content[0].prfId "$2"
}
nothing_found() {
    search "$1"
    expect 202 .error NO_DATA_SEARCHED .description '검색어에 해당하는 공연을 찾을 수 없습니다.' 'has("data")' false
}

# ---- the shape of one row --------------------------------------------------------------------------------------------
performance "$in/a.xml" PF771001 '외딴섬의 100% 진심 🎤' "$from" "$to" "$daily" '전석 10,000원' 공연예정 FC771001
performance "$in/b.xml" PF771002 '외딴숲의 100_진심' "$from" "$to" "$daily" '전석무료' 공연예정 FC771001
performance "$in/c.xml" PF771003 '외딴길의 A&amp;b! 🎧' "$from" "$to" "$daily" 'R석 30,000원, S석 20,000원' 공연예정 FC771002
sed -i 's|<prfage>[^<]*</prfage>|<prfage> </prfage>|; s|<poster>[^<]*</poster>|<poster>javascript:alert(1)</poster>|; s|<genrenm>연극|<genrenm>시험장르|;
    s|<fcltynm>[^<]*</fcltynm>|<fcltynm> </fcltynm>|' "$in/c.xml"
sed -i 's|<sty> </sty>|<sty>이야기 \&lt;b\&gt;</sty><styurls><styurl>http://a.example.com/1.jpg </styurl><styurl>http://a.example.com/2.jpg</styurl></styurls>|' "$in/a.xml"
cat > "$in/venue.xml" << 'EOF'
<dbs><db><fcltynm>외딴극장</fcltynm><mt10id>FC771001</mt10id><seatscale>100</seatscale><telno>02-000-7710</telno><relateurl>http://v.example.com/</relateurl>
<adres>서울</adres><la>37.5</la><lo>127.12836360000005</lo></db></dbs>
EOF
collect "$in"
summary 'set aside 0'

search '외딴섬'
same 'a page of one row' "$(field '.data | tojson')" "$(jq -cn --arg from "$first" --arg to "$last" '{
    content: [{prfId: "PF771001", title: "외딴섬의 100% 진심 🎤", startDate: $from, endDate: $to, viewingAge: "만 7세 이상",
        genre: "연극", poster: "http://poster.example.com/PF771001.gif", facilityName: "외딴극장"}],
    pageable: {sort: {empty: true, sorted: false, unsorted: true}, offset: 0, pageNumber: 0, pageSize: 20, paged: true, unpaged: false},
    size: 20, number: 0, numberOfElements: 1, sort: {empty: true, sorted: false, unsorted: true}, first: true, last: true, empty: false}')"
same 'the envelope' "$(field 'del(.data) | tojson')" '{"code":200,"description":"성공"}'

# ---- words ---------------------------------------------------------------------------------------------------------
one_found '100% 진심' PF771001
one_found '00_진심' PF771002
one_found 'A&b!' PF771003
one_found 'a&B!' PF771003
one_found '🎧' PF771003
nothing_found '외딴섬의 100_'
nothing_found '외딴_의'
nothing_found '외딴%진심'
nothing_found '외딴길의 A&b!!'
nothing_found '외딴섬 '
api GET '/performance/search?keyword=100%&page=0' # raw, as the documented client sends it
expect 200 '[.data.content[].prfId] | contains(["PF771001"])' true '[.data.content[].prfId] | contains(["PF771002"])' false
api GET '/performance/search?keyword=A&b!&page=0'
expect 200 .data.content[0].prfId PF771003
api GET "/performance/search?keyword=%27%20OR%201=1%20--%20"
expect 202 .error NO_DATA_SEARCHED
search 외딴
expect 200 '[.data.content[].prfId] | join(" ")' 'PF771003 PF771002 PF771001'

# ---- pages -----------------------------------------------------------------------------------------------------------
rm "$in"/*.xml
number=100
while [ $number -lt 145 ]; do
    title="쪽시험 $number"
    [ $number -ge 140 ] || title="$title 마흔"
    performance "$in/$number.xml" "PF772$number" "$title" "$from" "$to" "토요일(20:00)" '전석 1,000원'
    sed -i 's|<genrenm>연극|<genrenm>쪽/장르(시험)|' "$in/$number.xml"
    number=$((number + 1))
done
collect "$in"
page_facts='[.data.numberOfElements, .data.first, .data.last, .data.empty, .data.number, .data.pageable.offset, (.data.content | length)] | tojson'
page() { # KEYWORD PAGE FACTS
    search "$1" "$2"
    expect 200 "$page_facts" "$3"
}
page 쪽시험 0 '[20,true,false,false,0,0,20]'
page 쪽시험 1 '[20,false,false,false,1,20,20]'
page 쪽시험 2 '[5,false,true,false,2,40,5]'
page 쪽시험 3 '[0,false,true,true,3,60,0]'
page 쪽시험 1000000 '[0,false,true,true,1000000,20000000,0]'
page 마흔 1 '[20,false,true,false,1,20,20]'
seen=$(for number in 0 1 2; do search 쪽시험 $number && field '.data.content[].prfId'; done)
same 'all pages, newest first, each once' "$seen" "$(seq 144 -1 100 | sed 's/^/PF772/')"
api GET "/performance/cat?genre=$(printf '쪽/장르(시험)' | jq -sRr @uri)&page=2"
expect 200 "$page_facts" '[5,false,true,false,2,40,5]' .data.content[4].prfId PF772100
for wrong in -1 x 1000001 1.5 99999999999999999999; do
    api GET "/performance/search?keyword=x&page=$wrong"
    expect_error 422 INVALID_VALUE
done
api GET "/performance/cat?genre=$(printf '쪽/장르' | jq -sRr @uri)"
expect 202 .error NO_DATA_SEARCHED
api GET '/performance/cat?genre=%25'
expect 202 .error NO_DATA_SEARCHED
api POST '/performance/search?keyword=x'
expect_error 405 METHOD_NOT_ALLOWED

# ---- one performance ---------------------------------------------------------------------------------------------------
api GET '/performance?p=PF771001'
ids=$(cat_sql "SELECT prf_session_id FROM prf_session WHERE performance_id = 'PF771001' ORDER BY session_date, session_time" | tr '\n' ' ')
expect 200 '.data | del(.prfSessionList) | tojson' "$(jq -cn --arg from "$first" --arg to "$last" '{
    performanceDetailInfo: {prfId: "PF771001", title: "외딴섬의 100% 진심 🎤", startDate: $from, endDate: $to, cast: "가나, 다라", crew: null,
        runtime: "1시간", proComp: null, viewingAge: "만 7세 이상", poster: "http://poster.example.com/PF771001.gif", story: "이야기 <b>",
        genre: "연극", state: "공연예정", ticketPrice: [{seatType: "전석", price: 10000}],
        styUrls: ["http://a.example.com/1.jpg", "http://a.example.com/2.jpg"]},
    facilityDTO: {facilityName: "외딴극장", telNo: "02-000-7710", relateUrl: "http://v.example.com/", address: "서울",
        latitude: "37.5000000", longitude: "127.1283636"}}')" \
    '.data.prfSessionList | length' 30 \
    '[.data.prfSessionList[].prfSessionId] | map(tostring + " ") | add' "$ids" \
    '.data.prfSessionList[0] | [.prfSessionDate, .prfSessionTime] | join(" ")' "$first 20:00" \
    '.data.prfSessionList | . == sort_by(.prfSessionDate, .prfSessionTime)' true
api GET '/performance?p=PF771002'
expect 200 '.data.performanceDetailInfo.ticketPrice | tojson' '[{"seatType":"전석","price":0}]' '.data.performanceDetailInfo.styUrls | tojson' '[]'
api GET '/performance?p=PF771003'
expect 200 '.data.facilityDTO | tojson' \
    '{"facilityName":null,"telNo":null,"relateUrl":null,"address":null,"latitude":null,"longitude":null}' \
    '[.data.performanceDetailInfo | .viewingAge, .poster, .story] | tojson' '[null,null,null]' \
    '.data.performanceDetailInfo.ticketPrice | map(.seatType) | join(" ")' 'R석 S석'
for wrong in '' PF000 '%00' 'PF771001%27' "$(head -c 300 /dev/zero | tr '\0' P)" '%ED%95%9C'; do
    api GET "/performance?p=$wrong"
    expect_error 400 NO_SUCH_ELEMENT
done
api GET /performance
expect 400 .error NO_SUCH_ELEMENT .description '조회한 데이터를 찾을 수 없습니다.'

# closed sessions are not on the list, and a performance without any other does not exist
# (an answer is remembered for a second)
answers() { # STATUS PATH JQ-FILTER VALUE
    api GET "$2"
    [ "$STATUS" = "$1" ] && [ "$(field "$3")" = "$4" ]
}
cat_sql "UPDATE prf_session SET state = 'closed' WHERE performance_id = 'PF771002' AND session_date > '$first'"
wait_for 5 answers 200 '/performance?p=PF771002' '.data.prfSessionList | length' 1
cat_sql "UPDATE prf_session SET state = 'closed' WHERE performance_id = 'PF771002'"
wait_for 5 answers 400 '/performance?p=PF771002' .error NO_SUCH_ELEMENT

# ---- the box office: yesterday's list, else the day before's, else an empty one ---------------------------------------------
cat_sql 'SELECT CONCAT("INSERT INTO prf_rank VALUES (\"", rank_date, "\", ", rnum, ", \"", performance_id, "\");") FROM prf_rank' > "$WORK/ranks"
ranks() { # DAYS FROM TO: ranks FROM to TO of that day, of the performances of the pages
    cat_sql "DELETE FROM prf_rank WHERE rank_date = '$(day "$1" %F)'"
    for number in $(seq "$2" "$3"); do
        cat_sql "INSERT INTO prf_rank VALUES ('$(day "$1" %F)', $number, 'PF772$((100 + number))')"
    done
}
cat_sql 'DELETE FROM prf_rank'
ranks -3 1 2
wait_for 5 answers 200 /performance/rank '.data | tojson' '[]'
ranks -2 1 3
wait_for 5 answers 200 /performance/rank '[.data[].prfId] | join(" ")' 'PF772101 PF772102 PF772103'
ranks -1 2 13
cat_sql "INSERT INTO prf_rank VALUES ('$(day -1 %F)', 1, 'PF_UNKNOWN')"
wait_for 5 answers 200 /performance/rank '[.data[].rnum] | join(" ")' '2 3 4 5 6 7 8 9 10 11'
expect 200 \
    '.data[0] | tojson' "$(jq -cn --arg from "$first" --arg to "$last" '{prfId: "PF772102", title: "쪽시험 102 마흔", startDate: $from, endDate: $to,
        viewingAge: "만 7세 이상", genre: "쪽/장르(시험)", poster: "http://poster.example.com/PF772102.gif", facilityName: "시험극장", rnum: "2"}')"
cat_sql 'DELETE FROM prf_rank'
stack sql performance < "$WORK/ranks"

# ---- many at once --------------------------------------------------------------------------------------------------------
seq 200 | xargs -P 20 -I{} curl -s -o /dev/null -w '%{http_code}\n' --noproxy '*' "$TICKETAKA_URL/performance?p=PF771001" | sort | uniq -c > "$WORK/many"
same 'the answers to 200 at once' "$(tr -s ' ' < "$WORK/many")" ' 200 200'
