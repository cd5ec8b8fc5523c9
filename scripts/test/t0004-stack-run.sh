#!/bin/sh
# `run` stays in front, tells of a child that dies with the last lines of its log, and stops everything when it is told to;
# a service that cannot start says why.
# timeout: 240
NO_STACK=1
. "$(dirname "$0")/lib.sh"
. "$TOP/scripts/lib/child.sh"

VAR=$WORK/var PORT=$(free_base) BUILD=${BUILD:-asan} OWN=yes
export VAR PORT BUILD
"$TOP/scripts/stack" run > "$WORK/run.log" 2>&1 &
front=$!
wait_for 90 grep -q '^Ctrl-C stops everything' "$WORK/run.log"
lib_env
stack status > "$WORK/status" || fail "not everything runs: $(cat "$WORK/status")"
kill -0 "$front" || fail "run did not stay in front"

# a child that dies is told of, once, and up mends it beside run
stack kill smtp
wait_for 20 grep -q 'smtp died.*up. mends it' "$WORK/run.log"
grep -q 'last lines of .*smtp.log' "$WORK/run.log" || fail "its log is not shown: $(cat "$WORK/run.log")"
stack up > "$WORK/up"
grep -q '^started smtp in' "$WORK/up" || fail "up beside run: $(cat "$WORK/up")"

# a service that cannot start: the reason is shown, and gone when the row is
stack set member workers many
! stack restart member > "$WORK/bad" 2>&1 || fail "member runs with workers = many"
grep -q 'workers' "$WORK/bad" || fail "the reason is not shown: $(cat "$WORK/bad")"
grep -q 'member died while starting' "$WORK/bad" || fail "what died is not named: $(cat "$WORK/bad")"
stack set member workers
stack restart member
stack set performance hold-ms 5000
stack restart performance
grep -qx 'hold-ms = 5000' "$VAR/conf/performance.conf" || fail "a row that was set is not in the configuration"

# it leaves, too, when somebody else takes the stack down
"$TOP/scripts/stack" run > "$WORK/second.log" 2>&1 &
second=$!
wait_for 60 grep -q '^Ctrl-C stops everything' "$WORK/second.log"

# told to stop, it stops all and leaves
kill -TERM "$front"
wait "$front" || fail "run ended with $?: $(cat "$WORK/run.log")"
wait "$second" || fail "the other run ended with $?: $(cat "$WORK/second.log")"
grep -q 'stopped from elsewhere' "$WORK/second.log" || fail "it does not say why it ended: $(cat "$WORK/second.log")"
for pid in "$VAR"/run/*.pid; do
    [ ! -e "$pid" ] || fail "'$pid' is left"
done
for port in 0 1 2 3 4 6 7 8 9 10 11; do
    ! port_listening $((PORT + port)) || fail "port base+$port is open: $(port_owner $((PORT + port)))"
done
