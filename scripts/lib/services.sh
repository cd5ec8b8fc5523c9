# shellcheck shell=sh disable=SC2154,SC2034 # names are shared with scripts/stack
# Our services and the gateway of a stack. Sourced by scripts/stack, after stores.sh.

program() { printf '%s/build/%s/bin/ticketaka-%s' "$top" "$BUILD" "$1"; }

service_port() {
    case $1 in
        haproxy) say "$PORT" ;;
        member) say $((PORT + 1)) ;;
        performance) say $((PORT + 2)) ;;
        reservation) say $((PORT + 3)) ;;
        mail) say $((PORT + 4)) ;;
        mariadb) say $((PORT + 6)) ;;
        redis) say $((PORT + 7)) ;;
        rabbitmq) say $((PORT + 8)) ;;
        epmd) say $((PORT + 10)) ;;
        smtp) say $((PORT + 11)) ;;
    esac
}
url() { printf 'http://127.0.0.1:%s' "$(service_port "$1")"; }

# ---- configuration ---------------------------------------------------------------------------------------------

conf_db() { # SERVICE
    cat << EOF
db-socket = $S/run/mariadb.sock
db-name = $1
db-user = $1
db-password-file = $S/keys/db-$1.pass
EOF
}
conf_common() { # SERVICE
    conf_db "$1"
    cat << EOF
listen = 127.0.0.1:$(service_port "$1")
amqp = amqp://$1@127.0.0.1:$((PORT + 8))/ticketaka
amqp-password-file = $S/keys/amqp-$1.pass
EOF
}
conf_redis() {
    cat << EOF
redis = 127.0.0.1:$((PORT + 7))
redis-password-file = $S/keys/redis.pass
EOF
}
conf_auth() {
    cat << EOF
jwks = $S/keys/jwks.json
service-token-file = $S/keys/service.token
EOF
}
conf_member() {
    conf_common member && conf_redis && conf_auth
    say "jwt-key-dir = $S/keys/jwt"
    say "jwt-kid = $(key jwt.kid)"
}
conf_performance() {
    conf_common performance && conf_redis && conf_auth
    say "hold-key-file = $S/keys/hold.key"
    say "reservation-url = $(url reservation)"
}
conf_reservation() {
    conf_common reservation && conf_auth
    say "ticket-key-dir = $S/keys/ticket"
    say "ticket-key = 1"
    say "member-url = $(url member)"
}
conf_mail() {
    conf_common mail
    say "smtp-url = smtp://127.0.0.1:$((PORT + 11))"
    say "mail-from = ticketaka@localhost"
}

conf_collector() { conf_db performance; }

# VAR/local/SERVICE.conf (written by `scripts/stack set`) overrides and adds rows.
conf_write() { # SERVICE
    [ -e "$VAR/local/$1.conf" ] || : > "$VAR/local/$1.conf"
    "conf_$1" | awk -F ' *= *' '
        FNR == NR { own[$1] = $0; next }
        $1 in own { print own[$1]; delete own[$1]; next }
        { print }
        END { for (name in own) print own[name] }' "$VAR/local/$1.conf" - > "$VAR/conf/$1.conf.new"
    mv -f "$VAR/conf/$1.conf.new" "$VAR/conf/$1.conf"
}

# ---- services ----------------------------------------------------------------------------------------------------

stamp() { # FILE...: changes when one of them does
    { stat -c '%i.%Y.%s' "$@" && cat "$VAR/conf/$child_of.conf"; } 2> /dev/null | cksum | tr ' ' .
}

service_stamp() { # SERVICE
    child_of=$1
    stamp "$(program "$1")"
}

jwks_make() { # the public half of every signing key, as member publishes it
    jwks=$VAR/keys/jwks.json
    [ ! -s "$jwks" ] || [ -n "$(find "$VAR/keys/jwt" -name '*.pem' -newer "$jwks")" ] || return 0
    "$(program member)" --config "$S/conf/member.conf" jwks > "$jwks.new" || die "cannot make '$jwks'"
    mv -f "$jwks.new" "$jwks"
}

migrate() { # SERVICE: as the user that may change tables
    "$(program "$1")" --config "$S/conf/$1.conf" --db-user "${1}_migrate" \
        --db-password-file "$S/keys/db-$1-migrate.pass" migrate >> "$VAR/log/$1.log" 2>&1 9>&- || {
        child_log "$1"
        die "cannot migrate the database of '$1'"
    }
}

start_service() { # SERVICE
    port_must_be_free "$(service_port "$1")" "ticketaka-$1"
    [ "$BUILD" = release ] || export TICKETAKA_FAILPOINTS="$S/failpoints/$1"
    child_start "$1" "$(service_stamp "$1")" "$(program "$1")" --config "$S/conf/$1.conf"
    unset TICKETAKA_FAILPOINTS
}
start_member() { start_service member; }
start_performance() { start_service performance; }
start_reservation() { start_service reservation; }
start_mail() { start_service mail; }

