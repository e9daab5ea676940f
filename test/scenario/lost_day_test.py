#!/usr/bin/env python3
"""A day file that is not where it was left: removed, renamed, exchanged, or gone from the middle.

None of these may look like a clean start or like a journal that is whole."""
import json
import os
import shutil

from command_lane import Lane, fill, main, note

NEXT = "2025-10-07"
LAST = "2025-10-08"
LOOKS = (["info"], ["state"], ["log"], ["export", "--all"], ["recover"])


def next_note(date):
    return {**note("10:00:00"), "time": "%sT10:00:00-04:00" % date}


def next_fill(date):
    return {**fill("10:00:00", "BUY", "5", "700", "n-" + date, symbol="NVDA"),
            "time": "%sT10:00:00-04:00" % date}


class LostDay(Lane):
    def setUp(self):
        super().setUp()
        self.init()
        self.append(fill("10:00:00", "BUY", "100", "445.25", "e1"))

    def day(self, date="20251006", journal=None):
        return os.path.join(journal or self.journal, date + ".mdb")

    def assert_refused(self, day, append_to):
        for words in LOOKS:
            done = self.run_command(*words, self.journal, status=2)
            self.assertIn("%s is missing" % day, done.stderr, words)
        self.assertIn("is missing",
                      self.run_command("verify", self.journal, status=1).stderr)
        self.assertIn("is missing", self.append(next_note(append_to), status=2).stderr)

    def test_the_only_day_file_removed_is_no_clean_start(self):
        os.rename(self.day(), self.path("kept"))
        self.assert_refused(self.day(), "2025-10-06")
        os.rename(self.path("kept"), self.day())
        self.assertEqual(self.state()["positions"]["TSLA"]["quantity"], 100)

    def test_the_newest_day_file_removed_is_neither_begun_anew_nor_passed_over(self):
        self.append(next_fill(NEXT))
        os.rename(self.day("20251007"), self.path("kept"))
        for date in ("2025-10-06", NEXT, LAST):
            self.assert_refused(self.day("20251007"), date)
        self.assertFalse(os.path.exists(self.day("20251008")))

    def test_without_its_lock_file_too_the_intake_misses_it(self):
        os.remove(self.day())
        os.remove(self.day() + "-lock")
        done = self.append(note("10:00:00"), status=2)
        self.assertIn("there is no day file: it is missing", done.stderr)

    def test_without_its_lock_file_and_the_intake_the_operator_has_decided(self):
        for name in (self.day(), self.day() + "-lock", os.path.join(self.journal, "intake.wal")):
            os.remove(name)
        self.append(note("10:00:00"))
        self.assertEqual(self.types(), ["note"])

    def test_a_day_file_of_another_journal_is_shown_by_nothing(self):
        other = self.path("other")
        self.init(other)
        self.append(fill("10:00:00", "BUY", "7", "1", "o1"), journal=other)
        shutil.copyfile(self.day(journal=other), self.day())
        for words in LOOKS + (["verify"],):
            done = self.run_command(*words, self.journal, status=2)
            self.assertIn("was made for another journal", done.stderr, words)
        self.append(next_note(NEXT), status=2)

    def test_verify_names_a_day_that_is_missing_between_two(self):
        self.append(next_fill(NEXT))
        self.append(next_fill(LAST))
        self.run_command("verify", "--all", self.journal)
        for suffix in ("", "-lock"):
            os.remove(self.day("20251007") + suffix)
        done = self.run_command("verify", "--all", self.journal, status=1)
        self.assertIn("2025-10-08: the day follows record", done.stderr)

    def test_a_day_that_is_over_is_read_without_its_lock_file_beside_a_writer(self):
        self.append(next_fill(NEXT))
        os.remove(self.day() + "-lock")
        with self.writer() as writer:
            self.say(writer, json.dumps(next_note(NEXT)))
            done = self.run_command("state", "--date", "2025-10-06", "-o", "json", self.journal)
            self.assertEqual(json.loads(done.stdout)["positions"]["TSLA"]["quantity"], 100)

    def test_a_writer_stops_when_its_day_file_was_renamed_and_nothing_it_said_is_lost(self):
        with self.writer() as writer:
            said = [self.say(writer, json.dumps(note("10:01:00")))]
            os.rename(self.day(), self.path("kept"))
            while said[-1]:
                said.append(self.say(writer, json.dumps(note("10:02:00"))))
        os.rename(self.path("kept"), self.day())
        told = [event["seq"] for event in self.log()]
        self.assertEqual(set(int(seq) for seq in said if seq) - set(told), set())

    def test_nothing_is_acknowledged_once_the_intake_was_removed(self):
        with self.writer() as writer:
            seq = int(self.say(writer, json.dumps(note("10:01:00"))))
            os.rename(os.path.join(self.journal, "intake.wal"), self.path("kept"))
            self.assertEqual(self.say(writer, json.dumps(note("10:02:00"))), "")
        done = self.run_command("log", self.journal, status=2)
        self.assertIn("intake.wal is missing", done.stderr)
        self.append(note("10:03:00"), status=2)
        os.rename(self.path("kept"), os.path.join(self.journal, "intake.wal"))
        self.assertGreaterEqual(self.log()[-1]["seq"], seq)


if __name__ == "__main__":
    main()
