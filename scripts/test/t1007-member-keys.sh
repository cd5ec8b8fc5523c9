#!/bin/sh
# Signing keys: what is published verifies, and a change of keys logs nobody out.
#
# timeout: 120
NO_STACK=1
# shellcheck disable=SC1091,SC2034,SC2016,SC1003
. "$(dirname "$0")/lib.sh"
own_stack "$WORK/var"
. "$TOP/scripts/test/member.sh"

new_member choi
login "$EMAIL" "$PASSWORD"
before=$TOKEN

# plain JWKS: public numbers only, those of the key that signs
api GET /member/.well-known/jwks.json
expect 200 'keys' "$(printf '[\n  "keys"\n]')" '.keys | length' 1 '.keys[0].kty' RSA '.keys[0].use' sig '.keys[0].alg' RS256 \
    '.keys[0].kid' "$TICKETAKA_JWT_KID" '.keys[0] | has("d") or has("p") or has("q") or has("dp") or has("qi")' false
case $(header Content-Type) in application/json*) ;; *) fail "Content-Type: $(header Content-Type)" ;; esac
published=$(field '.keys[0].n' | python3 -c 'import base64, sys
n = sys.stdin.read().strip(); print(base64.urlsafe_b64decode(n + "=" * (-len(n) % 4)).hex().upper())')
same modulus "Modulus=$published" "$(openssl rsa -in "$TICKETAKA_JWT_KEY_FILE" -noout -modulus)"
same 'JWKS of the command' "$(member jwks)" "$BODY"

# the login's signature is that key's
openssl rsa -in "$TICKETAKA_JWT_KEY_FILE" -pubout -out "$WORK/public.pem" 2> /dev/null
printf %s "${TOKEN%.*}" > "$WORK/signed"
python3 -c 'import base64, sys
s = sys.argv[1]; sys.stdout.buffer.write(base64.urlsafe_b64decode(s + "=" * (-len(s) % 4)))' "${TOKEN##*.}" > "$WORK/signature"
openssl dgst -sha256 -verify "$WORK/public.pem" -signature "$WORK/signature" "$WORK/signed" > /dev/null ||
    fail 'the signature does not verify'

# a second key: published with the first, signs after the change; tokens and codes from before stay good
plant_code "code.$UNIQUE@example.kr" 098765
old_kid=$TICKETAKA_JWT_KID
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out "$VAR/keys/jwt/second.pem"
printf 'second\n' > "$VAR/keys/jwt.kid"
stack up > /dev/null
lib_env
same 'the kid' "$TICKETAKA_JWT_KID" second
api GET /member/.well-known/jwks.json
expect 200 '[.keys[].kid] | sort | join(" ")' "$(printf '%s\nsecond\n' "$old_kid" | LC_ALL=C sort | paste -sd' ')"
api GET /member/info "$before"
expect 200 .data.email "$EMAIL"
login "$EMAIL" "$PASSWORD"
same 'kid of a new token' "$(jwt_part 0 "$TOKEN" | jq -r .kid)" second
api GET /member/info "$TOKEN"
expect 200 .data.email "$EMAIL"
ask /member/validation "{\"email\":\"code.$UNIQUE@example.kr\",\"authNum\":98765}"
expect 200

# the first key goes: its tokens too
rm "$VAR/keys/jwt/$old_kid.pem"
rm -f "$VAR/keys/jwt-public/$old_kid.pem" "$VAR/keys/jwks.json"
stack restart member
stack up > /dev/null
api GET "$TICKETAKA_MEMBER_URL/member/info" "$TOKEN"
expect 200
wait_for 30 sh -c "[ \"\$(curl -s -o /dev/null -w '%{http_code}' -H 'Authorization: $before' '$TICKETAKA_MEMBER_URL/member/info')\" = 401 ]"

# a service that cannot sign says why and does not start
! ticketaka-member --config "$VAR/conf/member.conf" --jwt-kid absent > "$WORK/out" 2>&1 || fail 'started without its key'
grep -q 'absent.pem' "$WORK/out" || fail "the key is not named: $(cat "$WORK/out")"
! ticketaka-member --config "$VAR/conf/member.conf" --jwt-key-dir /nonexistent jwks > "$WORK/out" 2>&1 ||
    fail 'printed keys of no folder'
grep -q /nonexistent "$WORK/out" || fail "the folder is not named: $(cat "$WORK/out")"
