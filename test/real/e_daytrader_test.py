#!/usr/bin/env python3
"""21 paper trades of 2025-10-31 as the original trader recorded them, each with its P&L. Its file
has an entry and an exit per trade; both become a fill here, in the order of the file, because its
two clocks are of two zones."""
import os
from decimal import Decimal

from fills import Set, need

import journal

FOLDER = need("e-daytrader-original")
with open(os.path.join(FOLDER, "live_trades_20251031.json"), encoding="utf-8") as records:
    TRADES = journal.exact(records.read())["completed_trades"]


def told():
    for number, trade in enumerate(TRADES, 1):
        entry, leave = ("BUY", "SELL") if trade["side"] == "LONG" else ("SELL", "BUY")
        for which, action, price in (("in", entry, "entry_price"), ("out", leave, "exit_price")):
            yield {"type": "fill", "symbol": trade["symbol"], "action": action, "fee": "0",
                   "qty": str(trade["shares"]), "price": str(trade[price]),
                   "exec_id": "e-%02d-%s" % (number, which),
                   "time": "2025-10-31T10:%02d:%02d" % (number, 30 if which == "out" else 0)}


class OriginalTrader(Set):
    events = list(told())

    def test_every_trade_earned_what_the_trader_wrote_down(self):
        ours = sorted(self.journal.view("trades"), key=lambda trade: trade["open_seq"])
        self.assertEqual(len(ours), 21)
        for trade, wanted in zip(ours, TRADES):
            self.assertEqual((trade["symbol"], trade["side"]), (wanted["symbol"], wanted["side"]))
            self.assertEqual(Decimal(trade["result"]), wanted["pnl"])

    def test_the_day_lost_72_01(self):
        analytics = self.journal.state()["analytics"]
        self.assertEqual(analytics["daily_pnl"], Decimal("-72.01"))
        self.assertEqual(analytics["total_trades"], 21)
        self.assertEqual(analytics["winners"], sum(trade["pnl"] > 0 for trade in TRADES))
        self.assertEqual(analytics["losers"], sum(trade["pnl"] < 0 for trade in TRADES))

    def test_a_day_killed_half_way_comes_out_the_same(self):
        self.die_half_way()


journal.main()
