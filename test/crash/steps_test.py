#!/usr/bin/env python3
"""SIGKILL at each step on the way of an event to the disk: before its write to the intake, between
write and flush, behind the flush, at each write and flush of a commit of LMDB, at the first frame in
a half that is used again, while a start takes the intake over and empties it, and while the journal
is closed. strace kills at the k-th call of a kind on a file; k walks over all of them.

And at random moments, in both modes. After every death all that was acknowledged is there, once, and
a run that goes on ends like one that was never killed. TW_SEED chooses the moments."""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from victim import BUILD, DAY, MODES, Victim, strace  # noqa: E402
from journal import main  # noqa: E402

SEED = int(os.environ.get("TW_SEED") or time.time())
SANITIZED = bool(os.environ.get("TW_SANITIZE"))
DIED = -9
ACKS = "the file of acks"
# A half of 4 MiB takes 69 of these; behind two halves the first is used again.
BIG = 60000
REUSED = 2 * 69


class Kills(unittest.TestCase):
    total = 0

    @classmethod
    def setUpClass(cls):
        print("steps_test: TW_SEED=%d" % SEED, flush=True)
        cls.folder = tempfile.mkdtemp(prefix="steps-", dir=BUILD)
        cls.addClassCleanup(shutil.rmtree, cls.folder)

    def kill_at(self, victim, call, name, number):
        """1 when it died there, 0 when it made fewer such calls."""
        path = victim.acks if name == ACKS else victim.file(name)
        words = strace("-o", os.devnull, "-P", path, "-e", "trace=" + call, "-e",
                       "inject=%s:signal=KILL:when=%d" % (call, number))
        done = subprocess.run(words + victim.words, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False)
        self.assertIn(done.returncode, (0, DIED, 137))
        Kills.total += done.returncode != 0
        return done.returncode != 0

    def walk(self, mode, call, name, numbers, **options):
        """Dies at each of these calls, until there are no more of them."""
        died = 0
        for number in numbers:
            victim = Victim(self.folder, "%s-%s-%d" % (mode, call, number), mode, **options)
            # Let a first run crash, so that the start of the second has something to take over.
            self.kill_at(victim, "pwrite64", "intake.wal", 12)
            victim.check(self)
            there = self.kill_at(victim, call, name, number)
            victim.check(self)
            victim.finish(self)
            died += there
            if not there:
                break
        return died

    @unittest.skipIf(SANITIZED or not strace(), "strace is missing, or a sanitizer is in the way")
    def test_a_death_at_any_step_loses_nothing_and_doubles_nothing(self):
        steps = (("pwrite64", "intake.wal"), ("fdatasync", "intake.wal"), ("pwrite64", DAY),
                 ("fdatasync", DAY), ("writev", DAY))
        for mode in MODES:
            for call, name in steps:
                died = self.walk(mode, call, name, range(1, 100), events=17, delay_ns=1000000)
                if call != "writev":
                    self.assertGreater(died, 0, (mode, call, name))
            # Behind the flush, when the host has been answered.
            self.assertGreater(self.walk(mode, "write", ACKS, range(1, 4), events=17), 2)

    @unittest.skipIf(SANITIZED or not strace(), "strace is missing, or a sanitizer is in the way")
    def test_a_death_where_a_half_is_used_again_loses_nothing_and_doubles_nothing(self):
        for mode in MODES:
            # Two calls of the reset at the start come before.
            died = self.walk(mode, "pwrite64", "intake.wal", range(REUSED, REUSED + 6),
                             events=200, size=BIG, delay_ns=1000000)
            self.assertEqual(died, 6, mode)

    def kill_randomly(self, mode, chance, kills, **options):
        killed, number = 0, 0
        while killed < kills:
            victim = Victim(self.folder, "random-%s-%d" % (mode, number), mode, **options)
            number += 1
            for _ in range(12):
                with subprocess.Popen(victim.words, stdout=subprocess.DEVNULL) as process:
                    try:
                        ended = process.wait(timeout=chance.uniform(0.002, 0.06))
                    except subprocess.TimeoutExpired:
                        process.kill()
                        ended = process.wait()
                self.assertIn(ended, (0, DIED))
                killed += ended == DIED
                victim.check(self)
                if ended == 0:
                    break
            victim.finish(self)
        Kills.total += killed

    def test_a_death_at_any_moment_loses_nothing_and_doubles_nothing(self):
        share = 10 if SANITIZED else 1
        for mode in MODES:
            chance = random.Random("%d %s" % (SEED, mode))
            self.kill_randomly(mode, chance, 120 // share, events=4000, batch=3, delay_ns=2000000,
                               checkpoint_ns=5000000)
            self.kill_randomly(mode, chance, 40 // share, events=300, size=BIG, delay_ns=2000000)


class Enough(unittest.TestCase):
    def test_there_were_400_kills(self):
        print("steps_test: %d kills" % Kills.total, flush=True)
        self.assertGreaterEqual(Kills.total, 30 if SANITIZED else 400)


def load_tests(loader, _tests, _pattern):
    """In this order: the last one counts what the others did."""
    return unittest.TestSuite(map(loader.loadTestsFromTestCase, (Kills, Enough)))


if __name__ == "__main__":
    main()
