#!/bin/sh
# Bodies that no honest client sends: a clear envelope, and nothing changed.
#
# timeout: 180
# shellcheck disable=SC1091,SC2034,SC2016,SC1003
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/member.sh"

state() {
    sql member "SELECT COUNT(*) FROM member"
    sql member 'SELECT COUNT(*) FROM refresh_token'
}
keys() { redis --scan --pattern 'm:[cmo]*' | sort; }
state > "$WORK/before"
keys > "$WORK/keys"

POSTS='checkDuplicateEmail validation signup login refresh logout'
refused() { # BODY-FILE ALLOWED-STATUS...
    refused_file=$1
    shift
    for refused_path in $POSTS; do
        api POST "/member/$refused_path" '' '' -H 'Content-Type: application/json' --data-binary "@$refused_file"
        case " $* " in *" $STATUS "*) ;; *) fail "$refused_path with $(head -c 80 "$refused_file"): $STATUS $BODY" ;; esac
        expect "$STATUS" .code "$STATUS" '.error | length > 0' true
    done
}
body() { printf '%s' "$1" > "$WORK/sent"; }

for text in '' '{' '[]' 'null' '"text"' '1' '{}x' '{"email":"a@b.kr"' '{"email":}' "{'email':'a@b.kr'}" \
    '{"email":"a@b.kr","email":"c@d.kr"}' '{"email":"a\u0000@b.kr"}' '{"email":1e400}' '<email/>'; do
    body "$text"
    refused "$WORK/sent" 400 422
done
printf '{"email":"\377\376@b.kr"}' > "$WORK/sent"
refused "$WORK/sent" 400
for value in null true 1 1.5 '[]' '{}' '["a@b.kr"]' '{"$gt":""}'; do
    body "{\"email\":$value,\"password\":$value,\"authNum\":$value,\"refreshToken\":$value}"
    refused "$WORK/sent" 400 422
done
# nesting, many members, too large
python3 -c 'print("[" * 2000 + "]" * 2000)' > "$WORK/sent"
refused "$WORK/sent" 400
python3 -c 'import json; print(json.dumps({"k%d" % i: 1 for i in range(300)}))' > "$WORK/sent"
refused "$WORK/sent" 400 413 422
for size in 5000 70000 5000000; do
    python3 -c 'import sys; print("{\"email\":\"%s@b.kr\"}" % ("a" * int(sys.argv[1])))' "$size" > "$WORK/sent"
    refused "$WORK/sent" 413
done
# the same at the service itself, where no gateway helps
TICKETAKA_URL=$TICKETAKA_MEMBER_URL
refused "$WORK/sent" 413
body '{"email":'
refused "$WORK/sent" 400

# injection is text
for text in "' OR 1=1 -- " "a@b.kr' OR '1'='1" 'a@b.kr\r\nSET x 1' '*' '%' '\\'; do
    ask /member/login "{\"email\":\"$text\",\"password\":\"$text\"}"
    expect 404 .error NO_MEMBER
done
ask /member/login "{\"email\":\"$(printf '%0200d' 0)\",\"password\":\"$(printf '%0900d' 0)\"}"
expect 404 .error NO_MEMBER
ask /member/login "{\"email\":\"a@b.kr\",\"password\":\"$(printf '%01100d' 0)\"}"
expect 422 .error INVALID_VALUE

# methods, paths, and the room for services
lib_env
api GET /member/login
expect 405 .error METHOD_NOT_ALLOWED
case $(header Allow) in *POST*) ;; *) fail "Allow: $(header Allow)" ;; esac
api POST /member/info "$(mint_token 1)" '{}'
expect 405
api GET /member/nothing "$(mint_token 1)"
expect_error 404 NOT_FOUND
new_member inside 1960-01-01
id=$(sql member "SELECT id FROM member WHERE email = '$EMAIL'")
api GET "/member/internal/$id" "$(mint_token "$id" admin)"
expect_error 404 NOT_FOUND
api GET "$TICKETAKA_MEMBER_URL/member/internal/$id" "$(mint_token "$id" admin)"
expect_error 404 NOT_FOUND
api GET "$TICKETAKA_MEMBER_URL/member/internal/$id" '' '' -H 'X-Ticketaka-Service: guess'
expect_error 404 NOT_FOUND
internal() { api GET "$TICKETAKA_MEMBER_URL/member/internal/$1" '' '' -H "X-Ticketaka-Service: $(cat "$TICKETAKA_SERVICE_TOKEN_FILE")"; }
internal "$id"
expect 200 .data.memberId "$id" .data.name 홍길동 .data.email "$EMAIL" .data.phone 010-1234-5678 .data.adult true
internal 999999999
expect 404 .error NO_MEMBER
for odd in 0 -1 x 99999999999999999999; do
    internal "$odd"
    [ "$STATUS" = 422 ] || fail "id $odd: $STATUS $BODY"
done
sql member "DELETE FROM member WHERE id = $id"

state > "$WORK/after"
cmp -s "$WORK/before" "$WORK/after" || fail "something changed: $(diff "$WORK/before" "$WORK/after")"
same 'new keys in Redis' "$(keys | comm -13 "$WORK/keys" -)" ''
