"""The day of the reference scenario, 2025-10-06, and what its lanes share.

TSLA is bought at 445.25 above its pivot, half of it is sold at the first target and the stop goes
to breakeven; NVDA is held; AMD will be found at the broker only."""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["TW_SOURCE_DIR"], "test", "support"))
from journal import Journal, Scratch, exact, main  # noqa: E402,F401

DAY = "2025-10-06"
BEFORE = "2025-10-03"  # the trading date before: a Friday


def at(clock, day=DAY):
    return "%sT%s-04:00" % (day, clock)


def attempt(clock, symbol="TSLA", level="444.77", day=DAY, **more):
    return {"type": "attempt", "time": at(clock, day), "symbol": symbol, "side": "LONG",
            "level": level, "max": 2, **more}


def plan(clock, symbol="TSLA", day=DAY, **more):
    return {"type": "plan", "time": at(clock, day), "symbol": symbol, "side": "LONG",
            "pivot": "444.77", "stop": "443.80", "target1": "450.00", "target2": "460.25",
            "entry_path": "momentum", **more}


def fill(clock, action, qty, price, exec_id, symbol="TSLA", day=DAY, **more):
    return {"type": "fill", "time": at(clock, day), "symbol": symbol, "action": action,
            "qty": qty, "price": price, "exec_id": exec_id, "fee": "0", **more}


def counter(clock, group, name, delta=1):
    return {"type": "counter", "time": at(clock), "group": group, "name": name, "delta": delta}


ENTRY = [attempt("10:05:40"), plan("10:05:41"),
         fill("10:05:47", "BUY", "100", "445.25", "0000e0d5.68e3c1a2.01.01")]
PARTIAL = [fill("10:12:03", "SELL", "50", "450.10", "0000e0d5.68e3c1b7.01.01"),
           {"type": "partial", "time": at("10:12:03"), "symbol": "TSLA", "qty": "50",
            "price": "450.10", "exec_id": "0000e0d5.68e3c1b7.01.01", "reason": "target1",
            "target": "450.00", "fraction": "0.5"},
           {"type": "stop_moved", "time": at("10:12:04"), "symbol": "TSLA", "stop": "445.25",
            "reason": "breakeven"}]
NVDA = [fill("10:08:20", "BUY", "100", "725.50", "0000e0d5.68e3c1a9.01.01", "NVDA")]
COUNTERS = [counter("09:36:12", "filter_block", "choppy", 4),
            counter("10:05:48", "entry_path", "momentum", 2)]


def holding(symbol, qty, avg_cost=None):
    return {"symbol": symbol, "qty": qty, "avg_cost": avg_cost}


def without(state, *names):
    return {name: value for name, value in state.items() if name not in names}


class Reference(Scratch):
    maxDiff = None
    init = ()

    def setUp(self):
        super().setUp()
        self.journal = Journal.make(self.folder, "journal", *self.init)

    def crash(self, *events):
        """Everything was answered, then the process died."""
        said = self.journal.crash(events)
        self.assertEqual([answer for answer in said if not answer.isdigit()], [])

    def crashed(self):
        return self.journal.view("recover")["last_session"]["ended"] == "crash"

    def reconcile(self, answer, *flags, status=1):
        """The findings, in order, of `reconcile` with a broker's answer, or with no file at all."""
        url = "file:" + (self.write("broker.json", answer) if answer is not None
                         else os.path.join(self.folder, "unreachable.json"))
        return exact(self.journal.tell("reconcile", "--broker", url, "-o", "json", *flags,
                                       status=status))["findings"]

    def cases(self, answer, *flags, status=1):
        return {finding["symbol"]: finding["case"]
                for finding in self.reconcile(answer, *flags, status=status)}

    def positions(self):
        return {symbol: (position["side"], position["quantity"])
                for symbol, position in self.journal.state()["positions"].items()}
