/* GET /member/.well-known/jwks.json: the public keys, as RFC 7517 and not as an envelope. */
#include <string.h>

#include "server/member/member.h"
#include "server/member/routes.h"

enum tk_err jwks_get(struct tk_req *req, struct tk_reply *reply)
{
    const char *jwks = signer_jwks(member_of(tk_req_app(req))->signer);
    tk_reply_header(reply, "Cache-Control", "public, max-age=300");
    tk_reply_raw(reply, 200, "application/json", jwks, strlen(jwks));
    return TK_OK;
}
