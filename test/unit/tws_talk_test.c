/* The order of a conversation with TWS: what each way of going wrong costs, and what is asked anew.
 * TWS is a tape here: each line what it says, or that it says nothing. */
#include <string.h>

#include "harness.h"
#include "peer.h"
#include "tradewal.h"

#define SILENCE   "silence\n"
#define CLOSED    "closed\n"
#define BEGIN     "connected\nheard 178|20251006 10:16:00 PST|\n"
#define READY     "heard 15|1|DU1,|\nheard 9|1|1|\n"
#define START     BEGIN READY
#define HELD(qty) "heard 61|3|DU1|1|TSLA|STK||0|||N|USD|TSLA|NMS|" qty "|445.26|\nheard 62|1|\n"
#define SOLD(request, id)                                         \
    "heard 11|" request "|0|1|TSLA|STK||0.0|||N|USD|TSLA|NMS|" id \
    "|20251006-14:11:00|DU1|N|SLD|50|450.10|76|2001|0|50|450.10||||||0|\n"
#define SHARED_END    "heard 55|1|9001|\n"
#define TRADER_END    "heard 55|1|9002|\n"
#define ORDERS_END    "heard 53|1|\n"
#define NOTICE(words) "heard 4|2|" words "||\n"
#define CLOCK         "heard 49|1|1759766400|\n"
/* Between two answers about positions. */
#define BETWEEN SHARED_END TRADER_END ORDERS_END ORDERS_END SILENCE
#define REST    BETWEEN HELD("50") CLOCK

/* A stop, as openOrder. */
#define STOP                                                                           \
    "heard 5|7|1|TSLA|STK||0|?||NASDAQ|USD|TSLA|NMS|SELL|50|STP|0.0|443|GTC||DU1||0||" \
    "2001|77|0|0|0|||||||||||0||-1|0||||||2147483647|0|0|0||3|0|0||0|0||0|None||0||||" \
    "?|0|0||0|0||||||0|0|0|2147483647|2147483647|||0|||0|0||0|0|PreSubmitted|||||||||" \
    "||||||0|0|0|None|||||||0||||0|0|0|0|0|||0||||||\n"

static struct {
    tw_broker *broker;
    const tw_answer *answer;
    tw_error why;
    int status;
} talk;

static void hear(const char *lines) {
    struct buffer tape = {0};
    char url[80] = "replay:";
    peer_first_line(&tape);
    tw_buffer_text(&tape, lines);
    strcat(url, peer_path(&tape));
    tw_buffer_free(&tape);
    memset(&talk, 0, sizeof talk);
    ck_assert_int_eq(tw_broker_open(url, &talk.broker, &talk.why), 0);
    talk.status = tw_broker_ask(talk.broker, &talk.answer, &talk.why);
}

static void hear_answer(const char *lines) {
    hear(lines);
    ck_assert_msg(talk.status == 0, "%s", talk.why.text);
}

static void end(void) {
    tw_broker_close(talk.broker);
}

/* How complete positions, orders and executions are, in that order: "CCC", "FPC". */
static void expect(const char *parts, const char *failure) {
    const int64_t found[] = {talk.answer->positions_completeness, talk.answer->orders_completeness,
                             talk.answer->executions_completeness};
    for (int i = 0; i < 3; i++)
        ck_assert_msg(found[i] == (parts[i] == 'C'   ? TW_ANSWER_COMPLETE
                                   : parts[i] == 'P' ? TW_ANSWER_PARTIAL
                                                     : TW_ANSWER_FAILED),
                      "part %d of \"%s\" is %d: %s", i, parts, (int)found[i],
                      talk.answer->failure ? talk.answer->failure : "");
    const char *said = talk.answer->failure;
    ck_assert_msg(failure ? said && strstr(said, failure) : !said, "the reason is %s, expected %s",
                  said, failure);
}

START_TEST(a_quiet_conversation_is_whole) {
    hear_answer(START HELD("50") REST);
    expect("CCC", NULL);
    ck_assert_uint_eq(talk.answer->holding_count, 1);
    ck_assert_int_eq(talk.answer->as_of_ns.value, INT64_C(1759766400000000000));
    ck_assert_str_eq(talk.answer->account, "DU1");
    end();
}
END_TEST

