#!/bin/sh
# The second wall: which tokens pass, who they are taken for, and that nobody can say so himself.
# timeout: 180
. "$(dirname "$0")/gateway.sh"

sub=.headers.'"x-istio-jwt-sub"'
role=.headers.'"x-istio-jwt-role"'
passes() { # TOKEN SUB ROLE
    api GET /member/info "$1"
    expect 200 "$sub" "$2" "$role" "$3"
}
refused() { # WHAT TOKEN
    api GET /member/info "$2"
    [ "$STATUS" = 401 ] || fail "$1: status $STATUS: $BODY"
    expect_error 401 UNAUTHORIZED
    same 'what to log in with' "$(header www-authenticate)" Bearer
}

passes "$(mint_token 7)" 7 ADULT
passes "Bearer $(mint_token 9223372036854775807 member CHILD)" 9223372036854775807 CHILD
api GET /member/info "$(mint_token 7 member OTHER)"
expect 200 "$sub" 7 "$role" null

now=$(date +%s)
jose() { printf '{"alg":"%s","typ":"JWT","kid":"%s"}' "$1" "${2-$TICKETAKA_JWT_KID}"; }
claims() { printf '{"iss":"%s","aud":"AUDIENCE","sub":%s,"role":"ADULT","iat":%s%s}' "$1" "$2" "$now" "$3"; }
later=$((now + 600))
good=$(claims Ticketaka '"7"' ",\"exp\":$later")
rs256=$(jose RS256)
passes "$(mint_jwt "$rs256" "$good")" 7 ADULT
refused 'no token' ''
refused 'no JWT' abc
refused 'two dots only' ..
refused 'basic' "Basic $(mint_token 7)"
refused 'expired' "$(mint_token 7 member ADULT -1)"
refused 'without exp' "$(mint_jwt "$rs256" "$(claims Ticketaka '"7"' '')")"
refused 'exp a string' "$(mint_jwt "$rs256" "$(claims Ticketaka '"7"' ',"exp":"never"')")"
refused 'exp null' "$(mint_jwt "$rs256" "$(claims Ticketaka '"7"' ',"exp":null')")"
refused 'exp negative' "$(mint_jwt "$rs256" "$(claims Ticketaka '"7"' ',"exp":-1')")"
refused 'other issuer' "$(mint_jwt "$rs256" "$(claims Other '"7"' ",\"exp\":$later")")"
refused 'no issuer' "$(mint_jwt "$rs256" "{\"sub\":\"7\",\"exp\":$later}")"
refused 'subject no number' "$(mint_jwt "$rs256" "$(claims Ticketaka '"7 or 8"' ",\"exp\":$later")")"
refused 'no subject' "$(mint_jwt "$rs256" "{\"iss\":\"Ticketaka\",\"exp\":$later}")"
refused 'wrong kid' "$(mint_jwt "$(jose RS256 other)" "$good")"
refused 'no kid' "$(mint_jwt '{"alg":"RS256"}' "$good")"
refused 'kid a path' "$(mint_jwt "$(jose RS256 ../keys/jwt)" "$good")"
refused 'RS384 said' "$(mint_jwt "$(jose RS384)" "$good")"
text=$(jose none | base64url).$(printf %s "$good" | base64url)
refused 'none' "$text."
refused 'none with a signature' "$text.$(printf x | base64url)"
refused 'signature cut' "$(mint_token 7 | cut -d. -f1,2)."
text=$(jose HS256 | base64url).$(printf %s "$good" | base64url)
public=$VAR/keys/jwt-public/$TICKETAKA_JWT_KID.pem
refused 'HS256 with the public key' "$text.$(printf %s "$text" | openssl dgst -sha256 -mac HMAC \
    -macopt "hexkey:$(od -An -v -tx1 "$public" | tr -d ' \n')" -binary | base64url)"
text=$(printf %s "$rs256" | base64url).$(printf %s "$good" | base64url)
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$WORK/other.pem"
refused "another's key" "$text.$(printf %s "$text" | openssl dgst -sha256 -sign "$WORK/other.pem" | base64url)"
other=$(claims Ticketaka '"8"' ",\"exp\":$later" | base64url)
refused 'payload exchanged' "$(mint_jwt "$rs256" "$good" | awk -F. -v p="$other" '{ print $1 "." p "." $3 }')"
api GET /member/info '' '' -H "Authorization: $(mint_token 7)" -H "Authorization: $(mint_token 8)"
expect_error 400 MALFORMED

# a bad token on a public path is not looked at: one must be able to log in with it
api POST /member/login "$(mint_token 7 member ADULT -1)"
expect 200 "$sub" null
api POST /member/login "$(mint_token 7)"
expect 200 "$sub" 7

# nobody says who he is, where he comes from, or that he is one of us
for name in x-istio-jwt-sub X-Istio-Jwt-Sub X-ISTIO-JWT-SUB x_istio_jwt_sub x-istio_jwt-sub x-istio-jwt-role X-Ticketaka-Service \
    x-ticketaka-terminal X_Ticketaka_Service X-Forwarded-For X-Forwarded-Host X_Forwarded_For Forwarded X-Real-IP X-Original-URL \
    X-Rewrite-URL X-HTTP-Method-Override; do
    for path in /member/login /performance/rank; do
        api GET "$path" '' '' -H "$name: 666"
        expect 200 '[.headers | to_entries[] | select(.value == "666")] | length' 0
    done
    api GET /member/info "$(mint_token 7)" '' -H "$name: 666"
    expect 200 '[.headers | to_entries[] | select(.value == "666")] | length' 0 "$sub" 7
done
api GET /performance/rank '' '' -H 'X-Forwarded-For: 1.2.3.4' -H 'X-Forwarded-For: 5.6.7.8'
expect 200 '.headers."x-forwarded-for"' 127.0.0.1

# what a client may say: a request id of sane form comes back, another is replaced
api GET /performance/rank '' '' -H 'X-Request-Id: abc-12345'
expect 200 '.headers."x-request-id"' abc-12345
same 'request id' "$(header x-request-id)" abc-12345
api GET /performance/rank '' '' -H 'X-Request-Id: "><script>'
[ "$(field '.headers."x-request-id"')" = "$(header x-request-id)" ] || fail "request ids differ"
case $(header x-request-id) in *script* | '') fail "request id $(header x-request-id)" ;; esac
api GET /member/info '' '' -H 'X-Request-Id: abc-12346'
same 'request id of a refusal' "$(header x-request-id)" abc-12346
api POST /performance/rsv/hold "$(mint_token 7)" '{"a":1}' -H 'Idempotency-Key: k-12345678' -H 'traceparent: 00-1-2-01'
expect 200 '.headers."idempotency-key"' k-12345678 .headers.traceparent 00-1-2-01 .body '{"a":1}'

# no token in any log
! grep -rl "$(mint_token 7 | cut -d. -f1)" "$VAR/log" || fail "a token is in the log"
