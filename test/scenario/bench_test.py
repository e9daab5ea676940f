#!/usr/bin/env python3
"""tradewal bench: every row is there, and nothing is left behind. No time is looked at."""
import json
import os
import signal
import subprocess
import time

from command_lane import COMMAND, TIMEOUT, Lane, main

SMALL = ("--quick", "--rounds", "1", "--events", "2000", "--any-file-system")

COSTS = ["floor: write + flush", "tradewal, each event flushed", "LMDB, a transaction per event",
         "SQLite WAL, synchronous FULL", "JSON file of 2 KB, fsync, rename", "RocksDB, sync",
         "floor: write + flush, the bytes of 64", "tradewal, a batch of 64",
         "floor: write + flush, the bytes of 512", "tradewal, a batch of 512",
         "floor: write alone", "tradewal, group mode, burst", "floor: write alone, 1 kHz",
         "tradewal, group mode, 1 kHz"]
ROWS = {
    "machine": ["machine", "file system", "date", "run"],
    "durable": ["floor: write + flush, shared tail block", "floor: write + flush, own block",
                "tradewal, each event flushed", "tradewal, the same, committing all the time",
                "LMDB, a transaction per event", "SQLite WAL, synchronous FULL",
                "JSON file of 2 KB, fsync, rename", "RocksDB, sync", "RocksDB, sync, log recycled"],
    "safe": ["floor: write alone", "floor: write alone, 1 kHz", "tradewal, group mode, burst",
             "tradewal, group mode, 1 kHz", "SQLite WAL, synchronous NORMAL", "RocksDB, no sync"],
    "batches": ["%s%d" % (row, size) for size in (2, 8, 64, 512)
                for row in ("floor: write + flush, the bytes of ", "tradewal, a batch of ")],
    "threads": ["one raw thread, write + flush", "LMDB, a transaction per event",
                "tradewal, 8 threads, append + wait", "the same, times one raw thread",
                "the same, times LMDB", "processors kept busy by that, share of all",
                "tradewal, append + wait"],
    "checkpoints": ["no checkpoint running", "a checkpoint running"],
    "cpu": ["processor time, share of one core", "bytes to the disk for an event"],
    "flushes": COSTS, "bytes": COSTS, "processor": COSTS, "time": COSTS,
    "replay": ["append in batches of 512, folded and committed",
               "replay: decode, CRC, chain, fold; two threads",
               "the same records from a mapped flat file; one thread", "replay, times the flat file",
               "the same records from SQLite; one thread", "replay, times SQLite",
               "the same records from RocksDB; one thread", "replay, times RocksDB",
               "replay, times the flat file without the chain",
               "open + newest snapshot + 1 % of the log", "the same, share of a full replay",
               "the same tail behind a tenth of the log",
               "growth of the start when the log is ten times as long",
               "used part of the day file, times keys and values",
               "keys and values of a record, mean"],
    "export": ["export as JSON lines", "peak memory of the export",
               "the same of at most 100,000 events",
               "peak memory of the writer, at most 100,000 events"],
}
LATENCIES = {"p50_us", "p99_us", "p999_us", "ratio_p50", "ratio_p99"}


