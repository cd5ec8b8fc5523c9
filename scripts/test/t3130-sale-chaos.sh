#!/bin/sh
# Members fight for six seats while everything goes wrong at random; then all must add up. SEED repeats what the members and
# the faults do (their timing is the machine's), ROUNDS and LASTS (seconds) make it longer.
# timeout: 120
# shellcheck disable=SC2119 # new_session takes what it needs by itself
NO_STACK=1
. "$(dirname "$0")/lib.sh"
mkdir -p "$WORK/var/local"
cat > "$WORK/var/local/performance.conf" << 'END'
ask-after-ms = 600
ask-again-ms = 100
hold-ms = 1500
reconcile-ms = 700
END
own_stack "$WORK/var"
. "$TOP/scripts/test/seats.sh"
. "$TOP/scripts/test/proof.sh"
[ "$BUILD" != release ] || skip "a release build has no failpoints"
round=0
while [ "$round" -lt "${ROUNDS:-2}" ]; do
    round=$((round + 1))
    new_session
    # shellcheck disable=SC2086 # none, or a number
    python3 "$TOP/scripts/test/chaos.py" "$SESSION" "$JOURNAL" "${LASTS:-6}" ${SEED:-} > "$WORK/chaos" 2>&1 || fail "$(cat "$WORK/chaos")"
    cat "$WORK/chaos"
    disarm performance
    disarm reservation
    settled_all "chaos, $(head -n 1 "$WORK/chaos")" 20
done
[ "$(sql reservation 'SELECT COUNT(*) FROM UNIT_RESERVATION')" -gt 10 ] || fail 'hardly anything was sold'
