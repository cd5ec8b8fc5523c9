/*
 * The seat map's scripts against a reference model of the same rules: random operations, and after
 * each the whole state of Redis is compared with the model's. Time is Redis' own: each answer
 * carries it, and the model expires its holds by it. TICKETAKA_SEED repeats a run, TICKETAKA_REDIS
 * (host:port or socket) names a server; without it the test starts one of its own.
 */
#include "server/performance/script_test.h"

/* Two rows of eight; the first row has grades 0 and 1, the second 1. */
#define MAP "ffffffff\nffffffff\n"
#define GR  "00001111\n11111111\n"
enum { SIZE = 18, HOLDS = 64, MEMBERS = 3, CAP = 6, MAX_SEATS = 8 };

struct hold {
    char id[24];
    char state; /* 0: no such hold */
    int member, n, seats[MAX_SEATS];
    bool check;
    int run, ext, tries;
    int64_t exp;
};

static struct {
    char map[SIZE + 1];
    int own[SIZE]; /* index of a hold, -1 */
    int64_t chg[SIZE], floor;
    struct hold holds[HOLDS];
    int mem[MEMBERS]; /* index of a hold, -1 */
    int run;
    int64_t version;
    bool installed;
} m;

static int64_t next_change, serial;
static const char *const RUNS[] = {"run-a", "run-b"};

static char text[8][64];
static const char *num(int slot, int64_t n)
{
    snprintf(text[slot], sizeof text[slot], "%lld", (long long)n);
    return text[slot];
}

static const char *csv(char *to, const int *seats, int n)
{
    to[0] = '\0';
    for (int i = 0; i < n; i++)
        sprintf(to + strlen(to), "%s%d", i ? "," : "", seats[i]);
    return to;
}

/* ---- the reference ----------------------------------------------------------- */
static bool seat(int off)
{
    return off >= 0 && off < SIZE && MAP[off] == 'f';
}

static int held_by(int member)
{
    int n = 0;
    for (int i = 0; i < SIZE; i++)
        n += m.own[i] >= 0 && m.holds[m.own[i]].member == member;
    return n;
}

static void m_end(int h)
{
    for (int i = 0; i < SIZE; i++)
        if (m.own[i] == h) {
            m.own[i] = -1;
            m.map[i] = 'f';
        }
    m.holds[h].state = 0;
    for (int i = 0; i < MEMBERS; i++)
        if (m.mem[i] == h)
            m.mem[i] = -1;
}

static void m_commit(int h)
{
    m.holds[h].state = 'c';
    for (int i = 0; i < SIZE; i++)
        if (m.own[i] == h)
            m.map[i] = 'c';
}

static bool m_foreign(int h)
{
    if (m.holds[h].run == m.run)
        return false;
    m_commit(h);
    return true;
}

static void m_expire(void)
{
    for (int h = 0; h < HOLDS; h++)
        if (m.holds[h].state == 'h' && m.holds[h].exp <= now && !m_foreign(h))
            m_end(h);
}

static bool m_newer(int off, int64_t change)
{
    if (change <= m.floor || change <= m.chg[off])
        return false;
    m.chg[off] = change;
    return true;
}

static void m_sell(int off, int answered)
{
    int h = m.own[off];
    m.own[off] = -1;
    if (h >= 0 && m.holds[h].state == 'h' && h != answered)
        m_end(h);
    m.map[off] = 's';
}

static int m_new(const char *id, int member, bool check)
{
    for (int h = 0; h < HOLDS; h++) {
        bool used = m.holds[h].state != 0;
        if (used)
            continue;
        m.holds[h] = (struct hold){.state = 'h', .member = member, .check = check, .run = m.run};
        tk_copy(m.holds[h].id, sizeof m.holds[h].id, id);
        return h;
    }
    fail_msg("too many holds");
    return -1;
}

