#!/usr/bin/env python3
"""What the command says to somebody who meets it for the first time."""
import datetime
import json
import os
import re
import zoneinfo

from command_lane import CRASH_DAY, DATE, Lane, at, fill, main, note, order


class Errors(Lane):
    def said(self, *words, status=2):
        return self.run_command(*words, status=status).stderr

    def test_words_too_many_are_named_and_the_usage_is_shown(self):
        self.init()
        for words, named in ((["log", self.journal, "more"], "one word is too many: more; "),
                             (["log", self.journal, "a", "b"], "words are too many: a, b; "),
                             (["show", self.journal, "1", "2"], "one word is too many: 2; "),
                             (["version", "x"], "one word is too many: x; ")):
            self.assertIn(named + "expected tradewal %s [OPTIONS]" % words[0], self.said(*words))

    def test_words_that_are_missing_are_told_with_the_usage(self):
        self.init()
        for words in (["show", self.journal], ["show"], ["log"]):
            self.assertRegex(self.said(*words),
                             r"(missing|no journal named), expected tradewal %s \[OPTIONS\] .*"
                             "name the journal or set TRADEWAL_JOURNAL" % words[0])

    def test_a_journal_that_a_url_took_along_is_told_how(self):
        for url, hint in (("tws://127.0.0.1:7497?client=1", "; where there is an & in the URL, put "
                           "the URL in quotes; see"),
                          ("journal", "; --broker has taken journal for a URL; see"),
                          ("file:x.json", "; name the journal or set TRADEWAL_JOURNAL; see")):
            for command in ("reconcile", "recover"):
                said = self.said(command, "--broker", url)
                self.assertIn("no journal named", said)
                self.assertIn(hint, said)

    def test_a_wrong_time_is_told_by_the_name_of_its_option(self):
        self.init()
        self.append(note("10:00:00"))
        for command, option in (("log", "since"), ("log", "until"), ("state", "at")):
            self.assertIn("tradewal: --%s: time 25:00, " % option,
                          self.said(command, "--" + option, "25:00", self.journal))

    def test_a_misspelt_command_is_told_the_right_one(self):
        for words in (["recovr"], ["help", "recovr"]):
            self.assertEqual(self.said(*words), "tradewal: unknown command recovr, did you mean "
                             "recover? tradewal help lists them all\n")

    def test_a_folder_that_is_no_journal_is_told_how_one_is_made(self):
        os.mkdir(self.path("empty"), 0o700)
        for name in ("empty", "nowhere"):
            self.assertRegex(self.said("info", self.path(name)),
                             "no(t a)? journal.*make one with tradewal init")

    def test_a_setting_that_is_wrong_is_told_what_it_may_be(self):
        said = self.said("init", self.path("x"), "--account", "a/b", "--env", "paper")
        self.assertIn("account is not made of 1 to 64 letters", said)
        self.assertNotIn("caller", said)