START_TEST(accounts_and_the_next_id_may_come_in_any_order) {
    hear_answer(BEGIN "heard 9|1|1|\nheard 15|1|DU1|\n" HELD("50") REST);
    expect("CCC", NULL);
    end();
    hear(BEGIN "heard 15|1|DU1|\n" SILENCE);
    ck_assert_int_eq(talk.status, TW_E_BROKER);
    ck_assert_ptr_nonnull(strstr(talk.why.text, "it does not say its next order id"));
    end();
    hear(BEGIN "heard 9|1|1|\n" SILENCE);
    ck_assert_ptr_nonnull(strstr(talk.why.text, "it does not say its accounts"));
    end();
}
END_TEST

START_TEST(a_used_id_gives_way_to_the_next_one) {
    hear_answer(BEGIN NOTICE("-1|326|in use") START HELD("50") REST);
    ck_assert_ptr_nonnull(strstr(talk.answer->broker, "client 2011"));
    end();
    hear(BEGIN NOTICE("-1|326|in use") BEGIN NOTICE("-1|326|in use") BEGIN NOTICE("-1|326|in use")
             BEGIN NOTICE("-1|326|in use") BEGIN NOTICE("-1|326|in use")
                 BEGIN NOTICE("-1|326|in use") START);
    ck_assert_int_eq(talk.status, TW_E_BROKER);
    ck_assert_ptr_nonnull(strstr(talk.why.text, "client id 2011 is in use"));
    end();
}
END_TEST

START_TEST(a_second_try_forgets_what_the_first_one_heard) {
    hear_answer(START "heard 61|3|DU1|2|ES|STK||0|||N|USD|ES|ES|9|1|\n" SILENCE HELD("50")
                    SOLD("9001", "a.01") SILENCE SOLD("9001", "b.01") REST);
    expect("CCC", NULL);
    ck_assert_uint_eq(talk.answer->holding_count, 1);
    ck_assert_uint_eq(talk.answer->execution_count, 1);
    ck_assert_str_eq(talk.answer->executions[0].exec_id, "b.01");
    end();
}
END_TEST

START_TEST(each_part_that_does_not_end_is_the_one_that_failed) {
    hear_answer(START SILENCE SILENCE SHARED_END TRADER_END ORDERS_END ORDERS_END CLOCK);
    expect("FCC", "its positions");
    end();
    hear_answer(START HELD("50") SILENCE SILENCE ORDERS_END ORDERS_END SILENCE HELD("50") CLOCK);
    expect("CCF", "executions of today");
    end();
    hear_answer(START HELD("50") SHARED_END SILENCE SILENCE ORDERS_END ORDERS_END SILENCE HELD("50")
                    CLOCK);
    expect("CCF", "executions of today");
    end();
    hear_answer(START HELD("50") SHARED_END TRADER_END SILENCE SILENCE SILENCE HELD("50") CLOCK);
    expect("CFC", "the open orders");
    end();
    hear_answer(START HELD("50") SHARED_END TRADER_END ORDERS_END SILENCE SILENCE SILENCE HELD("50")
                    CLOCK);
    expect("CFC", "its own open orders");
    end();
    hear_answer(START HELD("50") BETWEEN SILENCE SILENCE CLOCK);
    expect("FCC", "its positions");
    end();
    hear_answer(START HELD("50") BETWEEN HELD("50") SILENCE SILENCE);
    expect("CCC", "its clock");
    ck_assert_int_eq(talk.answer->as_of_ns.known, 0);
    end();
}
END_TEST

START_TEST(the_first_reason_is_the_one_that_is_told) {
    hear_answer(START HELD("50") SILENCE SILENCE SILENCE SILENCE SILENCE HELD("50") CLOCK);
    expect("CFF", "executions of today");
    end();
}
END_TEST

START_TEST(a_refusal_is_not_waited_out_and_not_asked_again) {
    hear_answer(START HELD("50") SHARED_END TRADER_END NOTICE("-1|321|Read-Only") SILENCE HELD("50")
                    CLOCK);
    expect("CFC", "refused to tell the open orders (321: Read-Only)");
    end();
    hear_answer(START HELD("50") NOTICE("9001|321|no") ORDERS_END ORDERS_END SILENCE HELD("50")
                    CLOCK);
    expect("CCF", "refused to tell the executions");
    end();
    hear_answer(START HELD("50") NOTICE("12|321|an order of others") REST);
    expect("CCC", NULL);
    end();
}
END_TEST

