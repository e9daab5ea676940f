"""Real executions as events, and what every set of them has to survive.

What stands in `fills.tsv` is told as JSON lines, as any host would tell it: an instrument event
before the first fill of a symbol, and an exec id made from the set and the row where the source has
none ("d1-000001"). Times are the source's, read in the journal's zone: only their order and their
differences matter here."""
import csv
import gzip
import os
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.environ["TW_SOURCE_DIR"], "test", "support"))
from journal import BUILD, Journal  # noqa: E402

DATA = os.path.normpath(os.path.join(os.environ["TW_SOURCE_DIR"], "..", "shared", "data"))
SKIPPED = 77
LATER = ("seq", "open_seq", "close_seq", "timestamp")
OWN = ("session_opened", "session_closed", "clock")


def need(folder):
    """The folder of a set; where it is absent, says so and ends the lane as skipped."""
    path = os.path.join(DATA, folder)
    if not os.path.isdir(path):
        print("SKIPPED: the set %s is not on this machine (looked for %s)" % (folder, path))
        sys.exit(SKIPPED)
    return path


def table(folder, name):
    path = os.path.join(folder, name)
    opened = gzip.open if name.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def fill(name, row, number=None, **more):
    """The fill of a row. A fee that the source does not say stays unsaid."""
    qty = row["qty"]
    event = {"type": "fill", "symbol": row["symbol"], "time": row["ts"],
             "action": "SELL" if qty.startswith("-") else "BUY", "qty": qty.lstrip("-"),
             "price": row["price"],
             "exec_id": row["exec_id"] or "%s-%06d" % (name, number or int(row["seq"]))}
    if row["fee"]:
        fee = row["fee"]
        event["fee"] = fee[1:] if fee.startswith("-") else fee if fee == "0" else "-" + fee
    event.update(more)
    return event


def instrument(row, **more):
    return {"type": "instrument", "symbol": row["symbol"], "time": row["ts"],
            "multiplier": row["mult"], "currency": row["ccy"], **more}


def with_instruments(name, rows):
    """Every row as a fill, each symbol's instrument before its first."""
    known, events = set(), []
    for row in rows:
        if row["symbol"] not in known:
            known.add(row["symbol"])
            events.append(instrument(row))
        events.append(fill(name, row))
    return events


def events_of(journal, *flags):
    """What the host said, without the journal's own records."""
    return [event for event in journal.export(*flags) if event["type"] not in OWN]


def plain(value):
    """Without the places in the log, which differ when a session more was opened."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items() if key not in LATER}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value


def signed(position):
    return -position["quantity"] if position["side"] == "SHORT" else position["quantity"]


class Set(unittest.TestCase):
    """A set of fills in a journal. A subclass gives `events` and asks what came out."""

    flags = ()       # of init
    append_flags = ()
    events = ()
    one_by_one = True  # killed while each event is acknowledged; large sets: while in batches

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="real-", dir=BUILD)
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.journal = Journal.make(cls.folder, "whole", *cls.flags)
        counts, said = cls.journal.append(cls.events, *cls.append_flags)
        if counts != (len(cls.events), 0, 0):
            raise AssertionError("%r of %d\n%s" % (counts, len(cls.events), said))

    def die_half_way(self):
        """Killed in the middle, recovered, all fills told again: the same as without a crash."""
        journal = Journal.make(self.folder, "killed", *self.flags)
        if self.one_by_one:
            acknowledged = journal.append_killed(self.events, len(self.events) // 2,
                                                 *self.append_flags)
        else:
            acknowledged = []
            journal.append_cut(self.events[:len(self.events) // 2], *self.append_flags)
        journal.verify()
        there = [event["seq"] for event in events_of(journal, "--all")]
        self.assertEqual(acknowledged, there[:len(acknowledged)])
        if self.one_by_one:
            self.assertLessEqual(len(there), len(acknowledged) + 1)
            self.assertGreater(len(there), 0)
        # A host tells the fills of the day again without a thought; all else it goes on with
        # where the log ends.
        today = journal.state()["date"]
        again = [event for event in self.events[:len(there)] if event["type"] == "fill" and
                 (self.append_flags or event["time"].startswith(today))]
        counts, said = journal.append(again + self.events[len(there):], *self.append_flags)
        self.assertEqual(counts, (len(self.events) - len(there), len(again), 0), said)
        journal.verify()
        for command in ("state", "trades", "pnl", "positions"):
            self.assertEqual(plain(journal.view(command)), plain(self.journal.view(command)),
                             command)
        shutil.rmtree(journal.path)
