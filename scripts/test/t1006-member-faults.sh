#!/bin/sh
# MariaDB, Redis or RabbitMQ away: the contract's 500 within three seconds, no half-done thing, and all heals by itself.
#
# timeout: 240
NO_STACK=1
# shellcheck disable=SC1091,SC2034,SC2016,SC1003
. "$(dirname "$0")/lib.sh"
own_stack "$WORK/var"
. "$TOP/scripts/test/member.sh"
stack set member lookups-per-minute 0
stack restart member

timed() { # METHOD PATH [TOKEN] [BODY]: as api, and within 3 s
    timed_from=$(lib_now)
    api "$@"
    timed_took=$(($(lib_now) - timed_from))
    [ "$timed_took" -le 310 ] || fail "$1 $2: answered after $timed_took hundredths"
}
check() { timed POST /member/checkDuplicateEmail '' "{\"email\":\"$1\"}"; }
validate() { timed POST /member/validation '' "{\"email\":\"$1\",\"authNum\":\"$2\"}"; }
ready() { curl -s -m 5 --noproxy '*' "$TICKETAKA_MEMBER_URL/readyz"; }
ready_names() { ready | grep -qi "$1"; }
answers_200() { [ "$(curl -s -m 5 --noproxy '*' -o /dev/null -w '%{http_code}' "$@")" = 200 ]; }
is_ready() { answers_200 "$TICKETAKA_MEMBER_URL/readyz"; }
not_ready() { ! is_ready; }
rabbit_gone() { expect 500 .code 500 .error RABBITMQ_UNABLE_TO_CONNECT .description 'Rabbitmq와 통신 할 수 없습니다.'; }
redis_gone() { expect 500 .code 500 .error REDIS_TROUBLE_OCCURRED .description '레디스 문제 발생'; }
db_gone() { expect 500 .code 500 .error DB_UNABLE_TO_CONNECT .description '데이터 베이스에 연결할 수 없습니다.'; }

new_member park
MEMBER_EMAIL=$EMAIL
login "$EMAIL" "$PASSWORD"
NEW=new.$UNIQUE@example.kr

# ---- RabbitMQ away: no mail, so nothing that counts is left behind, and the code before it is still good
plant_code "$NEW" 123456
stack stop rabbitmq
for _ in 1 2 3 4 5; do
    check "$NEW"
    rabbit_gone
done
wait_for 15 not_ready
ready_names rabbit || fail "readyz does not say what is away: $(ready)"
same 'mails counted' "$(redis zcard "$(code_key mail "$NEW")")" 0
check "$MEMBER_EMAIL"
expect 409 .error DUPLICATE_EMAIL
validate "$NEW" 123456
expect 200
timed POST /member/signup '' "$(signup_body "$NEW")"
expect 200
stack start rabbitmq
wait_for 30 is_ready
FRESH=fresh.$UNIQUE@example.kr
check "$FRESH"
expect 200
check "$FRESH"
expect 200

# a broker that hangs is away too
stack pause rabbitmq
check "$FRESH"
stack cont rabbitmq
rabbit_gone
wait_for 30 is_ready
check "$FRESH"
expect 200
check "$FRESH"
expect_error 429 TOO_MANY_REQUESTS

# ---- Redis away: codes fail, logins go on
stack stop redis
check "other.$UNIQUE@example.kr"
redis_gone
validate "$FRESH" 123456
redis_gone
timed POST /member/signup '' "$(signup_body "$FRESH")"
redis_gone
login "$MEMBER_EMAIL" "$PASSWORD"
timed GET /member/info "$TOKEN"
expect 200
wait_for 15 not_ready
stack start redis
wait_for 15 is_ready
plant_code "$FRESH" 654321
stack pause redis
validate "$FRESH" 654321
stack cont redis
redis_gone
wait_for 15 is_ready
plant_code "$FRESH" 654321
validate "$FRESH" 654321
expect 200

# ---- MariaDB away
stack stop mariadb
check "other.$UNIQUE@example.kr"
db_gone
timed POST /member/signup '' "$(signup_body "$FRESH")"
db_gone
timed POST /member/login '' "{\"email\":\"$MEMBER_EMAIL\",\"password\":\"$PASSWORD\"}"
db_gone
timed GET /member/info "$TOKEN"
db_gone
timed POST /member/refresh '' "{\"refreshToken\":\"$REFRESH\"}"
db_gone
timed GET /member/.well-known/jwks.json
expect 200
stack start mariadb
wait_for 15 is_ready
stack pause mariadb
timed GET /member/info "$TOKEN"
first=$STATUS
timed POST /member/login '' "{\"email\":\"$MEMBER_EMAIL\",\"password\":\"$PASSWORD\"}"
stack cont mariadb
db_gone
same 'status of info' "$first" 500
wait_for 15 is_ready
# the validation survived all that, and the sign-up that failed before now succeeds
timed POST /member/signup '' "$(signup_body "$FRESH")"
expect 200
refresh "$REFRESH"
expect 200
login "$FRESH" "$PASSWORD"

# ---- everything away at start: the service stays up, and serves when they come
stack stop member
stack stop redis
stack stop mariadb
stack stop rabbitmq
# the environment goes before the file, and its broker's address is one for tests: without a user
timeout 120 env -u TICKETAKA_AMQP ticketaka-member --config "$VAR/conf/member.conf" > "$WORK/member.log" 2>&1 &
alone=$!
wait_for 10 answers_200 "$TICKETAKA_MEMBER_URL/healthz"
timed GET "$TICKETAKA_MEMBER_URL/member/info" "$TOKEN"
db_gone
for store in mariadb redis rabbitmq; do stack start $store; done
wait_for 30 is_ready
api GET "$TICKETAKA_MEMBER_URL/member/info" "$TOKEN"
expect 200
kill -TERM "$alone"
wait "$alone" || fail "the service ended with status $?: $(tail -5 "$WORK/member.log")"
! grep -E 'Sanitizer|runtime error' "$WORK/member.log" || fail 'a sanitizer reported'
