#!/bin/sh
# The scripts follow the reference model, on the stack's own Redis too.
# timeout: 120
. "$(dirname "$0")/lib.sh"
program=$TOP/build/$BUILD/test/server/performance/model_test
[ -x "$program" ] || skip "build the tests first: make tests BUILD=$BUILD"
"$program" > "$WORK/model" 2>&1 || { cat "$WORK/model"; fail 'the scripts left the model'; }
