/*
 * The rules of the sale protocol that the scripts keep, one test each, named after the rule: †N is
 * the number that ARCHITECTURE.md and the scripts give it. A test fails when its rule is dropped.
 */
#include "server/performance/script_test.h"

/* Two rows of eight; A1 to A4 are of grade 0, all others of grade 1. */
#define MAP "ffffffff\nffffffff\n"
#define GR  "00001111\n11111111\n"

static void install_at(const char *floor, const char *map)
{
    forget();
    script_run = "run-a";
    redisReply *r = run_script("install_begin.lua", "n", "5000", NULL);
    assert_true(is(r, "WON"));
    freeReplyObject(r);
    r = run_script("install.lua", "n", map, GR, floor, "sig", "1", NULL);
    assert_true(is(r, "OK"));
    freeReplyObject(r);
}

static int fresh(void **state)
{
    (void)state;
    if (redis)
        install_at("100", MAP);
    return 0;
}

static void expect(redisReply *reply, const char *status)
{
    assert_string_equal(reply->element[0]->str, status);
    freeReplyObject(reply);
}

static redisReply *hold_with(const char *id, const char *member, const char *ttl, const char *form,
                             const char *what)
{
    return run_script("hold.lua", id, member, "8", ttl, "sig", "1", "V\t2\nR\t1\n", "", "", "",
                      form, what, "", "", NULL);
}

static void hold(const char *id, const char *member, const char *seats)
{
    expect(hold_with(id, member, "60000", "seats", seats), "OK");
}

static void promote(const char *id, const char *member)
{
    expect(run_script("promote.lua", id, member, "60000", "", "", NULL), "OK");
}

static void map_is(const char *row1, const char *row2)
{
    char want[32];
    snprintf(want, sizeof want, "%s\n%s\n", row1, row2);
    redisReply *r = run_script("read.lua", "", "map", NULL);
    assert_string_equal(r->element[8]->str, want);
    freeReplyObject(r);
}

static int64_t version(void)
{
    redisReply *r = run_script("read.lua", "", "counts", NULL);
    int64_t v = atoll(r->element[2]->str);
    freeReplyObject(r);
    return v;
}

/* ---- a committing hold is nobody's to end ------------------------------------ */
static void t4_withdraw_and_delete_leave_a_committing_hold(void **state)
{
    (void)state;
    hold("h1", "1", "0,1");
    promote("h1", "1");
    expect(run_script("release.lua", "h1", "1", "", "delete", NULL), "COMMITTING");
    map_is("ccffffff", "ffffffff");
}

static void t4_a_second_check_leaves_a_committing_hold(void **state)
{
    (void)state;
    expect(hold_with("h1", "1", "60000", "check", "2"), "OK");
    promote("h1", "1");
    expect(run_script("release.lua", "", "1", "", "withdraw", NULL), "COMMITTING");
    expect(hold_with("h2", "1", "60000", "check", "1"), "OK");
    redisReply *r = ask("EXISTS " TAG ":h:h1");
    assert_int_equal(r->integer, 1);
    freeReplyObject(r);
}

static void t4_a_second_check_replaces_a_held_one(void **state)
{
    (void)state;
    expect(hold_with("h1", "1", "60000", "check", "8"), "OK");
    expect(hold_with("h2", "1", "60000", "check", "8"), "OK");
    redisReply *r = run_script("read.lua", "", "counts", NULL);
    assert_int_equal(r->element[3]->integer, 8);
    freeReplyObject(r);
    expect(hold_with("h3", "2", "60000", "check", "8"), "OK");
    expect(hold_with("h4", "1", "60000", "check", "8"), "OK");
}

static void t4_grade_moves_all_or_none_and_never_when_committing(void **state)
{
    (void)state;
    hold("h1", "1", "4,5");
    expect(run_script("grade.lua", "h1", "1", "0", "V\t2\nR\t1\n", "sig", NULL), "OK");
    map_is("ffhhffff", "ffffffff");
    hold("h2", "2", "0");
    hold("h3", "3", "9,10,11");
    expect(run_script("grade.lua", "h3", "3", "0", "V\t2\nR\t1\n", "sig", NULL), "FULL");
    map_is("hfhhffff", "hhhfffff");
    promote("h1", "1");
    expect(run_script("grade.lua", "h1", "1", "1", "V\t2\nR\t1\n", "sig", NULL), "COMMITTING");
}