START_TEST(only_the_end_of_this_request_ends_it) {
    hear_answer(START HELD("50") "heard 55|1|8999|\n" SILENCE
                                 "heard 55|1|9002|\n" SILENCE ORDERS_END ORDERS_END SILENCE HELD(
                                     "50") CLOCK);
    expect("CCF", "executions of today");
    end();
    hear_answer(START HELD("50") "heard 55|1|8999|\n" ORDERS_END SOLD("9001", "a.01") REST);
    expect("CCC", NULL);
    ck_assert_uint_eq(talk.answer->execution_count, 1);
    end();
}
END_TEST

START_TEST(the_executions_of_the_trader_are_added) {
    hear_answer(START HELD("50") SOLD("9001", "a.01") SHARED_END SOLD("9002", "b.01")
                    SOLD("9002", "a.01") TRADER_END ORDERS_END ORDERS_END SILENCE HELD("50") CLOCK);
    ck_assert_uint_eq(talk.answer->execution_count, 2);
    end();
}
END_TEST

/* ---- two equal answers --------------------------------------------------------------------- */

START_TEST(where_positions_moved_orders_and_executions_are_those_told_last) {
    hear_answer(START HELD("100") SHARED_END TRADER_END STOP ORDERS_END ORDERS_END SILENCE HELD(
        "50") SOLD("9001", "a.01") REST);
    expect("CCC", NULL);
    ck_assert_uint_eq(talk.answer->order_count, 0);
    ck_assert_uint_eq(talk.answer->execution_count, 1);
    ck_assert_int_eq(talk.answer->holdings[0].qty_e8, INT64_C(5000000000));
    end();
}
END_TEST

START_TEST(an_order_that_is_told_is_in_the_answer) {
    hear_answer(START HELD("50")
                    SHARED_END TRADER_END STOP ORDERS_END STOP ORDERS_END SILENCE HELD("50") CLOCK);
    ck_assert_uint_eq(talk.answer->order_count, 1);
    ck_assert_int_eq(talk.answer->orders[0].stop_e8.value, INT64_C(44300000000));
    end();
}
END_TEST

START_TEST(what_failed_before_positions_moved_and_then_came_is_no_reason) {
    hear_answer(START HELD("100") SILENCE SILENCE ORDERS_END ORDERS_END SILENCE HELD("50") REST);
    expect("CCC", NULL);
    end();
}
END_TEST

START_TEST(positions_that_are_never_twice_the_same_are_partial) {
    hear_answer(START HELD("1") BETWEEN HELD("2") BETWEEN HELD("3") BETWEEN HELD("4") CLOCK);
    expect("PCC", "asked 4 times");
    end();
}
END_TEST

START_TEST(a_fill_that_nobody_asked_for_has_everything_asked_again) {
    hear_answer(START HELD("50") BETWEEN SOLD("-1", "a.01") HELD("50") SOLD("9001", "b.01")
                    BETWEEN HELD("50") CLOCK);
    expect("CCC", NULL);
    ck_assert_uint_eq(talk.answer->execution_count, 1);
    ck_assert_str_eq(talk.answer->executions[0].exec_id, "b.01");
    end();
    hear_answer(START HELD("50") SHARED_END TRADER_END SOLD("9002", "a.01")
                    ORDERS_END ORDERS_END SILENCE HELD("50") CLOCK);
    expect("CCC", NULL);
    ck_assert_uint_eq(talk.answer->execution_count, 1);
    end();
}
END_TEST

/* ---- TWS without IBKR ---------------------------------------------------------------------- */

START_TEST(while_tws_has_lost_its_servers_no_part_is_complete) {
    hear_answer(START HELD("50") NOTICE("-1|1100|lost") REST);
    expect("PPP", "1100 or 2110");
    end();
    hear_answer(START SILENCE SILENCE NOTICE("-1|2110|lost")
                    SHARED_END TRADER_END ORDERS_END ORDERS_END CLOCK);
    expect("FPP", "its positions");
    end();
}
END_TEST