class Days(Lane):
    def test_a_date_that_the_journal_does_not_have_is_told_by_every_command(self):
        self.init()
        for _ in range(2):  # without any day, then with another one
            for command in ("verify", "log", "state", "recover"):
                said = self.run_command(command, "--date", "2025-10-01", self.journal, status=2)
                self.assertIn("the journal has no day 2025-10-01", said.stderr)
                self.assertEqual(said.stdout, "")
            self.append(note("10:00:00"))
        self.run_command("verify", "--date", DATE, self.journal)

    def test_a_log_in_which_nothing_matches_says_so(self):
        self.init()
        self.assertEqual(self.run_command("log", self.journal).stderr,
                         "tradewal: the journal has no events yet\n")
        self.append(*CRASH_DAY)
        for words in (["--symbol", "NOPE"], ["--order", "x", "-r"], ["--type", "bar", "-n", "3"]):
            done = self.run_command("log", *words, "-o", "json", self.journal)
            self.assertEqual((done.stdout, done.stderr), ("", "tradewal: no event matched\n"))
        self.assertEqual(self.run_command("log", "--symbol", "TSLA", self.journal).stderr, "")

    def test_a_symbol_in_small_letters_is_told_the_right_one(self):
        self.init()
        self.append(*CRASH_DAY)
        for wrong in ("tsla", "TSLAX", "TSL"):
            self.assertEqual(self.run_command("log", "--symbol", wrong, self.journal).stderr,
                             "tradewal: no event matched; did you mean the symbol TSLA?\n")
        done = self.run_command("log", "--symbol", "TSLA", "--order", "x", self.journal)
        self.assertEqual(done.stderr, "tradewal: no event matched\n")

    def test_an_hour_may_have_one_digit(self):
        self.init()
        self.append(note("09:00:00", "early"), note("09:40:00", "late"))
        for text in ("9:30", "9:30:00", "2025-10-06 9:30", "09:30"):
            done = self.run_command("log", "--since", text, "--type", "note", self.journal).stdout
            self.assertIn("late", done)
            self.assertNotIn("early", done)
        for text in (":30", "9", "9:3", "123:00"):
            self.run_command("log", "--since", text, self.journal, status=2)


class Gates(Lane):
    WHO = ("--reason", "news", "--by", "anna")

    def gate(self, *words, status=0):
        done = self.run_command("gate", *words, *self.WHO, self.journal, status=status)
        done.stderr = re.sub(r"tradewal: that gate is of .* is for today\n", "", done.stderr)
        return done

    def test_a_symbol_that_the_journal_never_saw_is_gated_with_a_warning(self):
        self.init()
        self.append(fill("10:00:00", "BUY", "1", "445", "e1", fee="0"))
        done = self.gate("--close", "--symbol", "TSLAX")
        self.assertEqual(done.stderr, "tradewal: warning: TSLAX is not in this day of the journal; "
                         "did you mean TSLA?\n")
        self.assertEqual(self.gate("--close", "--symbol", "AMD").stderr,
                         "tradewal: warning: AMD is not in this day of the journal\n")
        for symbol in ("TSLA", "TSLAX"):
            self.assertEqual(self.gate("--close", "--symbol", symbol).stderr, "")
        self.assertEqual(self.gate("--close").stderr, "")
        self.assertEqual(self.types().count("gate"), 5)

    def test_a_gate_that_is_not_closed_is_not_cleared(self):
        self.init()
        self.append(fill("10:00:00", "BUY", "1", "445", "e1", fee="0"))
        before = self.run_command("export", self.journal).stdout
        for words, where in ((["--symbol", "TSLA"], "TSLA"), ([], "all symbols")):
            self.assertEqual(self.gate("--clear", *words, status=1).stdout,
                             "The gate was not closed in %s: nothing was recorded.\n" % where)
        self.assertEqual(self.run_command("export", self.journal).stdout, before)
        self.gate("--close", "--symbol", "TSLA")
        self.gate("--clear", status=1)
        self.gate("--clear", "--symbol", "TSLA")
        self.gate("--clear", "--symbol", "TSLA", status=1)
        self.assertEqual(self.types().count("gate"), 2)


class Today(Lane):
    """The journal's newest day is long over."""

    def setUp(self):
        super().setUp()
        self.init()
        self.append(fill("10:00:00", "BUY", "100", "445.25", "e1"))
        now = datetime.datetime.now(zoneinfo.ZoneInfo("America/New_York"))
        self.today = now.strftime("%Y-%m-%d")

    def test_a_gate_of_a_day_that_is_over_is_said_to_end_with_it(self):
        close = ("gate", "--close", "--reason", "FOMC", "--by", "kj")
        done = self.run_command(*close, self.journal)
        self.assertIn("that gate is of 2025-10-06 and ends with that day; --date %s is for today" %
                      self.today, done.stderr)
        done = self.run_command(*close, "--date", self.today, self.journal)
        self.assertEqual(done.stderr, "")
        self.assertIn("FOMC", self.run_command("gate", self.journal).stdout)
        self.assertIn(self.today, self.run_command("info", self.journal).stdout)

    def test_what_the_broker_holds_now_may_begin_the_day(self):
        url = "file:" + self.path("broker.json", json.dumps({"complete": True, "positions": []}))
        for command in ("reconcile", "recover"):
            self.run_command(command, "--broker", url, "--date", self.today, self.journal, status=2)
        self.run_command("recover", "--apply", "--broker", url, "--date", self.today, self.journal)
        self.assertIn(self.today, self.run_command("info", self.journal).stdout)


