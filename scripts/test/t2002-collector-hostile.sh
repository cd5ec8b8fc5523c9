#!/bin/sh
# Hostile and broken files are set aside with their reason, nothing outside is read, and the run goes on.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/catalogue.sh"
own_catalogue t2002
in=$WORK/in
mkdir -p "$in/deep/er"
from=$(day 1 %Y.%m.%d) to=$(day 7 %Y.%m.%d) schedule='월요일 ~ 일요일(20:00)'

performance "$in/deep/er/good.xml" PF000001 '좋은 공연' "$from" "$to" "$schedule" '전석 10,000원'
performance "$in/truncated.xml" PF000002 잘림 "$from" "$to" "$schedule" '전석 10,000원'
head -c 300 "$in/truncated.xml" > "$in/cut" && mv "$in/cut" "$in/truncated.xml"
: > "$in/empty.xml"
printf ' \n' > "$in/blank.xml"
printf '<dbs></dbs>' > "$in/none.xml"
printf 'not xml at all' > "$in/text.xml"
printf '<html><body>502 Bad Gateway</body></html>' > "$in/gateway.xml"
printf '<dbs><db><returncode>02</returncode><errmsg>SERVICE KEY IS NOT REGISTERED</errmsg></db></dbs>' > "$in/key.xml"
printf '<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>SERVICE ERROR</errMsg><returnAuthMsg>LIMITED</returnAuthMsg><returnReasonCode>22</returnReasonCode></cmmMsgHeader></OpenAPI_ServiceResponse>' > "$in/limit.xml"
printf '<response><header><resultCode>99</resultCode><resultMsg>UNKNOWN</resultMsg></header></response>' > "$in/holiday-error.xml"
printf '<response><header><resultCode>00</resultCode></header><body><items><item><dateName>가짜날</dateName><isHoliday>Y</isHoliday><locdate>20260230</locdate></item><item><dateName>노는날</dateName><isHoliday>Y</isHoliday><locdate>%s</locdate></item><item><dateName>기념일</dateName><isHoliday>N</isHoliday><locdate>%s</locdate></item></items></body></response>' \
    "$(day 5 %Y%m%d)" "$(day 6 %Y%m%d)" > "$in/holidays.xml"
cat > "$in/laughs.xml" << 'EOF'
<?xml version="1.0"?><!DOCTYPE dbs [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;"><!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;">
<!ENTITY g "&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;"><!ENTITY h "&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;">]>
<dbs><db><mt20id>PF000003</mt20id><prfnm>&h;</prfnm><mt10id>FC1</mt10id></db></dbs>
EOF
printf 'secret of the machine' > "$WORK/secret"
cat > "$in/external.xml" << EOF
<?xml version="1.0"?><!DOCTYPE dbs [<!ENTITY x SYSTEM "file://$WORK/secret">]><dbs><db><mt20id>PF000004</mt20id><prfnm>&x;</prfnm><mt10id>FC1</mt10id></db></dbs>
EOF
printf '<?xml version="1.0"?><!DOCTYPE dbs SYSTEM "http://127.0.0.1:1/x.dtd"><dbs><db><mt20id>PF000005</mt20id></db></dbs>' > "$in/dtd.xml"
printf '<dbs><db><mt20id>PF000006</mt20id><prfnm>\260\241\263\252</prfnm><mt10id>FC1</mt10id></db></dbs>' > "$in/cp949.xml"
{ printf '<dbs>' && head -c 9000000 /dev/zero | tr '\0' ' ' && printf '</dbs>'; } > "$in/huge.xml"
{ head -c 3000 /dev/zero | tr '\0' '<'; } > "$in/angles.xml"
{ for _ in $(seq 3000); do printf '<a>'; done; } > "$in/nested.xml"
performance "$in/no-id.xml" '' '이름 없는' "$from" "$to" "$schedule" '전석 10,000원'
performance "$in/sql.xml" "PF' OR 1=1" '따옴표' "$from" "$to" "$schedule" '전석 10,000원'
performance "$in/backwards.xml" PF000007 거꾸로 "$to" "$from" "$schedule" '전석 10,000원'
performance "$in/never.xml" PF000008 '없는 날' "$from" "$from" "$(LC_ALL=C date -d "@$(($(date +%s) + 3 * 86400))" +%u | sed 's/1/월/;s/2/화/;s/3/수/;s/4/목/;s/5/금/;s/6/토/;s/7/일/')요일(20:00)" '전석 10,000원'
performance "$in/dates.xml" PF000009 날짜 2026-01-01 2026.02.30 "$schedule" '전석 10,000원'
performance "$in/long.xml" PF000010 "$(head -c 500 /dev/zero | tr '\0' x)" "$from" "$to" "$schedule" '전석 10,000원'
performance "$in/forever.xml" PF000011 영원히 "$from" 2099.12.31 "$schedule" '전석 10,000원'
performance "$in/quotes.xml" PF000012 "&quot;'; DROP TABLE performance; -- &lt;script&gt;" "$from" "$to" "$schedule" "VIP'석; 10,000원"
performance "$in/notitle.xml" PF000013 ' ' "$from" "$to" "$schedule" '전석 10,000원'
printf '<dbs><db><mt20id>PF000014</mt20id><prfnm>목록의 줄</prfnm><prfpdfrom>%s</prfpdfrom></db></dbs>' "$from" > "$in/list.xml"
printf '<boxofs><boxof><rnum>1</rnum><mt20id>PF000001</mt20id></boxof><boxof><rnum>first</rnum><mt20id>PF000012</mt20id></boxof><boxof><rnum>3</rnum><mt20id>PF999999</mt20id></boxof></boxofs>' > "$in/boxoffice.xml"
ln -s "$in" "$in/deep/loop"
ln -s "$WORK/secret" "$in/link.xml"
printf '<dbs><db>' > "$in/not-mine.txt"

