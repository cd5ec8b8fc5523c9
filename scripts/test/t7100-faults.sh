#!/bin/sh
# MariaDB, Redis, RabbitMQ and SMTP hanging, gone, and gone at start: the contract's failures within 3 s, everything else works,
# and all heals by itself.
# timeout: 240
NO_STACK=1
. "$(dirname "$0")/lib.sh"
own_stack "$WORK/var"
stack set performance ask-after-ms 5000 # what has no outcome is asked about sooner than after a minute
stack up > "$WORK/up.log"
contract faults
