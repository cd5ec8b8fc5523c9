#!/bin/sh
# Every message has its Korean, none is left over, and an installed program finds them.
NO_STACK=yes
. "$(dirname "$0")/lib.sh"
command -v xgettext > /dev/null || skip 'gettext is not installed'

"$TOP/scripts/po" check || fail 'messages and translations differ'
BUILD=${BUILD:-asan}
[ -x "$TOP/build/$BUILD/bin/ticketaka" ] || skip "build/$BUILD/bin/ticketaka is not built"
mkdir -p "$WORK/prefix/bin"
cp "$TOP/build/$BUILD/bin/ticketaka" "$WORK/prefix/bin"
cp -R "$TOP/build/$BUILD/share" "$WORK/prefix/share"
export HOME="$WORK" XDG_STATE_HOME="$WORK/state" XDG_CONFIG_HOME="$WORK/config"
unset LANGUAGE
LC_ALL=ko_KR.UTF-8 "$WORK/prefix/bin/ticketaka" help > "$WORK/out"
grep -q '^명령:' "$WORK/out" || fail 'an installed program does not speak Korean'
rm -rf "$WORK/prefix/share"
LC_ALL=ko_KR.UTF-8 "$WORK/prefix/bin/ticketaka" help > "$WORK/out"
grep -q '^commands:' "$WORK/out" || fail 'without translations it should speak English'
