#!/bin/sh
# Every route of the services' own tables against openapi.yaml, both ways; who may call it; exactly 401 for all that is no token.
#
# timeout: 120
. "$(dirname "$0")/lib.sh"
contract doors
