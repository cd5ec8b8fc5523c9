#!/bin/sh
# The libraries for MariaDB, Redis and RabbitMQ against real servers of a stack of their own, which the tests pause,
# kill and restart: nothing waits longer than three seconds, nothing confirmed is lost, all heals by itself.
# timeout: 300
NO_STACK=1
. "$(dirname "$0")/lib.sh"
BUILD=${BUILD:-asan}
tests=$TOP/build/$BUILD/test/server/common
for test in db redis mq; do
    [ -x "$tests/${test}_test" ] || fail "${test}_test is not built: run 'make tests BUILD=$BUILD'"
done
own_stack "$WORK/var"

openssl rand -hex 24 > "$WORK/pass"
pass=$(cat "$WORK/pass")

stack sql mysql << SQL
CREATE DATABASE stores CHARACTER SET utf8mb4;
CREATE USER stores@localhost IDENTIFIED BY '$pass';
GRANT ALL ON stores.* TO stores@localhost;
GRANT CONNECTION ADMIN ON *.* TO stores@localhost;
SQL

salt=$(printf %s "$pass" | cut -c1-4)
hash=$({ printf %s "$salt"; printf '%s%s' "$salt" "$pass" | openssl dgst -sha256 -binary; } | openssl base64 -A)
cat > "$WORK/definitions.json" << JSON
{
  "users": [{"name": "stores", "password_hash": "$hash", "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": ""}],
  "permissions": [{"user": "stores", "vhost": "ticketaka", "configure": "^\$", "write": "^t\\\\.", "read": "^t\\\\."}],
  "exchanges": [
    {"name": "t.exchange", "vhost": "ticketaka", "type": "direct", "durable": true, "auto_delete": false, "internal": false, "arguments": {}}
  ],
  "queues": [
    {"name": "t.queue", "vhost": "ticketaka", "durable": true, "auto_delete": false, "arguments": {"x-queue-type": "quorum"}},
    {"name": "t.dead", "vhost": "ticketaka", "durable": true, "auto_delete": false, "arguments": {"x-queue-type": "quorum"}}
  ],
  "bindings": [
    {"source": "t.exchange", "vhost": "ticketaka", "destination": "t.queue", "destination_type": "queue", "routing_key": "t.key", "arguments": {}},
    {"source": "t.exchange", "vhost": "ticketaka", "destination": "t.dead", "destination_type": "queue", "routing_key": "t.dead", "arguments": {}}
  ],
  "policies": [
    {"vhost": "ticketaka", "name": "t.queue", "pattern": "^t\\\\.queue\$", "apply-to": "queues", "priority": 9,
     "definition": {"delivery-limit": 3, "dead-letter-exchange": "t.exchange", "dead-letter-routing-key": "t.dead",
                    "dead-letter-strategy": "at-least-once", "overflow": "reject-publish"}}
  ]
}
JSON
stack rabbitmqctl import_definitions "$WORK/definitions.json" > "$WORK/import" 2>&1 || { cat "$WORK/import" >&2; fail "no definitions"; }
bound() { stack rabbitmqctl -q -p ticketaka list_bindings source_name routing_key | grep -q 't\.exchange.*t\.dead'; }
wait_for 20 bound

export TICKETAKA_STACK="$TOP/scripts/stack"
export TICKETAKA_DB_NAME=stores TICKETAKA_DB_USER=stores TICKETAKA_DB_PASSWORD_FILE="$WORK/pass"
TICKETAKA_AMQP="amqp://stores@${TICKETAKA_AMQP#amqp://}"
export TICKETAKA_AMQP TICKETAKA_AMQP_PASSWORD_FILE="$WORK/pass"

for test in db redis mq; do
    if ! "$tests/${test}_test" > "$WORK/$test.log" 2>&1; then
        cat "$WORK/$test.log" >&2
        fail "${test}_test failed"
    fi
    ! grep -q '^skipped\|SKIPPED' "$WORK/$test.log" || fail "${test}_test skipped what it should have tested"
done
