# shellcheck shell=sh disable=SC2154,SC2034 # names are shared with scripts/stack
# MariaDB, Redis, RabbitMQ and the SMTP sink of a stack. Sourced by scripts/stack; needs S (the stack's folder by a
# path without blanks, short enough for sockets), VAR (the same folder), top, PORT and the other parts of scripts/lib.

STORES='epmd rabbitmq mariadb redis smtp'

render() { # TEMPLATE OUT [SED-SCRIPT]: OUT is only touched when its text changes
    sed -e "s|@S@|$S|g" -e "${3:-}" "$top/manifests/$1" > "$2.new" || die "cannot write '$2'"
    if cmp -s "$2.new" "$2"; then rm -f "$2.new"; else mv -f "$2.new" "$2"; fi
}

need_program() { # PROGRAM
    command -v "$1" > /dev/null 2>&1 || die "'$1' is missing; run scripts/install first"
}

# ---- RabbitMQ: the slow one (4 s), so it is started before all others -----------------------------------------

rabbitmq_env() { # for the broker and for rabbitmqctl; call in a subshell
    export HOME="$S/rabbitmq" RABBITMQ_NODENAME=ticketaka@localhost RABBITMQ_CONF_ENV_FILE="$S/conf/rabbitmq-env.conf"
    export RABBITMQ_CONFIG_FILE="$S/conf/rabbitmq.conf" RABBITMQ_MNESIA_BASE="$S/rabbitmq/db"
    export RABBITMQ_MNESIA_DIR="$S/rabbitmq/db/node" RABBITMQ_LOG_BASE="$S/log" RABBITMQ_LOGS=-
    export RABBITMQ_ENABLED_PLUGINS_FILE="$S/conf/rabbitmq-plugins" RABBITMQ_DIST_PORT=$((PORT + 9))
    export RABBITMQ_PID_FILE="$S/rabbitmq/pid" ERL_EPMD_PORT=$((PORT + 10)) ERL_EPMD_ADDRESS=127.0.0.1
    export ERL_CRASH_DUMP_BYTES=0 RUNNING_UNDER_SYSTEMD=true LC_ALL=C.UTF-8
    # no busy waiting: the machine is shared with everything else of the stack
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}'
    export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="$RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS +sbwt none +sbwtdcpu none +sbwtdio none"
    unset NOTIFY_SOCKET
}

start_epmd() {
    need_program epmd
    port_must_be_free $((PORT + 10)) epmd
    child_start epmd - epmd -port $((PORT + 10)) -address 127.0.0.1
    child_wait epmd 10 port_listening $((PORT + 10))
}

# The committed file has a hash for each user that no password is known to have; each stack puts its own in.
rabbitmq_conf() {
    mkdir -p "$VAR/rabbitmq/db"
    [ -s "$VAR/rabbitmq/.erlang.cookie" ] || {
        cp "$VAR/keys/erlang.cookie" "$VAR/rabbitmq/.erlang.cookie"
        chmod 400 "$VAR/rabbitmq/.erlang.cookie"
    }
    : > "$VAR/conf/rabbitmq-env.conf"
    printf '[].\n' > "$VAR/conf/rabbitmq-plugins"
    render local/rabbitmq.conf "$VAR/conf/rabbitmq.conf" "s|@PORT@|$((PORT + 8))|"
    rabbitmq_hashes=
    for rabbitmq_user in $SERVICES; do
        rabbitmq_hashes="$rabbitmq_hashes;s|\"placeholder/$rabbitmq_user/*\"|\"$(amqp_hash "$rabbitmq_user")\"|"
    done
    render rabbitmq/definitions.json "$VAR/conf/definitions.json" "${rabbitmq_hashes#;}"
}

start_rabbitmq() {
    rabbitmq_server=/usr/lib/rabbitmq/bin/rabbitmq-server
    [ -x "$rabbitmq_server" ] || die "'$rabbitmq_server' is missing; run scripts/install first"
    port_must_be_free $((PORT + 8)) RabbitMQ
    port_must_be_free $((PORT + 9)) "RabbitMQ's distribution"
    rabbitmq_conf
    # not the wrapper of /usr/sbin: it changes user and loses sight of the VM
    (
        rabbitmq_env
        cd "$S/rabbitmq" && child_start rabbitmq - "$rabbitmq_server"
    )
}

