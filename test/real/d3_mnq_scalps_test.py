#!/usr/bin/env python3
"""Three days of MNQ scalps, a day file each: 1,289 fills, many in one second. The broker pairs them
by FIFO; every day ends flat, so average cost must give the same 8,226.00 in total and by day."""
from decimal import Decimal

from fills import Set, need, table, with_instruments

import journal

FOLDER = need("d3-tradovate-mnq-scalps-2026-02")
DAYS = ("2026-02-11", "2026-02-12", "2026-02-13")
# The source has no fees: they are known to be none.
ROWS = [dict(row, fee="0") for row in table(FOLDER, "fills.tsv")]
STATED = {row["close_date"]: Decimal(row["pnl"]) for row in table(FOLDER, "stated_pnl.tsv")}


def of_all_days():
    """Each day tells its own instruments: a day file stands by itself."""
    return [event for day in DAYS
            for event in with_instruments("d3", [row for row in ROWS
                                                 if row["ts"].startswith(day)])]


class MnqScalps(Set):
    events = of_all_days()

    def test_each_day_earns_what_the_broker_says_and_ends_flat(self):
        for day in DAYS:
            state = self.journal.state("--date", day)
            self.assertEqual(state["date"], day)
            self.assertEqual(state["analytics"]["daily_pnl"], STATED[day])
            self.assertEqual(state["positions"], {})
            self.assertIs(state["analytics"]["pnl_incomplete"], False)

    def test_all_days_together_earn_8226(self):
        total = sum(self.journal.state("--date", day)["analytics"]["daily_pnl"] for day in DAYS)
        self.assertEqual(total, Decimal("8226.00"))

    def test_fifo_gives_the_same_from_flat_to_flat(self):
        fifo = journal.Journal.make(self.folder, "fifo", "--cost", "fifo")
        fifo.append(self.events)
        for day in DAYS:
            self.assertEqual([trade["result"] for trade in fifo.view("trades", "--date", day)],
                             [trade["result"] for trade in
                              self.journal.view("trades", "--date", day)])

    def test_every_fill_is_there_once_and_in_order(self):
        there = [event["exec_id"] for event in self.journal.export("--all")
                 if event["type"] == "fill"]
        self.assertEqual(there, [row["exec_id"] for row in ROWS])
        self.assertEqual(len(there), 1289)

    def test_three_days_killed_half_way_come_out_the_same(self):
        self.die_half_way()


journal.main()
