#!/usr/bin/env python3
"""A damaged journal is salvaged from the command line: what a user types and reads."""
import json
import os
import re
import stat

from command_lane import CRASH_DAY, DATE, Lane, attempt, fill, main, note
from crc32c import crc32c

PAGE = 4096


class Salvaged(Lane):
    def setUp(self):
        super().setUp()
        self.init()
        self.day = os.path.join(self.journal, "20251006.mdb")
        self.new = os.path.join(self.folder, "new")

    def change(self, path, change):
        with open(path, "rb") as file:
            content = bytearray(file.read())
        content = change(content)
        with open(path, "wb") as file:
            file.write(content)

    def zero_pages(self, *pages):
        def change(content):
            for page in pages:
                content[page * PAGE:(page + 1) * PAGE] = bytes(PAGE)
            return content
        self.change(self.day, change)

    def lose(self, text):
        """The pages that hold this text are gone, wherever it stands."""
        def change(content):
            at = content.find(text)
            while at >= 0:
                first = at // PAGE * PAGE
                content[first:first + PAGE] = bytes(PAGE)
                at = content.find(text)
            return content
        for name in ("20251006.mdb", "intake.wal"):
            self.change(os.path.join(self.journal, name), change)

    def salvage(self, *words, status=1, **more):
        return self.run_command("salvage", "--any-file-system", *words, self.journal, self.new,
                                status=status, **more)

    def files(self):
        found = {}
        for name in os.listdir(self.journal):
            with open(os.path.join(self.journal, name), "rb") as file:
                found[name] = (file.read(), os.stat(file.fileno()).st_mtime_ns)
        return found


class OfACrash(Salvaged):
    def setUp(self):
        super().setUp()
        self.crash_with(*CRASH_DAY)

    def test_a_day_without_its_first_pages_is_whole_again_and_the_damaged_one_is_as_it_was(self):
        self.zero_pages(0, 1)
        wanted = [event for event in CRASH_DAY]
        for name in os.listdir(self.journal):
            os.chmod(os.path.join(self.journal, name), 0o400)
        os.chmod(self.journal, 0o500)
        before = self.files()
        said = self.salvage()
        self.assertEqual(self.files(), before)
        self.assertEqual(said.stderr, "")
        self.assertIn("Damage    20251006.mdb: page 0: it does not start like an LMDB file\n",
                      said.stdout)
        self.assertIn("Missing?", said.stdout)
        self.run_command("verify", self.new)
        types = self.types(journal=self.new)
        self.assertEqual(types[:len(wanted)], [event["type"] for event in wanted])
        self.assertEqual(stat.S_IMODE(os.stat(self.new).st_mode), 0o700)

    def test_a_journal_that_is_whole_ends_with_status_0(self):
        done = self.salvage("-o", "json", status=0)
        found = json.loads(done.stdout)
        self.assertEqual(found["missing"], 0)
        self.assertEqual(found["gaps"], [])
        self.assertGreater(found["proven"], 0)
        self.assertIs(found["end_known"], True)

    def test_new_entries_wait_for_a_person_and_exits_do_not(self):
        self.salvage(status=0)
        self.assertIn("salvaged from a damaged journal",
                      self.append(attempt("10:30:00"), journal=self.new, status=1).stderr)
        self.append(fill("10:31:00", "SELL", "50", "446", "e9"), journal=self.new)
        self.run_command("gate", "--clear", "--by", "jane", "--reason", "looked at", self.new)
        self.append(attempt("10:32:00"), journal=self.new)

    def test_a_complete_answer_of_the_broker_does_not_open_the_gate(self):
        self.salvage(status=0)
        answer = self.path("answer.json", json.dumps({
            "complete": True, "account": "DU1",
            "positions": [], "orders": [], "executions": []}))
        self.run_command("recover", "--apply", "--broker", "file:" + answer, "--date", DATE,
                         self.new, status=1)
        self.assertIn("salvaged from a damaged", self.run_command("gate", self.new).stdout)

    def test_what_happened_stands_in_the_log(self):
        self.salvage(status=0)
        events = self.log(journal=self.new)
        finding = [event for event in events if event["type"] == "finding"][-1]
        self.assertEqual((finding["case"], finding["action"], finding["open"]),
                         ("D38", "halt", True))
        with open(os.path.join(self.journal, "identity"), encoding="utf-8") as file:
            uuid = re.search(r"uuid: (\S+)", file.read()).group(1)
        self.assertIn(uuid, finding["text"])

    def test_verify_sends_to_salvage(self):
        self.zero_pages(0)
        self.assertIn("tradewal salvage saves the records",
                      self.run_command("verify", self.journal, status=1).stderr)


