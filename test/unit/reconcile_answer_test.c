/* What an answer must be, what is remembered of it, and what a proposal is: D35 and the rules of
 * the interface. */
#include <stdlib.h>

#include "reconcile_kit.h"

static void assert_refused(struct world *world, int code, const char *words) {
    struct buffer before = {0}, after = {0};
    tw_error why = {0};
    day_bytes(world->day.state, &before);
    int status = reconcile_gives(world, &why);
    ck_assert_msg(status == code, "%s: %s", tw_error_name(status), why.text);
    ck_assert_msg(strstr(why.text, words), "\"%s\", expected \"%s\" in it", why.text, words);
    day_bytes(world->day.state, &after);
    ck_assert_uint_eq(before.size, after.size);
    ck_assert_mem_eq(before.data, after.data, before.size);
    tw_buffer_free(&before);
    tw_buffer_free(&after);
    world_close(world);
}

START_TEST(an_answer_that_does_not_say_how_complete_it_is_is_refused) {
    struct world world;
    hold_tesla(&world);
    world.answer.positions_completeness = 0;
    assert_refused(&world, TW_E_INCOMPLETE, "positions are complete");
    hold_tesla(&world);
    executed(&world, "e1", "TSLA", TW_ACTION_BUY, "1", "1", NULL);
    world.answer.executions_completeness = 0;
    assert_refused(&world, TW_E_INCOMPLETE, "executions are complete");
    hold_tesla(&world);
    working(&world, "t1", 1, "TSLA", TW_ACTION_BUY, "LMT", "1", "1");
    assert_refused(&world, TW_E_INCOMPLETE, "open orders are complete");
    hold_tesla(&world);
    world.answer.positions_completeness = 9;
    assert_refused(&world, TW_E_UNKNOWN_NAME, "9");
}
END_TEST

START_TEST(d35_the_answer_of_another_account_or_environment_is_refused) {
    struct world world;
    hold_tesla(&world);
    world.answer.account = "U999";
    assert_refused(&world, TW_E_OTHER_ACCOUNT, "of account U999, the journal of DU1");
    hold_tesla(&world);
    world.answer.environment = TW_ENVIRONMENT_LIVE;
    assert_refused(&world, TW_E_OTHER_ACCOUNT, "live account");
}
END_TEST

START_TEST(an_answer_that_does_not_name_its_account_is_taken) {
    struct world world;
    hold_tesla(&world);
    world.answer.account = NULL;
    world.answer.environment = 0;
    hold(&world, "TSLA", "100", NULL);
    reconcile(&world);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(text_that_is_not_clean_spoils_the_whole_answer) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TS\x1b[1mLA", "100", NULL);
    assert_refused(&world, TW_E_TEXT, "position 0: symbol is \"TS\\x1b");
    hold_tesla(&world);
    executed(&world, "e1", "TSLA", TW_ACTION_BUY, "1", "1", NULL)->order_ref = "a\nb";
    assert_refused(&world, TW_E_TEXT, "execution 0: order_ref");
    hold_tesla(&world);
    ask_orders(&world);
    working(&world, "t1", 1, "TSLA", TW_ACTION_BUY, "LMT", "1", "1")->status = "\xff";
    assert_refused(&world, TW_E_TEXT, "order 0: status");
    hold_tesla(&world);
    hold(&world, "", "100", NULL);
    assert_refused(&world, TW_E_TEXT, "symbol is missing");
}
END_TEST

START_TEST(text_is_taken_at_its_limit_and_refused_one_past_it) {
    char text[66];
    memset(text, 'x', 65);
    text[65] = 0;
    struct world world;
    hold_tesla(&world);
    hold(&world, text, "100", NULL);
    assert_refused(&world, TW_E_TEXT, "more than 64 bytes");
    world_open(&world);
    text[64] = 0;
    hold(&world, text, "100", NULL);
    executed(&world, text, text, TW_ACTION_BUY, "100", "1", NULL);
    reconcile(&world);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(two_rows_for_one_symbol_are_refused) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "100", NULL);
    hold(&world, "TSLA", "0", NULL);
    assert_refused(&world, TW_E_BROKER, "two rows for TSLA");
}
END_TEST

