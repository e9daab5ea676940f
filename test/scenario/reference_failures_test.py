#!/usr/bin/env python3
"""What the reference implementation, a Python trader that wrote JSON every ten seconds, did wrong.
Each of its failures is a test here."""
import os
import shutil
import subprocess

from reference import (BEFORE, COUNTERS, DAY, ENTRY, NVDA, PARTIAL, Reference, attempt, exact, fill,
                       holding, main, plan)
from journal import COMMAND, Journal, line_of

TRADER = os.environ["TW_TRADER"]


class Failures(Reference):
    def test_attempts_are_looked_up_under_the_key_they_were_counted_under(self):
        self.crash(attempt("09:45:31", level="444.77"))
        self.journal.add(attempt("10:05:40", level="444.7700"))
        counts = self.journal.state()["attempt_counts"]["TSLA"]
        self.assertEqual((counts["long_attempts"], len(counts["levels"])), (2, 1))
        # As a number, as some hosts say it, it is the same level.
        self.assertIn("2 of 2", self.journal.refused(attempt("10:20:00", level=444.77)))

    def test_attempts_and_profit_are_restored_and_not_only_printed(self):
        self.crash(*COUNTERS, *ENTRY, *PARTIAL)
        text = self.journal.tell("recover")
        self.assertRegex(text, r"TSLA long 1 of 2 at 444\.77")
        self.assertIn("242.50", text)
        self.journal.add(fill("10:40:00", "SELL", "50", "446.25", "x-1"), attempt("10:41:00"))
        analytics = self.journal.state()["analytics"]
        self.assertEqual(analytics["daily_pnl"], exact("292.50"))
        self.assertEqual(analytics["filter_blocks"], {"choppy": 4})
        self.journal.refused(attempt("10:42:00"))

    def test_a_partial_of_half_is_not_halved_twice(self):
        self.crash(*ENTRY, *PARTIAL)
        for _ in range(3):
            self.journal.tell("recover", "--apply")
        tesla = self.journal.state()["positions"]["TSLA"]
        self.assertEqual((tesla["quantity"], tesla["remaining"]), (50, exact("0.5")))
        self.reconcile({"complete": True, "positions": [holding("TSLA", "50", "445.25")]},
                       "--apply", status=0)
        self.assertEqual(self.journal.state()["positions"]["TSLA"]["remaining"], exact("0.5"))

    def test_the_breakeven_stop_survives(self):
        self.crash(*ENTRY, *PARTIAL)
        self.assertIn("stop 445.25 (breakeven)", self.journal.tell("recover"))
        self.journal.tell("checkpoint", "take")
        tesla = self.journal.state()["positions"]["TSLA"]
        self.assertEqual((tesla["stop"], tesla["stop_reason"]), (exact("445.25"), "breakeven"))

    def test_long_100_is_not_validated_by_short_100(self):
        self.crash(*ENTRY)
        answer = {"complete": True, "positions": [holding("TSLA", "-100", "445.25")]}
        self.assertEqual(self.cases(answer, "--apply"), {"TSLA": "D4"})
        self.assertEqual(self.positions(), {"TSLA": ("SHORT", 100)})
        self.assertEqual([gate["scope"] for gate in self.journal.state()["gates"]], ["TSLA"])

    def test_a_failed_query_drops_no_position(self):
        self.crash(*ENTRY, *NVDA)
        self.assertEqual(self.cases(None, "--apply"), {None: "D7"})
        self.assertEqual(self.positions(), {"TSLA": ("LONG", 100), "NVDA": ("LONG", 100)})

    def test_an_empty_list_that_does_not_say_complete_is_not_flat(self):
        self.crash(*ENTRY)
        url = "file:" + self.write("silent.json", {"positions": []})
        done = self.journal.run("reconcile", "--broker", url, "--apply")
        self.assertEqual(done.returncode, 2)
        self.assertIn('does not say "complete"', done.stderr)
        self.assertEqual(self.positions(), {"TSLA": ("LONG", 100)})

    def test_there_is_no_moment_without_a_state(self):
        seen = [0]
        with subprocess.Popen([TRADER, "--journal", self.journal.path, "--pace", "1",
                               "--checkpoint-ms", "1", "--quiet"],
                              stdout=subprocess.DEVNULL) as trader:
            while trader.poll() is None:
                seen.append(self.journal.state()["seq"])
        self.assertEqual(trader.returncode, 0)
        self.assertEqual(seen, sorted(seen))
        self.assertGreater(len(set(seen)), 2)
        self.assertGreater(len(self.journal.view("checkpoint", "list")), 0)

    def test_an_older_day_under_today_s_name_is_not_loaded(self):
        self.journal.add(attempt("10:05:40", day=BEFORE), plan("10:05:41", day=BEFORE),
                         fill("10:05:47", "BUY", "100", "445.25", "old", day=BEFORE))
        older = os.path.join(self.journal.path, "20251003.mdb")
        backup = os.path.join(self.journal.path, "20251006.mdb")
        shutil.copyfile(older, backup)
        os.remove(older)
        done = self.journal.run("append", text=line_of(attempt("10:05:40", day=DAY)))
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, "2025-?10-?03")

    def test_the_profit_of_partials_is_kept(self):
        self.crash(*ENTRY, *PARTIAL)
        found = self.journal.view("recover")["state"]
        self.assertEqual(found["analytics"]["daily_pnl"], exact("242.50"))
        self.assertEqual(found["positions"]["TSLA"]["partials_taken"][0]["price"], exact("450.1"))
        self.journal.add(fill("10:40:00", "SELL", "50", "445.25", "x-1"))
        self.assertEqual(self.journal.state()["analytics"]["daily_pnl"], exact("242.50"))

    def test_a_state_that_the_reference_wrote_is_taken_over_whole(self):
        theirs = {"timestamp": "2025-10-06T10:15:30-04:00", "date": DAY,
                  "positions": {"TSLA": {"symbol": "TSLA", "side": "LONG", "entry_price": 445.25,
                                         "shares": 100, "remaining": 0.5, "pivot": 444.77,
                                         "stop": 445.25, "target1": 460.25}},
                  "attempt_counts": {"TSLA": {"long_attempts": 2, "resistance": 444.77,
                                              "short_attempts": 0, "support": None}},
                  "analytics": {"daily_pnl": 756.19, "total_trades": 3, "winners": 2, "losers": 1,
                                "filter_blocks": {"choppy": 4}, "entry_paths": {"momentum": 2}}}
        self.journal.tell("import", after=(self.write("trader_state.json", theirs),))
        state = self.journal.state()
        tesla = state["positions"]["TSLA"]
        self.assertEqual((tesla["side"], tesla["quantity"], tesla["entry_price"], tesla["stop"]),
                         ("LONG", 50, exact("445.25"), exact("445.25")))
        self.assertEqual(state["analytics"]["daily_pnl"], exact("756.19"))
        self.assertEqual(state["analytics"]["filter_blocks"], {"choppy": 4})
        self.assertEqual(state["attempt_counts"]["TSLA"]["long_attempts"], 2)

    def test_nothing_of_the_last_ten_seconds_is_lost(self):
        """The reference saved every ten seconds; here what was answered is there at once."""
        with subprocess.Popen([COMMAND, "append", "--each", self.journal.path],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              encoding="utf-8") as writer:
            for event in ENTRY:
                writer.stdin.write(line_of(event))
            writer.stdin.flush()
            answers = [writer.stdout.readline() for _ in ENTRY]
            writer.kill()
        self.assertEqual(Journal(self.journal.path).view("recover")["snapshot_seq"], 0)
        self.assertLessEqual({int(answer) for answer in answers},
                             {event["seq"] for event in self.journal.export()})
        self.assertEqual(self.positions(), {"TSLA": ("LONG", 100)})


if __name__ == "__main__":
    main()
