#!/usr/bin/env python3
"""SIGKILL at random moments: while events are appended one by one and in batches, while a restart
recovers, while a snapshot is written, and anywhere in the day of the example trader.

After each of them every acknowledged seq is in the log, no execution is there twice, and `verify`
finds nothing; and the day, once it is finished, is the one that was never interrupted. TW_SEED
chooses the moments and is printed."""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.environ["TW_SOURCE_DIR"], "test", "support"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from journal import BUILD, COMMAND, Journal, line_of, main  # noqa: E402
from trader_test import Day, TRADER, own  # noqa: E402

SEED = int(os.environ.get("TW_SEED") or time.time())
# Instrumented programs are slow to start: they take fewer kills.
SHARE = 5 if os.environ.get("TW_SANITIZE") else 1
OWN = ("session_opened", "session_closed", "clock")
PLACE = ("seq", "timestamp", "open_seq", "close_seq")
EVENTS = 400
DIED = -9


def clock(number):
    return "2025-10-06T%02d:%02d:%02d" % (10 + number // 3600, number // 60 % 60, number % 60)


class Story:
    """A random day without an event that the state of the day would refuse."""

    def __init__(self, chance):
        self.chance, self.fills, self.held, self.events = chance, [], {}, []
        kinds = (self.fill,) * 6 + (self.commission, self.attempt, self.plan, self.counter,
                                    self.bar)
        while len(self.events) < EVENTS:
            self.events.append(dict(chance.choice(kinds)(), time=clock(len(self.events))))

    def symbol(self):
        return self.chance.choice(("TSLA", "NVDA", "AMD", "BRK B", "/NQM22|13070|PUT"))

    def price(self):
        return "%d.%02d" % (self.chance.randrange(1, 900), self.chance.randrange(100))

    def fill(self):
        exec_id = "e-%05d" % len(self.fills)
        self.fills.append(exec_id)
        symbol, qty = self.symbol(), self.chance.randrange(-300, 300) or 1
        self.held[symbol] = self.held.get(symbol, 0) + qty
        return {"type": "fill", "symbol": symbol, "exec_id": exec_id, "fee": "1.25",
                "action": "BUY" if qty > 0 else "SELL", "price": self.price(),
                "qty": str(abs(qty))}

    def commission(self):
        if not self.fills:
            return self.fill()
        return {"type": "commission", "exec_id": self.chance.choice(self.fills),
                "fee": self.price()}

    def attempt(self):
        return {"type": "attempt", "symbol": self.symbol(), "side": "LONG", "level": self.price()}

    def plan(self):
        symbol = self.symbol()
        side = "SHORT" if self.held.get(symbol, 0) < 0 else "LONG"
        return {"type": "plan", "symbol": symbol, "side": side, "stop": self.price()}

    def counter(self):
        return {"type": "counter", "group": "filter_block", "name": "choppy", "delta": 1}

    def bar(self):
        return {"type": "bar", "symbol": self.symbol(), "start": clock(0), "seconds": 60,
                "open": "1", "high": "2", "low": "1", "close": "2", "volume": "10"}


def plain(value):
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items() if key not in PLACE}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value


def end_at(process, seconds):
    """Kills the process that long after now, or sees it end before; returns how it ended."""
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        ended = process.wait()
        Kills.total += ended == DIED
        return ended


def took(*words):
    """How long the command takes when nobody kills it."""
    start = time.monotonic()
    subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.monotonic() - start


class Quota:
    """A test goes on until so many processes were killed that had not ended before: how many of
    the moments are early enough is the machine's affair."""

    def __init__(self, kills):
        self.wanted, self.start = kills // SHARE, Kills.total
        self.round = 0

    def __iter__(self):
        while Kills.total - self.start < self.wanted:
            yield self.round
            self.round += 1
            assert self.round < 20 * self.wanted, "hardly any process was killed in time"


