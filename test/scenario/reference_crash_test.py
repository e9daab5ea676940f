#!/usr/bin/env python3
"""The four crashes of the reference scenario: with an open position, after a partial, after two
attempts, and with a fill while nobody was listening."""
from reference import (COUNTERS, ENTRY, NVDA, PARTIAL, Reference, at, attempt, exact, fill, holding,
                       main)

STOP_ORDER = [{"type": "order_submitted", "time": at("10:05:48"), "order_ref": "tsla-stop",
               "symbol": "TSLA", "action": "SELL", "purpose": "stop", "qty": "100",
               "order_type": "STP", "stop": "443.80", "tif": "DAY"},
              {"type": "order_updated", "time": at("10:05:49"), "order_ref": "tsla-stop",
               "perm_id": "1760000000000000001", "status": "acknowledged"}]
SELL_SENT = {"type": "order_submitted", "time": at("10:14:59.871"), "order_ref": "tsla-3",
             "symbol": "TSLA", "action": "SELL", "purpose": "exit", "qty": "50",
             "order_type": "LMT", "limit": "451.00"}


class WithAnOpenPosition(Reference):
    def setUp(self):
        super().setUp()
        self.crash(*ENTRY, *STOP_ORDER)

    def test_the_restart_knows_that_it_was_a_crash_and_when(self):
        found = self.journal.view("recover")
        self.assertEqual(found["last_session"]["ended"], "crash")
        self.assertEqual(found["last_session"]["time"][:19], at("10:05:49")[:19])
        self.assertRegex(self.journal.tell("recover"), r"Last session +crashed 10:05:49\.000")

    def test_the_position_goes_on_with_stop_pivot_and_targets(self):
        self.journal.tell("recover", "--apply")
        tesla = self.journal.state()["positions"]["TSLA"]
        self.assertEqual([tesla[name] for name in
                          ("side", "quantity", "entry_price", "remaining", "pivot", "stop",
                           "target1", "target2")],
                         ["LONG", 100, exact("445.25"), 1, exact("444.77"), exact("443.8"), 450,
                          exact("460.25")])

    def test_the_resting_stop_is_known_by_its_perm_id(self):
        order = self.journal.view("recover")["state"]["orders"]["tsla-stop"]
        self.assertEqual((order["status"], order["perm_id"], order["stop"]),
                         ("acknowledged", "1760000000000000001", exact("443.8")))

    def test_an_order_without_an_answer_is_in_doubt(self):
        self.crash(SELL_SENT)
        self.assertEqual(self.journal.view("recover")["in_doubt"], ["tsla-3"])
        self.assertIn("ask the broker about tsla-3 before placing any order in TSLA",
                      self.journal.tell("recover"))


class AfterAPartial(Reference):
    def setUp(self):
        super().setUp()
        self.crash(*ENTRY, *PARTIAL)

    def tesla(self):
        return self.journal.view("recover")["state"]["positions"]["TSLA"]

    def test_50_are_left_and_half_remains_not_a_quarter(self):
        tesla = self.tesla()
        self.assertEqual((tesla["shares"], tesla["quantity"], tesla["remaining"]),
                         (100, 50, exact("0.5")))

    def test_the_stop_is_at_breakeven(self):
        tesla = self.tesla()
        self.assertEqual((tesla["stop"], tesla["stop_reason"]), (exact("445.25"), "breakeven"))

    def test_the_partial_is_remembered_with_its_price_and_its_profit(self):
        tesla = self.tesla()
        taken, = tesla["partials_taken"]
        self.assertEqual((taken["qty"], taken["price"], taken["reason"]),
                         (50, exact("450.1"), "target1"))
        self.assertEqual(tesla["realized"], exact("242.5"))

    def test_told_again_after_the_crash_it_is_taken_once(self):
        counts, _ = self.journal.append(PARTIAL[:2])
        self.assertEqual(counts, (0, 2, 0))
        tesla = self.tesla()
        self.assertEqual((tesla["quantity"], tesla["remaining"], len(tesla["partials_taken"])),
                         (50, exact("0.5"), 1))

    def test_the_second_half_closes_the_trade_with_both_profits(self):
        self.journal.add(fill("10:40:00", "SELL", "50", "445.25", "stop-1"))
        analytics = self.journal.state()["analytics"]
        self.assertEqual((analytics["daily_pnl"], analytics["total_trades"],
                          analytics["winners"]), (exact("242.5"), 1, 1))