static void m_claim(int h, const int *seats, int n)
{
    m.holds[h].n = n;
    for (int i = 0; i < n; i++) {
        assert_int_equal(m.map[seats[i]], 'f');
        m.map[seats[i]] = 'h';
        m.own[seats[i]] = h;
        m.holds[h].seats[i] = seats[i];
    }
}

/* ---- comparing --------------------------------------------------------------- */
static void same_owners(void)
{
    redisReply *r = ask("HGETALL " TAG ":own");
    size_t owned = 0;
    for (size_t i = 0; i + 1 < r->elements; i += 2) {
        int h = m.own[atoi(r->element[i]->str)];
        assert_true(h >= 0);
        assert_string_equal(r->element[i + 1]->str, m.holds[h].id);
        owned++;
    }
    freeReplyObject(r);
    for (int i = 0; i < SIZE; i++) {
        owned -= m.own[i] >= 0;
        assert_int_equal(m.own[i] >= 0, m.map[i] == 'h' || m.map[i] == 'c');
    }
    assert_int_equal(owned, 0);
}

static void same_holds(void)
{
    size_t held = 0, committing = 0;
    for (int h = 0; h < HOLDS; h++) {
        held += m.holds[h].state == 'h';
        committing += m.holds[h].state == 'c';
        if (!m.holds[h].state)
            continue;
        redisReply *r = ask("HGET " TAG ":h:%s st", m.holds[h].id);
        assert_int_equal(r->type, REDIS_REPLY_STRING);
        assert_int_equal(r->str[0], m.holds[h].state);
        freeReplyObject(r);
        r = ask("ZSCORE " TAG ":%s %s", m.holds[h].state == 'h' ? "exp" : "com", m.holds[h].id);
        assert_int_equal(r->type, REDIS_REPLY_STRING);
        freeReplyObject(r);
    }
    const char *const sets[] = {"exp", "com"};
    for (int i = 0; i < 2; i++) {
        redisReply *r = ask("ZCARD " TAG ":%s", sets[i]);
        assert_int_equal(r->integer, i ? committing : held);
        freeReplyObject(r);
    }
    redisReply *r = ask("KEYS " TAG ":h:*");
    assert_int_equal(r->elements, held + committing);
    freeReplyObject(r);
}

static void same_members(void)
{
    for (int i = 0; i < MEMBERS; i++) {
        redisReply *r = ask("HGET " TAG ":n %d", i + 1);
        assert_int_equal(r->str ? atoi(r->str) : 0, held_by(i));
        freeReplyObject(r);
        r = ask("HGET " TAG ":mem %d", i + 1);
        assert_string_equal(r->str ? r->str : "", m.mem[i] >= 0 ? m.holds[m.mem[i]].id : "");
        freeReplyObject(r);
    }
}

static void same(void)
{
    redisReply *r = run_script("read.lua", "", "map", NULL);
    assert_true(is(r, "OK"));
    assert_string_equal(r->element[8]->str, m.map);
    for (int i = 0; i < 5; i++) {
        int n = 0;
        for (int s = 0; s < SIZE; s++)
            n += m.map[s] == "fhcsx"[i];
        assert_int_equal(r->element[3 + i]->integer, n);
    }
    int64_t version = atoll(r->element[2]->str);
    assert_true(version >= m.version);
    m.version = version;
    freeReplyObject(r);
    same_owners();
    same_holds();
    same_members();
}

/* ---- operations -------------------------------------------------------------- */
static uint64_t rng;
static int rnd(int n)
{
    rng ^= rng << 13;
    rng ^= rng >> 7;
    rng ^= rng << 17;
    return (int)((rng >> 11) % (unsigned)n);
}

/* Some distinct seats of the plan. */
static int some(int *seats, int most)
{
    int n = 0, want = 1 + rnd(most);
    for (int tries = 0; n < want && tries < 50; tries++) {
        int off = rnd(SIZE), dup = !seat(off);
        for (int i = 0; i < n; i++)
            dup |= seats[i] == off;
        if (!dup)
            seats[n++] = off;
    }
    return n;
}

