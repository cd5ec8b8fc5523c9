#!/bin/sh
# The documented client's whole way, through gateway and mail: sign up, find, hold, go back, buy, look, cancel.
#
# timeout: 90
. "$(dirname "$0")/lib.sh"
contract journey
