#include "server/member/session.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "server/member/member.h"
#include "server/member/rules.h"
#include "shared/base/time.h"

#define HASH_SIZE   32
#define FAMILY_SIZE 16
#define SEED_SIZE   32

static void to_text(const unsigned char raw[32], char token[REFRESH_SIZE])
{
    sodium_bin2base64(token, REFRESH_SIZE, raw, 32, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static void hash_of(const char *token, unsigned char hash[HASH_SIZE])
{
    crypto_hash_sha256(hash, (const unsigned char *)token, strlen(token));
}

/* Who knows the old token and not the seed, or the seed and not the old token, cannot compute the
 * new one. */
static void successor(const char *token, const unsigned char seed[SEED_SIZE],
                      char next[REFRESH_SIZE])
{
    unsigned char raw[32];
    crypto_generichash(raw, sizeof raw, (const unsigned char *)token, strlen(token), seed,
                       SEED_SIZE);
    to_text(raw, next);
    sodium_memzero(raw, sizeof raw);
}

/* A repeated try finds its own row: 256 random bits are nobody else's. */
static enum tk_db_res insert_token(struct tk_conn *conn, const char *token, const void *family,
                                   int64_t member, int64_t days)
{
    static const char sql[] =
        "INSERT INTO refresh_token (token_hash, family, member_id, expires_at)"
        " VALUES (?, ?, ?, NOW(3) + INTERVAL ? DAY)";
    unsigned char hash[HASH_SIZE];
    hash_of(token, hash);
    enum tk_db_res res = tk_db_do(conn, sql, NULL, NULL, tk_bytes(hash, sizeof hash),
                                  tk_bytes(family, FAMILY_SIZE), tk_int(member), tk_int(days));
    return res == TK_DB_DUP ? TK_DB_OK : res;
}

struct start {
    int64_t member, days;
    unsigned char family[FAMILY_SIZE];
    char *token;
};

static enum tk_db_res start(struct tk_conn *conn, void *arg)
{
    static const char purge[] =
        "DELETE FROM refresh_token WHERE member_id = ? AND expires_at < NOW(3)";
    struct start *call = arg;
    enum tk_db_res res = tk_db_do(conn, purge, NULL, NULL, tk_int(call->member));
    if (res != TK_DB_OK && res != TK_DB_NONE)
        return res;
    return insert_token(conn, call->token, call->family, call->member, call->days);
}

enum tk_db_res session_start(struct tk_db *db, int64_t deadline_ms, int64_t member, int64_t days,
                             char token[REFRESH_SIZE])
{
    struct start call = {.member = member, .days = days, .token = token};
    unsigned char raw[32];
    randombytes_buf(raw, sizeof raw);
    randombytes_buf(call.family, sizeof call.family);
    to_text(raw, token);
    sodium_memzero(raw, sizeof raw);
    return tk_db_run(db, deadline_ms, start, &call);
}

struct token_row {
    const char *family, *seed; /* bytes; seed NULL: not replaced yet */
    int64_t member;
    bool expired, graced; /* graced: replaced, but at most 30 s ago */
};

/* The row stays locked until the transaction ends: two refreshes at once come one after the
 * other. */
static enum tk_db_res find_token(struct tk_conn *conn, const char *token, struct tk_arena *arena,
                                 struct token_row *row)
{
    static const char sql[] = "SELECT family, seed, member_id, expires_at <= NOW(3),"
                              " COALESCE(replaced_at >= NOW(3) - INTERVAL 30 SECOND, 0)"
                              " FROM refresh_token WHERE token_hash = ? FOR UPDATE";
    unsigned char hash[HASH_SIZE];
    struct tk_rows rows;
    hash_of(token, hash);
    enum tk_db_res res = tk_db_do(conn, sql, arena, &rows, tk_bytes(hash, sizeof hash));
    if (res == TK_DB_OK)
        *row = (struct token_row){
            .family = tk_cell_str(&rows, 0, 0),
            .seed = tk_cell_str(&rows, 0, 1),
            .member = tk_cell_int(&rows, 0, 2),
            .expired = tk_cell_int(&rows, 0, 3) != 0,
            .graced = tk_cell_int(&rows, 0, 4) != 0,
        };
    return res;
}

static enum tk_db_res end_family(struct tk_conn *conn, const char *family)
{
    static const char sql[] = "DELETE FROM refresh_token WHERE family = ?";
    enum tk_db_res res = tk_db_do(conn, sql, NULL, NULL, tk_bytes(family, FAMILY_SIZE));
    return res == TK_DB_OK ? TK_DB_NONE : res;
}

static enum tk_db_res find_member(struct tk_conn *conn, int64_t id, struct refresh *refresh)
{
    static const char sql[] = "SELECT DATE_FORMAT(birth, '%Y-%m-%d'), scope FROM member"
                              " WHERE id = ? AND state = 'active'";
    struct tk_rows rows;
    enum tk_db_res res = tk_db_do(conn, sql, refresh->arena, &rows, tk_int(id));
    if (res == TK_DB_OK)
        refresh->member = (struct member_row){
            .id = id,
            .birth = tk_cell_str(&rows, 0, 0),
            .scope = tk_cell_str(&rows, 0, 1),
        };
    return res;
}

static enum tk_db_res replace(struct tk_conn *conn, const struct token_row *row,
                              struct refresh *refresh)
{
    static const char sql[] = "UPDATE refresh_token SET replaced_at = NOW(3), seed = ?"
                              " WHERE token_hash = ?";
    unsigned char hash[HASH_SIZE], seed[SEED_SIZE];
    hash_of(refresh->token, hash);
    randombytes_buf(seed, sizeof seed);
    enum tk_db_res res = tk_db_do(conn, sql, NULL, NULL, tk_bytes(seed, sizeof seed),
                                  tk_bytes(hash, sizeof hash));
    if (res != TK_DB_OK)
        return res;
    successor(refresh->token, seed, refresh->next);
    return insert_token(conn, refresh->next, row->family, row->member, refresh->days);
}

/* TK_DB_NONE commits as well (db.h): that is how a stolen family ends. */
static enum tk_db_res refresh_tx(struct tk_conn *conn, void *arg)
{
    struct refresh *refresh = arg;
    struct token_row row;
    refresh->stolen = false;
    enum tk_db_res res = find_token(conn, refresh->token, refresh->arena, &row);
    if (res != TK_DB_OK)
        return res;
    if (row.expired)
        return TK_DB_NONE;
    if (row.seed && !row.graced) {
        refresh->stolen = true;
        return end_family(conn, row.family);
    }
    res = find_member(conn, row.member, refresh);
    if (res == TK_DB_NONE)
        return end_family(conn, row.family);
    if (res != TK_DB_OK)
        return res;
    if (!row.seed)
        return replace(conn, &row, refresh);
    successor(refresh->token, (const unsigned char *)row.seed, refresh->next);
    return TK_DB_OK;
}

enum tk_db_res session_refresh(struct tk_db *db, int64_t deadline_ms, struct refresh *refresh)
{
    return tk_db_tx(db, deadline_ms, refresh_tx, refresh);
}

struct end {
    const char *token;
    struct tk_arena *arena;
};

static enum tk_db_res end_tx(struct tk_conn *conn, void *arg)
{
    struct end *call = arg;
    struct token_row row;
    enum tk_db_res res = find_token(conn, call->token, call->arena, &row);
    if (res == TK_DB_OK)
        res = end_family(conn, row.family);
    return res == TK_DB_NONE ? TK_DB_OK : res;
}

enum tk_db_res session_end(struct tk_db *db, int64_t deadline_ms, const char *token,
                           struct tk_arena *arena)
{
    struct end call = {.token = token, .arena = arena};
    return tk_db_tx(db, deadline_ms, end_tx, &call);
}

enum tk_err session_reply(struct tk_req *req, struct tk_reply *reply,
                          const struct member_row *member, const char *refresh_token)
{
    int64_t now = tk_wall_ms();
    struct token_claims claims = {
        .member = member->id,
        .adult = is_adult(member->birth, now),
        .scope = member->scope,
    };
    char *token = token_issue(member_of(tk_req_app(req))->signer, &claims, now / 1000);
    if (!token)
        return TK_INTERNAL;
    tk_reply_header(reply, "Authorization", token);
    tk_reply_header(reply, "Cache-Control", "no-store");
    tk_reply_data(
        reply, json_pack("{s:s, s:i}", "refreshToken", refresh_token, "expiresIn", ACCESS_TOKEN_S));
    sodium_memzero(token, strlen(token));
    free(token);
    return TK_OK;
}
