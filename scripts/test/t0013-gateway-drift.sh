#!/bin/sh
# The gateway's rules against the services' own route tables (--routes): a public route is open, a member's asks for a token, a
# service's does not exist; and what the gateway calls public is public in a table too.
# timeout: 180
. "$(dirname "$0")/gateway.sh"
token=$(mint_token 7)

: > "$WORK/routes"
number=0
for service in member performance reservation; do
    number=$((number + 1))
    "ticketaka-$service" --routes > "$WORK/table"
    [ -s "$WORK/table" ] || fail "ticketaka-$service names no routes"
    awk -v n="$number" -v OFS='	' '{ print n, $1, $2, $3 }' "$WORK/table" >> "$WORK/routes"
done

reaches() { # METHOD PATH TOKEN PORT
    api "$1" "$2" "$3"
    expect 200 .port "$4" .path "$2" .method "$1"
}
while read -r number method pattern auth; do
    path=$(printf %s "$pattern" | sed 's/:[a-z]*/1/g')
    port=$((PORT + number))
    case $pattern in
        /healthz) continue ;; # each has its own; the gateway answers for itself
        /readyz | /metrics) auth=service ;;
        /openapi.yaml) port=$((PORT + 1)) ;;
    esac
    case $auth in
        public) reaches "$method" "$path" '' "$port" ;;
        member)
            api "$method" "$path"
            expect_error 401 UNAUTHORIZED
            reaches "$method" "$path" "$token" "$port"
            ;;
        service | deny)
            api "$method" "$path" "$token"
            expect_error 404 NOT_FOUND
            ;;
        *) fail "'$auth' of $method $pattern is unknown here" ;;
    esac
done < "$WORK/routes"

# shellcheck disable=SC2013 # the words are the paths
for path in $(sed -n 's/^ *acl public path \(\/.*\)/\1/p' "$TOP/manifests/local/haproxy.cfg"); do
    cut -f3,4 "$WORK/routes" | grep -qxF "$path	public" || fail "'$path' is public at the gateway but in no service's table"
done
