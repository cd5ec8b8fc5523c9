#!/bin/sh
# definitions.json as a booted broker understands it: kinds, policies, rights, and what becomes of a message that nobody can
# handle, of one that waits, and of one after a restart.
# timeout: 240
NO_STACK=1
. "$(dirname "$0")/lib.sh"

own_stack "$WORK/var"
for service in mail performance member reservation; do
    stack stop "$service"
done
ctl() { stack rabbitmqctl -q --no-table-headers "$@"; }
amqp() { # USER PROGRAM ARG...
    amqp_user=$1 amqp_program=$2
    shift 2
    [ "$amqp_program" != timeout ] || { amqp_program="timeout $1 $2" && shift 2; }
    # shellcheck disable=SC2086
    $amqp_program --url="amqp://$amqp_user:$(cat "$VAR/keys/amqp-$amqp_user.pass")@127.0.0.1:$((PORT + 8))/ticketaka" "$@"
}
depths_are() { # QUEUE NUMBER...
    ctl list_queues -p ticketaka name messages > "$WORK/depths"
    while [ $# -gt 1 ]; do
        grep -qx "$1	$2" "$WORK/depths" || return 1
        shift 2
    done
}

# ---- every queue is durable and quorum, every exchange direct; no user, no virtual host beside ours
ctl list_queues -p ticketaka name type durable > "$WORK/queues"
same 'number of queues' "$(wc -l < "$WORK/queues")" 9
! grep -vE '	quorum	true$' "$WORK/queues" || fail "a queue that is not durable and quorum"
ctl list_exchanges -p ticketaka name type durable > "$WORK/exchanges"
for one in mail valid seat delay dead; do
    grep -qx "$one.exchange	direct	true" "$WORK/exchanges" || fail "no $one.exchange"
done
ctl list_bindings -p ticketaka source_name routing_key destination_name > "$WORK/bindings"
for one in mail valid seat; do
    grep -qx "$one.exchange	$one.key	$one.queue" "$WORK/bindings" || fail "no binding for $one"
    grep -qx "dead.exchange	$one.key	dead.queue" "$WORK/bindings" || fail "no dead letter binding for $one"
done
same 'users' "$(ctl list_users | cut -f1 | sort | tr '\n' ' ')" 'mail member performance reservation '
same 'virtual hosts' "$(ctl list_vhosts)" ticketaka
! ctl authenticate_user guest guest > /dev/null 2>&1 || fail "guest can log in"
same 'committed passwords' "$(grep -c '"password_hash": "placeholder/' "$TOP/manifests/rabbitmq/definitions.json")" 4

# ---- every policy applies to its queue
stack rabbitmqctl -q --no-table-headers list_queues -p ticketaka name policy > "$WORK/policies"
for one in mail.queue valid.queue seat.queue mail.delay.5s mail.delay.30s mail.delay.300s valid.delay.5s valid.delay.30s; do
    grep -qx "$one	$one" "$WORK/policies" || fail "no policy for $one: $(cat "$WORK/policies")"
done

# ---- rights: nobody declares, nobody reads or writes what is not his
may_not() { ! "$@" > "$WORK/refused" 2>&1 < /dev/null || fail "allowed: $*"; grep -qi 'access.refused\|403' "$WORK/refused" || fail "$* failed otherwise: $(cat "$WORK/refused")"; }
may_not amqp member amqp-declare-queue -q intruder
may_not amqp mail amqp-declare-queue -q mail.queue -d
may_not amqp member amqp-get -q mail.queue
may_not amqp performance amqp-get -q mail.queue
may_not amqp reservation amqp-get -q seat.queue
refused_publish() { # USER EXCHANGE KEY: the broker closes the channel, so the next publish on it fails; nothing arrives
    amqp "$1" amqp-publish -e "$2" -r "$3" -b intruder > /dev/null 2>&1 || :
}
refused_publish member mail.exchange mail.key
refused_publish performance seat.exchange seat.key
refused_publish mail mail.exchange mail.key
refused_publish reservation delay.exchange mail.delay.5s

# ---- a message that nobody can handle: 1 + 20 deliveries, then it lies with the dead letters
cat > "$WORK/leave" << EOF
#!/bin/sh
cat > '$WORK/taken'
exit 1
EOF
chmod +x "$WORK/leave"
unsettled() { # USER QUEUE: takes a message and leaves without settling it
    amqp "$1" timeout 15 amqp-consume -q "$2" -c 1 -p 1 "$WORK/leave" > /dev/null 2>&1 || :
}
amqp member amqp-publish -e valid.exchange -r valid.key -p -b poison
amqp reservation amqp-publish -e seat.exchange -r seat.key -p -b sold
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21; do
    rm -f "$WORK/taken"
    unsettled mail valid.queue
    same "delivery $try of the poison" "$(cat "$WORK/taken" 2> /dev/null || :)" poison
    rm -f "$WORK/taken"
    unsettled performance seat.queue
    same "delivery $try of the seat event" "$(cat "$WORK/taken" 2> /dev/null || :)" sold
done
wait_for 30 depths_are dead.queue 1 valid.queue 0 seat.queue 1 mail.queue 0

# ---- a message that waits comes back to its queue after its time, not before
amqp mail amqp-publish -e delay.exchange -r mail.delay.5s -p -b later
start=$(lib_now)
amqp mail timeout 20 amqp-consume -q mail.queue -c 1 cat > "$WORK/later"
same 'the message that waited' "$(cat "$WORK/later")" later
[ $(($(lib_now) - start)) -ge 450 ] || fail "the message waited only $(($(lib_now) - start)) hundredths of a second"

# ---- messages survive the broker's death; the same definitions are not loaded twice
stack kill rabbitmq
stack start rabbitmq
wait_for 30 depths_are dead.queue 1 valid.queue 0 seat.queue 1 mail.queue 0
