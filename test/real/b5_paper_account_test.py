#!/usr/bin/env python3
"""Seven months of a paper account: 463 fills of options and shares, cash after every trade, 19 end
positions, P&L by underlying. All of it on one trading date, so that positions carry.

The simulator did not apply splits; the user mended them by hand with FND rows. Here a split is a
position_adjusted, an FND row a pnl of its own, and the two rows that take a split option's leftover
away at its cost are the position_adjusted that makes it flat. SDS 1:5 is told as 60 first, then as
60 at the cost that the 300 had."""
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from fills import Set, events_of, fill, instrument, need, table

import journal

FOLDER = need("b5-tos-paper-53-2026-04-06")
ROWS = table(FOLDER, "fills.tsv")
CASH = table(FOLDER, "cash_walk.tsv")
START = Decimal("100000.00")
CENT = Decimal("0.01")
MULTIPLIER = {row["symbol"]: Decimal(row["mult"]) for row in ROWS}
# Since this row the broker's balance is a cent off the sum of its own rows (SOURCE.md).
CENT_OFF_SINCE = "2026-03-26T14:11:43"


def when(row):
    return datetime.strptime(row["date"] + " " + row["time"],
                             "%m/%d/%y %H:%M:%S").strftime("%Y-%m-%dT%H:%M:%S")


def adjusted(time, symbol, side, qty, cost=None):
    return {"type": "position_adjusted", "time": time, "symbol": symbol, "side": side, "qty": qty,
            "avg_cost": cost, "reason": "split", "estimated": False}


SPLITS = [adjusted("2025-11-21T10:27:46", "SDS", "LONG", "60"),
          adjusted("2025-11-21T10:27:46", "SDS", "LONG", "60", "74.01666667"),
          adjusted("2025-12-08T15:05:56", "XLU", "LONG", "200", "0"),
          adjusted("2026-01-05T15:57:11", "XLU|16 JAN 26|90|CALL", "SHORT", "0"),
          adjusted("2026-01-05T15:57:54", "XLE|16 JAN 26|90|CALL", "LONG", "0")]
FLATTENED = {"2026-01-05T15:57:11", "2026-01-05T15:57:54"}


def fees():
    """By time: what the trades of one second cost."""
    cost = {}
    for row in CASH:
        if row["type"] == "TRD":
            cost[when(row)] = (cost.get(when(row), 0) - Decimal(row["misc_fees"]) -
                               Decimal(row["commission"]))
    return cost


def told():
    """All in the order of time. The fee of a trade goes with its first leg."""
    cost, known = fees(), set()
    events = list(SPLITS)
    for row in CASH:
        if row["type"] in ("FND", "LIQ") and when(row) not in FLATTENED:
            events.append({"type": "pnl", "time": when(row), "amount": row["amount"],
                           "reason": "correction"})
    for row in ROWS:
        if row["symbol"] not in known:
            known.add(row["symbol"])
            events.append(instrument(row))
        events.append(fill("b5", row, fee=str(cost.pop(row["ts"], 0))))
    return sorted(events, key=lambda event: event["time"])


def cost_of(position):
    value = position["quantity"] * position["entry_price"] * MULTIPLIER[position["symbol"]]
    return -value if position["side"] == "SHORT" else value


def cash(state):
    """What was paid for positions is not in the P&L, and all else is."""
    held = sum(map(cost_of, state["positions"].values()))
    return (START + state["analytics"]["daily_pnl"] - held).quantize(CENT)


class PaperAccount(Set):
    append_flags = ("--date", "2026-04-06")
    events = told()

    def test_the_19_positions_at_the_end_are_the_broker_s(self):
        positions = self.journal.state()["positions"]
        stated = {row["symbol"]: row for row in table(FOLDER, "stated_positions.tsv")}
        self.assertEqual(len(stated), 19)
        self.assertEqual(set(positions), set(stated))
        for symbol, row in stated.items():
            position = positions[symbol]
            qty = position["quantity"] * (-1 if position["side"] == "SHORT" else 1)
            self.assertEqual(qty, Decimal(row["qty"]), symbol)
            average = Decimal(row["avg_trade_price"])
            self.assertEqual(Decimal(position["entry_price"]).quantize(average, ROUND_HALF_UP),
                             average, symbol)

    def test_cash_after_every_row_is_the_broker_s(self):
        stated = {when(row): Decimal(row["stated_balance"]) for row in CASH
                  if row["type"] != "BAL"}
        last = {event["time"][:19]: event["seq"] for event in events_of(self.journal)}
        exact = off = 0
        for time, balance in stated.items():
            ours = cash(self.journal.state("--at-seq", str(last[time])))
            self.assertLessEqual(abs(ours - balance), CENT if time >= CENT_OFF_SINCE else 0, time)
            exact += ours == balance
            off += ours != balance
        self.assertEqual((exact, off), (447, 24))

    def test_every_underlying_first_traded_in_2026_earned_what_the_broker_says(self):
        first, earned = {}, {}
        for row in ROWS:
            first.setdefault(row["symbol"].split("|")[0], row["ts"])
        for row in self.journal.view("pnl")["symbols"]:
            name = row["symbol"].split("|")[0]
            gross = Decimal(row["result"]) + Decimal(row["fees"])
            earned[name] = earned.get(name, 0) + gross
        marks = {row["symbol"]: Decimal(row["mark"])
                 for row in table(FOLDER, "stated_positions.tsv")}
        for symbol, position in self.journal.state()["positions"].items():
            worth = marks[symbol] * position["quantity"] * MULTIPLIER[symbol]
            worth = -worth if position["side"] == "SHORT" else worth
            earned[symbol.split("|")[0]] += worth - cost_of(position)
        stated = {row["underlying"]: Decimal(row["pl_ytd"])
                  for row in table(FOLDER, "stated_pnl.tsv")
                  if first.get(row["underlying"], "") >= "2026"}
        self.assertEqual(len(stated), 36)
        for name, result in stated.items():
            self.assertEqual(earned[name].quantize(CENT), result, name)

    def test_a_symbol_with_bars_and_blanks_is_only_text(self):
        symbol = "GOOGL|15 JAN 27|270|CALL"
        trades = self.journal.view("trades", "--symbol", symbol)
        self.assertEqual({trade["symbol"] for trade in trades}, {symbol})

    def test_seven_months_killed_half_way_come_out_the_same(self):
        self.die_half_way()


journal.main()