START_TEST(two_rows_for_one_execution_that_contradict_each_other_are_refused) {
    struct world world;
    hold_tesla(&world);
    executed(&world, "e9", "TSLA", TW_ACTION_BUY, "1", "445", NULL);
    executed(&world, "e9", "TSLA", TW_ACTION_BUY, "2", "445", NULL);
    assert_refused(&world, TW_E_BROKER, "two rows for execution e9");
}
END_TEST

START_TEST(of_two_rows_for_one_execution_the_fuller_one_counts) {
    struct world world;
    world_open(&world);
    hold(&world, "TSLA", "1", NULL);
    executed(&world, "e9", "TSLA", TW_ACTION_BUY, "1", "445", NULL);
    executed(&world, "e9", "TSLA", TW_ACTION_BUY, "1", "445", "0.35");
    reconcile(&world);
    apply(&world);
    ck_assert_int_eq(day_execution(&world.day, "e9")->fee_e8, e8("0.35"));
    world_close(&world);
}
END_TEST

START_TEST(one_symbol_in_two_currencies_is_refused) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "100", NULL)->currency = "EUR";
    assert_refused(&world, TW_E_BROKER, "TSLA comes in EUR, expected USD");
}
END_TEST

START_TEST(a_price_below_zero_is_for_instruments_that_can_have_one) {
    struct world world;
    world_open(&world);
    executed(&world, "e9", "CL", TW_ACTION_BUY, "1", "-37.63", NULL);
    assert_refused(&world, TW_E_RANGE, "below 0");
    world_open(&world);
    hold(&world, "CL", "1", "-37.63")->sec_type = "FUT";
    executed(&world, "e9", "CL", TW_ACTION_BUY, "1", "-37.63", NULL);
    reconcile(&world);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(quantities_that_do_not_fit_are_refused) {
    struct world world;
    world_open(&world);
    executed(&world, "a", "TSLA", TW_ACTION_BUY, "92233720368", "1", NULL);
    executed(&world, "b", "TSLA", TW_ACTION_BUY, "92233720368", "1", NULL);
    assert_refused(&world, TW_E_RANGE, "64 bits");
}
END_TEST

START_TEST(more_rows_than_the_limit_are_refused) {
    struct world world;
    hold_tesla(&world);
    world.answer.holding_count = 100001;
    assert_refused(&world, TW_E_RANGE, "at most 100000");
    hold_tesla(&world);
    world.answer.execution_count = 1100001;
    assert_refused(&world, TW_E_RANGE, "at most 1100000");
}
END_TEST

START_TEST(a_row_without_its_size_is_refused) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "100", NULL)->size = 0;
    assert_refused(&world, TW_E_INVALID, "size");
}
END_TEST

START_TEST(a_state_without_its_history_is_not_compared_with_executions) {
    struct world world;
    hold_tesla(&world);
    world.day.state->history_from = 2;
    executed(&world, "e9", "TSLA", TW_ACTION_BUY, "1", "445", NULL);
    assert_refused(&world, TW_E_HISTORY, "not in memory");
}
END_TEST

START_TEST(a_state_without_a_session_is_refused) {
    struct world world;
    tw_state *empty = NULL;
    tw_proposal *proposal = NULL;
    hold_tesla(&world);
    ck_assert_int_eq(tw_state_new(&empty), 0);
    ck_assert_int_eq(tw_reconcile(empty, &world.answer, NULL, 0, &proposal, NULL), TW_E_INVALID);
    ck_assert_int_eq(tw_reconcile(NULL, &world.answer, NULL, 0, &proposal, NULL), TW_E_INVALID);
    ck_assert_int_eq(tw_reconcile(world.day.state, &world.answer, NULL, 3, &proposal, NULL),
                     TW_E_INVALID);
    tw_state_free(empty);
    world_close(&world);
}
END_TEST

