#!/bin/sh
# Passwords, codes and tokens are in no store and no log; personal data in no log: U20, U26, U27.
#
# timeout: 120
# shellcheck disable=SC1091,SC2034,SC2016,SC1003
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/member.sh"

EMAIL=canary.$UNIQUE@example.kr
NAME_CANARY=카나리$UNIQUE
PHONE=010-$((0x$(openssl rand -hex 2) % 9000 + 1000))-$((0x$(openssl rand -hex 2) % 9000 + 1000))
ask /member/checkDuplicateEmail "{\"email\":\"$EMAIL\"}"
expect 200
code=$(mail_code "$EMAIL")
ask /member/validation "{\"email\":\"$EMAIL\",\"authNum\":\"$(((1$code + 1) % 1000000))\"}"
expect 404
ask /member/validation "{\"email\":\"$EMAIL\",\"authNum\":\"$code\"}"
expect 200
ask /member/signup "$(signup_body "$EMAIL" | jq -c ".name = \"$NAME_CANARY\" | .phone = \"$PHONE\"")"
expect 200
api POST /member/login '' "{\"email\":\"$EMAIL\",\"password\":\"wrong-$PASSWORD\"}"
expect 404
login "$EMAIL" "$PASSWORD"
old=$REFRESH
refresh "$old"
expect 200
new=$(field .data.refreshToken)
api GET "/member/info?token=$TOKEN" "$TOKEN"
expect 200
api GET /member/info "x$TOKEN"
expect 401

# one-way and salted: what the contract of crypto_pwhash writes, with our cost
sql member "SELECT password FROM member WHERE email = '$EMAIL'" | grep -q '^\$argon2id\$v=19\$m=19456,t=2,p=1\$' ||
    fail "stored password: $(sql member "SELECT password FROM member WHERE email = '$EMAIL'")"

absent() { # WHERE TEXT...
    absent_where=$1
    shift
    for absent_text; do
        # shellcheck disable=SC2086
        absent_found=$(grep -rlaF -e "$absent_text" $absent_where || :)
        [ -z "$absent_found" ] || fail "'$absent_text' is in $absent_found"
    done
}
signature=${TOKEN##*.}
cd "$VAR"
absent 'mariadb redis' "$PASSWORD" "$old" "$new" "$signature"
absent log "$PASSWORD" "$old" "$new" "$signature" "$EMAIL" "$NAME_CANARY" "$PHONE" 'PRIVATE KEY' \
    "$(sed -n 2p "$TICKETAKA_JWT_KEY_FILE")" "$(cat "$TICKETAKA_SERVICE_TOKEN_FILE")"
# six digits are short: only where nothing else is beside them
! grep -rlaE "(^|[^0-9a-zA-Z])$code([^0-9a-zA-Z]|\$)" log redis || fail "code $code was written"
sql member 'SELECT * FROM member' > "$WORK/dump"
sql member 'SELECT HEX(token_hash), HEX(family), HEX(seed) FROM refresh_token' >> "$WORK/dump"
absent "$WORK/dump" "$PASSWORD" "$old" "$new"