static void t4_the_sweeper_leaves_a_committing_hold(void **state)
{
    (void)state;
    expect(hold_with("h2", "2", "60000", "seats", "1"), "OK");
    expect(run_script("promote.lua", "h2", "2", "0", "", "", NULL), "OK");
    freeReplyObject(
        ask("ZADD " TAG ":exp XX 1 h2")); /* its time is over, if anybody still keeps it */
    expect(hold_with("h1", "1", "1", "seats", "0"), "OK");
    usleep(3000);
    redisReply *r = run_script("sweep.lua", "1000", "50", NULL);
    assert_int_equal(r->element[3]->integer, 1);
    assert_int_equal(r->element[4]->elements, 2);
    assert_string_equal(r->element[4]->element[0]->str, "h2");
    assert_string_equal(r->element[4]->element[1]->str, "2");
    freeReplyObject(r);
    map_is("fcffffff", "ffffffff");
}

static void t7_extend_leaves_a_committing_hold(void **state)
{
    (void)state;
    hold("h1", "1", "0");
    promote("h1", "1");
    expect(run_script("extend.lua", "h1", "1", "1000", "k", "2", NULL), "COMMITTING");
}

static void t7_a_promoted_hold_repeats_the_same_seats(void **state)
{
    (void)state;
    hold("h1", "1", "0,9");
    for (int i = 0; i < 2; i++) {
        redisReply *r = run_script("promote.lua", "h1", "1", "60000", "", "", NULL);
        assert_string_equal(field(r, "seats"), "0:0,9:1");
        freeReplyObject(r);
        expect(run_script("event.lua", "sold", "101", "0", NULL), "OK");
    }
    expect(run_script("promote.lua", "h9", "1", "60000", "", "", NULL), "NONE");
    expect(run_script("promote.lua", "h1", "2", "60000", "", "", NULL), "NONE");
}

/* ---- a failover may have thrown a committing hold back ----------------------- */
static void t8_a_hold_of_another_run_is_asked_about_first(void **state)
{
    (void)state;
    const char *const ways[] = {"delete", "check", "grade", "expiry"};
    for (int i = 0; i < 4; i++) {
        install_at("100", MAP);
        expect(hold_with("h1", "1", i == 3 ? "1" : "60000", "check", "1"), "OK");
        script_run = "run-b";
        usleep(i == 3 ? 3000 : 0);
        if (i != 0) /* what gives seats away wants a reconciled map first */
            expect(run_script("reconcile.lua", "101", "sig", "1", GR, MAP, NULL), "OK");
        if (strcmp(ways[i], "delete") == 0)
            expect(run_script("release.lua", "h1", "1", "", "delete", NULL), "ASK");
        else if (strcmp(ways[i], "check") == 0)
            expect(hold_with("h2", "1", "60000", "check", "1"), "ASK");
        else if (strcmp(ways[i], "grade") == 0)
            expect(run_script("grade.lua", "h1", "1", "1", "V\t2\nR\t1\n", "sig", NULL), "ASK");
        else
            expect(run_script("sweep.lua", "1000", "50", NULL), "OK");
        redisReply *r = run_script("read.lua", "", "counts", NULL);
        assert_int_equal(r->element[5]->integer, 1); /* committing: only an answer ends it */
        freeReplyObject(r);
    }
}

static void t8_a_newer_free_does_not_free_a_hold(void **state)
{
    (void)state;
    hold("h1", "1", "0");
    hold("h2", "2", "1");
    promote("h2", "2");
    expect(run_script("event.lua", "free", "105", "0,1", NULL), "OK");
    map_is("hcffffff", "ffffffff");
    expect(run_script("event.lua", "sold", "104", "0,1", NULL), "OK");
    map_is("hcffffff", "ffffffff");
}

/* ---- change numbers ---------------------------------------------------------- */
static void t9_settle_frees_every_other_seat(void **state)
{
    (void)state;
    hold("h1", "1", "0,1,2");
    promote("h1", "1");
    expect(run_script("settle.lua", "h1", "101", "1", NULL), "OK");
    map_is("fsffffff", "ffffffff");
    expect(run_script("promote.lua", "h1", "1", "60000", "", "", NULL), "NONE");
}

static void t11_settle_after_the_cancel_takes_nothing_back(void **state)
{
    (void)state;
    hold("h1", "1", "0,1");
    promote("h1", "1");
    expect(run_script("event.lua", "free", "102", "0,1", NULL), "OK");
    expect(run_script("settle.lua", "h1", "101", "0,1", NULL), "OK");
    map_is("ffffffff", "ffffffff");
    expect(run_script("settle.lua", "h1", "101", "0,1", NULL), "OK");
    map_is("ffffffff", "ffffffff");
}