ready_rabbitmq() { # answers an AMQP handshake: by then the definitions are loaded
    [ "$(printf 'AMQP\000\000\011\001' | timeout 2 socat -T 2 - "TCP:127.0.0.1:$((PORT + 8))" 2> /dev/null |
        od -An -tu1 -N1 | tr -d ' ')" = 1 ]
}
wait_rabbitmq() { child_wait rabbitmq 60 ready_rabbitmq; }
wait_epmd() { :; }

# ---- MariaDB ------------------------------------------------------------------------------------------------

mariadb_init() { # a folder under another name until it is whole: an interrupted one is never taken for good
    [ ! -d "$VAR/mariadb" ] || return 0
    rm -rf "$VAR/mariadb.new"
    # A folder of its own for temporary tables: in a shared one, a server that starts deletes those of the others.
    TMPDIR=$S/tmp mariadb-install-db --no-defaults --datadir="$S/mariadb.new" --user="$(id -un)" --skip-test-db \
        --auth-root-authentication-method=socket --auth-root-socket-user="$(id -un)" --skip-name-resolve --force \
        --innodb-log-file-size=16M >> "$VAR/log/mariadb.log" 2>&1 9>&- || {
        child_log mariadb
        die "cannot initialise MariaDB in '$VAR/mariadb.new'"
    }
    mv "$VAR/mariadb.new" "$VAR/mariadb"
}

start_mariadb() {
    need_program mariadbd
    port_must_be_free $((PORT + 6)) MariaDB
    mkdir -p "$VAR/tmp"
    render local/mariadb.cnf "$VAR/conf/mariadb.cnf" "s|@PORT@|$((PORT + 6))|;s|@USER@|$(id -un)|"
    mariadb_init
    child_start mariadb - mariadbd --defaults-file="$S/conf/mariadb.cnf"
}
ready_mariadb() { mariadb-admin --no-defaults --connect-timeout=2 -S "$S/run/mariadb.sock" ping > /dev/null 2>&1; }
wait_mariadb() { child_wait mariadb 60 ready_mariadb; }

admin_sql() { mariadb --no-defaults --connect-timeout=5 --default-character-set=utf8mb4 -S "$S/run/mariadb.sock" "$@"; }

# One database and two users per service: the service itself may only read and write rows and call procedures.
mariadb_grants() {
    for grant_service in $SERVICES; do
        # shellcheck disable=SC2016 # back-quotes of SQL
        printf 'CREATE DATABASE IF NOT EXISTS `%s` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;\n' "$grant_service"
        for grant_host in localhost 127.0.0.1; do
            mariadb_user "$grant_service" "$grant_host" "db-$grant_service.pass" \
                'SELECT, INSERT, UPDATE, DELETE, EXECUTE' "$grant_service"
            mariadb_user "${grant_service}_migrate" "$grant_host" "db-$grant_service-migrate.pass" \
                'ALL PRIVILEGES' "$grant_service"
        done
    done
}
mariadb_user() { # USER HOST PASSWORD-FILE RIGHTS DATABASE
    grant_password=$(key "$3")
    printf "CREATE USER IF NOT EXISTS '%s'@'%s' IDENTIFIED BY '%s';\n" "$1" "$2" "$grant_password"
    printf "ALTER USER '%s'@'%s' IDENTIFIED BY '%s';\n" "$1" "$2" "$grant_password"
    printf "GRANT %s ON \`%s\`.* TO '%s'@'%s';\n" "$4" "$5" "$1" "$2"
}

# ---- Redis --------------------------------------------------------------------------------------------------

start_redis() {
    need_program redis-server
    port_must_be_free $((PORT + 7)) Redis
    mkdir -p "$VAR/redis"
    render local/redis.conf "$VAR/conf/redis.conf" "s|@PORT@|$((PORT + 7))|;s|@PASSWORD@|$(key redis.pass)|"
    child_start redis - redis-server "$S/conf/redis.conf"
}
admin_redis() { # the password travels by the environment, never by an argument
    REDISCLI_AUTH=$(key redis.pass) redis-cli --no-auth-warning -h 127.0.0.1 -p $((PORT + 7)) "$@"
}
ready_redis() { [ "$(admin_redis ping 2> /dev/null)" = PONG ]; }
wait_redis() { child_wait redis 30 ready_redis; }

# ---- SMTP sink: every mail becomes a file in VAR/mail/new ------------------------------------------------------

start_smtp() {
    need_program aiosmtpd
    port_must_be_free $((PORT + 11)) "the SMTP sink"
    child_start smtp - aiosmtpd -n -l "127.0.0.1:$((PORT + 11))" -c aiosmtpd.handlers.Mailbox "$S/mail"
}
wait_smtp() { child_wait smtp 20 port_listening $((PORT + 11)); }
