# shellcheck shell=sh disable=SC2034 # what a test reads is set here
# What every system test begins with:   . "$(dirname "$0")/lib.sh"
#
# A test passes when it ends with status 0. It runs on the stack that scripts/run-tests has brought up and shares with the
# other tests, so it makes its own members and does not count what others may have made; a test that breaks
# things calls own_stack first. By hand: bring a stack up, then `VAR=that-folder scripts/test/tNNNN-x.sh`.
# A line of a test may say `# timeout: SECONDS` (90).
set -eu
TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
WORK=$(mktemp -d "${TICKETAKA_TEST_DIR:-/tmp}/t.XXXXXX")
OWN=
NAME=$(basename "$0" .sh)

lib_end() { # [STATUS]: a test that has a trap of its own ends it with lib_end "$status"
    lib_status=${1:-$?}
    set +e
    trap - EXIT
    [ -z "$OWN" ] || lib_own_end || lib_status=1
    rm -rf "$WORK"
    exit "$lib_status"
}
trap lib_end EXIT
trap 'exit 130' INT TERM

stack() { "$TOP/scripts/stack" "$@"; }
lib_env() {
    lib_out=$(stack env) || exit 1
    set -a
    eval "$lib_out"
    set +a
    VAR=$TICKETAKA_VAR PORT=$TICKETAKA_PORT BUILD=$TICKETAKA_BUILD
    export VAR PORT BUILD
    PATH=$TICKETAKA_BIN:$PATH
}

fail() { # MESSAGE
    printf '%s: %s\n' "$NAME" "$*" >&2
    exit 1
}
skip() { # REASON: printed by the runner as `skipped: …`
    printf 'skipped: %s: %s\n' "$NAME" "$*"
    exit 0
}
same() { # WHAT ACTUAL EXPECTED
    [ "$2" = "$3" ] || fail "$1 is '$2', expected '$3'"
}

# wait_for SECONDS CMD...: until CMD succeeds; fails the test when it does not in time.
wait_for() {
    wait_limit=$1 wait_end=$(($(lib_now) + $1 * 100))
    shift
    until "$@"; do
        [ "$(lib_now)" -lt "$wait_end" ] || fail "not within $wait_limit s: $*"
        sleep 0.05
    done
}
lib_now() { # hundredths of a second
    read -r lib_up _ < /proc/uptime
    printf %s "${lib_up%.*}${lib_up#*.}"
}

# ---- stacks -----------------------------------------------------------------------------------------------------

free_base() { # a base whose ports are free, below the range that the kernel gives to clients
    . "$TOP/scripts/lib/child.sh"
    for lib_try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        lib_base=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 590 * 20))
        lib_port=$lib_base
        while [ "$lib_port" -le $((lib_base + 11)) ]; do
            ! port_listening "$lib_port" || continue 2
            lib_port=$((lib_port + 1))
        done
        say "$lib_base"
        return 0
    done
    fail "no free base port among $lib_try"
}