class AfterTwoAttempts(Reference):
    def setUp(self):
        super().setUp()
        self.crash(attempt("09:45:31"), attempt("10:05:40"))

    def test_both_attempts_are_remembered(self):
        self.assertRegex(self.journal.tell("recover"), r"Attempts +TSLA long 2 of 2 at 444\.77")

    def test_a_third_entry_stays_blocked(self):
        said = self.journal.refused(attempt("10:20:00"))
        self.assertIn("TSLA long at 444.77 has had 2 of 2 attempts today", said)

    def test_it_stays_blocked_when_the_trader_no_longer_says_the_limit(self):
        self.journal.refused(attempt("10:20:00", max=None))

    def test_another_level_another_side_and_another_symbol_are_free(self):
        self.journal.add(attempt("10:20:00", level="446.00"), attempt("10:20:01", side="SHORT"),
                         attempt("10:20:02", "NVDA", "725.00"))

    def test_after_a_snapshot_it_is_the_same(self):
        self.journal.tell("checkpoint", "take")
        self.crash(*NVDA)
        self.assertGreater(self.journal.view("recover")["snapshot_seq"], 0)
        self.journal.refused(attempt("10:20:00"))


class WithAFillWhileItWasDown(Reference):
    MISSED = {"exec_id": "0000e0d5.68e3c1ff.01.01", "symbol": "TSLA", "action": "SELL",
              "qty": "50", "price": "450.10", "fee": "1.00", "order_ref": "tsla-3",
              "time": "2025-10-06T10:15:20-04:00"}
    ANSWER = {"complete": True, "positions": [holding("TSLA", "50", "445.25")],
              "orders": [], "completed_orders": [], "executions": [MISSED]}

    def setUp(self):
        super().setUp()
        self.crash(*COUNTERS, *ENTRY, SELL_SENT)
        self.reconcile(self.ANSWER, "--apply")

    def test_the_missed_fill_is_booked_at_its_real_price(self):
        state = self.journal.state()
        self.assertEqual(self.positions(), {"TSLA": ("LONG", 50)})
        self.assertEqual(state["analytics"]["daily_pnl"], exact("241.50"))
        self.assertIs(state["analytics"]["pnl_incomplete"], False)
        self.assertEqual(state["positions"]["TSLA"]["remaining"], exact("0.5"))
        self.assertEqual(state["gates"], [])

    def test_the_order_in_doubt_is_settled_by_it(self):
        self.assertEqual(self.journal.state()["orders"]["tsla-3"]["status"], "filled")
        self.assertEqual(self.journal.view("recover")["in_doubt"], [])

    def test_the_broker_s_stream_tells_it_again_and_it_counts_once(self):
        told = dict(fill("10:15:20", "SELL", "50", "450.10", self.MISSED["exec_id"],
                         order_ref="tsla-3"), fee="1.00")
        self.assertEqual(self.journal.append([told])[0], (0, 1, 0))
        self.assertEqual(self.positions(), {"TSLA": ("LONG", 50)})

    def test_the_log_says_where_it_came_from(self):
        booked = next(event for event in self.journal.export() if event["type"] == "fill" and
                      event["exec_id"] == self.MISSED["exec_id"])
        self.assertEqual(booked["source"], "query")
        self.assertEqual(booked["broker_time"][:19], "2025-10-06T10:15:20")

    def test_a_second_restart_finds_nothing_more(self):
        before = self.journal.state()["analytics"]
        # What stays open stays visible: nothing protects the position.
        again = self.reconcile(dict(self.ANSWER, as_of="2025-10-06T10:17:00-04:00"), "--apply")
        self.assertEqual([one["case"] for one in again if one["fresh"]], [])
        self.assertEqual([one["case"] for one in again if one["differs"]], ["D26"])
        self.assertEqual(self.positions(), {"TSLA": ("LONG", 50)})
        self.assertEqual(self.journal.state()["analytics"], before)


if __name__ == "__main__":
    main()