static void t11_events_in_any_order_and_twice_end_the_same(void **state)
{
    (void)state;
    const char *const events[4][2] = {
        {"sold", "101"}, {"free", "102"}, {"sold", "103"}, {"free", "104"}};
    for (int p = 0; p < 24; p++) {
        int order[4] = {0, 1, 2, 3}, n = p;
        for (int i = 3; i > 0; i--) {
            int j = n % (i + 1), swap = order[i];
            n /= i + 1;
            order[i] = order[j];
            order[j] = swap;
        }
        install_at("100", MAP);
        for (int i = 0; i < 8; i++)
            expect(run_script("event.lua", events[order[i % 4]][0], events[order[i % 4]][1], "3",
                              NULL),
                   "OK");
        map_is("ffffffff", "ffffffff");
    }
}

static void t11_an_event_without_a_map_makes_the_installer_read_again(void **state)
{
    (void)state;
    forget();
    expect(run_script("install_begin.lua", "n", "5000", NULL), "WON");
    expect(run_script("install_begin.lua", "m", "5000", NULL), "BUSY");
    expect(run_script("event.lua", "sold", "101", "0", NULL), "NOMAP");
    expect(run_script("install.lua", "n", MAP, GR, "100", "sig", "1", NULL), "LOST");
    expect(run_script("install_begin.lua", "n", "5000", NULL), "WON");
    expect(run_script("settle.lua", "h1", "102", "0", NULL), "NOMAP");
    expect(run_script("install.lua", "n", MAP, GR, "100", "sig", "1", NULL), "LOST");
}

static void t6_a_sold_seat_ends_the_held_hold_that_had_it(void **state)
{
    (void)state;
    hold("h1", "1", "0,1,2");
    hold("h2", "2", "3,4");
    promote("h2", "2");
    expect(run_script("event.lua", "sold", "101", "1,3", NULL), "OK");
    map_is("fsfscfff", "ffffffff");
    expect(run_script("look.lua", "h1", "1", "", "", NULL), "NONE");
    expect(run_script("look.lua", "h2", "2", "", "", NULL), "OK");
}

static void t14_events_up_to_the_floor_are_dropped(void **state)
{
    (void)state;
    expect(run_script("event.lua", "sold", "100", "0", NULL), "OK");
    expect(run_script("event.lua", "sold", "99", "1", NULL), "OK");
    expect(run_script("event.lua", "sold", "101", "2", NULL), "OK");
    map_is("ffsfffff", "ffffffff");
}

static void t14_reconcile_changes_only_what_is_not_above_its_floor(void **state)
{
    (void)state;
    install_at("100", "ssffffff\nffffffff\n");
    expect(run_script("event.lua", "sold", "110", "2", NULL), "OK");
    expect(run_script("event.lua", "free", "111", "1", NULL), "OK");
    /* read at 105: 0 was cancelled, 3 sold; of 1 and 2 the map knows more */
    expect(run_script("reconcile.lua", "105", "sig", "1", GR, "fsfsffff\nffffffff\n", NULL), "OK");
    map_is("ffssffff", "ffffffff");
    expect(run_script("event.lua", "sold", "105", "0", NULL), "OK");
    map_is("ffssffff", "ffffffff");
    expect(run_script("reconcile.lua", "104", "sig", "1", GR, MAP, NULL), "OLD");
    map_is("ffssffff", "ffffffff");
}

/* Where a sweeper died with the reminder in its hand, reconciling brings it back: the earliest of all. */
static void a_question_is_due_before_a_later_expiry(void **state)
{
    (void)state;
    hold("h1", "1", "0");
    expect(run_script("promote.lua", "h1", "1", "1000", "", "", NULL), "OK");
    hold("h2", "2", "1");
    redisReply *r = run_script("reconcile.lua", "100", "sig", "1", GR, MAP, NULL);
    assert_true(is(r, "OK"));
    int64_t left = r->element[3]->integer - r->element[1]->integer;
    freeReplyObject(r);
    assert_true(left > 0 && left <= 1000);
}

