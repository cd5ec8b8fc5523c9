#!/bin/sh
# A folder too deep for sockets, with blanks and quotes in its name, called from elsewhere and by a relative name.
#
# timeout: 240
NO_STACK=1
. "$(dirname "$0")/lib.sh"

deep="$WORK/a folder with blanks, 'quotes' & \$igns/$(printf '%0150d' 0)/var"
mkdir -p "$(dirname "$deep")"
cd "$(dirname "$deep")"
own_stack var
same 'TICKETAKA_VAR' "$TICKETAKA_VAR" "$deep"
[ ${#TICKETAKA_DB_SOCKET} -le 107 ] || fail "socket path is too long: $TICKETAKA_DB_SOCKET"
[ -S "$TICKETAKA_DB_SOCKET" ] || fail "no socket at $TICKETAKA_DB_SOCKET"
cd /
stack status > "$WORK/status" || fail "status: $(cat "$WORK/status")"
api GET /healthz
expect 200 .code 200
runtime=$(dirname "$(dirname "$(dirname "$TICKETAKA_DB_SOCKET")")")
# the short folder is swept away: mended by up
rm -rf "$runtime"
stack down
[ ! -e "$runtime" ] || fail "'$runtime' is left"
stack up > "$WORK/up" || fail "$(cat "$WORK/up")"
[ -d "$deep/mariadb/member" ] || fail "the data are not in the folder asked for"
stack reset --yes
[ ! -e "$deep" ] || fail "reset left $(ls "$deep")"
[ ! -e "$runtime" ] || fail "'$runtime' is left"
OWN=