# own_stack FOLDER: a stack for this test alone, stopped and deleted at its end.
own_stack() {
    VAR=$1 PORT=$(free_base) BUILD=${BUILD:-${TICKETAKA_BUILD:-asan}} OWN=yes
    export VAR PORT BUILD
    stack up > "$WORK/up.log" 2>&1 || { cat "$WORK/up.log" >&2; fail "the test's own stack did not come up"; }
    lib_env
}
lib_own_end() {
    stack down || return 1
    logs_clean
}
logs_clean() { # no report of a sanitizer in any log of the stack
    ! grep -lE 'ERROR: (Address|Leak|Thread)Sanitizer|WARNING: ThreadSanitizer|runtime error:' "$VAR"/log/*.log >&2 ||
        { grep -hE -A 12 'Sanitizer|runtime error:' "$VAR"/log/*.log | head -60 >&2; return 1; }
}

# ---- HTTP ---------------------------------------------------------------------------------------------------------

# api METHOD PATH [TOKEN] [BODY] [CURL-ARG...]: sets STATUS and BODY; the header lines are in $WORK/headers.
# PATH goes through the gateway; a whole URL goes where it says.
api() {
    api_method=$1 api_url=$2 api_token=${3:-} api_body=${4:-}
    case $api_url in http*) ;; *) api_url=$TICKETAKA_URL$api_url ;; esac
    if [ $# -ge 4 ]; then shift 4; else shift $#; fi
    [ -z "$api_token" ] || set -- -H "Authorization: $api_token" "$@"
    [ -z "$api_body" ] || set -- -H 'Content-Type: application/json' --data-binary "$api_body" "$@"
    [ "$api_method" != HEAD ] || set -- -I "$@"
    : > "$WORK/body"
    STATUS=$(curl -sS -m 20 --noproxy '*' --path-as-is -X "$api_method" -D "$WORK/headers" -o "$WORK/body" -w '%{http_code}' \
        "$@" "$api_url") || fail "$api_method $api_url: no answer"
    BODY=$(tr -d '\0' < "$WORK/body")
}
header() { # NAME -> value of the last answer's header
    sed -n "s/^$1: *//Ip" "$WORK/headers" | tr -d '\r' | head -n 1
}
field() { # JQ-FILTER -> value in the last answer's body
    printf %s "$BODY" | jq -r "$1"
}
# expect STATUS [JQ-FILTER VALUE]...: of the last api
expect() {
    [ "$STATUS" = "$1" ] || fail "$api_method $api_url $api_body: status $STATUS, expected $1: $BODY"
    shift
    while [ $# -gt 1 ]; do
        expect_got=$(field "$1") || fail "$api_method $api_url: not JSON: $BODY"
        [ "$expect_got" = "$2" ] || fail "$api_method $api_url $api_body: $1 is '$expect_got', expected '$2': $BODY"
        shift 2
    done
}
# expect_error STATUS NAME: the envelope of a failure
expect_error() { expect "$1" .code "$1" .error "$2" '.description | length > 0' true; }

# contract NAME: scripts/test/contract/NAME.py; every answer it gets is held against the contract and openapi.yaml.
contract() {
    PYTHONDONTWRITEBYTECODE=1 WORK=$WORK /usr/bin/python3 "$TOP/scripts/test/contract/$1.py" || fail "the contract is broken"
}

# ---- members ----------------------------------------------------------------------------------------------------

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
# mint_token MEMBER_ID [SCOPE] [ROLE] [SECONDS]: a token signed with the stack's own key, without asking the service
mint_token() {
    mint_now=$(date +%s)
    mint_jwt "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"$TICKETAKA_JWT_KID\"}" \
        "{\"iss\":\"Ticketaka\",\"aud\":\"AUDIENCE\",\"sub\":\"$1\",\"role\":\"${3:-ADULT}\",\"permission\":\"all\",\"scope\":\"${2:-member}\",\"iat\":$mint_now,\"exp\":$((mint_now + ${4:-1800})),\"jti\":\"$(openssl rand -hex 16)\"}"
}
mint_jwt() { # HEADER PAYLOAD
    mint_text=$(printf %s "$1" | base64url).$(printf %s "$2" | base64url)
    printf '%s.%s' "$mint_text" "$(printf %s "$mint_text" | openssl dgst -sha256 -sign "$TICKETAKA_JWT_KEY_FILE" | base64url)"
}

# ---- stores, mail, failpoints -----------------------------------------------------------------------------------

sql() { stack sql -N -B "$1" -e "$2"; } # DATABASE STATEMENT
redis() { stack redis "$@"; }

mails_to() { # ADDRESS -> files of its mails, newest first
    lib_mails=$(grep -lsi "^\(X-RcptTo\|To\):.*$1" "$TICKETAKA_MAILDIR"/new/* "$TICKETAKA_MAILDIR"/cur/* 2> /dev/null) || :
    [ -n "$lib_mails" ] || return 1 # grep's status also speaks of empty folders
    # shellcheck disable=SC2086,SC2012 # names of a Maildir hold no blanks
    ls -t $lib_mails
}
mail_text() { # FILE -> subject and all text parts, decoded
    python3 - "$1" << 'EOF'
import sys
from email import message_from_binary_file, policy
mail = message_from_binary_file(open(sys.argv[1], "rb"), policy=policy.default)
print("Subject:", mail["subject"])
for part in mail.walk():
    if part.get_content_maintype() == "text":
        print(part.get_content())
EOF
}
mail_code() { # ADDRESS -> the six digits of the newest mail to it; waits for the mail
    wait_for 15 mails_to "$1" > /dev/null
    mail_text "$(mails_to "$1" | head -n 1)" | grep -oE '(^|[^0-9])[0-9]{6}([^0-9]|$)' | tr -cd '0-9\n' | head -n 1
}

# arm SERVICE POINT ACTION: see server/common/failpoint.h. disarm SERVICE [POINT].
arm() { printf '%s %s\n' "$2" "$3" >> "$TICKETAKA_VAR/failpoints/$1"; }
disarm() {
    lib_points=$TICKETAKA_VAR/failpoints/$1
    [ -e "$lib_points" ] || return 0
    if [ $# -gt 1 ]; then grep -v "^$2 " "$lib_points" > "$lib_points.new" || :; else : > "$lib_points.new"; fi
    mv -f "$lib_points.new" "$lib_points"
}
reached() { grep -qx "$2" "$TICKETAKA_VAR/failpoints/$1.log" 2> /dev/null; } # SERVICE POINT

[ -n "${NO_STACK:-}" ] || lib_env
