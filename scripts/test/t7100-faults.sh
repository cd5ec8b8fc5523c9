#!/bin/sh
# MariaDB, Redis, RabbitMQ and SMTP hanging, gone, and gone at start: the contract's failures within 3 s, everything else works,
# and all heals by itself.
# timeout: 240
NO_STACK=1
. "$(dirname "$0")/lib.sh"
own_stack "$WORK/var"
contract faults
