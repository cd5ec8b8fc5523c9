#!/bin/sh
# What is printed: straight Hangul columns, no colour when told so, the language, and nothing of what a hostile title
# would do to a terminal.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/cli.sh"

ESC=$(printf '\033') BEL=$(printf '\007')
cli_session

# every line of a table begins its columns at the same place; counted in columns of a terminal
TICKETAKA_FORCE_TTY=100 ticketaka rank > "$WORK/table"
python3 - "$WORK/table" << 'PY' || fail "crooked table: $(cat "$WORK/table")"
import re, sys, unicodedata
def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
lines = [re.sub("\033\\[[0-9;]*m", "", line.rstrip("\n")) for line in open(sys.argv[1], encoding="utf-8")]
def starts(line):
    return [width(line[:m.start()]) for m in re.finditer(r"20\d\d-\d\d-\d\d", line)]
places = [starts(line) for line in lines[1:]]
assert len(lines) > 3 and all(place == places[0] and len(place) == 2 for place in places), places
assert all(width(line) <= 100 for line in lines), [width(line) for line in lines]
PY

# colour: only on a terminal, and never with NO_COLOR
coloured() { grep -q "$ESC\\[" "$WORK/out"; }
TICKETAKA_FORCE_TTY=80 ticketaka rank > "$WORK/out"
coloured || fail 'no colour on a terminal'
TICKETAKA_FORCE_TTY=80 NO_COLOR=1 ticketaka rank > "$WORK/out"
! coloured || fail 'colour with NO_COLOR'
TICKETAKA_FORCE_TTY=80 ticketaka rank --no-color > "$WORK/out"
! coloured || fail 'colour with --no-color'
TICKETAKA_FORCE_TTY=80 TERM=dumb ticketaka rank > "$WORK/out"
! coloured || fail 'colour with TERM=dumb'
ticketaka rank > "$WORK/out"
! coloured || fail 'colour in a pipe'
ticketaka seats "$SESSION" --map --color always > "$WORK/out" || fail --color

# language: of messages, not of fields; without any Korean locale installed
LC_ALL=ko_KR.UTF-8 ticketaka show PF0 > "$WORK/out" 2> "$WORK/err" && fail 'PF0 exists'
grep -q '^오류: ' "$WORK/err" || fail "Korean error: $(cat "$WORK/err")"
for locale in C POSIX C.UTF-8 en_US.UTF-8; do
    LC_ALL=$locale ticketaka show PF0 > "$WORK/out" 2> "$WORK/err" && fail 'PF0 exists'
    grep -q '^error: ' "$WORK/err" || fail "English error in $locale: $(cat "$WORK/err")"
    ! LC_ALL=C grep -q '[^ -~]' "$WORK/err" || fail "not English in $locale: $(cat "$WORK/err")"
done
run 0 help reserve --lang ko
prints '예:'
run 0 rank --lang ko --json
same fields "$(json '.[0] | has("title")')" true
LC_ALL=C ticketaka rank --plain > "$WORK/c" && ticketaka rank > "$WORK/utf8"
cmp -s "$WORK/c" "$WORK/utf8" || fail 'data depend on the locale'

# help and version need no server
run 0 version --server http://127.0.0.1:1
run 0 help --server http://127.0.0.1:1
run 0 reserve --help
for topic in exit-codes environment formatting scripting; do run 0 help "$topic"; done
run 0 completion bash
bash -n "$WORK/out" || fail 'the completion is no bash'
bash -c '. "$1"; COMP_WORDS=(ticketaka hold re) COMP_CWORD=2; _ticketaka; echo "${COMPREPLY[*]}"' - "$WORK/out" > "$WORK/completed"
same completion "$(cat "$WORK/completed")" release

# a title that clears the screen, sets the window's title, turns text around and ends a field
EVIL="X$UNIQUE"
TITLE=$(sql performance "SELECT HEX(title) FROM performance WHERE performance_id = '$PERF'")
restore() { sql performance "UPDATE performance SET title = UNHEX('$TITLE') WHERE performance_id = '$PERF'"; }
end() {
    ended=$?
    restore
    lib_end "$ended"
}
trap end EXIT
HEX=$(printf '%s\033[2J\033]0;owned\007\302\23331m\342\200\256txet\tA\nB\\C\302\205\177' "$EVIL" | od -An -tx1 | tr -d ' \n')
sql performance "UPDATE performance SET title = CONVERT(UNHEX('$HEX') USING utf8mb4) WHERE performance_id = '$PERF'"
seen() { ticketaka search "$EVIL" -e > /dev/null 2>&1; }
wait_for 10 seen
harmless() { # FILE WHAT
    python3 - "$1" << 'PY' || fail "$2 lets control characters through"
import sys, unicodedata
text = open(sys.argv[1], "rb").read().decode("utf-8")
bad = [hex(ord(c)) for c in text if unicodedata.category(c) in ("Cc", "Cf") and c not in "\t\n"]
sys.exit(", ".join(bad) if bad else 0)
PY
}
for how in '' --json --id --plain; do
    # shellcheck disable=SC2086
    run 0 search "$EVIL" $how
    harmless "$WORK/out" "search $how"
    same "lines of $how" "$(wc -l < "$WORK/out")" 1
    TICKETAKA_FORCE_TTY=80 NO_COLOR=1 ticketaka search "$EVIL" $how > "$WORK/out"
    harmless "$WORK/out" "search $how on a terminal"
done
run 0 search "$EVIL" --json
printf %s "$OUT" | jq -j '.[0].title' | od -An -tx1 | tr -d ' \n' > "$WORK/hex"
same 'title through JSON' "$(cat "$WORK/hex")" "$HEX"
run 0 search "$EVIL"
same fields "$(awk -F '\t' '{print NF}' "$WORK/out")" 6
prints 'A\nB\\C'
run 0 show "$PERF" -vv
harmless "$WORK/out" show
harmless "$WORK/err" 'the trace'
run 3 show "${ESC}[31mred$BEL"
harmless "$WORK/err" 'an error'
run 2 "${ESC}[2Jcommand"
harmless "$WORK/err" 'an unknown command'
