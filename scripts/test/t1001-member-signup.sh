#!/bin/sh
# From an address to a member, through the gateway and the mail, with the texts of the contract.
#
# timeout: 120
# shellcheck disable=SC1091,SC2034,SC2016,SC1003
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/member.sh"

EMAIL=kim.$UNIQUE@example.kr
TYPED=Kim.$UNIQUE@Example.KR

# nobody signs up without proof (U21)
api POST /member/signup '' "$(signup_body "$EMAIL")"
expect 403 .code 403 .error NOT_VALIDATED
same 'members with the address' "$(sql member "SELECT COUNT(*) FROM member WHERE email = '$EMAIL'")" 0

# the code comes by mail, to the address in canonical form
api POST /member/checkDuplicateEmail '' "{\"email\":\"$TYPED\"}"
expect 200 .code 200 .description 성공 'has("data")' false 'has("error")' false
code=$(mail_code "$EMAIL")
same 'digits of the code' "${#code}" 6

# a wrong code, then the right one, as a number without its leading zeros as the documented client sends it
wrong=$(((1$code + 1) % 1000000))
api POST /member/validation '' "{\"email\":\"$EMAIL\",\"authNum\":\"$wrong\"}"
expect 404 .code 404 .error INVALID_NUM .description '잘못된 인증번호 입니다'
number=$(printf %s "$code" | sed 's/^0*//')
api POST /member/validation '' "{\"email\":\"$TYPED\",\"authNum\":${number:-0}}"
expect 200 .code 200 .description 성공 'has("data")' false
# one use (U22)
api POST /member/validation '' "{\"email\":\"$EMAIL\",\"authNum\":\"$code\"}"
expect 404 .error INVALID_NUM

# a sign-up that fails does not use the validation up
api POST /member/signup '' "$(signup_body "$TYPED" | sed 's/2000-02-29/2001-02-29/')"
expect 422 .error INVALID_VALUE '.detail | contains("birth")' true
api POST /member/signup '' "$(signup_body "$TYPED")"
expect 200 .code 200 .description 성공 'has("data")' false
same 'the validated mark' "$(redis exists "$(code_key ok "$EMAIL")")" 0
[ "$(sql member "SELECT id FROM member WHERE email = '$EMAIL'")" -ge 1 ] || fail 'an id below 1'

# the same again, and by the other ways
api POST /member/signup '' "$(signup_body "$EMAIL")"
expect 409 .code 409 .error DUPLICATE_MEMBER .description '이미 존재하는 회원입니다'
api POST /member/checkDuplicateEmail '' "{\"email\":\"$TYPED\"}"
expect 409 .code 409 .error DUPLICATE_EMAIL .description '중복된 이메일 입니다'
same 'members with the address' "$(sql member "SELECT COUNT(*) FROM member WHERE email = '$EMAIL'")" 1

# log in, and who am I
login "$TYPED" "$PASSWORD"
case $TOKEN in ey*.*.*) ;; *) fail "the Authorization header is no bare JWT: $TOKEN" ;; esac
for sent in "$TOKEN" "Bearer $TOKEN" "bearer $TOKEN"; do
    api GET /member/info "$sent"
    expect 200 .code 200 .description 성공 .data.name 홍길동 .data.email "$EMAIL" .data.phone 010-1234-5678 \
        .data.birth 2000-02-29 '.data | length' 4
done
api GET /member/info
expect 401 .code 401 .error UNAUTHORIZED .description '로그인이 필요합니다.'
api GET /member/info "${TOKEN}x"
expect 401 .code 401
api GET /member/info "$(mint_token 999999999999)"
expect 401 .code 401 .error UNAUTHORIZED

# every field has its rule, and the answer names the field
refused() { # FIELD JSON
    # shellcheck disable=SC2016
    body=$(signup_body "new.$UNIQUE@example.kr" | jq -c --argjson v "$2" ".$1 = \$v")
    api POST /member/signup '' "$body" -H "X-Request-Id: t1001-$UNIQUE"
    expect 422 .code 422 .error INVALID_VALUE ".detail | contains(\"$1\")" true
}
refused email '"no-at.example.kr"'
refused email '"no-dot@example"'
refused email '"two@at@example.kr"'
refused email '"a b@example.kr"'
refused email '"한글@example.kr"'
refused email '"a@b.kr\r\nBcc: c@d.kr"'
refused password '"short 7"'
refused password 12345678
refused name '"김"'
refused name '"a\u0007b"'
refused birth '"2000-2-29"'
refused birth '"1899-12-31"'
refused birth '"2999-01-01"'
refused birth 20000229
refused phone '"01012345678"'
refused phone '"02-123-4567"'
refused phone '"010-12345-678"'
refused gender '"X"'
refused gender null
for field in email password name birth phone gender; do
    api POST /member/signup '' "$(signup_body "new.$UNIQUE@example.kr" | jq -c "del(.$field)")"
    expect 422 .error INVALID_VALUE ".detail | contains(\"$field\")" true
done

# both spellings of a gender, and the youngest: CHILD
for pair in 남:M M:M 여:F F:F; do
    address=g.$(openssl rand -hex 4).$UNIQUE@example.kr
    other_remote
    plant_code "$address" 000000
    ask /member/validation "{\"email\":\"$address\",\"authNum\":0}"
    expect 200
    ask /member/signup "$(signup_body "$address" | jq -c ".gender = \"${pair%:*}\" | .birth = \"$(date +%Y)-01-01\"")"
    expect 200
    same "gender ${pair%:*}" "$(sql member "SELECT gender FROM member WHERE email = '$address'")" "${pair#*:}"
done
login "$address" "$PASSWORD"
same 'role of a child' "$(jwt_part 1 "$TOKEN" | jq -r .role)" CHILD
