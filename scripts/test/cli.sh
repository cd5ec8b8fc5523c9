# shellcheck shell=sh disable=SC2034,SC2154 # shared with lib.sh and the t60xx tests
# What the tests of the command line share; sourced after lib.sh.

PATH=$TOP/build/$BUILD/bin:$PATH
export XDG_STATE_HOME="$WORK/state" XDG_CONFIG_HOME="$WORK/config" HOME="$WORK" LC_ALL=C.UTF-8
unset TICKETAKA_TOKEN CREDENTIALS_DIRECTORY NO_COLOR TICKETAKA_FORCE_TTY LANGUAGE
UNIQUE=$(openssl rand -hex 5)
PASSWORD=canary-$(openssl rand -hex 8)
printf '%s\n' "$PASSWORD" > "$WORK/password"

# run STATUS ARG...: runs the command line and checks its exit status; OUT and ERR are what it wrote.
run() {
    run_want=$1
    shift
    run_got=0
    ticketaka "$@" > "$WORK/out" 2> "$WORK/err" < /dev/null || run_got=$?
    OUT=$(cat "$WORK/out") ERR=$(cat "$WORK/err")
    [ "$run_got" = "$run_want" ] || fail "ticketaka $*: exit $run_got, expected $run_want: $OUT $ERR"
}
says() { # TEXT: in what the last run wrote to standard error
    case $ERR in *"$1"*) ;; *) fail "standard error lacks '$1': $ERR" ;; esac
}
prints() { # TEXT: on standard output
    case $OUT in *"$1"*) ;; *) fail "standard output lacks '$1': $OUT" ;; esac
}
silent() { [ -z "$OUT" ] || fail "standard output should be empty: $OUT"; }
json() { printf %s "$OUT" | jq -r "$1"; } # FILTER, of standard output
error_json() { printf %s "$ERR" | jq -r ".error$1"; }

# A member who is logged in; the account is made by the service's own tool. Sets EMAIL.
cli_member() { # NAME-OF-ADDRESS
    EMAIL=$1.$UNIQUE@example.kr
    printf '%s\n' "$PASSWORD" | ticketaka-member --config "$VAR/conf/member.conf" member-add --email "$EMAIL" \
        --name 홍길동 --phone 010-1234-5678 --birth 2000-02-29 --gender M > "$WORK/added" || fail "member-add"
    run 0 auth login "$EMAIL" --password-file "$WORK/password"
}

# A session with many free seats. Sets PERF and SESSION.
cli_session() {
    for PERF in $(ticketaka search --genre musical --id); do
        SESSION=$(ticketaka sessions "$PERF" --available 60 --limit 1 --id)
        [ -z "$SESSION" ] || return 0
    done
    fail "no session with 60 free seats; is the season loaded?"
}
pendings() { find "$XDG_STATE_HOME/ticketaka/pending" -type f 2> /dev/null | wc -l; }
