#!/bin/sh
# The catalogue as an existing web client sees it: every row and sentence of the contract.
#
# timeout: 150
. "$(dirname "$0")/lib.sh"
contract performance
