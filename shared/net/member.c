#include "shared/net/member.h"

void tk_member_mail_code(struct tk_api *api, const char *email, struct tk_answer *answer)
{
    tk_api_post(api, 0, "/member/checkDuplicateEmail", NULL, "", json_pack("{s:s}", "email", email),
                answer);
}

void tk_member_validate(struct tk_api *api, const char *email, const char *code,
                        struct tk_answer *answer)
{
    tk_api_post(api, 0, "/member/validation", NULL, "",
                json_pack("{s:s, s:s}", "email", email, "authNum", code), answer);
}

void tk_member_signup(struct tk_api *api, const struct tk_signup *form, struct tk_answer *answer)
{
    tk_api_post(api, 0, "/member/signup", NULL, "",
                json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "email", form->email, "password",
                          form->password, "name", form->name, "birth", form->birth, "phone",
                          form->phone, "gender", form->gender),
                answer);
}

/* A login repeated is only another login. */
void tk_member_login(struct tk_api *api, const char *email, const char *password,
                     struct tk_answer *answer)
{
    tk_api_post(api, TK_CALL_SAFE, "/member/login", NULL, "",
                json_pack("{s:s, s:s}", "email", email, "password", password), answer);
}

void tk_member_refresh(struct tk_api *api, const char *refresh, struct tk_answer *answer)
{
    tk_api_post(api, 0, "/member/refresh", NULL, "", json_pack("{s:s}", "refreshToken", refresh),
                answer);
}

void tk_member_logout(struct tk_api *api, const char *refresh, struct tk_answer *answer)
{
    tk_api_post(api, TK_CALL_SAFE, "/member/logout", NULL, "",
                json_pack("{s:s}", "refreshToken", refresh), answer);
}

void tk_member_info(struct tk_api *api, struct tk_answer *answer)
{
    tk_api_get(api, TK_CALL_LOGIN, "/member/info", NULL, "", answer);
}

bool tk_tokens_read(const struct tk_answer *answer, struct tk_tokens *tokens)
{
    const char *refresh = json_string_value(json_object_get(answer->data, "refreshToken"));

    if (!answer->authorization[0])
        return false;
    *tokens = (struct tk_tokens){
        .access = answer->authorization,
        .refresh = refresh ? refresh : "",
        .expires_in_s = json_integer_value(json_object_get(answer->data, "expiresIn")),
    };
    return true;
}