static int any_hold(void)
{
    for (int tries = 0; tries < 200; tries++) {
        int h = rnd(HOLDS);
        if (m.holds[h].state)
            return h;
    }
    return -1;
}

static void op_install(void)
{
    redisReply *r = run_script("install_begin.lua", "n1", "5000", NULL);
    assert_true(is(r, "WON"));
    freeReplyObject(r);
    memset(m.holds, 0, sizeof m.holds);
    memcpy(m.map, MAP, sizeof m.map);
    for (int i = 0; i < SIZE; i++) {
        m.own[i] = -1;
        m.chg[i] = 0;
        if (seat(i) && rnd(6) == 0)
            m.map[i] = 's';
    }
    for (int i = 0; i < MEMBERS; i++)
        m.mem[i] = -1;
    m.floor = ++next_change;
    r = run_script("install.lua", "n1", m.map, GR, num(0, m.floor), "sig", "1", NULL);
    assert_true(is(r, "OK"));
    freeReplyObject(r);
}

/* Whether n seats can be had as the pick promises: in one row and of one grade, or anyhow. */
static bool possible(int n, int grade, bool together)
{
    int run = 0, all = 0, best = 0;
    for (int i = 0; i < SIZE; i++) {
        bool ok = m.map[i] == 'f' && (grade < 0 || GR[i] - '0' == grade);
        run = !ok ? 0 : run > 0 && GR[i] == GR[i - 1] ? run + 1 : 1;
        all += ok;
        best = run > best ? run : best;
    }
    return (together ? best : all) >= n;
}

static void read_pick(const redisReply *r, int *seats, int n, int grade)
{
    const char *p = field(r, "seats");
    for (int i = 0; i < n; i++) {
        int off, g, len;
        assert_int_equal(sscanf(p, "%d:%d%n", &off, &g, &len), 2);
        assert_true(seat(off) && g == GR[off] - '0' && (grade < 0 || g == grade));
        seats[i] = off;
        p += len + 1;
    }
    assert_int_equal(p[-1], '\0');
}

static void op_hold(void)
{
    int form = rnd(3), member = rnd(MEMBERS), seats[MAX_SEATS], n = some(seats, 4);
    int grade = form == 1 && rnd(2) ? rnd(2) : -1;
    bool together = form == 1 && rnd(2);
    int64_t ttl = rnd(3) ? 1 + rnd(30) : 60000;
    char id[24], list[80];
    snprintf(id, sizeof id, "h%lld", (long long)++serial);
    redisReply *r = run_script("hold.lua", id, num(0, member + 1), num(1, CAP), num(2, ttl), "sig",
                               "1", "g", "", "", "t",
                               form == 0   ? "seats"
                               : form == 1 ? "count"
                                           : "check",
                               form == 0 ? csv(list, seats, n) : num(3, n),
                               grade < 0 ? "" : num(4, grade), together ? "1" : "", NULL);
    m_expire();
    int old = form == 2 ? m.mem[member] : -1;
    if (old >= 0 && m.holds[old].state == 'h') {
        if (m_foreign(old)) {
            assert_true(is(r, "ASK"));
            freeReplyObject(r);
            return;
        }
        m_end(old);
    }
    bool free_all = true;
    for (int i = 0; form == 0 && i < n; i++)
        free_all = free_all && m.map[seats[i]] == 'f';
    if (held_by(member) + n > CAP) {
        assert_true(is(r, "LIMIT"));
    } else if (!free_all) {
        assert_true(is(r, "TAKEN"));
        const redisReply *c = r->element[2];
        for (size_t i = 0; i < c->elements; i += 2)
            assert_int_equal(c->element[i + 1]->str[0], m.map[atoi(c->element[i]->str)]);
    } else if (form != 0 && !possible(n, grade, together)) {
        assert_true(is(r, "FULL"));
    } else {
        if (!is(r, "OK"))
            fail_msg("hold: %s", r->element[0]->str);
        if (form != 0)
            read_pick(r, seats, n, grade);
        int h = m_new(id, member, form == 2);
        m_claim(h, seats, n);
        m.holds[h].exp = now + ttl;
        if (form == 2)
            m.mem[member] = h;
    }
    freeReplyObject(r);
}