/* ---- evidence
 * ------------------------------------------------------------------------------------------ */

START_TEST(the_answer_is_recorded_with_its_digest_and_completeness) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "100", NULL);
    world.answer.as_of_ns = tw_known(TEST_TIME_NS);
    world.answer.orders_completeness = TW_ANSWER_FAILED;
    reconcile(&world);
    const tw_broker_answer *answer = &event_of(&world, TW_TYPE_broker_answer, 0)->as.broker_answer;
    ck_assert_uint_eq(strlen(answer->digest), 64);
    ck_assert_int_eq(answer->completeness, TW_ANSWER_PARTIAL);
    ck_assert_int_eq(answer->as_of_ns.value, TEST_TIME_NS);
    ck_assert_int_eq(answer->positions, 1);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(the_same_answer_at_another_time_leaves_no_trace) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "100", NULL);
    world.answer.as_of_ns = tw_known(TEST_TIME_NS);
    reconcile(&world);
    apply(&world);
    world.answer.as_of_ns = tw_known(TEST_TIME_NS + 1);
    reconcile(&world);
    ck_assert_uint_eq(tw_proposal_events(world.proposal), 0);
    world_close(&world);
}
END_TEST

START_TEST(an_answer_older_than_the_last_execution_is_refused) {
    struct world world;
    tw_proposal *proposal = NULL;
    tw_error why = {0};
    hold_tesla(&world);
    hold(&world, "TSLA", "0", NULL);
    world.answer.as_of_ns = tw_known(TEST_TIME_NS - INT64_C(3600000000000));
    ck_assert_int_eq(tw_reconcile(world.day.state, &world.answer, NULL, 0, &proposal, &why),
                     TW_E_BROKER);
    ck_assert_ptr_nonnull(strstr(why.text, "TSLA"));
    ck_assert_ptr_null(proposal);
    /* Clocks differ a little: seconds are no reason. */
    world.answer.as_of_ns = tw_known(TEST_TIME_NS - INT64_C(1000000000));
    reconcile(&world);
    world_close(&world);
}
END_TEST

START_TEST(what_reconcile_booked_itself_does_not_make_its_answer_too_old) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "50", NULL);
    world.answer.as_of_ns = tw_known(world.day.time_ns);
    world.day.time_ns += INT64_C(600000000000);
    reconcile(&world);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(an_answer_older_than_the_last_answer_is_refused) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "50", NULL);
    world.answer.as_of_ns = tw_known(TEST_TIME_NS + INT64_C(600000000000));
    reconcile(&world);
    apply(&world);
    world.holdings[0].qty_e8 = e8("100");
    world.answer.as_of_ns = tw_known(TEST_TIME_NS + INT64_C(300000000000));
    assert_refused(&world, TW_E_BROKER, "the log has an answer of");
}
END_TEST

START_TEST(another_answer_with_nothing_new_is_one_record) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "100", NULL);
    reconcile(&world);
    apply(&world);
    hold(&world, "AMD", "0", NULL);
    reconcile(&world);
    ck_assert_uint_eq(tw_proposal_events(world.proposal), 1);
    apply(&world);
    world_close(&world);
}
END_TEST

