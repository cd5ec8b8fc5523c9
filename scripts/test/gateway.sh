# shellcheck shell=sh
# For tests of the gateway alone: HAProxy before three echoing servers, which answer with what a service would have received.
NO_STACK=1
. "$(dirname "$0")/lib.sh"

VAR=$WORK/var PORT=$(free_base) BUILD=${BUILD:-asan} OWN=yes
export VAR PORT BUILD
stack up haproxy > "$WORK/up.log" 2>&1 || { cat "$WORK/up.log" >&2; fail "the gateway did not come up"; }
lib_env
/usr/bin/python3 "$TOP/scripts/test/echo.py" $((PORT + 1)) $((PORT + 2)) $((PORT + 3)) &
ECHO=$!
gateway_end() {
    gateway_status=$?
    kill "$ECHO" 2> /dev/null || :
    lib_end "$gateway_status"
}
trap gateway_end EXIT
wait_for 10 curl -fso /dev/null --noproxy '*' "http://127.0.0.1:$((PORT + 3))/"

# raw TEXT: sends bytes as they are (\r\n escapes are written out) and prints what comes back within 6 seconds
# shellcheck disable=SC2059
raw() { printf "$1" | timeout 7 socat -T 6 -,ignoreeof "TCP:127.0.0.1:$PORT" 2> /dev/null || :; }
raw_status() { raw "$1" | head -n 1 | cut -d' ' -f2; }
