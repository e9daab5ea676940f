#!/usr/bin/env python3
"""SIGKILL at each step of a restart that asks the broker: before it, between its answer and the log,
in the middle of what is recorded, and at the end. Run again it comes to what a restart that nobody
killed comes to. strace kills at the k-th call of a kind on a file; k walks over all of them."""
import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from victim import COMMAND, DAY, strace  # noqa: E402
from journal import Journal, Scratch, main  # noqa: E402

SANITIZED = bool(os.environ.get("TW_SANITIZE"))
NEW = "2025-10-06T10:05:0%d-04:00"
LOGGED = [
    {"type": "order_submitted", "time": NEW % 0, "order_ref": "t-1", "symbol": "TSLA",
     "action": "BUY", "purpose": "entry", "qty": "100", "order_type": "LMT", "limit": "445.30"},
    {"type": "fill", "time": NEW % 1, "symbol": "TSLA", "action": "BUY", "qty": "100",
     "price": "445.25", "exec_id": "e1", "order_ref": "t-1", "fee": "1"},
    {"type": "order_submitted", "time": NEW % 2, "order_ref": "t-2", "symbol": "TSLA",
     "action": "SELL", "purpose": "exit", "qty": "50", "order_type": "MKT"},
    {"type": "fill", "time": NEW % 3, "symbol": "NVDA", "action": "BUY", "qty": "100",
     "price": "725.50", "exec_id": "e2", "fee": "1"},
]
# One execution that the log does not know, a difference that nothing explains, and one that is not
# in the log at all.
ANSWER = {"complete": True, "account": "DU1", "orders": [], "completed_orders": [],
          "positions": [{"symbol": "TSLA", "qty": "50", "avg_cost": "445.25"},
                        {"symbol": "NVDA", "qty": "60", "avg_cost": "725.50"},
                        {"symbol": "AMD", "qty": "200", "avg_cost": "165.30"}],
          "executions": [{"exec_id": "e3", "symbol": "TSLA", "action": "SELL", "qty": "50",
                          "price": "450.10", "fee": "1", "order_ref": "t-2",
                          "time": "2025-10-06T10:11:00-04:00"}]}
STEPS = [(call, name) for name in ("intake.wal", DAY)
         for call in ("pwrite64", "fdatasync", "writev", "ftruncate")]


class Kills(Scratch):
    def setUp(self):
        super().setUp()
        self.start = Journal.make(self.folder, "start")
        self.start.crash(LOGGED)

    def copy(self, name):
        journal = Journal(os.path.join(self.folder, name))
        shutil.copytree(self.start.path, journal.path)
        return journal

    def words(self, journal, broker):
        return [COMMAND, "recover", "--apply", "--date", "2025-10-06", "--broker", broker,
                journal.path]

    def recover(self, journal, broker):
        done = subprocess.run(self.words(journal, broker), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, encoding="utf-8", check=False)
        self.assertEqual(done.returncode, 1, done.stderr)

    def came_to(self, journal):
        """All that does not depend on when and how often it was started."""
        journal.verify()
        state = journal.state()
        events = [event for event in journal.export()
                  if event["type"] not in ("session_opened", "session_closed", "clock")]
        for row in events + state["gates"] + state["findings"] + list(state["orders"].values()):
            for member in ("seq", "time", "since", "submitted", "updated"):
                row.pop(member, None)
        for position in state["positions"].values():
            position.pop("entry_time", None)
        return {"events": events, "gates": state["gates"], "findings": state["findings"],
                "positions": state["positions"], "orders": state["orders"],
                "analytics": state["analytics"]}

    def walk(self, broker):
        whole = self.copy("whole")
        self.recover(whole, broker)
        expected = self.came_to(whole)
        kills, between = 0, 0
        for call, name in STEPS:
            for number in range(1, 100):
                journal = self.copy("killed")
                words = strace("-o", os.devnull, "-P", os.path.join(journal.path, name), "-e",
                               "trace=" + call, "-e",
                               "inject=%s:signal=KILL:when=%d" % (call, number))
                killed = subprocess.run(words + self.words(journal, broker),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        check=False).returncode in (-9, 137)
                recorded = [event["type"] for event in journal.export()]
                between += killed and recorded.count("session_opened") == 2 and \
                    "broker_answer" not in recorded
                self.recover(journal, broker)
                self.assertEqual(self.came_to(journal), expected, (call, name, number))
                shutil.rmtree(journal.path)
                kills += killed
                if not killed:
                    break
        print("recover_kill_test: %d kills, %d between answer and log" % (kills, between),
              flush=True)
        self.assertGreater(kills, 10)
        self.assertGreater(between, 0)

    @unittest.skipIf(SANITIZED or not strace(), "strace is missing, or a sanitizer is in the way")
    def test_a_restart_that_dies_at_any_step_is_made_up_for_by_the_next_one(self):
        self.walk("file:" + self.write("answer.json", ANSWER))

    @unittest.skipIf(SANITIZED or not strace(), "strace is missing, or a sanitizer is in the way")
    def test_so_is_one_that_could_not_ask_the_broker(self):
        self.walk("file:" + os.path.join(self.folder, "nowhere.json"))


if __name__ == "__main__":
    main()
