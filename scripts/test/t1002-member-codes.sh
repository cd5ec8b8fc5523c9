#!/bin/sh
# Codes: five tries, five minutes, one use, three mails an hour; U22, U23, U24.
#
# timeout: 180
# shellcheck disable=SC1091,SC2034,SC2016,SC1003
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/member.sh"

validate() { # EMAIL JSON-OF-AUTHNUM
    ask /member/validation "{\"email\":\"$1\",\"authNum\":$2}"
}
invalid() { # EMAIL JSON-OF-AUTHNUM
    validate "$1" "$2"
    expect 404 .code 404 .error INVALID_NUM .description '잘못된 인증번호 입니다'
}
valid() {
    validate "$1" "$2"
    expect 200 .code 200 .description 성공
}

# 012345 is the same code however a client writes it
EMAIL=zero.$UNIQUE@example.kr
for written in 12345 '"12345"' '"012345"'; do
    plant_code "$EMAIL" 012345
    valid "$EMAIL" "$written"
done
plant_code "$EMAIL" 012345
invalid "$EMAIL" 123450
invalid "$EMAIL" '"0012345"'

# five tries; then even the right code fails, and a try more does not help
plant_code "$EMAIL" 111111
for guess in 1 2 3 4; do invalid "$EMAIL" "$guess"; done
valid "$EMAIL" 111111
plant_code "$EMAIL" 111111
for guess in 1 2 3 4 5; do invalid "$EMAIL" "$guess"; done
invalid "$EMAIL" 111111
invalid "$EMAIL" 111111

# the tries of a crowd are counted one by one: of 40 guesses at once, at most five were looked at
plant_code "$EMAIL" 000040
guesses=
for guess in $(seq 1 40); do
    curl -sS -m 20 -o /dev/null -w '%{http_code}\n' -H 'Content-Type: application/json' \
        -d "{\"email\":\"$EMAIL\",\"authNum\":$guess}" "$TICKETAKA_MEMBER_URL/member/validation" > "$WORK/guess.$guess" &
    guesses="$guesses $!"
done
for guess in $guesses; do wait "$guess" || fail 'no answer'; done
hits=$(cat "$WORK"/guess.* | grep -c 200 || :)
tries=$(redis hget "$(code_key code "$EMAIL")" tries)
if [ "$hits" = 0 ]; then
    same 'counted tries' "$tries" 40
    invalid "$EMAIL" 40
else
    same 'right guesses' "$hits" 1
fi

# null, missing and odd ones are wrong codes; another type is a wrong value; none of them is a try
plant_code "$EMAIL" 222222
for odd in null '""' '"abcdef"' '"22222 "' -1 1000000 99999999999; do invalid "$EMAIL" "$odd"; done
ask /member/validation "{\"email\":\"$EMAIL\"}"
expect 404 .error INVALID_NUM
for odd in true '[222222]' '{"a":1}' 222222.0; do
    validate "$EMAIL" "$odd"
    [ "$STATUS" = 422 ] || [ "$STATUS" = 400 ] || fail "authNum $odd: $STATUS $BODY"
done
valid "$EMAIL" 222222

# expired, and never sent
plant_code "$EMAIL" 333333
redis pexpire "$(code_key code "$EMAIL")" 1 > /dev/null
wait_for 5 sh -c "[ \"\$('$TOP/scripts/stack' redis exists '$(code_key code "$EMAIL")')\" = 0 ]"
invalid "$EMAIL" 333333
invalid "never.$UNIQUE@example.kr" 333333
# another address' code is not mine
plant_code "one.$UNIQUE@example.kr" 444444
plant_code "two.$UNIQUE@example.kr" 555555
invalid "two.$UNIQUE@example.kr" 444444

# a validation ends after 30 minutes
valid "one.$UNIQUE@example.kr" 444444
left=$(redis pttl "$(code_key ok "one.$UNIQUE@example.kr")")
if [ "$left" -lt 1700000 ] || [ "$left" -gt 1800000 ]; then fail "the validation lives $left ms"; fi

# three mails an hour for an address, however it is written; codes live five minutes; only the last is good
EMAIL=mails.$UNIQUE@example.kr
for typed in "$EMAIL" "MAILS.$UNIQUE@example.kr" "$EMAIL"; do
    other_remote
    ask /member/checkDuplicateEmail "{\"email\":\"$typed\"}"
    expect 200 .description 성공
done
left=$(redis pttl "$(code_key code "$EMAIL")")
if [ "$left" -lt 290000 ] || [ "$left" -gt 300000 ]; then fail "a code lives $left ms"; fi
ask /member/checkDuplicateEmail "{\"email\":\"$EMAIL\"}"
expect_error 429 TOO_MANY_REQUESTS
retry=$(header Retry-After)
if [ "$retry" -lt 3500 ] || [ "$retry" -gt 3600 ]; then fail "Retry-After: $retry"; fi
ask /member/checkDuplicateEmail "{\"email\":\"other.$UNIQUE@example.kr\"}"
expect 200

# an hour after the first mail there is one more
first=$(redis zrange "$(code_key mail "$EMAIL")" 0 0)
redis zincrby "$(code_key mail "$EMAIL")" -3600001 "$first" > /dev/null
ask /member/checkDuplicateEmail "{\"email\":\"$EMAIL\"}"
expect 200
ask /member/checkDuplicateEmail "{\"email\":\"$EMAIL\"}"
expect_error 429 TOO_MANY_REQUESTS

# twenty look-ups a minute for a client: nobody walks through a list of addresses
other_remote
for number in $(seq 1 21); do
    ask /member/signup "$(signup_body "walk.$number.$UNIQUE@example.kr")"
    [ "$number" -le 20 ] || break
    expect 403 .error NOT_VALIDATED
done
expect_error 429 TOO_MANY_REQUESTS
[ "$(header Retry-After)" -le 60 ] || fail "Retry-After: $(header Retry-After)"
ask /member/checkDuplicateEmail "{\"email\":\"walk.$UNIQUE@example.kr\"}"
expect_error 429 TOO_MANY_REQUESTS
other_remote
ask /member/signup "$(signup_body "walk.$UNIQUE@example.kr")"
expect 403 .error NOT_VALIDATED

# Redis' keys hold no address and no code (U24); every key ends by itself
EMAIL=prfsession.$UNIQUE@example.kr
ask /member/checkDuplicateEmail "{\"email\":\"$EMAIL\"}"
expect 200
for key in $(redis --scan --pattern 'm:*'); do
    case $key in *@* | *"$UNIQUE"*) fail "key '$key' holds an address" ;; esac
    [ "$(redis pttl "$key")" -ne -1 ] || fail "key '$key' never ends"
done
