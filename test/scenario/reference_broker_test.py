#!/usr/bin/env python3
"""The reference scenario against the broker: what agrees, what does not, and what is not known. The
broker owns the quantity, the log owns why."""
from reference import (ENTRY, NVDA, Reference, attempt, exact, fill, holding, main, without)

BOTH = [holding("TSLA", "100", "445.25"), holding("NVDA", "100", "725.50")]
SELL = {"exec_id": "0000e0d5.68e3c1ff.01.01", "symbol": "TSLA", "action": "SELL", "qty": "50",
        "price": "450.10", "fee": "0", "time": "2025-10-06T10:16:00-04:00"}


def complete(*positions, **more):
    return {"complete": True, "positions": list(positions), **more}


class AgainstTheBroker(Reference):
    def setUp(self):
        super().setUp()
        self.crash(*ENTRY, *NVDA)

    def gates(self):
        return {gate["scope"] for gate in self.journal.state()["gates"]}

    def refused_entry(self, symbol):
        return self.journal.refused(attempt("10:20:00", symbol, "500"))

    def test_both_sides_the_same_is_a_match(self):
        self.assertEqual(self.cases(complete(*BOTH), status=0), {"TSLA": "D1", "NVDA": "D1"})
        self.reconcile(complete(*BOTH), "--apply", status=0)
        self.assertEqual(self.gates(), set())
        self.assertEqual(self.positions(), {"TSLA": ("LONG", 100), "NVDA": ("LONG", 100)})

    def test_log_100_broker_50_takes_the_broker_s_50_and_locks_the_symbol(self):
        answer = complete(holding("TSLA", "50", "445.25"), BOTH[1])
        self.assertEqual(self.cases(answer, "--apply"), {"TSLA": "D2", "NVDA": "D1"})
        state = self.journal.state()
        tesla = state["positions"]["TSLA"]
        self.assertEqual((tesla["quantity"], tesla["remaining"], tesla["entry_price"],
                          tesla["pivot"], tesla["stop"]),
                         (50, exact("0.5"), exact("445.25"), exact("444.77"), exact("443.8")))
        self.assertIs(state["analytics"]["pnl_incomplete"], True)
        self.assertEqual(self.gates(), {"TSLA"})
        self.assertIn("TSLA", self.refused_entry("TSLA"))

    def test_a_difference_that_executions_explain_is_booked_and_not_locked(self):
        answer = complete(holding("TSLA", "50", "445.25"), BOTH[1], executions=[SELL])
        self.reconcile(answer, "--apply")
        state = self.journal.state()
        self.assertEqual(state["analytics"]["daily_pnl"], exact("242.50"))
        self.assertEqual(self.positions(), {"TSLA": ("LONG", 50), "NVDA": ("LONG", 100)})
        self.assertEqual(self.gates(), set())

    def test_log_has_tesla_the_broker_says_flat_closes_at_an_unknown_price(self):
        answer = complete(holding("TSLA", "0"), BOTH[1])
        self.assertEqual(self.cases(answer, "--apply")["TSLA"], "D5")
        state = self.journal.state()
        self.assertEqual(self.positions(), {"NVDA": ("LONG", 100)})
        self.assertEqual(state["analytics"]["daily_pnl"], 0)
        self.assertIs(state["analytics"]["pnl_incomplete"], True)
        self.assertEqual(state["analytics"]["winners"] + state["analytics"]["losers"], 0)
        self.assertIn("TSLA", self.gates())

    def test_a_symbol_absent_from_a_complete_answer_is_gone(self):
        self.assertEqual(self.cases(complete(BOTH[1]), "--apply")["TSLA"], "D6")
        self.assertEqual(self.positions(), {"NVDA": ("LONG", 100)})

    def test_a_symbol_absent_from_a_partial_answer_is_kept_and_locked(self):
        answer = {"complete": False, "positions": [BOTH[1]]}
        self.assertEqual(self.cases(answer, "--apply"), {None: "D7", "TSLA": "D6", "NVDA": "D1"})
        self.assertEqual(self.positions(), {"TSLA": ("LONG", 100), "NVDA": ("LONG", 100)})
        self.assertLessEqual({"all", "TSLA"}, self.gates())

    def test_the_broker_has_amd_the_log_has_not_adopts_it_as_estimated(self):
        answer = complete(*BOTH, holding("AMD", "200", "165.30"))
        finding = next(one for one in self.reconcile(answer, "--apply") if one["symbol"] == "AMD")
        self.assertEqual((finding["case"], finding["action"]), ("D8", "ask"))
        amd = self.journal.state()["positions"]["AMD"]
        self.assertEqual((amd["side"], amd["quantity"], amd["entry_price"], amd["estimated"],
                          amd["pivot"], amd["stop"], amd["target1"]),
                         ("LONG", 200, exact("165.3"), True, None, None, None))
        self.assertEqual(self.gates(), {"AMD"})

    def test_an_unreachable_broker_leaves_the_log_s_state_and_halts_entries(self):
        before = without(self.journal.state(), "seq", "timestamp", "gates", "findings")
        finding, = self.reconcile(None, "--apply")
        self.assertEqual((finding["case"], finding["action"], finding["critical"]),
                         ("D7", "halt", True))
        self.assertIn("possible drift", finding["text"])
        after = self.journal.state()
        self.assertEqual({symbol: without(position, "gated")
                          for symbol, position in after["positions"].items()},
                         {symbol: without(position, "gated")
                          for symbol, position in before["positions"].items()})
        self.assertEqual(after["analytics"], before["analytics"])
        self.assertEqual(self.gates(), {"all"})
        self.assertIn("gated", self.refused_entry("MSFT"))

    def test_exits_are_logged_behind_every_gate(self):
        self.reconcile(None, "--apply")
        self.journal.add(fill("10:21:00", "SELL", "100", "446.25", "exit-1"))
        self.assertEqual(self.positions(), {"NVDA": ("LONG", 100)})
        self.assertEqual(self.journal.state()["analytics"]["daily_pnl"], 100)

    def test_going_on_without_the_broker_takes_a_name_on_record(self):
        self.reconcile(None, "--apply")
        self.journal.add({"type": "gate", "time": "2025-10-06T10:22:00-04:00", "scope": "all",
                          "state": "open", "reason": "checked by telephone", "by": "kj"})
        self.journal.add(attempt("10:23:00", "MSFT", "500"))
        self.assertEqual([event["by"] for event in self.journal.export()
                          if event["type"] == "gate" and event["state"] == "open"], ["kj"])

    def test_looking_changes_nothing(self):
        before = self.journal.tell("export")
        for answer in (complete(holding("TSLA", "50")), complete(), None):
            self.reconcile(answer)
        self.assertEqual(self.journal.tell("export"), before)

    def test_asking_again_finds_nothing_new(self):
        answer = complete(holding("TSLA", "50", "445.25"), BOTH[1],
                          holding("AMD", "200", "165.30"))
        self.reconcile(answer, "--apply")
        before = without(self.journal.state(), "seq", "timestamp")
        again = self.journal.tell("reconcile", "--broker",
                                  "file:" + self.write("broker.json", answer), "-o", "json",
                                  "--apply", status=0)
        self.assertEqual([one["symbol"] for one in exact(again)["findings"] if one["fresh"]], [])
        self.assertEqual(without(self.journal.state(), "seq", "timestamp"), before)


if __name__ == "__main__":
    main()
