#!/usr/bin/env python3
"""A night of NQ options: the broker's statement was taken at 21:44:57, in the middle of the day.

It gives cash after every fill up to then, the one open position and the P&L: the state at that
instant must be all of it, though 56 fills follow. Fees stand in the cash section only, so the fills
after the statement have none. The day ends after midnight: it is put on one trading date."""
from decimal import Decimal

from fills import Set, events_of, need, table, with_instruments

import journal

FOLDER = need("d2-tos-nq-options-2022-04-26")
ROWS = table(FOLDER, "fills.tsv")
CASH = table(FOLDER, "cash_walk.tsv")
TRADES = [row for row in CASH if row["type"] == "TRD"]
START = Decimal(CASH[0]["stated_balance"])
PUT = "/NQM22 1/20 APR 22 (Wednesday) (Wk5)|/Q4CJ22|13070|PUT"
STATED_AT = "2022-04-26 21:44:57"


def pair(fills):
    """The place of the fill that each cash row is about. The broker posted three of them late, in
    another order: the row's amount says which it is."""
    left, places = dict(enumerate(fills[:len(TRADES)])), []
    for row in TRADES:
        amount = Decimal(row["amount"])
        places.append(next(place for place, event in left.items() if amount ==
                           (1 if event["action"] == "SELL" else -1) *
                           Decimal(event["qty"]) * Decimal(event["price"]) * 20))
        del left[places[-1]]
    return places


def with_fees(events):
    fills = [event for event in events if event["type"] == "fill"]
    for row, place in zip(TRADES, pair(fills)):
        fills[place]["fee"] = str(-Decimal(row["misc_fees"]) - Decimal(row["commission"]))
    return events


def cash(state):
    held = sum(position["quantity"] * position["entry_price"] * 20 *
               (-1 if position["side"] == "SHORT" else 1)
               for position in state["positions"].values())
    return START + state["analytics"]["daily_pnl"] - held


class NqOptions(Set):
    append_flags = ("--date", "2022-04-26")
    events = with_fees(with_instruments("d2", ROWS))

    def test_at_the_instant_of_the_statement_the_one_position_is_the_broker_s(self):
        state = self.journal.state("--at", STATED_AT)
        stated = table(FOLDER, "stated_positions.tsv")[0]
        self.assertEqual(list(state["positions"]), [PUT])
        self.assertEqual(stated["symbol"], PUT)
        position = state["positions"][PUT]
        self.assertEqual((position["side"], position["quantity"]), ("LONG", int(stated["qty"])))
        self.assertEqual(position["entry_price"], Decimal(stated["avg_trade_price"]))
        self.assertEqual(position["entry_price"], Decimal("129.125"))

    def test_at_that_instant_realized_and_open_are_the_broker_s_5870(self):
        at = self.journal.view("pnl", "--at", STATED_AT)["currencies"][0]
        realized = Decimal(at["result"]) + Decimal(at["fees"])
        mark = Decimal(table(FOLDER, "stated_positions.tsv")[0]["mark"])
        put = self.journal.state("--at", STATED_AT)["positions"][PUT]
        still_open = (mark - put["entry_price"]) * put["quantity"] * 20
        total = next(row for row in table(FOLDER, "stated_pnl.tsv")
                     if row["underlying"] == "TOTAL")
        self.assertEqual((realized, still_open), (5825, 45))
        self.assertEqual(still_open, Decimal(total["pl_open"]))
        self.assertEqual(realized + still_open, Decimal(total["pl_day"]))

    def test_cash_after_every_fill_is_the_broker_s(self):
        fills = [event for event in events_of(self.journal) if event["type"] == "fill"]
        places = pair(fills)
        compared = 0
        for count, row in enumerate(TRADES, 1):
            if set(places[:count]) != set(range(count)):
                continue  # between two rows that were posted in another order
            state = self.journal.state("--at-seq", str(fills[count - 1]["seq"]))
            self.assertEqual(cash(state), Decimal(row["stated_balance"]), row)
            compared += 1
        self.assertEqual((len(TRADES), compared), (103, 101))

    def test_56_fills_follow_the_statement(self):
        before = self.journal.view("pnl", "--at", STATED_AT)["symbols"]
        after = self.journal.view("pnl")["symbols"]
        self.assertEqual(sum(row["executions"] for row in before), 103)
        self.assertEqual(sum(row["executions"] for row in after), 159)

    def test_a_night_killed_at_the_statement_comes_out_the_same(self):
        self.die_half_way()


journal.main()