static void t20_a_refusal_names_the_sold_and_moves_the_others(void **state)
{
    (void)state;
    hold("h1", "1", "0,1,2");
    promote("h1", "1");
    redisReply *r = run_script("refuse.lua", "h1", "101", "1", "h2", NULL);
    assert_string_equal(field(r, "seats"), "0:0,2:0");
    assert_string_equal(field(r, "own"), "1");
    expect(r, "OK");
    map_is("hshfffff", "ffffffff");
    /* the answer was lost: the repeat finds the same hold and changes nothing */
    r = run_script("refuse.lua", "h1", "101", "1", "h2", NULL);
    assert_string_equal(field(r, "seats"), "0:0,2:0");
    expect(r, "OK");
    map_is("hshfffff", "ffffffff");
    /* refused by a question: nobody has the seats */
    promote("h2", "1");
    expect(run_script("refuse.lua", "h2", "0", "", "", NULL), "NONE");
    map_is("fsffffff", "ffffffff");
    /* the other sale was cancelled before the map heard of it: its seat is free */
    hold("h3", "1", "4,5");
    promote("h3", "1");
    expect(run_script("event.lua", "free", "103", "5", NULL), "OK");
    expect(run_script("refuse.lua", "h3", "102", "5", "h4", NULL), "OK");
    map_is("fsffhfff", "ffffffff");
}

/* ---- another server ---------------------------------------------------------- */
static void a_map_of_another_server_is_reconciled_before_a_hold(void **state)
{
    (void)state;
    int64_t before = version();
    script_run = "run-b";
    expect(hold_with("h1", "1", "60000", "seats", "0"), "STALE");
    expect(run_script("reconcile.lua", "101", "sig", "1", GR, "sfffffff\nffffffff\n", NULL), "OK");
    assert_true(version() >> 22 > before >> 22);
    expect(hold_with("h1", "1", "60000", "seats", "0"), "TAKEN");
    /* another price list, another version */
    before = version();
    expect(run_script("reconcile.lua", "102", "sig2", "1", GR, "sfffffff\nffffffff\n", NULL), "OK");
    assert_true(version() > before);
    expect(hold_with("h1", "1", "60000", "seats", "1"), "PLAN");
}

static void demote_only_undoes_what_nobody_else_may_have_sent(void **state)
{
    (void)state;
    hold("h1", "1", "0");
    promote("h1", "1");
    expect(run_script("demote.lua", "h1", NULL), "OK");
    map_is("hfffffff", "ffffffff");
    promote("h1", "1");
    promote("h1", "1");
    expect(run_script("demote.lua", "h1", NULL), "KEPT");
    map_is("cfffffff", "ffffffff");
}

/* ---- keys -------------------------------------------------------------------- */
static redisReply *keyed(const char *id, const char *key, const char *body)
{
    return run_script("hold.lua", id, "1", "8", "60000", "sig", "1", "V\t2\nR\t1\n", key, body, "",
                      "count", "1", "", "", NULL);
}

static void one_key_is_one_hold_and_outlives_it(void **state)
{
    (void)state;
    expect(keyed("h1", "k", "b"), "OK");
    expect(keyed("h2", "k", "b"), "AGAIN");
    expect(keyed("h2", "k", "other"), "REUSED");
    redisReply *r = ask("PTTL " TAG ":i:k");
    assert_in_range(r->integer, 650000, 660000);
    freeReplyObject(r);
    expect(run_script("release.lua", "h1", "1", "", "delete", NULL), "OK");
    expect(keyed("h2", "k", "b"), "GONE");
    r = ask("PTTL " TAG ":i:k");
    assert_in_range(r->integer, 590000, 600000);
    freeReplyObject(r);
}

static void a_refused_hold_leaves_no_key(void **state)
{
    (void)state;
    hold("h1", "1", "0,1,2,3,4,5,6,7");
    hold("h2", "2", "9,10,11,12,13,14,15,16");
    expect(run_script("hold.lua", "h3", "3", "8", "60000", "sig", "1", "g", "k", "b", "", "count",
                      "1", "", "", NULL),
           "FULL");
    redisReply *r = ask("EXISTS " TAG ":i:k");
    assert_int_equal(r->integer, 0);
    freeReplyObject(r);
}

static void a_create_key_finds_its_hold_after_the_end(void **state)
{
    (void)state;
    expect(hold_with("h1", "1", "60000", "check", "1"), "OK");
    expect(run_script("promote.lua", "h1", "1", "60000", "ck", "body", NULL), "OK");
    expect(run_script("settle.lua", "h1", "101", "3", NULL), "OK");
    expect(hold_with("h2", "1", "60000", "check", "1"), "OK");
    redisReply *r = run_script("look.lua", "", "1", "ck", "body", NULL);
    assert_string_equal(r->element[2]->str, "h1");
    expect(r, "NONE");
    expect(run_script("look.lua", "", "1", "ck", "other", NULL), "REUSED");
    expect(run_script("promote.lua", "h2", "1", "60000", "ck", "body", NULL), "REUSED");
}