class Kills(unittest.TestCase):
    total = 0  # processes that were killed, and had not ended before

    @classmethod
    def setUpClass(cls):
        print("kill_test: TW_SEED=%d" % SEED, flush=True)
        # Beside the build and not in /tmp, which may be a tmpfs.
        cls.folder = tempfile.mkdtemp(prefix="kill-", dir=BUILD)
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.events = Story(random.Random(SEED)).events
        cls.whole = Journal.make(cls.folder, "whole")
        cls.whole.add(*cls.events)
        cls.wanted = {command: plain(cls.whole.view(command))
                      for command in ("state", "trades", "pnl", "orders")}

    def setUp(self):
        # Each test has moments of its own, whichever of them run.
        self.chance = random.Random("%d %s" % (SEED, self.id()))
        self.acknowledged = set()

    def there(self, log):
        """The host's events in the log; no execution among them twice, no seq left out."""
        events = log.export()
        self.assertEqual([event["seq"] for event in events], list(range(1, len(events) + 1)))
        told = [event for event in events if event["type"] not in OWN]
        executions = [event["exec_id"] for event in told if event["type"] == "fill"]
        self.assertEqual(len(executions), len(set(executions)))
        self.assertEqual(self.acknowledged - {event["seq"] for event in told}, set())
        return told

    def after_kill(self, log):
        """What holds after each kill. Returns how many of the events are in."""
        log.verify()
        told = self.there(log)
        for event, wanted in zip(told, self.events):
            self.assertEqual((event["type"], event["time"][:19]), (wanted["type"], wanted["time"]))
        return len(told)

    def check_whole(self, log):
        self.assertEqual(self.after_kill(log), len(self.events))
        for command, wanted in self.wanted.items():
            self.assertEqual(plain(log.view(command)), wanted, command)
        shutil.rmtree(log.path)

    def append_each(self, log, done, answers, more_seconds):
        """Appends what is left; killed so long after so many answers. Fills that are in are told
        again before."""
        again = [event for event in self.events[:done] if event["type"] == "fill"][-3:]
        with open(log.path + ".lines", "w", encoding="utf-8") as file:
            file.writelines(map(line_of, again + self.events[done:]))
        with subprocess.Popen([COMMAND, "append", "--each", log.path, file.name],
                              stdout=subprocess.PIPE, encoding="ascii") as process:
            said = [process.stdout.readline() for _ in range(answers + len(again))]
            end_at(process, more_seconds)
            said += process.stdout.readlines()
        said = [answer.strip() for answer in said if answer]
        self.assertEqual(said[:len(again)], ["duplicate"] * len(said[:len(again)]))
        self.acknowledged.update(map(int, said[len(again):]))

    def test_appending_one_by_one_loses_nothing_that_was_answered(self):
        for day in Quota(80):
            log, done = Journal.make(self.folder, "each-%d" % day), 0
            while done < len(self.events):
                self.append_each(log, done, self.chance.randrange(60),
                                 self.chance.uniform(0, 0.004))
                done = self.after_kill(log)
            self.check_whole(log)
            self.acknowledged.clear()

    def test_appending_in_batches_leaves_a_beginning_of_the_events(self):
        for day in Quota(80):
            log, done = Journal.make(self.folder, "batch-%d" % day), 0
            longest = 0.02 * (5 if SHARE > 1 else 1)
            while done < len(self.events):
                some = self.events[done:done + self.chance.randrange(1, 120)]
                with subprocess.Popen([COMMAND, "append", log.path], stdin=subprocess.PIPE,
                                      stdout=subprocess.DEVNULL, encoding="utf-8") as process:
                    process.stdin.write("".join(map(line_of, some)))
                    process.stdin.flush()
                    end_at(process, self.chance.uniform(0, longest))
                done = self.after_kill(log)
                longest *= 1.05  # a slow machine gets there too
            self.check_whole(log)

    def crashed(self, name):
        """A day that crashed when all was in, without a snapshot: the longest recovery."""
        log = Journal.make(self.folder, name)
        self.acknowledged.update(map(int, log.crash(self.events)))
        return log

    def kill_again_and_again(self, log, longest, *words):
        """Runs the command until it is not killed; up to five deaths deep each time."""
        for _ in range(self.chance.randrange(1, 6)):
            with subprocess.Popen([COMMAND, *words], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL) as process:
                ended = end_at(process, self.chance.uniform(0, longest))
            self.assertIn(ended, (0, DIED))
            self.after_kill(log)

    def test_a_recovery_that_dies_is_done_again(self):
        twin = self.crashed("recover-timed")
        longest = took(COMMAND, "recover", "--apply", twin.path)
        for number in Quota(40):
            log = self.crashed("recover-%d" % number)
            self.kill_again_and_again(log, longest, "recover", "--apply", log.path)
            log.tell("recover", "--apply")
            self.check_whole(log)
            self.acknowledged.clear()

    def test_a_snapshot_that_is_cut_off_leaves_the_day_as_it_was(self):
        log = self.crashed("snapshot")
        longest = took(COMMAND, "checkpoint", "take", log.path)
        for _ in Quota(20):
            self.kill_again_and_again(log, longest, "checkpoint", "take", log.path)
        self.check_whole(log)


class TraderKills(unittest.TestCase):
    """The example trader, with a snapshot due every millisecond."""

    OPTIONS = ("--pace", "0", "--checkpoint-ms", "1", "--quiet")

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="kill-", dir=BUILD)
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        whole = Day(cls.folder, "whole")
        start = time.monotonic()
        assert whole.trade("--checkpoint-ms", "1").returncode == 0
        cls.longest = time.monotonic() - start
        cls.wanted_state, cls.wanted_events = whole.state(), own(whole.events())

    def run_until_killed(self, day, mode, longest):
        with subprocess.Popen([TRADER, "--journal", day.journal, "--acks", day.acks, "--mode", mode,
                               *self.OPTIONS],
                              stdout=subprocess.DEVNULL) as trader:
            return end_at(trader, self.chance.uniform(0, longest))

    def check_after_kill(self, day):
        Journal(day.journal).verify()
        events = day.events()
        there = {event["seq"] for event in events}
        told = day.acknowledged() if os.path.exists(day.acks) else []
        self.assertEqual([seq for seq in told if seq not in there], [])
        executions = [event["exec_id"] for event in events if event["type"] == "fill"]
        self.assertEqual(len(executions), len(set(executions)))

    def test_a_day_killed_at_random_moments_ends_like_a_whole_one(self):
        self.chance = random.Random("%d %s" % (SEED, self.id()))
        for number in Quota(60):
            day = Day(self.folder, "killed-%d" % number)
            mode = ("each", "group")[number % 2]
            longest = self.longest * 0.6
            while self.run_until_killed(day, mode, longest) == DIED:
                self.check_after_kill(day)
                longest *= 1.05  # a recovery that takes longer than that gets there too
            self.assertEqual(day.trade().returncode, 0)
            self.assertEqual(own(day.events()), self.wanted_events)
            self.assertEqual(day.state(), self.wanted_state)
            shutil.rmtree(day.journal)


class Enough(unittest.TestCase):
    def test_there_were_200_kills(self):
        print("kill_test: %d kills" % Kills.total, flush=True)
        self.assertGreaterEqual(Kills.total, 200 // SHARE)


def load_tests(loader, _tests, _pattern):
    """In this order: the last one counts what the others did."""
    return unittest.TestSuite(map(loader.loadTestsFromTestCase, (Kills, TraderKills, Enough)))


if __name__ == "__main__":
    main()