class Recovery(Lane):
    def test_a_stop_without_a_position_does_not_pass_without_a_word(self):
        words = "nothing is held: triggered, it opens a position"
        self.init()
        stop = order("10:01:00", "s1", "SELL", "100", purpose="stop", stop="440")
        known = {"type": "order_updated", "time": at("10:01:01"), "order_ref": "s1",
                 "status": "acknowledged"}
        self.append(fill("10:00:00", "BUY", "100", "445", "e1"), dict(stop, order_type="STP"), known)
        self.assertNotIn(words, self.run_command("recover", self.journal).stdout)
        self.append(fill("10:02:00", "SELL", "100", "446", "e2"))
        self.assertRegex(self.run_command("recover", self.journal).stdout,
                         "Working +s1 .*acknowledged; " + words)


    def test_a_stop_larger_than_the_position_does_not_pass_without_a_word(self):
        words = "larger than the position: triggered, it opens "
        for side, enter, leave, opens in (("L", "BUY", "SELL", "SHORT"), ("S", "SELL", "BUY", "LONG")):
            known = {"type": "order_updated", "time": at("10:01:01"), "order_ref": "s" + side,
                     "status": "acknowledged"}
            self.journal = self.path(side)
            self.init()
            self.append(fill("10:00:00", enter, "100", "445", "e1"),
                        order("10:01:00", "s" + side, leave, "100", purpose="stop", stop="440"),
                        known)
            self.assertNotIn(words, self.run_command("recover", self.journal).stdout)
            self.append(fill("10:02:00", leave, "20", "446", "e2"))
            self.assertRegex(self.run_command("recover", self.journal).stdout,
                             "Working +s%s .*acknowledged; %s%s 20\n" % (side, words, opens))

    def test_a_position_without_any_stop_is_said_to_have_none(self):
        self.init()
        self.append(fill("10:00:00", "BUY", "3", "445", "e1"))
        line = lambda: re.search("(?m)^TSLA .*$", self.run_command("recover", self.journal).stdout)[0]
        self.assertRegex(line(), "remaining 100 %   NO STOP$")
        self.append(fill("10:00:10", "SELL", "2", "445", "e2"))
        self.assertRegex(line(), r"remaining 33\.33 %   NO STOP$")
        self.append(order("10:01:00", "s1", "SELL", "1", purpose="stop", stop="440"))
        self.assertRegex(line(), r"remaining 33\.33 %$")  # it is among the orders, below
        self.append({"type": "plan", "time": at("10:02:00"), "symbol": "TSLA", "side": "LONG",
                     "stop": "441"})
        self.assertRegex(line(), r"%   stop 441\.00 \(initial\)$")


    def test_open_findings_are_told_with_the_critical_ones_first(self):
        found = lambda case, action, **more: dict(
            {"type": "finding", "time": at("10:01:00"), "case": case, "action": action, "open": True,
             "text": "words"}, **more)
        self.init()
        self.append(found("D9", "note", symbol="A"), found("D26", "note", symbol="B"),
                    found("D26", "ask", symbol="C"), found("D2", "lock", symbol="D"),
                    found("D21", "lock", symbol="E"), found("D7", "halt"))
        for command in ("recover", "state"):
            text = self.run_command(command, self.journal).stdout
            told = re.findall(r"(?m)^(?:Open findings)? +(D\d+ \w) words$|(D7) words$", text)
            self.assertEqual(["".join(row) for row in told],
                             ["D26 C", "D21 E", "D7", "D9 A", "D26 B", "D2 D"])