static void op_release(void)
{
    int h = any_hold(), member = rnd(MEMBERS);
    bool withdraw = h < 0 || rnd(2);
    if (h >= 0 && rnd(4))
        member = m.holds[h].member;
    redisReply *r = run_script("release.lua", withdraw ? "" : m.holds[h].id, num(0, member + 1), "",
                               "release", NULL);
    m_expire();
    h = withdraw ? m.mem[member] : h;
    if (h < 0 || !m.holds[h].state || m.holds[h].member != member) {
        assert_true(is(r, "NONE"));
    } else if (m.holds[h].state == 'c') {
        assert_true(is(r, "COMMITTING"));
    } else if (m_foreign(h)) {
        assert_true(is(r, "ASK"));
        assert_string_equal(r->element[2]->element[0]->str, m.holds[h].id);
    } else {
        assert_true(is(r, "OK"));
        m_end(h);
    }
    freeReplyObject(r);
}

static void op_extend(void)
{
    int h = any_hold(), ttl = rnd(50);
    if (h < 0)
        return;
    char key[24];
    snprintf(key, sizeof key, "k%lld", (long long)++serial);
    redisReply *r = run_script("extend.lua", m.holds[h].id, num(0, m.holds[h].member + 1),
                               num(1, ttl), key, "2", NULL);
    m_expire();
    if (!m.holds[h].state) {
        assert_true(is(r, "NONE"));
    } else if (m.holds[h].state == 'c') {
        assert_true(is(r, "COMMITTING"));
    } else if (m.holds[h].ext == 2) {
        assert_true(is(r, "LIMIT"));
    } else {
        assert_true(is(r, "OK"));
        m.holds[h].exp = now + ttl;
        m.holds[h].ext++;
    }
    freeReplyObject(r);
}

static void op_grade(void)
{
    int h = any_hold(), grade = rnd(2);
    if (h < 0)
        return;
    redisReply *r = run_script("grade.lua", m.holds[h].id, num(0, m.holds[h].member + 1),
                               num(1, grade), "g", "sig", NULL);
    m_expire();
    struct hold *hold = &m.holds[h];
    if (!hold->state) {
        assert_true(is(r, "NONE"));
    } else if (hold->state == 'c') {
        assert_true(is(r, "COMMITTING"));
    } else if (m_foreign(h)) {
        assert_true(is(r, "ASK"));
    } else {
        for (int i = 0; i < hold->n; i++) {
            m.map[hold->seats[i]] = 'f';
            m.own[hold->seats[i]] = -1;
        }
        int seats[MAX_SEATS], n = hold->n;
        memcpy(seats, hold->seats, sizeof seats);
        bool moved = possible(n, grade, false);
        assert_string_equal(r->element[0]->str, moved ? "OK" : "FULL");
        if (moved)
            read_pick(r, seats, n, grade);
        m_claim(h, seats, n);
    }
    freeReplyObject(r);
}

static void op_promote(void)
{
    int h = any_hold();
    if (h < 0)
        return;
    redisReply *r = run_script("promote.lua", m.holds[h].id, num(0, m.holds[h].member + 1),
                               num(1, rnd(2) * 60000), "", "", NULL);
    m_expire();
    if (!m.holds[h].state) {
        assert_true(is(r, "NONE"));
    } else {
        assert_true(is(r, "OK"));
        int seats[MAX_SEATS];
        read_pick(r, seats, m.holds[h].n, -1);
        assert_memory_equal(seats, m.holds[h].seats, sizeof(int) * (size_t)m.holds[h].n);
        m_commit(h);
        m.holds[h].tries++;
    }
    freeReplyObject(r);
}

