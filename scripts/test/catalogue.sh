# shellcheck shell=sh disable=SC2154 # names are set by lib.sh
# What the tests of the catalogue share; sourced after lib.sh.

# own_catalogue NAME: an empty catalogue in a database of its own, so that nobody else's rows are counted.
own_catalogue() {
    DB=$1
    sql mysql "DROP DATABASE IF EXISTS $DB; CREATE DATABASE $DB CHARACTER SET utf8mb4;
        GRANT SELECT, INSERT, UPDATE, DELETE ON $DB.* TO 'performance'@'localhost', 'performance'@'127.0.0.1'"
    catalogue_migrate
}
catalogue_migrate() {
    for catalogue_file in "$TOP"/server/performance/sql/*.sql; do
        stack sql "$DB" < "$catalogue_file"
    done
}
drop_catalogue() { sql mysql "DROP DATABASE $DB"; }
cat_sql() { sql "$DB" "$1"; }

# collect FOLDER [OPTION...]: STATUS, the summary in $WORK/summary, the log in $WORK/log
collect() {
    collect_from=$1
    shift
    STATUS=0
    ticketaka-collector --from "$collect_from" --db-socket "$TICKETAKA_DB_SOCKET" --db-name "${DB:-performance}" \
        --db-user performance --db-password-file "$TICKETAKA_KEYS/db-performance.pass" "$@" \
        > "$WORK/summary" 2> "$WORK/log" || STATUS=$?
    ! grep -qE 'Sanitizer|runtime error:' "$WORK/log" || fail "the collector: $(cat "$WORK/log")"
}
summary() { # TEXT: the last summary holds it
    same 'exit status of the collector' "$STATUS" 0
    grep -qF "$1" "$WORK/summary" || fail "the summary is '$(cat "$WORK/summary")', expected '$1'"
}
# aside KIND ID FIELD -> "column reason" as recorded
aside() { cat_sql "SELECT CONCAT(col, ' ', reason) FROM quarantine WHERE kind = '$1' AND id = '$2' AND field = '$3'"; }

day() { # DAYS FORMAT: that many days from today in Seoul
    TZ=KST-9 date -d "@$(($(date +%s) + $1 * 86400))" "+$2"
}

# performance FILE ID TITLE FROM TO SCHEDULE PRICES [STATE] [FACILITY]: texts as they stand in XML
performance() {
    cat > "$1" << EOF
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<dbs><db><mt20id>$2</mt20id><prfnm>$3</prfnm><prfpdfrom>$4</prfpdfrom><prfpdto>$5</prfpdto><fcltynm>시험극장 (대극장)</fcltynm>
<prfcast>가나, 다라 </prfcast><prfcrew> </prfcrew><prfruntime>1시간</prfruntime><prfage>만 7세 이상</prfage><entrpsnm> </entrpsnm>
<pcseguidance>$7</pcseguidance><poster>http://poster.example.com/$2.gif </poster><sty> </sty><genrenm>연극</genrenm>
<prfstate>${8:-공연예정}</prfstate><mt10id>${9:-FC000777}</mt10id><dtguidance>$6</dtguidance></db></dbs>
EOF
}