class Positions(Lane):
    def test_the_columns_are_explained_and_a_point_in_time_names_its_record(self):
        self.init()
        self.append(fill("10:00:00", "BUY", "3", "445", "e1", fee="1"),
                    fill("10:02:00", "BUY", "3", "445", "e2", fee="1"))
        self.assertRegex(self.run_command("help", "positions").stdout, "(?s)QTY.*SHARES.*REALIZED NET.*fees")
        for words in (["--at", "10:01"], ["--at-seq", "3"]):
            self.assertRegex(self.run_command("positions", *words, self.journal).stdout,
                             r"\nAfter record 3, 2025-10-06 10:00:00\.000\.\n\Z")
        self.assertNotIn("record", self.run_command("positions", self.journal).stdout)


class Info(Lane):
    def test_info_says_how_the_last_session_ended_and_in_which_zone(self):
        self.init()
        line = lambda label: re.search("(?m)^%s +(.*)$" % label,
                                       self.run_command("info", self.journal).stdout).group(1)
        self.assertEqual(line("Zone"), "America/New_York, as are all times here")
        self.assertEqual(line("Last stop"), "none yet")
        self.append(note("10:00:00"))
        self.assertEqual(line("Last stop"), "clean, the session was closed")
        self.assertEqual(line("Intake"), "nothing waits for the day file")
        with self.writer() as writer:
            self.say(writer, json.dumps(note("10:01:00")))
            self.assertEqual(line("Last stop"), "none, the writer is at work")
            self.assertIn("the writer's", line("Intake"))
            writer.kill()
        self.assertEqual(line("Last stop"), "crash, the last session has no end on record")


class Words(Lane):
    def test_a_fee_that_is_missing_is_called_unknown(self):
        self.init()
        self.append(fill("10:00:00", "BUY", "100", "445", "e1"),
                    fill("10:01:00", "SELL", "50", "446", "e2", fee="0"))
        text = self.run_command("log", "--type", "fill", self.journal).stdout
        self.assertRegex(text, "BUY 100 @ 445 fee unknown exec e1\n.*SELL 50 @ 446 fee 0 exec e2\n")
        self.assertIn("not complete: price, cost or fee of 1 execution is unknown",
                      self.run_command("recover", self.journal).stdout)


class Damage(Lane):
    def test_verify_does_not_send_anybody_to_verify(self):
        self.init()
        self.crash_with(fill("10:00:00", "BUY", "1", "2", "e1"))
        intake = os.path.join(self.journal, "intake.wal")
        with open(intake, "r+b") as file:
            file.write(bytes(4096))
        said = self.run_command("verify", self.journal, status=1).stderr
        self.assertIn("tradewal salvage saves the records, the broker has the executions", said)
        self.assertNotIn("run tradewal verify", said)
        self.assertIn("run tradewal verify", self.run_command("log", self.journal, status=2).stderr)

    def test_what_is_no_file_is_damage_and_no_matter_of_rights(self):
        self.init()
        self.append(fill("10:00:00", "BUY", "1", "2", "e1"))
        for name in ("intake.wal", "20251006.mdb"):
            path = os.path.join(self.journal, name)
            os.rename(path, self.path("kept"))
            for make in (os.mkdir, os.mkfifo):
                make(path, 0o600)
                for words in (["log"], ["recover", "--apply"]):
                    said = self.run_command(*words, self.journal, status=2).stderr
                    self.assertIn("%s is not a regular file" % name, said)
                    self.assertNotIn("chmod", said)
                (os.rmdir if make is os.mkdir else os.remove)(path)
            os.rename(self.path("kept"), path)


if __name__ == "__main__":
    main()
