#!/bin/sh
# The stack's own promises: up twice is harmless, what died is mended, a busy port names its owner, one child can be
# stopped and started, down leaves no process and no open port.
# timeout: 240
NO_STACK=1
. "$(dirname "$0")/lib.sh"
. "$TOP/scripts/lib/child.sh"

own_stack "$WORK/var"
before=$(cat "$VAR/run/mariadb.pid")
stack up > "$WORK/again"
grep -q '^all running' "$WORK/again" || fail "a second up started something: $(cat "$WORK/again")"
same "mariadb's process" "$(cat "$VAR/run/mariadb.pid")" "$before"
stack status > "$WORK/status" || fail "status: $(cat "$WORK/status")"

# what died is mended, the rest is left alone
stack kill redis
! stack status > "$WORK/status" || fail "status is 0 although redis is dead"
grep -q '^redis *died' "$WORK/status" || fail "status does not say that redis died: $(cat "$WORK/status")"
stack up > "$WORK/again"
grep -q '^started redis in' "$WORK/again" || fail "up did not mend redis alone: $(cat "$WORK/again")"
same PING "$(redis ping)" PONG

# a master that is killed alone leaves a worker behind: it does not keep the port
kill -s KILL "$(cut -d' ' -f1 "$VAR/run/haproxy.pid")"
stack up > "$WORK/again" || fail "HAProxy's worker is in the way: $(cat "$WORK/again")"
api GET /healthz
expect 200 .code 200

# a pid file whose number belongs to somebody else now is not taken for the child
stack stop smtp
printf '%s 1 -\n' $$ > "$VAR/run/smtp.pid"
stack up > /dev/null
kill -0 $$ || fail "the stack signalled a process that is not its own"

# pause and go on; data and keys survive a stop
redis set t0001 kept > /dev/null
stack pause redis
! timeout 1 "$TOP/scripts/stack" redis ping > /dev/null 2>&1 || fail "a paused redis answers"
stack cont redis
sql member 'CREATE TABLE t0001 (a INT)'
sql member 'INSERT INTO t0001 VALUES (7)'
token=$(cat "$VAR/keys/service.token")
sids=$(cut -d' ' -f1 "$VAR"/run/*.pid)
stack down
for port in 0 1 2 3 4 5 6 7 8 9 10 11; do
    ! port_listening $((PORT + port)) || fail "port base+$port is still open: $(port_owner $((PORT + port)))"
done
for sid in $sids; do
    ! group_alive "$sid" || fail "a process of session $sid is left: $(ps -o pid,args -g "$sid")"
done
stack down || fail "a second down complains"

# a busy port names its owner, and nothing is left half up
socat "TCP-LISTEN:$((PORT + 7)),bind=127.0.0.1,reuseaddr,fork" /dev/null &
thief=$!
wait_for 5 port_listening $((PORT + 7))
! stack up > "$WORK/busy" 2>&1 || fail "up although a port is taken"
kill "$thief"
grep -q "port $((PORT + 7)).*pid $thief (socat" "$WORK/busy" || fail "the owner is not named: $(cat "$WORK/busy")"
wait "$thief" || :
stack up > /dev/null
same 'row after down and up' "$(sql member 'SELECT a FROM t0001')" 7
same 'Redis after down and up' "$(redis get t0001)" kept
same 'the service token' "$(cat "$VAR/keys/service.token")" "$token"

# secrets: files of ours only
open=$(find "$VAR/keys" -type f -perm /077) && same 'keys that others can read' "$open" ''
! stack reset > "$WORK/reset" 2>&1 || fail "reset without --yes"
grep -q -- --yes "$WORK/reset" || fail "reset does not say what to do: $(cat "$WORK/reset")"
! PORT=$((PORT + 20)) stack up > "$WORK/moved" 2>&1 || fail "a running stack moved to other ports"
stack reset --yes
[ ! -e "$VAR" ] || fail "reset left $(ls "$VAR")"
OWN=
