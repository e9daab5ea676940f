#!/usr/bin/env python3
"""The reference scenario, edge cases of the files: corrupt, missing, of yesterday.

A damaged day is named and refused, by every command that believes it; it is never a crash of the
command and never an empty start. TW_SEED chooses the damaged places and is printed."""
import os
import random
import shutil
import time

from reference import (BEFORE, COUNTERS, ENTRY, NVDA, PARTIAL, Reference, attempt, exact, fill,
                       holding, main, plan, without)
from journal import line_of

SEED = int(os.environ.get("TW_SEED") or time.time())
ROUNDS = 10 if os.environ.get("TW_SANITIZE") else 60
NOTE = {"type": "note", "time": "2025-10-06T10:30:00-04:00", "actor": "test", "tag": "start",
        "text": "the next run"}


class Corrupt(Reference):
    @classmethod
    def setUpClass(cls):
        print("reference_damage_test: TW_SEED=%d" % SEED, flush=True)

    def setUp(self):
        super().setUp()
        self.chance = random.Random("%d %s" % (SEED, self.id()))
        self.journal.add(*COUNTERS, *ENTRY, *NVDA, *PARTIAL)
        self.day = os.path.join(self.journal.path, "20251006.mdb")
        self.good = self.path("good.mdb")
        shutil.copyfile(self.day, self.good)
        self.wanted = without(self.journal.state(), "seq", "timestamp")
        self.size = os.path.getsize(self.day)

    def path(self, name):
        return os.path.join(self.folder, name)

    def damage(self, change):
        with open(self.good, "rb") as file:
            content = bytearray(file.read())
        content = change(content)
        with open(self.day, "wb") as file:
            file.write(content)

    def look(self, command, *flags, **more):
        """Fine, or one error line that says what is damaged and what to do; a look names the
        day too. Any other end is a failure."""
        done = self.journal.run(command, *flags, **more)
        self.assertIn(done.returncode, (0, 1, 2, 4), (command, done.stderr))
        if done.returncode:
            lines = (done.stderr or done.stdout).splitlines()
            self.assertEqual(len(lines), 1, done)
            self.assertRegex(lines[0], r"2025-?10-?06" if command != "append" else "; ")
        return done

    def check(self, must_refuse):
        """What is asked of any damage. Returns whether it was seen."""
        verified = self.look("verify")
        for command in ("state", "recover"):
            done = self.look(command, "-o", "json")
            if done.returncode == 0 and verified.returncode == 0:
                self.assertEqual(without(self.journal.state(), "seq", "timestamp"), self.wanted)
        before = self.content()
        started = self.look("append", text=line_of(NOTE))
        if started.returncode == 0:
            # A start reads the snapshot and what follows it; what `verify` found lies before.
            state = self.journal.view("recover")["state"]
            self.assertEqual(without(state, "seq", "timestamp"), self.wanted)
        else:
            # Room may have been made behind it; what was there is as it was, for salvage.
            self.assertEqual(self.content()[:len(before)], before)
        if must_refuse:
            self.assertNotEqual(verified.returncode, 0)
            self.assertNotEqual(started.returncode, 0)
        return verified.returncode != 0

    def content(self):
        with open(self.day, "rb") as file:
            return file.read()

    def test_a_truncated_day_is_named_and_refused(self):
        for size in (0, 1, 100, 4096, 4097, 8192, self.size // 2, self.size - 4096):
            with self.subTest(size=size):
                self.damage(lambda content, size=size: content[:size])
                self.check(must_refuse=True)

    def test_a_day_that_is_text_is_named_and_refused(self):
        self.damage(lambda content: b'{"positions": {}, "date": "2025-10-06"}\n')
        self.check(must_refuse=True)

    def test_a_zeroed_day_is_named_and_refused(self):
        self.damage(lambda content: bytes(len(content)))
        self.check(must_refuse=True)

    def test_a_zeroed_page_is_refused_or_was_of_no_use(self):
        for page in range(self.size // 4096):
            def zero(content, start=page * 4096):
                content[start:start + 4096] = bytes(4096)
                return content
            with self.subTest(page=page):
                self.damage(zero)
                self.check(must_refuse=page == 0)

    def test_a_flipped_bit_is_refused_or_was_of_no_use(self):
        for _ in range(ROUNDS):
            bit = self.chance.randrange(self.size * 8)

            def flip(content, place=bit):
                content[place // 8] ^= 1 << place % 8
                return content
            with self.subTest(bit=bit):
                self.damage(flip)
                self.check(must_refuse=False)

    def test_a_flipped_bit_in_what_was_told_is_always_seen(self):
        with open(self.good, "rb") as file:
            content = file.read()
        places = [place for text in (b"0000e0d5.68e3c1a2", b"momentum", b"breakeven", b"target1")
                  for place in range(len(content)) if content.startswith(text, place)]
        self.assertGreater(len(places), 0)
        for place in self.chance.sample(places, min(len(places), 20)):
            def flip(changed, place=place):
                changed[place + 1] ^= 4
                return changed
            with self.subTest(place=place):
                self.damage(flip)
                self.check(must_refuse=False)

    def test_a_day_whose_only_snapshot_is_damaged_is_folded_from_its_first_record(self):
        with open(self.good, "rb") as file:
            content = file.read()
        for place in [place for place in range(len(content))
                      if content.startswith(b"momentum", place)]:
            def flip(changed, place=place):
                changed[place + 1] ^= 4
                return changed
            self.damage(flip)
            done = self.journal.run("recover", "-o", "json")
            if done.returncode == 0 and exact(done.stdout)["snapshots_bad"]:
                break
        else:
            self.fail("no flipped bit was in the snapshot alone")
        found = exact(done.stdout)
        self.assertEqual((found["snapshot_seq"], found["snapshots_bad"]), (0, 1))
        self.assertEqual(found["replayed"], found["last_session"]["seq"])
        self.assertEqual(without(found["state"], "seq", "timestamp"), self.wanted)
        self.journal.add(NOTE)
        self.assertEqual(without(self.journal.state(), "seq", "timestamp"), self.wanted)


class Missing(Reference):
    def test_a_folder_that_is_no_journal_is_named_and_nothing_is_made_of_it(self):
        nowhere = type(self.journal)(os.path.join(self.folder, "nowhere"))
        for command in ("state", "recover", "verify", "append"):
            done = nowhere.run(command, text="")
            self.assertEqual(done.returncode, 2 if command != "append" else done.returncode)
            self.assertFalse(os.path.exists(nowhere.path), command)
        os.mkdir(nowhere.path, mode=0o700)
        done = nowhere.run("append", text=line_of(NOTE))
        self.assertEqual(done.returncode, 2)
        self.assertEqual(os.listdir(nowhere.path), [])

    def test_a_journal_without_a_day_starts_clean_and_says_so(self):
        self.assertIn("none: a start begins clean", self.journal.tell("recover"))
        self.journal.add(*ENTRY)
        self.assertEqual(self.positions(), {"TSLA": ("LONG", 100)})

    def test_a_lost_day_is_not_taken_for_flat_when_the_broker_holds_something(self):
        self.journal.add(*ENTRY)
        for name in ("20251006.mdb", "20251006.mdb-lock", "intake.wal"):
            done = self.journal.run("append", text=line_of(NOTE))
            self.assertEqual(done.returncode, 2 if name != "20251006.mdb" else 0, name)
            os.remove(os.path.join(self.journal.path, name))
        self.journal.add(NOTE)
        self.assertEqual(self.cases({"complete": True, "positions": [holding("TSLA", "100")]}),
                         {"TSLA": "D8"})

    def test_a_lost_identity_is_named(self):
        self.journal.add(*ENTRY)
        os.remove(os.path.join(self.journal.path, "identity"))
        for command in ("state", "append"):
            done = self.journal.run(command, text=line_of(NOTE))
            self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), command)


class Yesterday(Reference):
    def held_overnight(self):
        self.journal.add(attempt("10:05:40", day=BEFORE), plan("10:05:41", day=BEFORE),
                         fill("10:05:47", "BUY", "100", "445.25", "old-1", day=BEFORE))
        self.journal.add(NOTE)

    def test_a_position_of_yesterday_is_not_restored_by_itself(self):
        self.held_overnight()
        self.assertEqual(self.positions(), {})
        self.assertEqual(self.journal.state()["attempt_counts"], {})

    def test_a_position_that_the_broker_still_holds_is_reported_as_overnight(self):
        self.held_overnight()
        answer = {"complete": True, "positions": [holding("TSLA", "100", "445.25")]}
        self.assertEqual(self.cases(answer), {"TSLA": "D34"})

    def test_yesterday_s_file_under_today_s_name_is_refused(self):
        self.journal.add(attempt("10:05:40", day=BEFORE), plan("10:05:41", day=BEFORE),
                         fill("10:05:47", "BUY", "100", "445.25", "old-1", day=BEFORE))
        shutil.copyfile(os.path.join(self.journal.path, "20251003.mdb"),
                        os.path.join(self.journal.path, "20251006.mdb"))
        for command in ("state", "recover", "verify", "append"):
            done = self.journal.run(command, text=line_of(NOTE))
            self.assertIn(done.returncode, (1, 2), command)
            self.assertRegex(done.stderr + done.stdout, "2025-?10-?03", command)


class YesterdayCarried(Reference):
    init = ("--overnight", "carry")

    def test_with_the_policy_carry_what_the_broker_confirms_keeps_its_plan(self):
        self.journal.add(attempt("10:05:40", day=BEFORE), plan("10:05:41", day=BEFORE),
                         fill("10:05:47", "BUY", "100", "445.25", "old-1", day=BEFORE))
        self.journal.add(NOTE)
        answer = {"complete": True, "positions": [holding("TSLA", "100", "445.25")]}
        self.assertEqual(self.cases(answer, "--apply"), {"TSLA": "D34"})
        state = self.journal.state()
        tesla = state["positions"]["TSLA"]
        self.assertEqual((tesla["side"], tesla["quantity"], str(tesla["pivot"]),
                          str(tesla["stop"]), tesla["carried_from"]),
                         ("LONG", 100, "444.77", "443.8", BEFORE))
        self.assertEqual(state["attempt_counts"], {})


if __name__ == "__main__":
    main()
