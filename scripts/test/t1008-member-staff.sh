#!/bin/sh
# The commands that make staff: safe to repeat, passwords only from standard input, clear refusals.
#
# shellcheck disable=SC1091,SC2034,SC2016,SC1003
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/member.sh"

CLERK=clerk.$UNIQUE@example.kr
add() { # PASSWORD ARG...
    add_password=$1
    shift
    printf '%s\n' "$add_password" | member staff-add "$@" > "$WORK/out" 2> "$WORK/err"
}
has_scope() { # PASSWORD SCOPE: of a new login
    login "$CLERK" "$1"
    same scope "$(jwt_part 1 "$TOKEN" | jq -r .scope)" "$2"
}
add "$PASSWORD" --email "$CLERK" --name '김 매표' --scope box || fail "$(cat "$WORK/err")"
grep -q "^created $CLERK: member [1-9][0-9]*, member box$" "$WORK/out" || fail "$(cat "$WORK/out")"
has_scope "$PASSWORD" 'member box'
api GET /member/info "$(mint_token "$(sql member "SELECT id FROM member WHERE email = '$CLERK'")")"
expect 200 .data.name '김 매표' .data.email "$CLERK" .data.phone null .data.birth null

# again: the rights change, the password stays unless that is asked for
add another-password --email "$CLERK" --name '김 매표' --scope manager,door || fail "$(cat "$WORK/err")"
has_scope "$PASSWORD" 'member door manager'
add "new-$PASSWORD" --email "$CLERK" --name '김 매표' --scope box --set-password || fail "$(cat "$WORK/err")"
refresh "$REFRESH"
expect_error 401 UNAUTHORIZED
has_scope "new-$PASSWORD" 'member box'
same 'accounts of the clerk' "$(sql member "SELECT COUNT(*) FROM member WHERE email = '$CLERK'")" 1

# member-add never takes rights away
printf '%s\n' "$PASSWORD" | member member-add --email "$CLERK" --name '김 매표' --phone 010-123-4567 --birth 1990-01-01 \
    --gender F > "$WORK/out" || fail 'member-add of a clerk'
has_scope "new-$PASSWORD" 'member box'

refused() { # WORD-IN-THE-REASON PASSWORD ARG...
    refused_word=$1
    shift
    refused_status=0
    add "$@" || refused_status=$?
    same "exit status of $*" "$refused_status" 2
    grep -q -e "$refused_word" "$WORK/err" || fail "the reason does not say '$refused_word': $(cat "$WORK/err")"
}
refused root "$PASSWORD" --email "x.$UNIQUE@example.kr" --name '김 매표' --scope root
refused --scope "$PASSWORD" --email "x.$UNIQUE@example.kr" --name '김 매표'
refused --email "$PASSWORD" --email no-address --name '김 매표' --scope box
refused --email "$PASSWORD" --name '김 매표' --scope box
refused --name "$PASSWORD" --email "x.$UNIQUE@example.kr" --name 김 --scope box
refused --phone "$PASSWORD" --email "x.$UNIQUE@example.kr" --name '김 매표' --scope box --phone 1
refused 'standard input' short --email "x.$UNIQUE@example.kr" --name '김 매표' --scope box
refused 'standard input' "$(printf '%0300d' 0)" --email "x.$UNIQUE@example.kr" --name '김 매표' --scope box
refused --password "$PASSWORD" --email "x.$UNIQUE@example.kr" --name '김 매표' --scope box --password x
refused --email "$PASSWORD" --scope box --name '김 매표' --email
! member staff-add --email "x.$UNIQUE@example.kr" --name '김 매표' --scope box < /dev/null > /dev/null 2>&1 ||
    fail 'no password at all was accepted'
same 'accounts of refused commands' "$(sql member "SELECT COUNT(*) FROM member WHERE email LIKE 'x.$UNIQUE%'")" 0

# a clerk who left, and one who does not exist
member disable --email "$CLERK" > /dev/null || fail disable
api POST /member/login '' "{\"email\":\"$CLERK\",\"password\":\"new-$PASSWORD\"}"
expect 404 .error NO_MEMBER
member unlock --email "$CLERK" > /dev/null
has_scope "new-$PASSWORD" 'member box'
status=0
member lock --email "nobody.$UNIQUE@example.kr" > /dev/null 2> "$WORK/err" || status=$?
same 'status of locking nobody' "$status" 3

# without the database: a reason, no crash
status=0
printf '%s\n' "$PASSWORD" | member --db-socket /nonexistent/sock staff-add --email "$CLERK" --name '김 매표' --scope box \
    > /dev/null 2> "$WORK/err" || status=$?
same 'status without a database' "$status" 1
grep -q database "$WORK/err" || fail "$(cat "$WORK/err")"