class Bench(Lane):
    def bench(self, *words, **more):
        return self.run_command("bench", self.folder, *SMALL, *words, **more)

    def assert_nothing_is_left(self):
        self.assertEqual(os.listdir(self.folder), [])

    def test_every_row_is_there_and_the_folder_is_gone(self):
        rows = [json.loads(line) for line in self.bench("-o", "json").stdout.splitlines()]
        found = {}
        for row in rows:
            self.assertLessEqual({"part", "row", "value", "unit", "target"}, set(row))
            found.setdefault(row["part"], []).append(row["row"])
            if row["part"] in ("durable", "safe", "batches", "checkpoints"):
                self.assertTrue("absent" in row or LATENCIES <= set(row), row)
            if row["value"] is None:
                self.assertRegex(row["absent"],
                                 r"not installed \(apt-get install \w|/proc/self/io|"
                                 "counts no flushes")
            if row["target"]:
                judged = row["part"] in ("cpu", "flushes", "bytes", "processor", "time")
                self.assertEqual(row["met"] is not None, judged, row)
        self.assertEqual(found, ROWS)
        self.assert_nothing_is_left()

    def test_as_a_table_each_target_is_met_or_not_and_the_status_is_0(self):
        done = self.bench("--only", "cpu")
        self.assertEqual(done.stderr, "")
        lines = done.stdout.splitlines()
        self.assertEqual([line.split()[0] for line in lines[:4]], ["machine", "file", "date", "run"])
        for row in ROWS["cpu"]:
            self.assertIn("  " + row, done.stdout)
        self.assertRegex(done.stdout, r"<= 5: (NOT )?met\n")
        self.assertNotRegex(done.stdout, r"(?m)[ \t]$")
        self.assert_nothing_is_left()

    def test_a_run_that_is_too_short_for_a_target_does_not_say_that_it_is_missed(self):
        for words, said in ((["--quick"], "not measured by --quick"),
                            (["--rounds", "1"], "not measured by a short run")):
            done = self.run_command("bench", self.folder, "--any-file-system", "--only", "batches",
                                    *words)
            self.assertIn("<= 1.25: %s\n" % said, done.stdout)
            self.assertNotIn("met\n", done.stdout)

    def test_a_flush_too_many_may_be_that_of_somebody_else(self):
        text = self.bench("--only", "costs").stdout
        section = text.partition("Flushes of the disk for an append, those of others too\n")[2]
        section = section.partition("\n\n")[0]
        self.assertIn("tradewal, each event flushed", section)
        for line in section.splitlines():
            self.assertNotRegex(line, "NOT met$")

    def test_where_the_file_system_cannot_keep_the_promises_the_way_out_is_named(self):
        folder = "/dev/shm"
        kind = subprocess.run(["stat", "-f", "-c", "%T", folder], stdout=subprocess.PIPE, check=False)
        if kind.stdout != b"tmpfs\n" or not os.access(folder, os.W_OK):
            self.skipTest("there is no tmpfs here")
        said = self.run_command("bench", folder, "--quick", status=2).stderr
        self.assertIn("on tmpfs", said)
        self.assertIn("measure here with --any-file-system", said)

    def measuring(self):
        """A run that has begun to measure, and would go on for very long."""
        running = subprocess.Popen([COMMAND, "bench", self.folder, "--any-file-system", "--only",
                                    "cpu", "--rounds", "10000"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=self.environment())
        self.addCleanup(running.kill)
        line = b" "
        while line and not line.startswith(b"A steady"):
            line = running.stdout.readline()
        self.assertTrue(line, "it ended before it measured")
        return running

    def test_an_interrupted_run_leaves_nothing_and_ends_by_the_signal(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            running = self.measuring()
            running.send_signal(number)
            self.assertEqual(running.communicate(timeout=TIMEOUT), (b"", b""))
            self.assertEqual(running.returncode, -number)
            self.assert_nothing_is_left()

    def test_a_run_whose_measuring_process_is_killed_says_so_and_leaves_nothing(self):
        running = self.measuring()
        os.kill(children(running.pid)[0], signal.SIGKILL)
        _, said = running.communicate(timeout=TIMEOUT)
        self.assertEqual(running.returncode, 2)
        self.assert_one_error_line(said.decode())
        self.assertIn("SIGKILL", said.decode())
        self.assert_nothing_is_left()

    def test_a_file_system_that_keeps_no_promise_is_refused(self):
        shared = "/dev/shm"
        if not os.path.isdir(shared) or not os.access(shared, os.W_OK):
            self.skipTest("%s is not there" % shared)
        before = set(os.listdir(shared))
        done = self.run_command("bench", shared, "--quick", status=2)
        self.assertIn("tmpfs", done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual({name for name in set(os.listdir(shared)) - before
                          if name.startswith("tradewal-bench-")}, set())

    def test_wrong_words_are_refused(self):
        for words in (["--only", "nothing"], ["--rounds", "0"], ["--rounds", "10001"],
                      ["--events", "999"], ["--events", "2000001"], ["--seed", "x"], ["a", "b"],
                      [os.path.join(self.folder, "missing")]):
            self.run_command("bench", *words, status=2)
        self.assert_nothing_is_left()


def children(pid):
    """The processes that a process has started: asked until there are some."""
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
            found = [int(word) for word in file.read().split()]
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("process %d started no other" % pid)


if __name__ == "__main__":
    main()