/* ---- picking ----------------------------------------------------------------- */
static void picks(const char *map, const char *n, const char *grade, const char *together,
                  const char *seats)
{
    install_at("100", map);
    redisReply *r = run_script("hold.lua", "h1", "1", "8", "60000", "sig", "1", "V\t2\nR\t1\n", "",
                               "", "", "count", n, grade, together, NULL);
    if (seats) {
        assert_string_equal(r->element[0]->str, "OK");
        assert_string_equal(field(r, "seats"), seats);
    } else {
        assert_string_equal(r->element[0]->str, "FULL");
    }
    freeReplyObject(r);
}

static void picks_together_in_front_and_nearest_the_middle(void **state)
{
    (void)state;
    picks(MAP, "2", "", "", "2:0,3:0");
    picks(MAP, "2", "1", "", "4:1,5:1");
    picks(MAP, "5", "", "", "10:1,11:1,12:1,13:1,14:1"); /* no grade has five in row one */
    picks("ffssffff\nffffffff\n", "2", "", "", "4:1,5:1");
    picks("sfssssfs\nffffffff\n", "2", "", "1", "12:1,13:1");
    picks("ffffffff\nssssssss\n", "1", "", "", "3:0");
}

static void splits_only_when_it_may_and_into_few_parts(void **state)
{
    (void)state;
    picks("sfsfffss\nffsfffsf\n", "4", "1", "1", NULL);
    picks("sfsfffss\nffsfffsf\n", "4", "1", "", "12:1,13:1,14:1,4:1");
    picks("fsfsfsfs\nssssssss\n", "4", "", "", "0:0,2:0,4:1,6:1"); /* grades are mixed at last */
    picks("fsfsfsfs\nssssssss\n", "5", "", "", NULL);
}

static void drop_asks_first_and_leaves_nothing(void **state)
{
    (void)state;
    hold("h1", "1", "0");
    hold("h2", "2", "1");
    promote("h2", "2");
    expect(run_script("drop.lua", NULL), "ASK");
    expect(run_script("refuse.lua", "h2", "0", "", "", NULL), "NONE");
    expect(run_script("drop.lua", NULL), "OK");
    redisReply *r = ask("KEYS " TAG ":*");
    assert_int_equal(r->elements, 0);
    freeReplyObject(r);
}

#define RULE(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(t4_withdraw_and_delete_leave_a_committing_hold),
        RULE(t4_a_second_check_leaves_a_committing_hold),
        RULE(t4_a_second_check_replaces_a_held_one),
        RULE(t4_grade_moves_all_or_none_and_never_when_committing),
        RULE(t4_the_sweeper_leaves_a_committing_hold),
        RULE(t6_a_sold_seat_ends_the_held_hold_that_had_it),
        RULE(t7_extend_leaves_a_committing_hold),
        RULE(t7_a_promoted_hold_repeats_the_same_seats),
        RULE(t8_a_hold_of_another_run_is_asked_about_first),
        RULE(t8_a_newer_free_does_not_free_a_hold),
        RULE(t9_settle_frees_every_other_seat),
        RULE(t11_settle_after_the_cancel_takes_nothing_back),
        RULE(t11_events_in_any_order_and_twice_end_the_same),
        RULE(t11_an_event_without_a_map_makes_the_installer_read_again),
        RULE(t14_events_up_to_the_floor_are_dropped),
        RULE(t14_reconcile_changes_only_what_is_not_above_its_floor),
        RULE(a_question_is_due_before_a_later_expiry),
        RULE(t20_a_refusal_names_the_sold_and_moves_the_others),
        RULE(a_map_of_another_server_is_reconciled_before_a_hold),
        RULE(demote_only_undoes_what_nobody_else_may_have_sent),
        RULE(one_key_is_one_hold_and_outlives_it),
        RULE(a_refused_hold_leaves_no_key),
        RULE(a_create_key_finds_its_hold_after_the_end),
        RULE(picks_together_in_front_and_nearest_the_middle),
        RULE(splits_only_when_it_may_and_into_few_parts),
        RULE(drop_asks_first_and_leaves_nothing),
    };
    if (connect_redis(NULL) != 0)
        return 1;
    int failed = redis ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
    disconnect_redis(NULL);
    return failed;
}
