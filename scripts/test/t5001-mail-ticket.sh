#!/bin/sh
# A sale's mail: subject, text, HTML, one picture for each seat that another program reads as that seat's code; and the
# mail of a sign-up code.
# timeout: 60
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/reservation.sh"
. "$(dirname "$0")/mail.sh"
command -v zbarimg > /dev/null || fail "'zbarimg' is missing: run scripts/install"

to=mail-$MEMBER@example.kr
EXTRA='.customer = {name: "김하늘", phone: "010-0000-0000", email: "'$to'"} |
    .performanceTitle = "별 <헤는> 밤 & \"가을\" 🎭" | .poster = "https://img.example/p.png?a=1&b=2"'
sell "$(hold)" A1=70000 A2=70000 A3=1164567
expect 200 .data.outcome sold
codes=$(field '.data.tickets[] | .seat + " " + .code')
reservation=$(field .data.reservationId)

wait_for 20 mails_to "$to" > /dev/null
same "mails" "$(mails_to "$to" | wc -l)" 1
mail_parts "$(mails_to "$to")" "$WORK/mail"

grep -qx 'Subject: \[Ticketaka\] 예약 정보 발송해 드립니다\.' "$WORK/mail/headers" || fail "subject: $(cat "$WORK/mail/headers")"
grep -qx "To: $to" "$WORK/mail/headers" || fail "recipient: $(cat "$WORK/mail/headers")"
grep -qx "Message-ID: <mail-$reservation@localhost>" "$WORK/mail/headers" || fail "id: $(cat "$WORK/mail/headers")"
grep -q 'multipart/related multipart/alternative text/plain text/html image/png image/png image/png$' "$WORK/mail/headers" ||
    fail "structure: $(cat "$WORK/mail/headers")"
grep -qF '별 <헤는> 밤 & "가을" 🎭' "$WORK/mail/plain" || fail "text: $(cat "$WORK/mail/plain")"
for text in '일시: 2099-12-30' '회차: 19:30' '인원: 3명' '결제금액: 1,304,567원' "예약번호: $reservation"; do
    grep -qxF "$text" "$WORK/mail/plain" || fail "no '$text' in: $(cat "$WORK/mail/plain")"
done
grep -qF '별 &lt;헤는&gt; 밤 &amp; &quot;가을&quot; 🎭' "$WORK/mail/html" || fail "html: $(cat "$WORK/mail/html")"
grep -qF 'src="https://img.example/p.png?a=1&amp;b=2"' "$WORK/mail/html" || fail "poster: $(cat "$WORK/mail/html")"

i=0
for seat in A1 A2 A3; do
    i=$((i + 1))
    cid=qrcode
    [ "$i" = 1 ] || cid=qrcode$i
    code=$(printf '%s\n' "$codes" | sed -n "s/^$seat //p")
    grep -qF "src=\"cid:$cid\"" "$WORK/mail/html" || fail "no cid:$cid in the HTML"
    same "the picture of $seat" "$(qr "$WORK/mail/$cid.png")" "$code"
    tr -d ' \n' < "$WORK/mail/plain" | grep -qF "$code" || fail "the code of $seat is not in the text"
done
grep -q "$to\|김하늘" "$VAR/log/mail.log" && fail "personal data in the log"

# The sign-up code.
to=code-$MEMBER@example.kr
api POST /member/checkDuplicateEmail '' "{\"email\":\"$to\"}"
expect 200
code=$(mail_code "$to")
mail_parts "$(mails_to "$to")" "$WORK/code"
grep -qx 'Subject: \[Ticketaka\] 회원 가입 인증 번호 발송' "$WORK/code/headers" || fail "subject: $(cat "$WORK/code/headers")"
grep -qF "<h1>$code</h1>" "$WORK/code/html" || fail "html: $(cat "$WORK/code/html")"
grep -q "$code" "$VAR/log/mail.log" && fail "the code is in the log"
exit 0
