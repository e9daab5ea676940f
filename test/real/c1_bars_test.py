#!/usr/bin/env python3
"""One-minute bars of twelve symbols on 2025-10-06: 390 each. The log keeps all of them, the state
the newest 120 of a symbol, so that nothing has to be asked for again after a restart."""
import glob
import gzip
import os
from decimal import Decimal

from fills import Set, events_of, need

import journal

FOLDER = need("c1-bars-2025-10-06")


def bars():
    """All symbols by the minute, as a trader receives them. Prices keep their text."""
    found = []
    for path in sorted(glob.glob(os.path.join(FOLDER, "*.json.gz"))):
        symbol = os.path.basename(path).split("_")[0]
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for bar in journal.exact(file.read()):
                found.append({"type": "bar", "time": bar["date"], "symbol": symbol,
                              "start": bar["date"], "seconds": 60, "open": str(bar["open"]),
                              "high": str(bar["high"]), "low": str(bar["low"]),
                              "close": str(bar["close"]), "volume": str(bar["volume"])})
    return sorted(found, key=lambda bar: bar["start"])


class Bars(Set):
    events = bars()

    def test_every_symbol_has_its_390_bars_in_order(self):
        counts, last = {}, {}
        for bar in events_of(self.journal):
            counts[bar["symbol"]] = counts.get(bar["symbol"], 0) + 1
            self.assertGreater(bar["start"], last.get(bar["symbol"], ""))
            last[bar["symbol"]] = bar["start"]
        self.assertEqual(set(counts.values()), {390})
        self.assertEqual(len(counts), 12)

    def test_prices_and_volumes_come_out_as_they_went_in(self):
        for told, there in zip(self.events, events_of(self.journal)):
            for name in ("open", "high", "low", "close", "volume"):
                self.assertEqual(Decimal(there[name]), Decimal(told[name]))
            self.assertEqual(there["start"][:19], told["start"][:19])

    def test_a_restart_does_not_read_the_day_again(self):
        found = journal.exact(self.journal.tell("recover", "-o", "json"))
        self.assertEqual(found["replayed"], 0)
        self.assertGreater(found["snapshot_seq"], len(self.events))

    def test_bars_killed_half_way_lose_none_that_was_acknowledged(self):
        log = journal.Journal.make(self.folder, "bars-killed")
        acknowledged = log.append_killed(self.events, 300)
        log.verify()
        there = events_of(log)
        self.assertEqual([bar["seq"] for bar in there][:len(acknowledged)], acknowledged)
        log.append(self.events[len(there):])
        self.assertEqual([(bar["symbol"], bar["start"]) for bar in events_of(log)],
                         [(bar["symbol"], bar["start"]) for bar in events_of(self.journal)])


journal.main()
