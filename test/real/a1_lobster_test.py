#!/usr/bin/env python3
"""46,409 market executions of AAPL and AMZN with stamps of a nanosecond, all on one account that is
assigned here: it takes the side of each aggressor. Asked are count, sums and order, and that no
stamp loses a digit on its way through the log."""
import gzip
import os
from decimal import Decimal

from fills import Set, events_of, need, signed

import journal

FOLDER = need("a1-lobster-2012-06-21")
DAY = "2012-06-21"
ZONE = "-04:00"


def stamp(seconds):
    """34200.017459617 seconds after midnight, with nine digits."""
    whole, _, part = seconds.partition(".")
    hours, rest = divmod(int(whole), 3600)
    return "%sT%02d:%02d:%02d.%s%s" % (DAY, hours, rest // 60, rest % 60, part.ljust(9, "0"), ZONE)


def executions():
    with gzip.open(os.path.join(FOLDER, "executions.tsv.gz"), "rt") as file:
        names = file.readline().split()
        for line in file:
            row = dict(zip(names, line.rstrip("\n").split("\t")))
            price = Decimal(row["price_e4"]) / 10000
            yield {"type": "fill", "symbol": row["symbol"], "qty": row["size"],
                   "time": stamp(row["sec_after_midnight"]), "price": str(price), "fee": "0",
                   "action": "BUY" if row["aggressor"] == "1" else "SELL",
                   "exec_id": "a1-%06d" % int(row["seq"])}


def value(event):
    sign = 1 if event["action"] == "BUY" else -1
    return sign * Decimal(event["qty"]) * Decimal(event["price"])


class Lobster(Set):
    events = list(executions())
    one_by_one = False

    def test_all_46409_executions_come_out_in_the_order_they_went_in(self):
        there = events_of(self.journal)
        self.assertEqual(len(there), 46409)
        self.assertEqual([event["exec_id"] for event in there],
                         [event["exec_id"] for event in self.events])
        seqs = [event["seq"] for event in there]
        self.assertEqual(seqs, list(range(seqs[0], seqs[0] + 46409)))

    def test_no_stamp_loses_a_nanosecond(self):
        self.assertEqual([event["time"] for event in events_of(self.journal)],
                         [event["time"] for event in self.events])
        self.assertTrue(any(not event["time"].endswith("000" + ZONE) for event in self.events))

    def test_what_is_held_is_the_sum_of_all_sizes(self):
        wanted = {}
        for event in self.events:
            sign = 1 if event["action"] == "BUY" else -1
            wanted[event["symbol"]] = (wanted.get(event["symbol"], 0) +
                                       sign * Decimal(event["qty"]))
        self.assertEqual({symbol: signed(position) for symbol, position
                          in self.journal.state()["positions"].items()}, wanted)

    def test_result_and_cost_add_up_to_what_was_paid(self):
        state = self.journal.state()
        cost = sum(signed(position) * position["entry_price"]
                   for position in state["positions"].values())
        paid = sum(map(value, self.events))
        self.assertLess(abs(state["analytics"]["daily_pnl"] - cost + paid), Decimal("0.01"))

    def test_the_views_count_every_execution_once(self):
        symbols = {row["symbol"]: row for row in self.journal.view("pnl")["symbols"]}
        self.assertEqual({name: row["executions"] for name, row in symbols.items()},
                         {"AAPL": 34990, "AMZN": 11419})
        trades = self.journal.view("trades")
        self.assertEqual(sum(Decimal(trade["result"]) for trade in trades),
                         sum(Decimal(row["result"]) for row in symbols.values()))

    def test_a_day_killed_half_way_comes_out_the_same(self):
        self.die_half_way()


journal.main()
