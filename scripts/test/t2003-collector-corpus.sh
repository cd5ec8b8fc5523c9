#!/bin/sh
# Real answers of the service, loaded twice: every session is the expected one.
# shellcheck disable=SC1091,SC2034,SC2016
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/catalogue.sh"
[ -n "${TICKETAKA_CORPUS:-}" ] || skip 'TICKETAKA_CORPUS is not set'
own_catalogue t2003

collect "$TICKETAKA_CORPUS"
summary 'facilities 2 new'
summary 'performances 176 new'
summary 'set aside 7' # six without prices, and an answer about a wrong key
same 'what was set aside' "$(cat_sql 'SELECT GROUP_CONCAT(DISTINCT kind, field, col ORDER BY kind) FROM quarantine')" \
    filedocument0,performancepcseguidance1
cat_sql "SELECT CONCAT(performance_id, '\t', GROUP_CONCAT(DATE_FORMAT(session_date, '%Y-%m-%d'), TIME_FORMAT(session_time, ' %H:%i')
    ORDER BY session_date, session_time SEPARATOR ';')) FROM prf_session WHERE performance_id <> 'PF287093' GROUP BY performance_id" |
    sed 's/\\t/\t/' | sort > "$WORK/got"
grep -v '^#' "$TICKETAKA_CORPUS/kopis/performances_expected_sessions.tsv" | sort > "$WORK/all"
cut -f1 "$WORK/got" | join -t "$(printf '\t')" - "$WORK/all" > "$WORK/want"
same 'performances to compare' "$(wc -l < "$WORK/got")" 175
cmp "$WORK/got" "$WORK/want" || fail "sessions differ: $(diff "$WORK/got" "$WORK/want" | cut -c1-300 | head -4)"

collect "$TICKETAKA_CORPUS"
summary 'holidays 0 new; facilities 0 new, 0 changed, 2 same; performances 0 new, 0 changed, 176 same; sessions 0 new, 0 closed, 0 reopened'
drop_catalogue