START_TEST(events_carry_neither_time_nor_seq) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "50", NULL);
    reconcile(&world);
    for (uint64_t i = 0; i < tw_proposal_events(world.proposal); i++) {
        const tw_event *event = tw_proposal_event(world.proposal, i);
        ck_assert_uint_eq(event->seq, 0);
        ck_assert_int_eq(event->time_ns, 0);
        ck_assert_uint_eq(event->cause, 0);
        ck_assert_int_ne(event->source, 0);
    }
    ck_assert_int_eq(tw_proposal_event(world.proposal, 0)->type, TW_TYPE_broker_answer);
    ck_assert_int_eq(tw_proposal_event(world.proposal, 1)->type, TW_TYPE_finding);
    ck_assert_int_eq(tw_proposal_event(world.proposal, 2)->type, TW_TYPE_fill_inferred);
    ck_assert_int_eq(tw_proposal_event(world.proposal, 3)->type, TW_TYPE_gate);
    ck_assert_uint_eq(world.proposal->state_seq, world.day.state->last_seq);
    world_close(&world);
}
END_TEST

START_TEST(rows_of_a_part_that_failed_are_not_looked_at) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "100", NULL);
    executed(&world, "e9", "TSLA", TW_ACTION_SELL, "50", "450", NULL);
    working(&world, NULL, 7, "TSLA", TW_ACTION_SELL, "LMT", "100", "460");
    world.answer.executions_completeness = TW_ANSWER_FAILED;
    world.answer.orders_completeness = TW_ANSWER_FAILED;
    reconcile(&world);
    /* The two sides agree; that two parts failed is said twice, and nothing is booked. */
    ck_assert_uint_eq(tw_proposal_findings(world.proposal), 3);
    ck_assert_uint_eq(count_events(&world, TW_TYPE_finding), 2);
    ck_assert_uint_eq(count_events(&world, TW_TYPE_gate), 1);
    ck_assert_uint_eq(tw_proposal_events(world.proposal), 4);
    apply(&world);
    world_close(&world);
}
END_TEST

/* "Read-Only API" on, and a stop that may be there or not: nobody starts on that in silence. */
START_TEST(open_orders_that_nobody_told_halt_all_entries_until_they_are_told) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "100", NULL);
    world.answer.orders_completeness = TW_ANSWER_FAILED;
    world.answer.failure = "TWS refused";
    reconcile(&world);
    finding_says(&world, "D7", NULL, NULL, "failed", TW_FINDING_HALT, "TWS refused");
    assert_gates(&world, "all", "D7: ");
    apply(&world);
    reconcile(&world);
    ck_assert_uint_eq(tw_proposal_events(world.proposal), 0);
    working(&world, NULL, 7, "TSLA", TW_ACTION_SELL, "STP", "100", NULL);
    world.answer.orders_completeness = TW_ANSWER_COMPLETE;
    world.answer.failure = NULL;
    reconcile(&world);
    const tw_event *gate = event_of(&world, TW_TYPE_gate, 0);
    ck_assert_str_eq(gate->as.gate.scope, "all");
    ck_assert_int_eq(gate->as.gate.state, TW_GATE_OPEN);
    world_close(&world);
}
END_TEST

START_TEST(a_finding_that_stays_open_outlives_the_state_that_it_came_from) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "50", NULL);
    reconcile(&world);
    apply(&world);
    day_close(&world.day);
    finding_says(&world, "D2", "TSLA", "LONG 100", "LONG 50", TW_FINDING_INFER, "unexplained");
    world_close(&world);
}
END_TEST

START_TEST(a_proposal_outlives_the_answer_and_the_state_it_was_made_from) {
    struct world world;
    world_open(&world);
    char *symbol = strdup("AMD"), *exec_id = strdup("m1"), *ref = strdup("hand");
    ck_assert_ptr_nonnull(symbol);
    ck_assert_ptr_nonnull(exec_id);
    ck_assert_ptr_nonnull(ref);
    hold(&world, symbol, "50", NULL);
    executed(&world, exec_id, symbol, TW_ACTION_BUY, "50", "165", NULL)->order_ref = ref;
    reconcile(&world);
    free(symbol);
    free(exec_id);
    free(ref);
    day_close(&world.day);
    const tw_fill *fill = &event_of(&world, TW_TYPE_fill, 0)->as.fill;
    ck_assert_str_eq(fill->symbol, "AMD");
    ck_assert_str_eq(fill->exec_id, "m1");
    ck_assert_str_eq(fill->order_ref, "hand");
    ck_assert_str_eq(finding(&world, "D14", "AMD").about, "m1");
    world_close(&world);
}
END_TEST

