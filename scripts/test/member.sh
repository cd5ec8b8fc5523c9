# shellcheck shell=sh disable=SC2034,SC2154 # shared with lib.sh and the t10xx tests
# What the tests of the member service share; sourced after lib.sh.

UNIQUE=$(openssl rand -hex 5)
PASSWORD=canary-$(openssl rand -hex 8)

member() { ticketaka-member --config "$VAR/conf/member.conf" "$@"; }

# A new member with $PASSWORD, without a mailed code. Sets EMAIL.
new_member() { # NAME-OF-ADDRESS [BIRTH]
    EMAIL=$1.$UNIQUE@example.kr
    printf '%s\n' "$PASSWORD" | member member-add --email "$EMAIL" --name 홍길동 --phone 010-1234-5678 \
        --birth "${2:-2000-02-29}" --gender M > "$WORK/added" || fail "member-add"
}

# login EMAIL PASSWORD: sets TOKEN and REFRESH
login() {
    api POST /member/login '' "{\"email\":\"$1\",\"password\":\"$2\"}"
    expect 200 .code 200 .description 성공 .data.expiresIn 1800
    TOKEN=$(header Authorization)
    REFRESH=$(field .data.refreshToken)
    [ ${#REFRESH} -ge 40 ] || fail "refresh token '$REFRESH'"
}

refresh() { # TOKEN: sets STATUS
    api POST /member/refresh '' "{\"refreshToken\":\"$1\"}"
}

# The clients of these tests are told apart by an address, as the gateway would tell it, so that the limit of look-ups an
# address has is spent by the test that means it. These calls go to the service itself.
REMOTE=198.51.100.$((0x$(openssl rand -hex 1) % 250 + 1))
ask() { # PATH BODY
    api POST "$TICKETAKA_MEMBER_URL$1" '' "$2" -H "X-Forwarded-For: $REMOTE"
}
other_remote() { REMOTE=203.0.$((0x$(openssl rand -hex 1))).$((0x$(openssl rand -hex 1) % 250 + 1)); }

# What the service would keep in Redis, computed apart from it: code.h says what that is.
code_key() { # PREFIX EMAIL
    python3 -c 'import hashlib, sys
print("m:%s:{%s}" % (sys.argv[1], hashlib.blake2b(sys.argv[2].encode(), digest_size=16).hexdigest()))' "$1" "$2"
}
plant_code() { # EMAIL DIGITS: as if this code had been mailed
    openssl rsa -in "$TICKETAKA_JWT_KEY_FILE" -traditional -outform DER -out "$WORK/der" 2> "$WORK/openssl" ||
        fail "$(cat "$WORK/openssl")"
    plant_hash=$(python3 -c 'import hashlib, sys
secret = hashlib.blake2b(open(sys.argv[1], "rb").read(), digest_size=32, key=b"ticketaka member codes").digest()
print(hashlib.blake2b(sys.argv[2].encode() + b"\0" + sys.argv[3].encode(), digest_size=32, key=secret).hexdigest())' \
        "$WORK/der" "$1" "$2")
    redis del "$(code_key code "$1")" > /dev/null
    redis hset "$(code_key code "$1")" hash "$plant_hash" tries 0 id planted > /dev/null
    redis pexpire "$(code_key code "$1")" 300000 > /dev/null
}

signup_body() { # EMAIL
    printf '{"email":"%s","password":"%s","name":"홍길동","birth":"2000-02-29","phone":"010-1234-5678","gender":"남"}' \
        "$1" "$PASSWORD"
}
jwt_part() { # NUMBER TOKEN -> JSON
    python3 -c 'import base64, sys
part = sys.argv[2].split(".")[int(sys.argv[1])]
print(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode())' "$1" "$2"
}