answers() { curl -fsS -o "$VAR/tmp/answer" -m 2 --noproxy '*' "$1" 2> /dev/null; }
service_wait() { child_wait "$1" 30 answers "$(url "$1")/readyz"; }
wait_member() { service_wait member; }
wait_performance() { service_wait performance; }
wait_reservation() { service_wait reservation; }
wait_mail() { service_wait mail; }

# ---- gateway -----------------------------------------------------------------------------------------------------

# A rule per signing key: HAProxy wants the file's name at start, so that the kid chooses among rules.
gateway_key_rules() {
    for gateway_key in "$VAR"/keys/jwt-public/*.pem; do
        gateway_kid=$(basename "$gateway_key" .pem)
        printf '    http-request set-var(txn.good) var(txn.token),jwt_verify(txn.alg,"%s") if { var(txn.alg) -m str RS256 } { var(txn.kid) -m str %s }\\n' \
            "$S/keys/jwt-public/$gateway_kid.pem" "$gateway_kid"
    done
}

# Our envelope for answers that HAProxy gives itself: CODE.json for rules, CODE.http for its errorfile lines.
gateway_errors() {
    mkdir -p "$VAR/conf/errors"
    gateway_error 400 400 'Bad Request' MALFORMED '요청 형식이 올바르지 않습니다.'
    gateway_error 401 401 Unauthorized UNAUTHORIZED '로그인이 필요합니다.'
    gateway_error 403 403 Forbidden FORBIDDEN '권한이 없습니다.'
    gateway_error 404 404 'Not Found' NOT_FOUND '요청한 경로를 찾을 수 없습니다.'
    gateway_error 408 408 'Request Timeout' REQUEST_TIMEOUT '요청 시간이 초과되었습니다.'
    gateway_error 413 413 'Content Too Large' TOO_LARGE '요청이 너무 큽니다.'
    gateway_error 429 429 'Too Many Requests' TOO_MANY_REQUESTS '요청이 너무 많습니다.'
    gateway_error 500 500 'Internal Server Error' INTERNAL '서버 오류가 발생하였습니다.'
    gateway_error 503 503 'Service Unavailable' UNAVAILABLE '잠시 후 다시 시도해 주세요.'
    # The request may have reached the service: whether it took effect is not known, and the same key tells.
    gateway_error 502 503 'Service Unavailable' OUTCOME_UNKNOWN '처리 결과를 확인하고 있습니다.'
    gateway_error 504 503 'Service Unavailable' OUTCOME_UNKNOWN '처리 결과를 확인하고 있습니다.'
}
gateway_error() { # FILE CODE REASON NAME DESCRIPTION
    gateway_body=$(printf '{"code":%s,"description":"%s","error":"%s"}' "$2" "$5" "$4")
    printf %s "$gateway_body" > "$VAR/conf/errors/$1.json"
    {
        printf 'HTTP/1.1 %s %s\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n' "$2" "$3"
        case $2 in 429 | 503) printf 'Retry-After: 1\r\n' ;; esac
        printf 'Content-Length: %s\r\nConnection: close\r\n\r\n%s' "$(printf %s "$gateway_body" | wc -c)" "$gateway_body"
    } > "$VAR/conf/errors/$1.http"
}

gateway_conf() {
    gateway_errors
    # two descriptors for each connection, and some for listeners, logs and checks
    # shellcheck disable=SC3045 # dash and bash have it
    gateway_max=$((($(ulimit -n) - 200) / 2))
    [ "$gateway_max" -le 16000 ] || gateway_max=16000
    render local/haproxy.cfg "$VAR/conf/haproxy.cfg" "s|@MAXCONN@|$gateway_max|g
        s|@PORT@|$PORT|;s|@MEMBER@|$((PORT + 1))|;s|@PERFORMANCE@|$((PORT + 2))|;s|@RESERVATION@|$((PORT + 3))|
        s|^ *@KEY_RULES@\$|$(gateway_key_rules)|"
    haproxy -c -q -f "$S/conf/haproxy.cfg" > "$VAR/log/haproxy-check.log" 2>&1 || {
        cat "$VAR/log/haproxy-check.log" >&2
        die "the gateway's configuration '$VAR/conf/haproxy.cfg' is wrong"
    }
}

haproxy_stamp() { cat "$VAR/conf/haproxy.cfg" "$VAR"/conf/errors/*.http "$VAR"/keys/jwt-public/*.pem | cksum | tr ' ' .; }

start_haproxy() {
    need_program haproxy
    port_must_be_free "$PORT" "the gateway"
    gateway_conf
    child_start haproxy "$(haproxy_stamp)" haproxy -W -f "$S/conf/haproxy.cfg"
}
wait_haproxy() { child_wait haproxy 20 answers "$(url haproxy)/healthz"; }
