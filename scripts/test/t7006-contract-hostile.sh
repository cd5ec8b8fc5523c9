#!/bin/sh
# Hostile bodies to every POST route: a clear envelope that names the field, no row and no seat changed.
#
# timeout: 180
. "$(dirname "$0")/lib.sh"
contract hostile
