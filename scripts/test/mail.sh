# shellcheck shell=sh disable=SC2154 # lib.sh and reservation.sh come first
# For tests of the mail service.

# mail_parts FILE FOLDER: decodes a mail into FOLDER: headers, text, html, and one png file per Content-ID.
mail_parts() {
    mkdir -p "$2"
    python3 - "$1" "$2" << 'EOF'
import sys
from email import message_from_binary_file, policy
mail = message_from_binary_file(open(sys.argv[1], "rb"), policy=policy.default)
folder = sys.argv[2]
with open(folder + "/headers", "w") as out:
    for name in ("Subject", "From", "To", "Message-ID", "Date"):
        print("%s: %s" % (name, mail[name]), file=out)
    print("Type: " + " ".join(p.get_content_type() for p in mail.walk()), file=out)
for part in mail.walk():
    kind = part.get_content_type()
    if kind in ("text/plain", "text/html"):
        open(folder + "/" + kind.split("/")[1], "w").write(part.get_content())
    if kind == "image/png":
        open(folder + "/" + part["Content-ID"].strip("<>") + ".png", "wb").write(part.get_content())
EOF
}
# qr PNG -> what the picture says, read by another program than ours
qr() { zbarimg -q --raw "$1" 2> /dev/null; }

# publish EXCHANGE KEY MESSAGE-ID BODY: past our own publishers, for what they would never send ('' leaves the id out)
publish() {
    publish_id='undefined'
    [ -z "$3" ] || publish_id="<<\"$3\">>"
    publish_body=$(printf %s "$4" | od -An -v -tu1 | tr -s ' \n' ',' | sed 's/^,//; s/,$//')
    stack rabbitmqctl -q eval "rabbit_basic:publish(rabbit_misc:r(<<\"ticketaka\">>, exchange, <<\"$1\">>), <<\"$2\">>,
        rabbit_basic:properties([{message_id, $publish_id}, {delivery_mode, 2}]), <<$publish_body>>)." > /dev/null < /dev/null
}
queue_length() { # QUEUE -> messages in it
    stack rabbitmqctl -q list_queues -p ticketaka name messages --no-table-headers | awk -v name="$1" '$1 == name { print $2 }'
}
queue_has() { [ "$(queue_length "$1")" -ge "$2" ]; } # QUEUE COUNT: at least