static void op_demote(void)
{
    int h = any_hold();
    if (h < 0)
        return;
    struct hold *hold = &m.holds[h];
    redisReply *r = run_script("demote.lua", hold->id, NULL);
    bool lost = false;
    for (int i = 0; i < hold->n; i++)
        lost = lost || m.own[hold->seats[i]] != h;
    if (hold->state != 'c' || hold->tries != 1 || hold->run != m.run) {
        assert_true(is(r, "KEPT"));
    } else if (lost || hold->exp <= now) {
        assert_true(is(r, "NONE"));
        m_end(h);
    } else {
        assert_true(is(r, "OK"));
        hold->state = 'h';
        hold->tries = 0;
        for (int i = 0; i < hold->n; i++)
            m.map[hold->seats[i]] = 'h';
    }
    freeReplyObject(r);
}

/* A change number that is new, or one of the last ten. */
static int64_t change(void)
{
    return rnd(3) ? ++next_change : next_change - rnd(10);
}

static void op_settle(void)
{
    int h = any_hold();
    if (h < 0)
        return;
    struct hold *hold = &m.holds[h];
    char list[80];
    int64_t c = change();
    int n = rnd(4) ? hold->n : rnd(hold->n + 1);
    freeReplyObject(run_script("settle.lua", hold->id, num(0, c), csv(list, hold->seats, n), NULL));
    for (int i = 0; i < n; i++)
        if (m_newer(hold->seats[i], c))
            m_sell(hold->seats[i], h);
    if (hold->state)
        m_end(h);
}

static void op_refuse(void)
{
    int h = any_hold();
    if (h < 0)
        return;
    struct hold hold = m.holds[h];
    char list[80], id[24];
    int64_t c = change();
    int n = rnd(hold.n + 1), kept[MAX_SEATS], k = 0;
    bool move = rnd(3) != 0, was_check = m.mem[hold.member] == h;
    snprintf(id, sizeof id, "h%lld", (long long)++serial);
    redisReply *r = run_script("refuse.lua", hold.id, num(0, c), csv(list, hold.seats, n),
                               move ? id : "", NULL);
    for (int i = 0; i < n; i++)
        if (m_newer(hold.seats[i], c))
            m_sell(hold.seats[i], h);
    for (int i = n; i < hold.n; i++)
        if (m.own[hold.seats[i]] == h)
            kept[k++] = hold.seats[i];
    m_end(h);
    if (move && k > 0 && hold.exp > now) {
        assert_true(is(r, "OK"));
        int fresh = m_new(id, hold.member, hold.check);
        m_claim(fresh, kept, k);
        m.holds[fresh].exp = hold.exp;
        m.holds[fresh].ext = hold.ext;
        if (was_check)
            m.mem[hold.member] = fresh;
    } else {
        assert_true(is(r, "NONE"));
    }
    freeReplyObject(r);
}

static void op_event(void)
{
    int seats[MAX_SEATS], n = some(seats, 3);
    bool sold = rnd(2);
    int64_t c = change();
    char list[80];
    for (int twice = 0; twice < 2; twice++) {
        redisReply *r = run_script("event.lua", sold ? "sold" : "free", num(0, c),
                                   csv(list, seats, n), NULL);
        int applied = 0;
        for (int i = 0; i < n; i++) {
            if (!m_newer(seats[i], c))
                continue;
            applied++;
            if (sold)
                m_sell(seats[i], -1);
            else if (m.map[seats[i]] == 's')
                m.map[seats[i]] = 'f';
        }
        assert_int_equal(r->element[2]->integer, applied);
        freeReplyObject(r);
    }
}

