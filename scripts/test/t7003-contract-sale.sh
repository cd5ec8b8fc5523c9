#!/bin/sh
# Holds, sales and reservations as an existing web client sees them: every row and sentence of the contract.
#
# timeout: 150
. "$(dirname "$0")/lib.sh"
contract rsv