collect "$in"
summary 'performances 2 new'
same 'performances' "$(cat_sql 'SELECT GROUP_CONCAT(performance_id ORDER BY 1) FROM performance')" PF000001,PF000012
same 'a title full of quotes' "$(cat_sql "SELECT title FROM performance WHERE performance_id = 'PF000012'")" \
    "\"'; DROP TABLE performance; -- <script>"
same 'its price' "$(cat_sql "SELECT CONCAT(seat_type, price) FROM prf_grade WHERE performance_id = 'PF000012'")" "VIP'석;10000"

reason() { # KIND ID FIELD PATTERN
    reason_got=$(aside "$1" "$2" "$3")
    # shellcheck disable=SC2254 # a pattern is meant
    case $reason_got in $4) ;; *) fail "'$1 $2 $3' was set aside because of '$reason_got', expected '$4'" ;; esac
}
reason file truncated.xml document '0 no well-formed XML: *'
reason file text.xml document '0 no well-formed XML: *'
reason file gateway.xml document "0 its root element 'html' is none of *"
reason file key.xml document '0 the service answered error 02: SERVICE KEY IS NOT REGISTERED'
reason file limit.xml document '0 the service answered error 22: LIMITED'
reason file holiday-error.xml document '0 the service answered error 99: UNKNOWN'
reason file laughs.xml document '0 *'
reason file external.xml document '0 it declares a document type*'
reason file dtd.xml document '0 it declares a document type*'
reason file cp949.xml document '0 no well-formed XML: *'
reason file huge.xml document '0 it is larger than 8 MiB'
reason file angles.xml document '0 no well-formed XML: *'
reason file nested.xml document '0 no well-formed XML: *'
reason holiday holidays.xml locdate '1 expected a date as yyyyMMdd'
reason performance no-id.xml mt20id '0 the id is missing'
reason performance sql.xml mt20id '3 an id is *'
reason performance PF000007 dtguidance '0 the run ends before it begins'
reason performance PF000008 dtguidance '0 no day of the schedule falls into the run'
reason performance PF000009 prfpdfrom '1 expected a date *'
reason performance PF000009 prfpdto '1 expected a date *'
reason performance PF000010 prfnm '401 it is too long'
reason performance PF000011 dtguidance '0 the run is longer than twenty years'
reason performance PF000013 prfnm '0 the performance has no title'
reason rank boxoffice.xml rnum '1 a rank is a number from 1'
same 'how many files were set aside' "$(cat_sql "SELECT COUNT(*) FROM quarantine WHERE kind = 'file'")" 13
same 'the rest of the box office' "$(cat_sql 'SELECT GROUP_CONCAT(rnum, performance_id ORDER BY rnum) FROM prf_rank')" 1PF000001,3PF999999
same 'holidays' "$(cat_sql 'SELECT GROUP_CONCAT(name) FROM holiday')" 노는날
! grep -rq 'secret of the machine' "$WORK/log" "$WORK/summary" || fail 'a file outside the folder was read'
same 'the secret in the database' "$(cat_sql "SELECT COUNT(*) FROM quarantine WHERE text LIKE '%secret%'")" 0
grep -q '"event":"set aside","kind":"performance","id":"PF000007"' "$WORK/log" || fail 'the log does not say what was set aside'

# mended files are let go, and the second run says the same as the first
mv "$in/key.xml" "$in/limit.xml" "$WORK/"
: > "$in/text.xml"
collect "$in"
summary 'performances 0 new, 0 changed, 2 same'
same 'the mended file' "$(aside file text.xml document)" ''

# ---- runs that cannot be done -------------------------------------------------------------------------------------------
collect "$WORK/nowhere"
same 'status without a folder' "$STATUS" 2
grep -q "cannot read '$WORK/nowhere'" "$WORK/log" || fail "$(cat "$WORK/log")"
collect "$WORK/secret"
same 'status with a file for a folder' "$STATUS" 2
collect "$in" --db-socket "$WORK/none.sock"
same 'status without a database' "$STATUS" 11
collect "$in" --db-name t2002_absent
same 'status with a wrong database' "$STATUS" 11
collect "$in" --no-such-option 1
same 'status of a wrong option' "$STATUS" 2
drop_catalogue
