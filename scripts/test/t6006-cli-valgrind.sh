#!/bin/sh
# valgrind over what people do every day: no error, and no byte lost.
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cli.sh"
command -v valgrind > /dev/null || skip 'valgrind is not installed'

# an instrumented program does not run under valgrind; a plain build of its own does
(cd "$TOP" && make -s -j2 BUILD=debug build/debug/bin/ticketaka) > "$WORK/make" 2>&1 || fail "$(cat "$WORK/make")"
PLAIN=$TOP/build/debug/bin/ticketaka
cli_member valgrind
cli_session

check() { # STATUS ARG...
    check_want=$1
    shift
    check_got=0
    valgrind -q --leak-check=full --show-leak-kinds=definite,indirect,possible --errors-for-leak-kinds=definite,indirect \
        --error-exitcode=99 --log-file="$WORK/valgrind" "$PLAIN" --timeout 60s "$@" > "$WORK/out" 2> "$WORK/err" \
        < /dev/null || check_got=$?
    [ ! -s "$WORK/valgrind" ] || fail "valgrind on $*: $(cat "$WORK/valgrind")"
    [ "$check_got" = "$check_want" ] || fail "$*: exit $check_got, expected $check_want: $(cat "$WORK/err")"
    OUT=$(cat "$WORK/out")
}
check 0 version
check 0 help reserve --lang ko
check 0 completion bash
check 2 serch --nonsense
check 0 search --genre musical --json
check 0 rank
check 0 show "$PERF"
check 0 sessions "$PERF" --limit 2
check 0 seats "$SESSION" --map
check 0 seats "$SESSION" --json
check 3 show PF0
check 10 rank --server http://127.0.0.1:1
check 4 auth login nobody@example.kr --password-file "$WORK/password"
check 0 auth login "$EMAIL" --password-file "$WORK/password"
check 0 auth status
check 0 hold "$SESSION" --count 2 --id
HOLD=$OUT
check 0 hold show "$HOLD"
check 6 hold "$SESSION" --seats "$("$PLAIN" hold show "$HOLD" --json | jq -r '.seats[0].seat')" --json
check 0 reserve "$HOLD" --id
RSV=$OUT
check 0 reserve "$SESSION" --best 1 --pay cash --tendered 9999999
check 0 reservations
check 0 ticket "$RSV" --qr
check 0 cancel "$RSV" --yes -vv
check 9 cancel "$RSV" 999999999 --yes --json
check 0 auth logout
