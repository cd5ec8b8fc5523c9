#!/bin/sh
# Which path goes where, which needs a token, which does not exist; odd spellings of a path reach nobody.
# timeout: 180
. "$(dirname "$0")/gateway.sh"
token=$(mint_token 7)

to() { # SERVICE-NUMBER METHOD PATH [TOKEN]
    api "$2" "$3" "${4:-}"
    expect 200 .port $((PORT + $1)) .method "$2" .path "$3"
}
closed() { # METHOD PATH: 401 without a token, passed on with one
    api "$1" "$2"
    expect 401 '.|tojson' '{"code":401,"description":"로그인이 필요합니다.","error":"UNAUTHORIZED"}'
    same "content type of $2" "$(header content-type)" application/json
    api "$1" "$2" "$token"
    expect 200 .path "$2"
}
absent() { # METHOD PATH: 404 whatever one shows
    for credential in '' "$token"; do
        api "$1" "$2" "$credential"
        expect 404 '.|tojson' '{"code":404,"description":"요청한 경로를 찾을 수 없습니다.","error":"NOT_FOUND"}'
    done
}
odd() { # PATH: refused before anything looks at it
    api GET "$1" "$token"
    expect 400 '.|tojson' '{"code":400,"description":"요청 형식이 올바르지 않습니다.","error":"MALFORMED"}'
}

for path in checkDuplicateEmail validation signup login refresh logout; do
    to 1 POST "/member/$path"
done
to 1 GET /member/.well-known/jwks.json
to 1 GET /openapi.yaml
to 2 GET '/performance?p=PF1'
for path in 'search?keyword=100%&page=0' 'cat?genre=%EB%AE%A4%EC%A7%80%EC%BB%AC&page=0' rank session/12 session/12/seats \
    'session/12/seats/stream?since=5'; do
    to 2 GET "/performance/$path"
done

closed GET /member/info
for path in check withdraw create hold hold/1-abc-def/extend; do
    closed POST "/performance/rsv/$path"
done
closed GET /performance/rsv/hold/1-abc-def
closed DELETE /performance/rsv/hold/1-abc-def
closed GET /reservation/lists
closed GET /reservation/list/5
closed DELETE /reservation/delete/5
closed GET /reservation/5/ticket
# what nobody named public is closed, so that a new route cannot be forgotten open
closed GET /performance/session/x
closed GET /performance/session/12/seats/other
closed GET /performance/searching
closed GET /member/loginx
closed POST /member/login/x
to 3 GET /reservation/lists "$token"
to 3 GET /reservation/lists "Bearer $token"
to 2 POST /performance/rsv/check "bearer   $token"

for path in /reservation/create /reservation/ask /reservation/rebuild /RESERVATION/create /reservation/CREATE /reservation/create/x \
    /member/internal /member/internal/7 /member/Internal/7 /metrics /readyz /member/metrics /performance/metrics \
    /reservation/readyz /x /performances /memberx/info /reservation /member; do
    absent POST "$path"
    absent GET "$path"
done

for path in //reservation/create /reservation//create /reservation/../member/info /member/./info /member/.. \
    /reservation/%63reate /reservation%2fcreate /%2e%2e/member/info '/member\info' /member/info/ '/member/info;x' \
    /member/%00 /performance/%2e%2e/reservation/create; do
    odd "$path"
done

# an absolute address is only its path
same 'absolute form' "$(raw_status 'GET http://elsewhere/reservation/create HTTP/1.1\r\nHost: elsewhere\r\nConnection: close\r\n\r\n')" 404

api GET /healthz
expect 200 '.|tojson' '{"code":200,"description":"성공"}'
