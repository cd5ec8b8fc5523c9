# shellcheck shell=sh disable=SC2154,SC2034 # top, work, bare are scripts/bench's
# The measurements of scripts/bench, on a stack that is up.

eval "$(NO_STACK=1 "$top/scripts/stack" env)"

rate() { # CONNECTIONS URL [WRK-ARG...] -> requests a second
    rate_c=$1 rate_url=$2
    shift 2
    wrk -t1 -c"$rate_c" -d"${seconds}s" "$@" "$rate_url" > "$work/wrk" || { cat "$work/wrk" >&2; return 1; }
    if grep -q 'Socket errors' "$work/wrk"; then sed -n 's/^ *Socket errors/bench: &/p' "$work/wrk" >&2; fi
    sed -n 's/^Requests\/sec: *//p' "$work/wrk"
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", (b > 0 ? a / b : 0) }'; }
row() { # WHAT CONNECTIONS BARE DIRECT GATEWAY TARGET
    printf '%-34s %5s %9.0f %9.0f %9.0f %8s %8s   %s\n' "$1" "$2" "$3" "$4" "$5" "$(ratio "$4" "$3")" "$(ratio "$5" "$4")" "$6"
}
holds() { curl -s --noproxy '*' "$TICKETAKA_PERFORMANCE_URL/metrics" | awk '$1 == "ticketaka_holds_total" { print $2 }'; }
cpu() { # PID -> CPU time in µs
    awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) * 1000000 / hz }' "/proc/$1/stat"
}
pid_of() { sed -n 's/^\([0-9]*\).*/\1/p' "$TICKETAKA_VAR/run/$1.pid"; }

# The test library takes its folder from $0.
tokens() { # COUNT -> access tokens
    # shellcheck disable=SC2016
    sh -c '. "$1/scripts/test/lib.sh"
        n=0
        while [ "$n" -lt "$2" ]; do
            n=$((n + 1))
            mint_token "$((1000000 + n))"
            echo
        done' "$top/scripts/test/x" "$top" "$1"
}

bench() {
    cc -O2 -o "$work/bare" "$top/scripts/bench.d/bare.c" -lmicrohttpd
    bare_port=$((PORT + 19))
    "$work/bare" "$bare_port" &
    bare=$! # ended by scripts/bench
    bare_url=http://127.0.0.1:$bare_port
    SESSIONS=$("$top/scripts/stack" sql -N -B performance -e \
        "SELECT GROUP_CONCAT(prf_session_id) FROM (SELECT prf_session_id FROM prf_session WHERE session_date > CURRENT_DATE LIMIT 100) AS s")
    TOKENS=$work/tokens
    tokens 100 > "$TOKENS"
    export SESSIONS TOKENS
    first=${SESSIONS%%,*}
    search='/performance/search?keyword=%EB%8B%AC&page=0'
    # warm: maps installed, caches filled
    seconds=2 rate 16 "$TICKETAKA_PERFORMANCE_URL" -s "$top/scripts/bench.d/hold.lua" > /dev/null
    size() { curl -s --noproxy '*' "$TICKETAKA_PERFORMANCE_URL$1" | wc -c; }
    printf '%-34s %5s %9s %9s %9s %8s %8s   %s\n' what conns bare/s direct/s gate/s dir/bare gate/dir target
    for c in 64 256; do
        for path in "/performance/session/$first" "/performance/session/$first/seats" "$search"; do
            b=$(rate "$c" "$bare_url/$(size "$path")")
            d=$(rate "$c" "$TICKETAKA_PERFORMANCE_URL$path")
            g=$(rate "$c" "$TICKETAKA_URL$path")
            row "GET ${path%%\?*}" "$c" "$b" "$d" "$g" 'gate/dir >= 0.80'
        done
        b=$(rate "$c" "$bare_url" -s "$top/scripts/bench.d/hold.lua")
        before=$(holds)
        d=$(rate "$c" "$TICKETAKA_PERFORMANCE_URL" --latency -s "$top/scripts/bench.d/hold.lua")
        p99=$(sed -n 's/^ *99%  *//p' "$work/wrk")
        got=$(($(holds) - before))
        g=$(rate "$c" "$TICKETAKA_URL" -s "$top/scripts/bench.d/hold.lua")
        row 'POST /performance/rsv/hold' "$c" "$b" "$d" "$g" 'dir/bare >= 0.33, gate/dir >= 0.50 (RS256)'
        printf '    of the direct ones %s were holds, the others conflicts%s\n' "$got" "${p99:+; p99 $p99}"
    done
    printf '\n%-14s %8s %10s\n' service 'RSS MiB' 'CPU ms'
    for name in member performance reservation mail; do
        pid=$(pid_of "$name")
        printf '%-14s %8s %10.0f\n' "$name" "$(awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$pid/status")" \
            "$(awk -v us="$(cpu "$pid")" 'BEGIN { print us / 1000 }')"
    done
}
