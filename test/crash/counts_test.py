#!/usr/bin/env python3
"""What an append asks of the system, counted: writes, flushes, bytes, commits. Counts are free of
noise, so these are tests where a time would not be."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from victim import BUILD, DAY, Victim, strace  # noqa: E402
from journal import main  # noqa: E402

CALLS = "pwrite64,writev,write,fdatasync,fsync,msync"
EVENTS = 300


class Counts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if os.environ.get("TW_SANITIZE"):
            raise unittest.SkipTest("a sanitizer's process makes calls of its own")
        if not strace():
            raise unittest.SkipTest("strace is missing or may not trace")
        cls.folder = tempfile.mkdtemp(prefix="counts-", dir=BUILD)
        cls.addClassCleanup(shutil.rmtree, cls.folder)

    def trace(self, name, mode, events, **options):
        """Calls as (thread, call, file, bytes), and the thread that appends."""
        victim = Victim(self.folder, name, mode, events, **options)
        log = victim.path + ".strace"
        subprocess.run(strace("-y", "-o", log, "-e", "trace=" + CALLS) + victim.words, check=True)
        calls = []
        # A call that another thread's line interrupts is told in two; the second half has no file.
        with open(log, encoding="utf-8", errors="replace") as file:
            for line in file:
                found = re.match(r"(\d+) +(\w+)\(\d+<([^>]*)>", line)
                if found:
                    size = re.search(r", (\d+), \d+(\)| <unf)", line)
                    calls.append((found[1], found[2], os.path.basename(found[3]),
                                  int(size[1]) if size else 0))
        self.assertEqual(victim.check(self), events)
        return calls, next((call[0] for call in calls if call[2].endswith(".acks")), None)

    def count(self, calls, call, name):
        return sum(1 for one in calls if one[1] == call and one[2] == name)

    def more(self, mode, events, **options):
        """What so many events add to what opening and closing take."""
        none, _ = self.trace("none-%s-%d" % (mode, len(os.listdir(self.folder))), mode, 0, **options)
        some, main_thread = self.trace("some-%s-%d" % (mode, len(os.listdir(self.folder))), mode,
                                       events, **options)
        return (self.count(some, "pwrite64", "intake.wal") - self.count(none, "pwrite64", "intake.wal"),
                self.count(some, "fdatasync", "intake.wal") - self.count(none, "fdatasync", "intake.wal"),
                some, main_thread)

    def test_a_durable_append_is_one_write_and_one_flush(self):
        writes, flushes, calls, main_thread = self.more("each", EVENTS)
        self.assertEqual((writes, flushes), (EVENTS, EVENTS))
        self.assertEqual([one for one in calls if one[0] == main_thread and one[2] == DAY
                          and one[1] == "fdatasync"][2:], [])

    def test_an_append_in_group_mode_is_one_write_and_no_flush(self):
        writes, flushes, calls, main_thread = self.more("group", EVENTS)
        self.assertEqual((writes, flushes), (EVENTS, 0))
        frames = [one[3] for one in calls if one[1:3] == ("pwrite64", "intake.wal") and one[3] < 4096]
        self.assertGreaterEqual(len(frames), EVENTS)
        self.assertLess(max(frames), 400)

    def test_a_batch_is_one_write_and_one_flush(self):
        for mode, expected in (("each", 1), ("group", 0)):
            writes, flushes, _, _ = self.more(mode, 10 * 64, batch=64)
            self.assertEqual((writes, flushes), (10, 10 * expected), mode)

    def test_the_thread_that_appends_commits_nothing_to_the_day_file(self):
        calls, main_thread = self.trace("thread", "group", EVENTS, delay_ns=1000000)
        first = next(i for i, one in enumerate(calls) if one[2].endswith(".acks"))
        last = max(i for i, one in enumerate(calls) if one[2].endswith(".acks"))
        during = [one for one in calls[first:last] if one[0] == main_thread]
        self.assertEqual({one[2] for one in during}, {"intake.wal", "thread.acks"})
        others = [one for one in calls[first:last] if one[2] == DAY and one[1] == "fdatasync"]
        self.assertGreater(len(others), 0)

    def test_commits_come_no_more_often_than_the_delay(self):
        """With a delay longer than the run there is one for all that was appended."""
        for mode in ("each", "group"):
            calls, _ = self.trace("commits-" + mode, mode, EVENTS, delay_ns=3600 * 10**9)
            first = next(i for i, one in enumerate(calls) if one[2].endswith(".acks"))
            commits = sum(1 for one in calls[first:] if one[1:3] == ("fdatasync", DAY))
            # The drain, the snapshot and the cutting of the file at the end.
            self.assertLessEqual(commits, 3, mode)


if __name__ == "__main__":
    main()
