#!/bin/sh
# Logging in, staying logged in, and being logged out: no hint who is a member, rotation, lost answers, theft.
#
# timeout: 90
# shellcheck disable=SC1091,SC2034,SC2016,SC1003
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/member.sh"

new_member lee
MEMBER=$(sql member "SELECT id FROM member WHERE email = '$EMAIL'")
login "$EMAIL" "$PASSWORD"

# the token is what the contract says
jwt_part 0 "$TOKEN" > "$WORK/head"
jwt_part 1 "$TOKEN" > "$WORK/claims"
claim() { jq -r "$1" "$WORK/claims"; }
same alg "$(jq -r .alg "$WORK/head")" RS256
same kid "$(jq -r .kid "$WORK/head")" "$TICKETAKA_JWT_KID"
same iss "$(claim .iss)" Ticketaka
same sub "$(claim '.sub | "\(type) \(.)"')" "string $MEMBER"
same aud "$(claim .aud)" AUDIENCE
same role "$(claim .role)" ADULT
same permission "$(claim .permission)" all
same scope "$(claim .scope)" member
same life "$(claim '.exp - .iat')" 1800
same 'Cache-Control' "$(header Cache-Control)" no-store

# wrong password, unknown address, no address at all, locked: one answer, to the byte, and no slower or faster
answer_of() { # EMAIL PASSWORD
    api POST /member/login '' "{\"email\":\"$1\",\"password\":\"$2\"}"
    expect 404 .code 404 .error NO_MEMBER .description '존재하지 않는 회원 정보입니다'
    grep -iv '^\(date\|x-request-id\|traceparent\):' "$WORK/headers"
    printf '%s\n' "$BODY"
}
wrong=$(answer_of "$EMAIL" "not-$PASSWORD")
same 'answer to an unknown address' "$(answer_of "nobody.$UNIQUE@example.kr" "$PASSWORD")" "$wrong"
same 'answer to what is no address' "$(answer_of nobody "$PASSWORD")" "$wrong"
same 'answer to an empty password' "$(answer_of "$EMAIL" '')" "$wrong"
quickest() { # EMAIL -> ms of the quickest of eight
    for quick_try in 1 2 3 4 5 6 7 8; do
        curl -sS -m 20 -o /dev/null -w '%{time_total}\n' -H 'Content-Type: application/json' \
            -d "{\"email\":\"$1\",\"password\":\"wrong-password\"}" "$TICKETAKA_MEMBER_URL/member/login"
    done | sort -n | head -n 1 | awk '{ printf "%d", $1 * 1000 }'
}
known_ms=$(quickest "$EMAIL") unknown_ms=$(quickest "nobody.$UNIQUE@example.kr")
if [ "$known_ms" -gt $((unknown_ms * 2)) ] || [ "$unknown_ms" -gt $((known_ms * 2)) ]; then
    fail "a known address takes $known_ms ms, an unknown one $unknown_ms ms"
fi

# a refresh replaces the token; the access token is new and good
first=$REFRESH
refresh "$first"
expect 200 .code 200 .description 성공 .data.expiresIn 1800
second=$(field .data.refreshToken)
[ "$second" != "$first" ] || fail 'the refresh token did not change'
api GET /member/info "$(header Authorization)"
expect 200 .data.email "$EMAIL"

# eight processes refresh at once, each gets the same successor: nobody is logged out
pids=
for one in 1 2 3 4 5 6 7 8; do
    curl -sS -m 20 -H 'Content-Type: application/json' -d "{\"refreshToken\":\"$second\"}" \
        "$TICKETAKA_URL/member/refresh" > "$WORK/refresh.$one" &
    pids="$pids $!"
done
for one in $pids; do wait "$one" || fail 'no answer'; done
third=$(jq -r .data.refreshToken "$WORK"/refresh.? | sort -u)
same 'different successors' "$(printf '%s\n' "$third" | wc -l)" 1
case $third in null | '' | "$second") fail "successor '$third'" ;; esac

# the answer is lost: the clerk's program asks again with what it has, and gets what it would have got
if [ "$TICKETAKA_BUILD" != release ]; then
    arm member member.refresh.replaced error
    refresh "$third"
    expect 503
    disarm member member.refresh.replaced
fi
refresh "$third"
expect 200
fourth=$(field .data.refreshToken)
refresh "$third"
expect 200 .data.refreshToken "$fourth"
refresh "$fourth"
expect 200
fifth=$(field .data.refreshToken)

# half a minute later the same is theft: the whole family ends, also the newest
login "$EMAIL" "$PASSWORD"
elsewhere=$REFRESH
sql member "UPDATE refresh_token SET replaced_at = replaced_at - INTERVAL 31 SECOND WHERE member_id = $MEMBER"
refresh "$third"
expect_error 401 UNAUTHORIZED
refresh "$fifth"
expect_error 401 UNAUTHORIZED
# another login of the same member is another family
refresh "$elsewhere"
expect 200
elsewhere=$(field .data.refreshToken)

# log out: safe to repeat, ends this family, and answers the same for what nobody has
for again in 1 2; do
    api POST /member/logout '' "{\"refreshToken\":\"$elsewhere\"}"
    expect 200 .code 200 .description 성공 'has("data")' false
done
api POST /member/logout '' "{\"refreshToken\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"
expect 200
refresh "$elsewhere"
expect_error 401 UNAUTHORIZED
refresh AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
expect_error 401 UNAUTHORIZED
for odd in '{}' '{"refreshToken":null}' '{"refreshToken":1}' '{"refreshToken":"short"}' '{"refreshToken":"a b"}'; do
    for path in refresh logout; do
        api POST /member/$path '' "$odd"
        expect 422 .error INVALID_VALUE
    done
done

# a refresh token ends in time
login "$EMAIL" "$PASSWORD"
sql member "UPDATE refresh_token SET expires_at = NOW(3) WHERE member_id = $MEMBER"
refresh "$REFRESH"
expect_error 401 UNAUTHORIZED

# locked: no login, no refresh, no data, although the access token is not over yet
login "$EMAIL" "$PASSWORD"
member lock --email "$EMAIL" > /dev/null
same 'answer to a locked member' "$(answer_of "$EMAIL" "$PASSWORD")" "$wrong"
refresh "$REFRESH"
expect_error 401 UNAUTHORIZED
api GET /member/info "$TOKEN"
expect_error 401 UNAUTHORIZED
member unlock --email "$EMAIL" > /dev/null
api GET /member/info "$TOKEN"
expect 200
# without the command: a state set by hand is heeded by a refresh too
login "$EMAIL" "$PASSWORD"
sql member "UPDATE member SET state = 'disabled' WHERE id = $MEMBER"
refresh "$REFRESH"
expect_error 401 UNAUTHORIZED
sql member "UPDATE member SET state = 'active' WHERE id = $MEMBER"
refresh "$REFRESH"
expect_error 401 UNAUTHORIZED

# who is gone is gone
login "$EMAIL" "$PASSWORD"
sql member "DELETE FROM member WHERE id = $MEMBER"
api GET /member/info "$TOKEN"
expect_error 401 UNAUTHORIZED
refresh "$REFRESH"
expect_error 401 UNAUTHORIZED
