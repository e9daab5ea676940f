#!/usr/bin/env python3
"""The reference scenario, saving and loading: what was saved is loaded, whole or not at all, and
only on its own day."""
import os
import subprocess

from reference import (BEFORE, COUNTERS, DAY, ENTRY, NVDA, PARTIAL, Reference, attempt, exact, fill,
                       main, plan, without)
from journal import COMMAND, Journal, line_of

WHOLE_DAY = COUNTERS[:1] + ENTRY + COUNTERS[1:] + NVDA + PARTIAL


class SaveAndLoad(Reference):
    def test_what_was_saved_is_loaded(self):
        self.journal.add(*WHOLE_DAY)
        saved = self.journal.state()
        found = self.journal.view("recover")
        self.assertEqual(found["state"], saved)
        self.assertEqual(found["replayed"], 0)
        self.journal.tell("recover", "--apply")
        self.assertEqual(without(self.journal.state(), "seq", "timestamp"),
                         without(saved, "seq", "timestamp"))

    def test_positions_come_back_with_all_that_was_known(self):
        self.crash(*ENTRY, *NVDA)
        tesla = self.journal.view("recover")["state"]["positions"]["TSLA"]
        self.assertEqual({name: str(tesla[name]) for name in
                          ("side", "entry_price", "shares", "quantity", "remaining", "pivot",
                           "stop", "target1", "target2", "entry_path", "entry_time")},
                         {"side": "LONG", "entry_price": "445.25", "shares": "100",
                          "quantity": "100", "remaining": "1", "pivot": "444.77",
                          "stop": "443.8", "target1": "450", "target2": "460.25",
                          "entry_path": "momentum", "entry_time": "2025-10-06T10:05:47-04:00"})
        self.assertEqual(self.positions(), {"TSLA": ("LONG", 100), "NVDA": ("LONG", 100)})

    def test_attempts_come_back(self):
        self.crash(attempt("09:45:31"), attempt("10:05:40"),
                   attempt("10:20:11", "AMD", "165.30", side="SHORT"))
        counts = self.journal.view("recover")["state"]["attempt_counts"]
        self.assertEqual((counts["TSLA"]["long_attempts"], str(counts["TSLA"]["resistance"]),
                          counts["TSLA"]["short_attempts"]), (2, "444.77", 0))
        self.assertEqual((counts["AMD"]["short_attempts"], str(counts["AMD"]["support"]),
                          counts["AMD"]["long_attempts"]), (1, "165.3", 0))

    def test_analytics_come_back(self):
        self.crash(*WHOLE_DAY, fill("10:30:00", "SELL", "100", "726.00", "n2", "NVDA"),
                   fill("10:31:00", "BUY", "10", "100.00", "a1", "AMD"),
                   fill("10:32:00", "SELL", "10", "99.00", "a2", "AMD"))
        analytics = self.journal.view("recover")["state"]["analytics"]
        self.assertEqual(analytics["daily_pnl"], exact("282.50"))
        self.assertEqual((analytics["total_trades"], analytics["winners"], analytics["losers"]),
                         (2, 1, 1))
        self.assertEqual(analytics["filter_blocks"], {"choppy": 4})
        self.assertEqual(analytics["entry_paths"], {"momentum": 2})

    def test_an_export_taken_back_makes_the_same_state(self):
        self.journal.add(*WHOLE_DAY)
        twin = Journal.make(self.folder, "twin")
        path = os.path.join(self.folder, "export.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.journal.tell("export"))
        twin.tell("import", after=(path,))
        self.assertEqual(without(twin.state(), "seq", "timestamp"),
                         without(self.journal.state(), "seq", "timestamp"))


class OnlyToday(Reference):
    def setUp(self):
        super().setUp()
        self.journal.add(attempt("10:05:40", day=BEFORE), plan("10:05:41", day=BEFORE),
                         fill("10:05:47", "BUY", "100", "445.25", "old-1", day=BEFORE))

    def test_a_state_of_another_day_is_not_taken_for_today_s(self):
        self.journal.add({"type": "note", "actor": "test", "tag": "start", "text": "a new day"})
        state = self.journal.state()
        self.assertNotEqual(state["date"], BEFORE)
        self.assertEqual(state["positions"], {})
        self.assertEqual(state["attempt_counts"], {})
        self.assertEqual(state["analytics"]["daily_pnl"], 0)

    def test_what_the_older_day_left_open_is_told(self):
        self.journal.add({"type": "note", "actor": "test", "tag": "start", "text": "a new day"})
        self.assertRegex(self.journal.tell("recover"),
                         r"Left open +2025-10-03 TSLA LONG 100 @ 445\.25; not restored by itself")
        older = self.journal.view("recover")["older"]
        self.assertEqual((older["date"], list(older["positions"])), (BEFORE, ["TSLA"]))

    def test_an_event_of_an_earlier_date_is_refused(self):
        self.journal.add(*ENTRY)
        said = self.journal.refused(fill("15:59:59", "SELL", "100", "446", "late", day=BEFORE))
        self.assertIn("trading date 2025-10-03, expected 2025-10-06", said)
        self.assertEqual(self.positions(), {"TSLA": ("LONG", 100)})

    def test_an_earlier_date_is_refused_in_the_middle_of_a_run_too(self):
        counts, said = self.journal.append(
            [*ENTRY, fill("15:59:59", "SELL", "100", "446", "late", day=BEFORE), *NVDA])
        self.assertEqual(counts, (4, 0, 1))
        self.assertIn("trading date 2025-10-03, expected 2025-10-06", said)
        self.assertEqual(self.positions(), {"TSLA": ("LONG", 100), "NVDA": ("LONG", 100)})

    def test_today_s_state_is_accepted(self):
        self.journal.crash([{"type": "fill", "symbol": "TSLA", "action": "BUY", "qty": "100",
                             "price": "445.25", "exec_id": "now-1", "fee": "0"}])
        found = self.journal.view("recover")
        self.assertNotIn("New day", self.journal.tell("recover"))
        self.assertEqual(found["last_session"]["ended"], "crash")
        self.assertNotEqual(found["state"]["date"], BEFORE)
        self.journal.tell("recover", "--apply")
        self.assertEqual(self.positions(), {"TSLA": ("LONG", 100)})

    def test_the_day_that_a_record_belongs_to_is_data(self):
        self.journal.add(*ENTRY)
        dates = {event["seq"]: event.get("trading_date") for event in self.journal.export("--all")
                 if event["type"] == "session_opened"}
        self.assertEqual(list(dates.values()), [BEFORE, DAY])


class Atomicity(Reference):
    def test_a_reader_beside_the_writer_never_sees_half_a_state(self):
        seen = []
        with subprocess.Popen([COMMAND, "append", "--each", self.journal.path],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              encoding="utf-8") as writer:
            for event in WHOLE_DAY * 3:
                number = len(seen)
                if "exec_id" in event:
                    event = dict(event, exec_id="%s-%d" % (event["type"], number))
                writer.stdin.write(line_of(event))
                writer.stdin.flush()
                seen.append(self.journal.state())
                answer = writer.stdout.readline().strip()
                # What was answered is in the day file when the commit delay is over.
                while answer.isdigit() and number % 7 == 0 and seen[-1]["seq"] < int(answer):
                    seen.append(self.journal.state())
            writer.stdin.close()
        self.assertEqual([state["seq"] for state in seen], sorted(state["seq"] for state in seen))
        for state in seen:
            if state["seq"]:
                self.assertEqual(state, self.journal.state("--at-seq", str(state["seq"])))
        self.assertGreater(len({state["seq"] for state in seen}), 3)

    def test_an_event_that_is_refused_changes_nothing(self):
        self.journal.add(*ENTRY)
        before = without(self.journal.state(), "seq", "timestamp")
        self.journal.refused({"type": "partial", "time": PARTIAL[1]["time"], "symbol": "TSLA",
                              "qty": "101", "price": "450", "exec_id": "too-much"})
        self.assertEqual(without(self.journal.state(), "seq", "timestamp"), before)

    def test_nothing_half_written_is_left_beside_the_day(self):
        self.crash(*WHOLE_DAY)
        self.journal.tell("recover", "--apply")
        names = sorted(subprocess.run(["ls", self.journal.path], stdout=subprocess.PIPE,
                                      encoding="utf-8", check=True).stdout.split())
        self.assertEqual(names, ["20251006.mdb", "20251006.mdb-lock", "identity", "intake.wal",
                                 "writer.lock"])


if __name__ == "__main__":
    main()
