# shellcheck shell=sh disable=SC2034,SC2154 # what a test reads is set here; lib.sh comes first
# For tests of the truth side: `. "$(dirname "$0")/lib.sh"; . "$(dirname "$0")/reservation.sh"`.
# SESSION is one that no other test knows; MEMBER likewise.
SESSION=$((4000000000 + $(od -An -N4 -tu4 /dev/urandom)))
MEMBER=$((4000000000 + $(od -An -N4 -tu4 /dev/urandom)))
TRUTH=$TICKETAKA_RESERVATION_URL
SERVICE="X-Ticketaka-Service: $(cat "$TICKETAKA_SERVICE_TOKEN_FILE")"

hold() {
    hold_hex=$(openssl rand -hex 20)
    printf '%s-%.24s-%s' "$SESSION" "$hold_hex" "${hold_hex#????????????????????????}"
}

# sale HOLD SEAT:PRICE... -> body of a create; EXTRA (a jq filter) changes it
sale() {
    sale_hold=$1
    shift
    jq -cn --arg hold "$sale_hold" --argjson session "$SESSION" --argjson member "$MEMBER" '
        ($ARGS.positional | map(split("=") | {seat: .[0], grade: "R", price: (.[1] | tonumber)})) as $seats |
        {holdId: $hold, requestHash: "body-one", memberId: $member, clerkId: null, terminal: null, channel: "web",
         performanceId: "PF1", performanceTitle: "햄릿 \"리턴즈\" 🎭", poster: "http://img.example/1.gif",
         facility: "대학로 소극장", prfSessionId: $session, date: "2099-12-30", time: "19:30",
         seats: $seats, total: ($seats | map(.price) | add), payment: {method: "none"},
         customer: {email: "t\($member)@example.com"}} | '"${EXTRA:-.}" --args "$@"
}

# truth create|ask|rebuild BODY: sets STATUS and BODY
truth() { api POST "$TRUTH/reservation/$1" '' "$2" -H "$SERVICE"; }
sell() { truth create "$(sale "$@")"; }
ask() { truth ask "{\"holdId\":\"$1\"}"; }
rebuild() { truth rebuild "{\"prfSessionId\":$1}"; } # SESSION
cancel() { api DELETE "$TRUTH/reservation/delete/$1" "${2:-$(mint_token "$MEMBER")}"; } # RESERVATION [TOKEN]

# later NAME METHOD PATH BODY [HEADER]: the same in the background; `answer NAME` waits and sets STATUS and BODY
later() {
    later_name=$1
    curl -sS -m 20 --noproxy '*' -X "$2" -o "$WORK/$1.body" -w '%{http_code}' -H 'Content-Type: application/json' \
        -H "${5:-$SERVICE}" ${4:+--data-binary "$4"} \
        "$TRUTH$3" > "$WORK/$1.status" 2> /dev/null &
    printf %s $! > "$WORK/$1.pid"
}
answer() {
    wait "$(cat "$WORK/$1.pid")" || :
    STATUS=$(cat "$WORK/$1.status") BODY=$(cat "$WORK/$1.body" 2> /dev/null || :)
}
running() { kill -0 "$(cat "$WORK/$1.pid")" 2> /dev/null; }

# many NAME PREFIX COUNT: bodies of COUNT sales of one seat each, PREFIX0 …; many_send NAME sends them all at once, by one
# curl: the answer of sale N is in $WORK/NAME.N, a line `N STATUS` of each in $WORK/NAME.status
many() {
    sale HOLD SEAT=100 > "$WORK/$1.template"
    awk -v dir="$WORK/$1" -v prefix="$2" -v count="$3" -v url="$TRUTH/reservation/create" -v service="$SERVICE" \
        -v session="$SESSION" -v random="$(openssl rand -hex 16)" 'BEGIN {
            getline template < (dir ".template")
            for (n = 0; n < count; n++) {
                body = template
                sub(/HOLD/, sprintf("%s-%s%08x-%s", session, substr(random, 1, 16), n, substr(random, 17)), body)
                sub(/SEAT/, prefix n, body)
                print body > (dir "." n ".body")
                printf "%surl = \"%s\"\nheader = \"%s\"\nheader = \"Content-Type: application/json\"\n", n ? "next\n" : "", url, service
                printf "data-binary = \"@%s.%d.body\"\noutput = \"%s.%d\"\nwrite-out = \"%d %%{http_code}\\n\"\n", dir, n, dir, n, n
                printf "silent\nmax-time = 20\nnoproxy = \"*\"\n"
            }
        }' > "$WORK/$1.curl"
}
many_send() { curl -Z --parallel-max 40 -K "$WORK/$1.curl" > "$WORK/$1.status" 2> /dev/null || :; }
many_are() { ! grep -qv " $2\$" "$WORK/$1.status" && [ -s "$WORK/$1.status" ]; } # NAME STATUS

one() { sql reservation "$1"; } # STATEMENT -> its value

# A transaction of our own that stays open: tx_open; tx STATEMENT; tx_close. It speaks on descriptor 7.
tx_open() {
    mkfifo "$WORK/tx"
    stack sql -N -B -n reservation < "$WORK/tx" > "$WORK/tx.out" 2>&1 &
    TX=$! TX_MARK=0
    exec 7> "$WORK/tx"
    tx "START TRANSACTION"
}
tx() {
    TX_MARK=$((TX_MARK + 1))
    printf "%s;\nSELECT 'mark %s';\n" "$1" "$TX_MARK" >&7
    wait_for 5 grep -qx "mark $TX_MARK" "$WORK/tx.out"
}
tx_close() {
    exec 7>&-
    wait "$TX" || fail "our own transaction failed: $(cat "$WORK/tx.out")"
    rm -f "$WORK/tx"
}

# waiting N: that many transactions wait for a lock. InnoDB shows an old picture to who looks again within 0.1 s.
waiting() { [ "$(one "DO SLEEP(0.11); SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'")" -ge "$1" ]; }

# The rows of the outbox stay where they are, for a test to look at.
freeze() { arm reservation relay.before-publish error; }
outbox() { one "SELECT body FROM outbox WHERE kind = 'seat' AND id = $1"; } # ID
