/* POST /member/validation: the code from the mail proves the address. */
#include <sodium.h>

#include "server/member/code.h"
#include "server/member/member.h"
#include "server/member/routes.h"

enum tk_err validation_post(struct tk_req *req, struct tk_reply *reply)
{
    struct tk_app *app = tk_req_app(req);
    char email[EMAIL_SIZE], digits[CODE_SIZE];
    if (!email_canon(email, tk_req_str(req, "email")))
        return TK_INVALID_VALUE;
    switch (code_digits(json_object_get(tk_req_body(req), "authNum"), digits)) {
    case CODE_FORM_TYPE:
        tk_reply_detail(reply, "authNum: send the six digits as text or number");
        return TK_INVALID_VALUE;
    case CODE_FORM_WRONG:
        return TK_INVALID_NUM;
    case CODE_FORM_OK:
        break;
    }
    enum tk_err err = code_try(app->redis, member_of(app)->signer, email, digits);
    sodium_memzero(digits, sizeof digits);
    return err;
}