class OfALongDay(Salvaged):
    def test_each_hole_is_told_and_each_missing_record_has_a_note(self):
        self.append(*[note("10:00:00", "words %04d and many more of them" % i)
                      for i in range(2000)])
        self.lose(b"words 1000 and")
        found = json.loads(self.salvage("-o", "json").stdout)
        self.assertGreater(found["missing"], 0)
        self.assertEqual(found["missing"], sum(b - a + 1 for a, b in found["gaps"]))
        self.assertEqual(found["records"] + found["missing"], found["last_seq"])
        self.run_command("verify", self.new)
        events = {event["seq"]: event for event in self.log(journal=self.new)}
        for first, last in found["gaps"]:
            for seq in range(first, last + 1):
                self.assertEqual(events[seq]["text"],
                                 "record %d is missing from the damaged journal" % seq)
        before = {event["seq"]: event for event in events.values()
                  if event["type"] == "note" and event["actor"] == "test"}
        self.assertEqual([before[seq]["text"] for seq in sorted(before)][:3],
                         ["words %04d and many more of them" % i for i in range(3)])


class Hostile(Salvaged):
    def test_files_of_garbage_end_with_one_line(self):
        self.crash_with(*CRASH_DAY)
        for content in (b"", b"\x1b[2J" * 5000, os.urandom(1 << 20), b"TWAL" * 100000,
                        b"TWFR" * 100000, b"TWHDTWORTWSS" * 50000):
            for name in ("20251006.mdb", "intake.wal"):
                self.change(os.path.join(self.journal, name), lambda _, is_=content: bytearray(is_))
            said = self.salvage(status=2).stderr
            self.assertIn("no record is left in it", said)
            self.assertNotIn("\x1b", said)
            self.assertFalse(os.path.exists(self.new))

    def test_a_file_of_nothing_for_a_terabyte_takes_no_time(self):
        self.crash_with(*CRASH_DAY)
        with open(self.day, "r+b") as file:
            file.truncate(1 << 40)
        self.salvage(status=0)
        self.run_command("verify", self.new)

    def test_names_and_texts_do_not_reach_the_terminal_as_they_are(self):
        self.crash_with(*CRASH_DAY)
        odd = os.path.join(self.folder, "odd\x1b[31m")
        os.rename(self.journal, odd)
        self.journal = odd
        self.new = os.path.join(self.folder, "new\x1b[0m\n")
        done = self.salvage(status=0)
        self.assertNotIn("\x1b", done.stdout + done.stderr)
        self.assertNotIn("\x1b", self.salvage(status=2).stderr)


class Refused(Salvaged):
    def test_a_wrong_usage_is_told(self):
        self.run_command("salvage", self.journal, status=2)
        self.run_command("salvage", self.journal, self.new, self.new, status=2)
        self.run_command("salvage", "--roll", "25:00", self.journal, self.new, status=2)

    def test_a_journal_without_identity_and_sessions_asks_whose_it_is(self):
        self.append(note("10:00:00"), note("10:00:01", "x" * 3000))
        os.unlink(os.path.join(self.journal, "identity"))
        for name in ("20251006.mdb", "intake.wal"):
            self.change(os.path.join(self.journal, name),
                        lambda content: content.replace(b"DU1", b"DU2"))
        self.assertIn("--account and --env", self.salvage(status=2).stderr)
        self.salvage("--account", "DU1", "--env", "paper")
        self.run_command("verify", self.new)

    def test_a_journal_that_is_written_ends_with_3_and_one_of_later_with_4(self):
        with self.writer() as writer:
            self.say(writer, json.dumps(note("10:00:00")))
            self.salvage(status=3)
        lines = "tradewal journal\nformat: 99\n"
        with open(os.path.join(self.journal, "identity"), "w", encoding="ascii") as file:
            file.write(lines + "crc32c: %08x\n" % crc32c(lines.encode()))
        self.salvage(status=4)


if __name__ == "__main__":
    main()