START_TEST(what_lies_past_the_end_of_a_proposal_is_not_found) {
    struct world world;
    hold_tesla(&world);
    hold(&world, "TSLA", "100", NULL);
    reconcile(&world);
    tw_finding_view view = {.size = sizeof view}, small = {.size = 8};
    ck_assert_int_eq(tw_proposal_finding(world.proposal, 1, &view), TW_E_NOT_FOUND);
    ck_assert_int_eq(tw_proposal_finding(world.proposal, 0, &small), TW_E_INVALID);
    ck_assert_ptr_null(tw_proposal_event(world.proposal, 1));
    ck_assert_uint_eq(tw_proposal_findings(NULL), 0);
    ck_assert_uint_eq(tw_proposal_events(NULL), 0);
    tw_proposal_free(NULL);
    world_close(&world);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("reconcile_answer");
    TCase *tcase = tcase_create("answers");
    tcase_add_test(tcase, an_answer_that_does_not_say_how_complete_it_is_is_refused);
    tcase_add_test(tcase, d35_the_answer_of_another_account_or_environment_is_refused);
    tcase_add_test(tcase, an_answer_that_does_not_name_its_account_is_taken);
    tcase_add_test(tcase, text_that_is_not_clean_spoils_the_whole_answer);
    tcase_add_test(tcase, text_is_taken_at_its_limit_and_refused_one_past_it);
    tcase_add_test(tcase, two_rows_for_one_symbol_are_refused);
    tcase_add_test(tcase, two_rows_for_one_execution_that_contradict_each_other_are_refused);
    tcase_add_test(tcase, of_two_rows_for_one_execution_the_fuller_one_counts);
    tcase_add_test(tcase, one_symbol_in_two_currencies_is_refused);
    tcase_add_test(tcase, a_price_below_zero_is_for_instruments_that_can_have_one);
    tcase_add_test(tcase, quantities_that_do_not_fit_are_refused);
    tcase_add_test(tcase, more_rows_than_the_limit_are_refused);
    tcase_add_test(tcase, a_row_without_its_size_is_refused);
    tcase_add_test(tcase, a_state_without_its_history_is_not_compared_with_executions);
    tcase_add_test(tcase, a_state_without_a_session_is_refused);
    suite_add_tcase(suite, tcase);
    TCase *evidence = tcase_create("evidence");
    tcase_add_test(evidence, the_answer_is_recorded_with_its_digest_and_completeness);
    tcase_add_test(evidence, the_same_answer_at_another_time_leaves_no_trace);
    tcase_add_test(evidence, what_reconcile_booked_itself_does_not_make_its_answer_too_old);
    tcase_add_test(evidence, an_answer_older_than_the_last_answer_is_refused);
    tcase_add_test(evidence, another_answer_with_nothing_new_is_one_record);
    tcase_add_test(evidence, an_answer_older_than_the_last_execution_is_refused);
    tcase_add_test(evidence, events_carry_neither_time_nor_seq);
    tcase_add_test(evidence, rows_of_a_part_that_failed_are_not_looked_at);
    tcase_add_test(tcase, open_orders_that_nobody_told_halt_all_entries_until_they_are_told);
    tcase_add_test(evidence, a_finding_that_stays_open_outlives_the_state_that_it_came_from);
    tcase_add_test(evidence, a_proposal_outlives_the_answer_and_the_state_it_was_made_from);
    tcase_add_test(evidence, what_lies_past_the_end_of_a_proposal_is_not_found);
    suite_add_tcase(suite, evidence);
    return run_suite(suite);
}
