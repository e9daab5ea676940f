#!/usr/bin/env python3
"""A day of NVDA scalps: 83 fills, four of them through zero. The broker says 99.00 and flat.

Its cash section is masked: no fee is known, so the day's result is told as not complete."""
from decimal import Decimal

from fills import Set, need, table, with_instruments

import journal

FOLDER = need("d1-tos-nvda-scalps-2022-06-21")
ROWS = table(FOLDER, "fills.tsv")


class NvdaScalps(Set):
    events = with_instruments("d1", ROWS)

    def stated(self):
        return Decimal(next(row["pl_day"] for row in table(FOLDER, "stated_pnl.tsv")
                            if row["underlying"] == "NVDA"))

    def test_the_day_earns_what_the_broker_says_and_ends_flat(self):
        state = self.journal.state()
        self.assertEqual(self.stated(), Decimal("99.00"))
        self.assertEqual(state["analytics"]["daily_pnl"], self.stated())
        self.assertEqual(state["positions"], {})
        self.assertIs(state["analytics"]["pnl_incomplete"], True)

    def test_trades_go_from_flat_to_flat_and_add_up_to_the_day(self):
        trades = self.journal.view("trades")
        analytics = self.journal.state()["analytics"]
        self.assertEqual(len(trades), analytics["total_trades"])
        self.assertEqual(sum(Decimal(trade["result"]) for trade in trades), self.stated())
        self.assertTrue(all(trade["qty"] == trade["exited"] for trade in trades))

    def test_four_executions_go_through_zero(self):
        held, through = 0, 0
        trades = self.journal.view("trades")
        for row in ROWS:
            after = held + int(row["qty"])
            through += held * after < 0
            held = after
        self.assertEqual(through, 4)
        closes = [trade["close_seq"] for trade in trades]
        opens = [trade["open_seq"] for trade in trades]
        self.assertEqual(len(set(opens) & set(closes)), through)

    def test_a_day_killed_half_way_comes_out_the_same(self):
        self.die_half_way()


journal.main()