START_TEST(once_it_has_them_again_everything_is_asked_again) {
    hear_answer(START HELD("100") NOTICE("-1|1100|lost") NOTICE("-1|1102|restored")
                    BETWEEN HELD("100") CLOCK HELD("50") REST);
    expect("CCC", NULL);
    ck_assert_int_eq(talk.answer->holdings[0].qty_e8, INT64_C(5000000000));
    end();
    hear_answer(START HELD("50") NOTICE("-1|1102|r") REST HELD("50") NOTICE("-1|1101|r")
                    REST HELD("50") NOTICE("-1|1102|r") REST);
    expect("PPP", "1100 or 2110");
    end();
}
END_TEST

START_TEST(a_notice_that_ends_the_connection_is_a_failure_of_the_whole) {
    static const char *const ends[][2] = {{NOTICE("-1|1300|4003"), "changed its port"},
                                          {NOTICE("-1|100|slow"), "too many messages"},
                                          {CLOSED, "closed the connection"}};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char lines[2000] = START;
        strcat(lines, ends[i][0]);
        strcat(lines, START HELD("50") REST);
        hear(lines);
        ck_assert_int_eq(talk.status, TW_E_BROKER);
        ck_assert_msg(strstr(talk.why.text, ends[i][1]), "%s", talk.why.text);
        /* The tape goes on with the next try. */
        ck_assert_int_eq(tw_broker_ask(talk.broker, &talk.answer, &talk.why), 0);
        expect("CCC", NULL);
        end();
    }
}
END_TEST

START_TEST(a_tape_that_ends_or_turns_early_is_not_taken_for_silence) {
    static const char *const early[] = {"",
                                        START,
                                        START HELD("50"),
                                        START HELD("50") BETWEEN,
                                        START HELD("50") "connected\n" REST,
                                        START HELD("50") "refused x\n" REST};
    for (size_t i = 0; i < sizeof early / sizeof early[0]; i++) {
        hear(early[i]);
        ck_assert_int_eq(talk.status, TW_E_PARSE);
        ck_assert_msg(strstr(talk.why.text, "the tape ends here"), "%s", talk.why.text);
        end();
    }
    hear("refused nobody listens\n");
    ck_assert_int_eq(talk.status, TW_E_BROKER);
    ck_assert_ptr_nonnull(strstr(talk.why.text, "nobody listens"));
    end();
}
END_TEST

int main(void) {
    Suite *suite = suite_create("tws_talk");
    TCase *cases = tcase_create("tws_talk");
    tcase_add_test(cases, a_quiet_conversation_is_whole);
    tcase_add_test(cases, accounts_and_the_next_id_may_come_in_any_order);
    tcase_add_test(cases, a_used_id_gives_way_to_the_next_one);
    tcase_add_test(cases, a_second_try_forgets_what_the_first_one_heard);
    tcase_add_test(cases, each_part_that_does_not_end_is_the_one_that_failed);
    tcase_add_test(cases, the_first_reason_is_the_one_that_is_told);
    tcase_add_test(cases, a_refusal_is_not_waited_out_and_not_asked_again);
    tcase_add_test(cases, only_the_end_of_this_request_ends_it);
    tcase_add_test(cases, the_executions_of_the_trader_are_added);
    tcase_add_test(cases, where_positions_moved_orders_and_executions_are_those_told_last);
    tcase_add_test(cases, an_order_that_is_told_is_in_the_answer);
    tcase_add_test(cases, what_failed_before_positions_moved_and_then_came_is_no_reason);
    tcase_add_test(cases, positions_that_are_never_twice_the_same_are_partial);
    tcase_add_test(cases, a_fill_that_nobody_asked_for_has_everything_asked_again);
    tcase_add_test(cases, while_tws_has_lost_its_servers_no_part_is_complete);
    tcase_add_test(cases, once_it_has_them_again_everything_is_asked_again);
    tcase_add_test(cases, a_notice_that_ends_the_connection_is_a_failure_of_the_whole);
    tcase_add_test(cases, a_tape_that_ends_or_turns_early_is_not_taken_for_silence);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
