#!/bin/sh
# Slow, oversized and ambiguous requests are cut or refused at the gateway; a service that is away is 503. What is no HTTP gets
# HAProxy's own text, because its parser answers before any rule; everything else gets the envelope.
# timeout: 180
. "$(dirname "$0")/gateway.sh"

# ---- one request stays one request: the second one, smuggled in, is never answered
inner='GET /reservation/create HTTP/1.1\r\nHost: a\r\n\r\n'
same 'blank before the colon' "$(raw_status "POST /member/login HTTP/1.1\\r\\nHost: a\\r\\nContent-Length : 44\\r\\n\\r\\n$inner")" 400
same 'two lengths' "$(raw_status "POST /member/login HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 44\\r\\nContent-Length: 4\\r\\n\\r\\n$inner")" 400
same 'length with a sign' "$(raw_status "POST /member/login HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: +4\\r\\n\\r\\nabcd")" 400
same 'xchunked' "$(raw_status 'POST /member/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n')" 400
same 'no host' "$(raw_status 'GET /performance/rank HTTP/1.1\r\nConnection: close\r\n\r\n')" 400
same 'two hosts' "$(raw_status 'GET /performance/rank HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n')" 400
same 'no HTTP' "$(raw_status 'hello\r\n\r\n')" 400

# ---- big ones
head -c 70000 /dev/zero | tr '\0' a > "$WORK/big"
api POST /member/login '' "@$WORK/big"
expect_error 413 TOO_LARGE
api GET /member/info "$(head -c 5000 "$WORK/big")"
expect_error 401 UNAUTHORIZED
api GET /performance/rank "$(head -c 60000 "$WORK/big")"
same 'headers of 60 kB' "$STATUS" 400
api POST /member/login '' "$(head -c 16000 "$WORK/big")"
expect 200 '.body | length' 16000

# ---- slow ones: cut after 3 s, in the envelope, before a service hears of them
slow() { # WHAT TEXT
    slow_start=$(lib_now)
    raw "$2" > "$WORK/slow"
    slow_took=$(($(lib_now) - slow_start))
    grep -q '^HTTP/1.1 408' "$WORK/slow" || fail "$1: $(head -n 1 "$WORK/slow")"
    [ "$slow_took" -lt 500 ] || fail "$1: cut only after $slow_took hundredths of a second"
}
slow 'half a header' 'GET /performance/rank HTTP/1.1\r\nHost: a\r\nX: '
! grep -q '"code":200' "$WORK/slow" || fail "half a header was answered"
slow 'half a body' 'POST /member/login HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc'

# ---- a service that is away, and one that says nothing
kill "$ECHO"
wait "$ECHO" || :
api GET /performance/rank
expect_error 503 UNAVAILABLE
same 'Retry-After' "$(header retry-after)" 1
/usr/bin/socat "TCP-LISTEN:$((PORT + 2)),bind=127.0.0.1,reuseaddr,fork" SYSTEM:'read line' &
ECHO=$!
wait_for 15 sh -c "curl -s --noproxy '*' -m 4 http://127.0.0.1:$PORT/performance/rank | grep -q OUTCOME_UNKNOWN"
