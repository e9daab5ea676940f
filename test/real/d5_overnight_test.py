#!/usr/bin/env python3
"""Three days of DAS with the broker's P&L of every fill at average cost, two of them chained by
positions held overnight. The files carry no dates: three in a row are assumed. What a day leaves
open is told to the next one as position_opening."""
from decimal import ROUND_HALF_UP, Decimal

from fills import Set, fill, instrument, need, table

import journal

FOLDER = need("d5-das-2018-overnight")
DAYS = (("2018-08-14", "Trades"), ("2018-08-15", "TradesWithHolds"),
        ("2018-08-16", "TradesWithBothHolds"))
CENT = Decimal("0.01")
HELD = {"MU": ("SHORT", "750", Decimal("47.18")), "IZEA": ("LONG", "3923", None)}


def rows_of(day, name):
    return [dict(row, ts=day + "T" + row["ts"], fee="0")
            for row in table(FOLDER, name + ".fills.tsv")]


def told(day, name, carried=()):
    events, known = list(carried), set()
    for row in rows_of(day, name):
        if row["symbol"] not in known:
            known.add(row["symbol"])
            events.append(instrument(row))
        events.append(fill("d5-" + day, row))
    return events


def carried_into(day, positions):
    return [{"type": "position_opening", "time": day + "T09:00:00", "symbol": symbol,
             "side": position["side"], "qty": str(position["quantity"]),
             "avg_cost": str(position["entry_price"])}
            for symbol, position in positions.items()]


class Overnight(Set):
    events = told(*DAYS[0]) + told(*DAYS[1])

    def result_by_exec_id(self, day, log):
        """What each fill earned: the day's P&L after it less the one before it."""
        found, before = {}, Decimal(0)
        for event in log.export("--date", day):
            if event["type"] == "fill":
                after = Decimal(log.state("--at-seq",
                                          str(event["seq"]))["analytics"]["daily_pnl"])
                found[event["exec_id"]] = after - before
                before = after
        return found

    def agreeing(self, day, name, log):
        found = self.result_by_exec_id(day, log)
        rows = rows_of(day, name)
        self.assertEqual(len(found), len(rows))
        return sum(found["d5-%s-%06d" % (day, int(row["seq"]))].quantize(CENT, ROUND_HALF_UP) ==
                   Decimal(row["stated_realized"]) for row in rows)

    def test_every_fill_of_the_days_that_begin_flat_earns_what_the_broker_says(self):
        self.assertEqual(self.agreeing(*DAYS[0], self.journal), 30)
        self.assertEqual(self.agreeing(*DAYS[1], self.journal), 20)

    def test_what_the_second_day_leaves_open_is_the_broker_s(self):
        positions = self.journal.state("--date", DAYS[1][0])["positions"]
        self.assertEqual(set(positions), set(HELD))
        for symbol, (side, qty, cost) in HELD.items():
            self.assertEqual((positions[symbol]["side"], positions[symbol]["quantity"]),
                             (side, Decimal(qty)))
            if cost:
                self.assertEqual(positions[symbol]["entry_price"], cost)

    def test_with_the_short_carried_over_every_fill_of_the_third_day_agrees(self):
        log = journal.Journal.make(self.folder, "carried")
        log.append(self.events)
        carried = carried_into(DAYS[2][0], log.state()["positions"])
        log.append(told(*DAYS[2], carried))
        self.assertEqual(self.agreeing(*DAYS[2], log), 15)
        positions = log.state()["positions"]
        self.assertEqual({symbol: (position["side"], position["quantity"])
                          for symbol, position in positions.items()},
                         {"IZEA": ("LONG", 3923), "TSLA": ("LONG", 50)})
        self.assertEqual(self.agreeing(*DAYS[0], log) + self.agreeing(*DAYS[1], log), 50)

    def test_without_the_carried_short_only_12_of_15_agree(self):
        log = journal.Journal.make(self.folder, "forgotten")
        log.append(told(*DAYS[2]))
        self.assertEqual(self.agreeing(*DAYS[2], log), 12)

    def test_days_killed_half_way_come_out_the_same(self):
        self.die_half_way()


journal.main()
