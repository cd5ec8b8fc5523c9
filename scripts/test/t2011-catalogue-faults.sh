#!/bin/sh
# MariaDB away: the catalogue says so in time, what is remembered is still answered, and all heals by itself.
#
# timeout: 240
NO_STACK=1
# shellcheck disable=SC1091,SC2034,SC2016
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/catalogue.sh"
own_stack "$WORK/var"
DB=performance
performance "$WORK/a.xml" PF773001 '멈춘 시계' "$(day 1 %Y.%m.%d)" "$(day 9 %Y.%m.%d)" '월요일 ~ 일요일(20:00)' '전석 10,000원'
collect "$WORK"
summary 'performances 1 new'
stack set performance catalogue-ms 3600000
stack restart performance
api GET '/performance?p=PF773001'
expect 200 .data.performanceDetailInfo.title '멈춘 시계'
kept=$BODY

in_time() { # STATUS NAME PATH: answered so within 3 seconds
    in_time_start=$(lib_now)
    api GET "$3"
    expect "$1" .error "$2"
    [ $(($(lib_now) - in_time_start)) -lt 310 ] || fail "$3 took $(($(lib_now) - in_time_start)) hundredths of a second"
}
stack stop mariadb
for path in '/performance/search?keyword=a' '/performance/cat?genre=a' /performance/rank '/performance?p=PF773002'; do
    in_time 500 DB_UNABLE_TO_CONNECT "$path"
done
same 'the description' "$(field .description)" '데이터 베이스에 연결할 수 없습니다.'
api GET '/performance?p=PF773001'
expect 200
same 'the remembered answer' "$BODY" "$kept"
collect "$WORK"
same 'status of the collector without a database' "$STATUS" 11

stack start mariadb
healed() { api GET '/performance?p=PF773002' && [ "$STATUS" = 400 ]; }
wait_for 10 healed
expect_error 400 NO_SUCH_ELEMENT
stack pause mariadb # it takes connections and says nothing
in_time 500 DB_UNABLE_TO_CONNECT '/performance/search?keyword=b'
stack cont mariadb
found() { api GET '/performance/search?keyword=%EB%A9%88%EC%B6%98' && [ "$STATUS" = 200 ]; }
wait_for 10 found
expect 200 .data.content[0].prfId PF773001
