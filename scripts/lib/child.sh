# shellcheck shell=sh disable=SC2154,SC2034 # names are shared with scripts/stack
# Child processes and ports. Sourced by scripts/stack; needs VAR (absolute), and the lock on fd 9.
#
# A child is known by VAR/run/NAME.pid: its pid, the start time of that pid (field 22 of /proc/PID/stat, so that a
# reused number is never taken for it) and a stamp of what it was started from. Each child leads its own session.

say() { printf '%s\n' "$*"; }
die() {
    printf 'stack: %s\n' "$*" >&2
    exit 1
}

now() { # whole seconds that no clock change moves
    read -r uptime_now _ < /proc/uptime
    printf %s "${uptime_now%.*}"
}

# proc_start PID -> start time; fails for a process that is gone or a zombie. No forks: it is polled.
proc_start() {
    { read -r proc_line < "/proc/$1/stat"; } 2> /dev/null || return 1
    # shellcheck disable=SC2086 # the fields after the name hold no blanks of their own
    set -- ${proc_line##*) }
    case $1 in Z | X) return 1 ;; esac
    shift 19
    proc_started=$1
}

child_alive() { # NAME; sets child_pid and child_stamp
    { read -r child_pid child_start child_stamp < "$VAR/run/$1.pid"; } 2> /dev/null || return 1
    proc_start "$child_pid" && [ "$proc_started" = "$child_start" ]
}

child_start() { # NAME STAMP PROGRAM ARG...
    child_name=$1 child_from=$2
    shift 2
    setsid "$@" < /dev/null >> "$VAR/log/$child_name.log" 2>&1 9>&- &
    child_new=$!
    proc_start "$child_new" || proc_started=0
    printf '%s %s %s\n' "$child_new" "$proc_started" "$child_from" > "$VAR/run/$child_name.pid.new"
    mv -f "$VAR/run/$child_name.pid.new" "$VAR/run/$child_name.pid"
}

child_log() { # NAME: its last lines, for a person
    printf -- '---- last lines of %s\n' "$VAR/log/$1.log" >&2
    tail -n 15 "$VAR/log/$1.log" >&2 2> /dev/null || :
    printf -- '----\n' >&2
}

child_wait() { # NAME SECONDS PROBE...: until the probe succeeds; shows the log when the child dies or time is up
    wait_name=$1 wait_limit=$2 wait_end=$(($(now) + $2))
    shift 2
    until "$@"; do
        if ! child_alive "$wait_name"; then
            child_log "$wait_name"
            die "$wait_name died while starting; mend what its log says, then run 'scripts/stack up' again"
        fi
        if [ "$(now)" -ge "$wait_end" ]; then
            child_log "$wait_name"
            die "$wait_name was not ready within $wait_limit s; see 'scripts/stack logs $wait_name'"
        fi
        sleep 0.05
    done
}

child_signal() { # NAME SIGNAL: to every process of the child's session
    child_alive "$1" || return 1
    kill -s "$2" -- "-$child_pid" 2> /dev/null
}

group_alive() { # PID of a session's leader: is any process of its group left that is not a zombie?
    kill -s 0 -- "-$1" 2> /dev/null || return 1
    for group_dir in /proc/[0-9]*; do
        { read -r group_line < "$group_dir/stat"; } 2> /dev/null || continue
        # shellcheck disable=SC2086
        set -- "$1" ${group_line##*) }
        case $2 in Z | X) continue ;; esac
        [ "$4" = "$1" ] && return 0
    done
    return 1
}

# child_clear NAME: of a child that is dead, what it may have left of its session (HAProxy's worker, say).
child_clear() {
    { read -r clear_pid _ < "$VAR/run/$1.pid"; } 2> /dev/null || return 0
    # a living process of that number is somebody else's by now
    if ! proc_start "$clear_pid" && group_alive "$clear_pid"; then
        kill -s KILL -- "-$clear_pid" 2> /dev/null || :
    fi
    rm -f "$VAR/run/$1.pid"
}

# children_stop NAME...: all at once SIGTERM; what is left after 15 s gets SIGKILL, with its whole group.
children_stop() {
    stop_pids=
    for stop_name; do
        child_alive "$stop_name" || { child_clear "$stop_name"; continue; }
        kill -s CONT -- "-$child_pid" 2> /dev/null || :
        kill -TERM "$child_pid" 2> /dev/null || :
        stop_pids="$stop_pids $stop_name:$child_pid"
    done
    stop_end=$(($(now) + 15)) stop_left=$stop_pids
    while [ -n "$stop_left" ] && [ "$(now)" -lt "$stop_end" ]; do
        stop_next=
        for stop_one in $stop_left; do
            ! child_alive "${stop_one%:*}" || stop_next="$stop_next $stop_one"
        done
        stop_left=$stop_next
        [ -z "$stop_left" ] || sleep 0.05
    done
    for stop_one in $stop_left; do
        printf 'stack: %s did not stop within 15 s: killed\n' "${stop_one%:*}" >&2
    done
    for stop_one in $stop_pids; do
        ! group_alive "${stop_one#*:}" || kill -s KILL -- "-${stop_one#*:}" 2> /dev/null || :
        rm -f "$VAR/run/${stop_one%:*}.pid"
    done
}

# port_inode PORT -> "inode uid" of what listens on 127.0.0.1:PORT or on all addresses.
port_inode() {
    cat /proc/net/tcp /proc/net/tcp6 2> /dev/null |
        awk -v port="$(printf ':%04X' "$1")" '
            $4 == "0A" && substr($2, length($2) - 4) == port &&
            $2 ~ /^(0100007F|00000000|0+|0000000000000000FFFF00000100007F|0+01000000):/ { print $10, $8; exit }'
}

port_listening() { [ -n "$(port_inode "$1")" ]; }

port_owner() { # PORT -> "pid 12 (name args)" or whose it is
    port_found=$(port_inode "$1")
    port_fd=$(find /proc/[0-9]*/fd -lname "socket:\[${port_found% *}\]" 2> /dev/null | head -n 1)
    if [ -n "$port_fd" ]; then
        port_pid=${port_fd#/proc/}
        port_pid=${port_pid%%/*}
        printf 'pid %s (%s)' "$port_pid" "$(tr '\0' ' ' < "/proc/$port_pid/cmdline" 2> /dev/null | cut -c1-80)"
    else
        printf 'a process of user %s' "$(id -nu "${port_found#* }" 2> /dev/null || echo "${port_found#* }")"
    fi
}

port_must_be_free() { # PORT NAME
    ! port_listening "$1" ||
        die "port $1, for $2, is taken by $(port_owner "$1"); stop it, or choose another base with PORT=N"
}