static void op_sweep(void)
{
    redisReply *r = run_script("sweep.lua", num(0, rnd(2) * 1000), "50", NULL);
    m_expire();
    const redisReply *ask_about = r->element[4];
    for (size_t i = 0; i < ask_about->elements; i += 2) {
        bool found = false;
        for (int h = 0; h < HOLDS; h++)
            found = found || (m.holds[h].state == 'c' &&
                              strcmp(m.holds[h].id, ask_about->element[i]->str) == 0);
        assert_true(found);
    }
    freeReplyObject(r);
}

static void op_reconcile(void)
{
    int64_t floor = rnd(4) ? ++next_change : next_change - rnd(10);
    char truth[SIZE + 1] = MAP;
    for (int i = 0; i < SIZE; i++)
        if (seat(i) && rnd(4) ? m.map[i] == 's' : seat(i) && rnd(3) == 0)
            truth[i] = 's';
    redisReply *r = run_script("reconcile.lua", num(0, floor), "sig", "1", GR, truth, NULL);
    if (floor < m.floor) {
        assert_true(is(r, "OLD"));
        freeReplyObject(r);
        return;
    }
    assert_true(is(r, "OK"));
    freeReplyObject(r);
    m.floor = floor;
    bool wrong[SIZE];
    for (int i = 0; i < SIZE; i++)
        wrong[i] = m.chg[i] <= floor && (m.map[i] == 's') != (truth[i] == 's');
    for (int i = 0; i < SIZE; i++)
        if (wrong[i] && truth[i] == 's')
            m_sell(i, -1);
        else if (wrong[i])
            m.map[i] = 'f';
}

/* Another server answers: scripts that give seats away must refuse until the map was reconciled. */
static void op_failover(void)
{
    m.run = !m.run;
    script_run = RUNS[m.run];
    redisReply *r = run_script("hold.lua", "hx", "1", "6", "1000", "sig", "1", "g", "", "", "t",
                               "count", "1", "", "", NULL);
    assert_true(is(r, "STALE"));
    freeReplyObject(r);
    int64_t floor = ++next_change, before = m.version;
    char truth[SIZE + 1];
    for (int i = 0; i <= SIZE; i++)
        truth[i] = m.map[i] == 'h' || m.map[i] == 'c' ? 'f' : m.map[i];
    r = run_script("reconcile.lua", num(0, floor), "sig", "1", GR, truth, NULL);
    assert_true(is(r, "OK"));
    freeReplyObject(r);
    m.floor = floor > m.floor ? floor : m.floor;
    for (int i = 0; i < SIZE; i++)
        if (m.chg[i] <= floor && m.map[i] != 's' && truth[i] == 's')
            m_sell(i, -1);
    same();
    assert_true(m.version > before);
}

static void op_flush(void)
{
    freeReplyObject(ask("DEL " TAG ":map " TAG ":meta"));
    op_install();
}

static void op_check_again(void)
{
    same();
}

static void (*const OPS[])(void) = {
    op_hold,  op_hold,  op_hold,    op_hold,      op_hold,        op_release, op_extend,
    op_grade, op_grade, op_promote, op_promote,   op_demote,      op_settle,  op_refuse,
    op_event, op_event, op_sweep,   op_reconcile, op_check_again,
};

static void scripts_follow_the_model(void **state)
{
    (void)state;
    if (!redis)
        skip();
    const char *given = getenv("TICKETAKA_SEED"), *steps = getenv("TICKETAKA_STEPS");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)tk_wall_ms();
    printf("seed: TICKETAKA_SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout);
    rng = seed * 2654435761u + 1;
    forget();
    op_install();
    for (int i = 0, n = steps ? atoi(steps) : 4000; i < n; i++) {
        if (rnd(30) == 0)
            op_failover();
        else if (rnd(300) == 0)
            op_flush();
        else
            OPS[rnd((int)(sizeof OPS / sizeof *OPS))]();
        same();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(scripts_follow_the_model)};
    return cmocka_run_group_tests(tests, connect_redis, disconnect_redis);
}
