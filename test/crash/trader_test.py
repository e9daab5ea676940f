#!/usr/bin/env python3
"""The example trader dies at every place of its day and the day comes out the same.

Whatever the number of the append after which it dies, the run after it must end in the state of a
day without a crash, and every acknowledged seq must be in the log."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

BUILD = os.environ["TW_BUILD_DIR"]
COMMAND = os.environ["TW_COMMAND"]
TRADER = os.environ["TW_TRADER"]
# Instrumented programs are slow to start: they take every seventh place.
STRIDE = 7 if os.environ.get("TW_SANITIZE") else 1
# What a second run is allowed to change: the place in the log, and the sessions.
OWN_TO_A_RUN = ("seq", "timestamp", "session", "sessions")


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False)


class Day:
    def __init__(self, folder, name):
        self.journal = os.path.join(folder, name)
        self.acks = self.journal + ".acks"
        made = run(COMMAND, "init", "--account", "DU1", "--env", "paper", self.journal)
        assert made.returncode == 0, made.stderr

    def trade(self, *options):
        return run(TRADER, "--journal", self.journal, "--pace", "0", "--acks", self.acks,
                   "--quiet", *options)

    def state(self):
        shown = run(COMMAND, "state", "-o", "json", self.journal)
        assert shown.returncode == 0, shown.stderr
        state = json.loads(shown.stdout, parse_float=str)
        return {key: value for key, value in state.items() if key not in OWN_TO_A_RUN}

    def events(self):
        shown = run(COMMAND, "export", self.journal)
        assert shown.returncode == 0, shown.stderr
        return [json.loads(line) for line in shown.stdout.splitlines()]

    def acknowledged(self):
        with open(self.acks, encoding="ascii") as file:
            return [int(line.split()[1]) for line in file]


def own(events):
    """The trader's own events, without what differs from run to run."""
    return [{key: value for key, value in event.items() if key not in ("seq", "cause")}
            for event in events if "corr" in event]


class Trader(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Beside the build and not in /tmp, which may be a tmpfs.
        cls.folder = tempfile.mkdtemp(prefix="trader-", dir=BUILD)
        cls.whole = Day(cls.folder, "whole")
        done = cls.whole.trade()
        assert done.returncode == 0, done.stderr
        cls.appends = len(cls.whole.acknowledged())
        cls.wanted_state = cls.whole.state()
        cls.wanted_events = own(cls.whole.events())

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def check_day(self, day, place):
        events = day.events()
        self.assertEqual(own(events), self.wanted_events, place)
        self.assertEqual(day.state(), self.wanted_state, place)
        there = {event["seq"] for event in events}
        self.assertEqual([seq for seq in day.acknowledged() if seq not in there], [], place)
        shutil.rmtree(day.journal)

    def test_a_day_without_a_crash_ends_flat_and_whole(self):
        self.assertGreater(self.appends, 100)
        self.assertEqual(len(self.wanted_events), self.appends)
        self.assertEqual([name for name, position in self.wanted_state["positions"].items()
                          if float(position["quantity"])], [])
        self.assertEqual(run(COMMAND, "verify", self.whole.journal).returncode, 0)

    def test_a_day_cut_at_any_append_ends_like_a_whole_one(self):
        for place in range(1, self.appends + 1, STRIDE):
            day = Day(self.folder, "cut-%d" % place)
            self.assertEqual(day.trade("--die-after", str(place)).returncode, -9, place)
            self.assertEqual(len(day.acknowledged()), place)
            done = day.trade()
            self.assertEqual(done.returncode, 0, "%d: %s" % (place, done.stderr))
            self.check_day(day, place)

    def test_a_day_cut_again_and_again_ends_like_a_whole_one(self):
        for every in (1, 2, 3, 5, 8, 13)[:2 if STRIDE > 1 else 6]:
            day = Day(self.folder, "often-%d" % every)
            runs = 0
            done = None
            while done is None or done.returncode == -9:
                self.assertLessEqual(runs, self.appends + 1, "the day does not move on")
                done = day.trade("--die-after", str(every), "--checkpoint-ms", "1")
                runs += 1
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertGreaterEqual(runs, self.appends // every)
            self.check_day(day, every)

    def test_a_day_with_clean_stops_ends_like_a_whole_one(self):
        day = Day(self.folder, "stops")
        for step in range(1, 42, 5):
            self.assertEqual(day.trade("--stop-after", str(step)).returncode, 0)
        self.assertEqual(day.trade().returncode, 0)
        self.check_day(day, "stops")

    def test_a_second_trader_is_told_who_is_first(self):
        day = Day(self.folder, "busy")
        first = subprocess.Popen([TRADER, "--journal", day.journal, "--pace", "60000"],
                                 stdout=subprocess.PIPE, text=True)
        try:
            first.stdout.readline()  # it is open when it speaks
            second = day.trade()
        finally:
            first.kill()
            first.wait()
            first.stdout.close()
        self.assertEqual(second.returncode, 3, second.stderr)
        self.assertIn(str(first.pid), second.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=1)
