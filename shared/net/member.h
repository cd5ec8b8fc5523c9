/* The member service, one function per call. Every answer is the caller's to release (http.h). */
#ifndef TK_NET_MEMBER_H
#define TK_NET_MEMBER_H

#include "shared/net/api.h"

struct tk_signup {
    const char *email, *password, *name;
    const char *birth;  /* yyyy-MM-dd */
    const char *phone;  /* 01x-xxx(x)-xxxx */
    const char *gender; /* M or F */
};

/* What a login or a renewal gives; the texts live as long as the answer. */
struct tk_tokens {
    const char *access, *refresh; /* refresh: "" when there is none */
    int64_t expires_in_s;         /* of the access token; 0: not said */
};

/* Mails a code, valid 5 minutes. DUPLICATE_EMAIL. */
void tk_member_mail_code(struct tk_api *api, const char *email, struct tk_answer *answer);
/* INVALID_NUM: wrong, expired, never sent, or too many tries. */
void tk_member_validate(struct tk_api *api, const char *email, const char *code,
                        struct tk_answer *answer);
/* DUPLICATE_MEMBER; NOT_VALIDATED when the e-mail was not confirmed first; INVALID_VALUE. */
void tk_member_signup(struct tk_api *api, const struct tk_signup *form, struct tk_answer *answer);
/* NO_MEMBER for an unknown address and a wrong password alike. */
void tk_member_login(struct tk_api *api, const char *email, const char *password,
                     struct tk_answer *answer);
/* Rotates: the token given is spent. UNAUTHORIZED when it is unknown, spent or expired. */
void tk_member_refresh(struct tk_api *api, const char *refresh, struct tk_answer *answer);
void tk_member_logout(struct tk_api *api, const char *refresh, struct tk_answer *answer);
/* {name, email, phone, birth} */
void tk_member_info(struct tk_api *api, struct tk_answer *answer);

/* Of a login's or renewal's answer; false when it carries no token. */
bool tk_tokens_read(const struct tk_answer *answer, struct tk_tokens *tokens);

#endif
