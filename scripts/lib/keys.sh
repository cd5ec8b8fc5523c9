# shellcheck shell=sh disable=SC2154,SC2034 # names are shared with scripts/stack
# Secrets of a stack: made once, 0600, under VAR/keys. Sourced by scripts/stack.

SERVICES='member performance reservation mail'

key_file() { # FILE COMMAND...: the command's output becomes FILE, unless it exists already
    key_path=$VAR/keys/$1
    shift
    [ -s "$key_path" ] && return 0
    "$@" > "$key_path.new" || die "cannot make '$key_path'"
    chmod 600 "$key_path.new"
    mv -f "$key_path.new" "$key_path"
}

keys_make() {
    mkdir -p "$VAR/keys/jwt" "$VAR/keys/jwt-public" "$VAR/keys/ticket"
    for key_service in $SERVICES; do
        key_file "db-$key_service.pass" openssl rand -hex 32
        key_file "db-$key_service-migrate.pass" openssl rand -hex 32
        key_file "amqp-$key_service.pass" openssl rand -hex 32
    done
    key_file redis.pass openssl rand -hex 32
    key_file service.token openssl rand -hex 32
    key_file hold.key openssl rand -hex 32
    key_file ticket/1.key openssl rand -hex 32
    key_file erlang.cookie openssl rand -hex 24
    key_file jwt.kid openssl rand -hex 4
    key_kid=$(cat "$VAR/keys/jwt.kid")
    key_file "jwt/$key_kid.pem" openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048
    for key_pem in "$VAR"/keys/jwt/*.pem; do
        key_kid=$(basename "$key_pem" .pem)
        key_file "jwt-public/$key_kid.pem" openssl pkey -in "$key_pem" -pubout
    done
}

key() { cat "$VAR/keys/$1"; }

# RabbitMQ's hash: base64(salt + sha256(salt + password)), the salt being 4 bytes. The salt comes from the
# password (256 random bits), so that the same password gives the same file and an unchanged one is skipped.
amqp_hash() { # SERVICE
    amqp_pass=$(key "amqp-$1.pass")
    amqp_salt=$(printf 'salt %s' "$amqp_pass" | openssl dgst -sha256 -r | cut -c1-4)
    {
        printf %s "$amqp_salt"
        printf '%s%s' "$amqp_salt" "$amqp_pass" | openssl dgst -sha256 -binary
    } | openssl base64 -A
}
