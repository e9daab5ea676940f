#!/usr/bin/env python3
"""What append and import make of good, bad and hostile input."""
import json
import subprocess
from decimal import Decimal

from command_lane import COMMAND, DATE, Lane, at, attempt, fill, main, note

GOOD = fill("10:00:00", "BUY", "100", "445.25", "g1")


def with_text(old, new, event=None):
    """A line that no JSON writer would make."""
    line = json.dumps(event or fill("10:00:01", "BUY", "1", "2", "b1"))
    assert old in line, old
    return line.replace(old, new)


REFUSED_LINES = [
    ("malformed", "{]", "found"),
    ("truncated", '{"type":"fill","symbol":"TS', "found"),
    ("trailing", json.dumps(note("10:00:01")) + " x", "found"),
    ("not a number", with_text('"price": "2"', '"price": NaN'), "NaN"),
    ("duplicate key", with_text('"qty": "1"', '"qty": "1", "qty": "2"'), '"qty"'),
    ("unknown type", with_text('"fill"', '"fil"'), '"fil"'),
    ("unknown field", with_text('"qty"', '"quantity"'), '"quantity"'),
    ("unknown value", with_text('"BUY"', '"BOUGHT"'), "BOUGHT"),
    ("nine decimals", with_text('"2"', '"2.123456789"'), "eight decimals"),
    ("nine decimals as a number", with_text('"2"', "2.123456789"), "eight decimals"),
    ("out of range", with_text('"2"', '"92233720369"'), "64 bits"),
    ("beyond any range", with_text('"2"', "1e400"), "price"),
    ("a price that is text", with_text('"2"', '"two"'), "price"),
    ("missing field", json.dumps({"type": "fill", "symbol": "A"}), "missing"),
    ("no type", json.dumps({"symbol": "A"}), "type"),
    ("no object", "[1, 2]", "object"),
    ("control character", with_text("words", "\\u001b[2J", note("10:00:01")), "control"),
    ("line end in text", with_text("words", "a\\nb", note("10:00:01")), "control"),
    ("NUL in text", with_text("words", "a\\u0000b", note("10:00:01")), ""),
    ("lone surrogate", with_text("words", "\\ud800", note("10:00:01")), ""),
    ("right-to-left override", with_text("words", "\\u202e", note("10:00:01")), "control"),
    ("over-long text", json.dumps(note("10:00:01", "x" * 4097)), "4096"),
    ("over-long symbol", with_text("TSLA", "T" * 65), "64"),
    ("zero quantity", with_text('"qty": "1"', '"qty": "0"'), "qty"),
    ("negative quantity", with_text('"qty": "1"', '"qty": "-1"'), "qty"),
    ("a partial larger than the position",
     json.dumps({"type": "partial", "time": at("10:01:00"), "symbol": "TSLA", "qty": "101",
                 "price": "1", "exec_id": "p1"}), "more than what is open"),
    ("an earlier date", json.dumps(dict(note("10:00:01"), time=at("10:00:00", "2025-10-03"))),
     "2025-10-03"),
    ("a time that is none", with_text(at("10:00:01"), "yesterday"), "time"),
    ("a session record", json.dumps({"type": "session_closed", "reason": "x"}), "journal itself"),
    ("deep nesting", "[" * 100000, "32 levels"),
]


class Refusals(Lane):
    def setUp(self):
        super().setUp()
        self.init()
        self.append(GOOD)

    def test_each_kind_of_bad_line_is_told_with_its_number_and_the_next_goes_on(self):
        for number, (name, line, words) in enumerate(REFUSED_LINES):
            with self.subTest(name):
                last = note("10:02:00", "after %d" % number)
                done = self.append(note("10:00:30", "before"), line, last, status=1)
                self.assertEqual(done.stdout, "appended 2, duplicate 0, refused 1\n")
                self.assertRegex(done.stderr, r"\Atradewal: line 2: refused: [^\n]+\n\Z")
                self.assertIn(words, done.stderr)
                self.assertEqual(self.log("--type", "note")[-1]["text"], last["text"])
        position = self.state()["positions"]["TSLA"]
        self.assertEqual(Decimal(position["quantity"]), 100)

    def test_with_each_every_bad_line_gets_its_own_answer(self):
        with self.writer() as writer:
            for name, line, words in REFUSED_LINES:
                answer = self.say(writer, line)
                self.assertRegex(answer, r"\Arefused: .", name)
                self.assertIn(words, answer, name)
            self.assertRegex(self.say(writer, ""), r"\Arefused: ")
            self.assertRegex(self.say(writer, json.dumps(note("10:03:00"))), r"\A\d+\Z")

    def test_broken_utf8_is_refused_and_not_passed_to_the_terminal(self):
        line = json.dumps(note("10:01:00", "MARK")).encode().replace(b"MARK", b"\xff\xfe\x1b[2J")
        done = self.run_command("append", self.journal, stdin=line, status=1)
        self.assertIn("refused 1", done.stdout)
        self.assertNotIn("\x1b", done.stderr)

    def test_hostile_names_in_messages_are_escaped(self):
        done = self.append('{"type":"no\\u001b[31mte\\nx"}', status=1)
        self.assertNotIn("\x1b", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1)
        done = self.run_command("info", "no\x1b[2Jwhere\n", status=2)
        self.assertNotIn("\x1b", done.stderr)

    def test_a_third_attempt_at_most_two_is_refused(self):
        done = self.append(attempt("10:01:00"), attempt("10:02:00"), attempt("10:03:00"), status=1)
        self.assertEqual(done.stdout, "appended 2, duplicate 0, refused 1\n")
        self.assertEqual(self.state()["attempt_counts"]["TSLA"]["long_attempts"], 2)

    def test_a_duplicate_execution_is_counted_and_no_error(self):
        done = self.append(GOOD, note("10:01:00"), GOOD)
        self.assertEqual(done.stdout, "appended 1, duplicate 2, refused 0\n")
        self.assertEqual(done.stderr, "")
        with self.writer() as writer:
            self.assertEqual(self.say(writer, json.dumps(GOOD)), "duplicate")

    def test_a_line_of_two_megabytes_is_refused_and_read_over(self):
        huge = '{"type":"note","text":"' + "x" * (2 << 20) + '"}'
        done = self.append(note("10:01:00", "a"), huge, note("10:02:00", "b"), status=1)
        self.assertIn("line 2: refused: the line is longer than 1048576 bytes", done.stderr)
        self.assertEqual([event["text"] for event in self.log("--type", "note")], ["a", "b"])

    def test_a_line_without_an_end_is_taken_at_the_end(self):
        self.run_command("append", self.journal, stdin=json.dumps(note("10:01:00")).encode())
        self.assertEqual(self.types(), ["fill", "note"])

    def test_blank_lines_and_carriage_returns_are_nothing(self):
        line = json.dumps(note("10:01:00"))
        done = self.run_command("append", self.journal, stdin=("\n \r\n%s\r\n\n" % line).encode())
        self.assertEqual(done.stdout, "appended 1, duplicate 0, refused 0\n")

    def test_no_input_is_no_session(self):
        before = len(self.log())
        done = self.run_command("append", self.journal)
        self.assertEqual(done.stdout, "appended 0, duplicate 0, refused 0\n")
        self.assertEqual(len(self.log()), before)


class Dates(Lane):
    def test_a_later_date_rolls_the_journal(self):
        self.init()
        done = self.append(note("23:59:59"), dict(note("00:00:00"), time="2025-10-07T00:00:00-04:00"),
                           dict(note("00:00:00"), time="2025-10-07T03:59:59Z"), status=1)
        self.assertIn("line 3: refused: trading date 2025-10-06", done.stderr)
        info = json.loads(self.run_command("info", "-o", "json", self.journal).stdout)
        self.assertEqual([day["date"] for day in info["days"]], [DATE, "2025-10-07"])
        self.assertEqual([day["end"] for day in info["days"]], ["clean", "clean"])

    def test_the_date_may_be_said_for_all(self):
        self.init()
        self.append(note("10:00:00"), dict(note("10:00:00"), time=at("10:00:00", "2025-10-09")),
                    words=("--date", DATE))
        self.assertEqual(self.types("--date", DATE), ["note", "note"])

    def test_a_trading_date_that_begins_in_the_evening(self):
        self.init(None, "--roll", "18:00")
        self.append(note("17:59:59"), note("18:00:00"))
        info = json.loads(self.run_command("info", "-o", "json", self.journal).stdout)
        self.assertEqual([day["date"] for day in info["days"]], [DATE, "2025-10-07"])
        self.assertEqual(len(self.log("--type", "note", "-S", "18:00")), 1)

    def test_a_batch_over_many_lines_keeps_their_order(self):
        self.init()
        events = [note("10:00:00", "n%d" % number) for number in range(1500)]
        events[700] = attempt("10:00:00", most=1)
        events[701] = attempt("10:00:00", most=1)
        done = self.append(*events, status=1)
        self.assertEqual(done.stdout, "appended 1499, duplicate 0, refused 1\n")
        self.assertIn("line 702: refused", done.stderr)
        texts = [event["text"] for event in self.log("--type", "note")]
        self.assertEqual(texts, ["n%d" % number for number in range(1500) if number not in (700, 701)])

    def test_where_events_come_from_may_be_said_for_all(self):
        self.init()
        self.append(note("10:00:00"), dict(note("10:00:01"), source="query"),
                    words=("--source", "import"))
        self.assertEqual([event["source"] for event in self.log("--type", "note")],
                         ["import", "query"])

    def test_numbers_are_taken_exactly(self):
        self.init()
        self.append(with_text('"2"', "0.1", fill("10:00:00", "BUY", "1", "2", "n1")),
                    with_text('"2"', "1e-8", fill("10:00:01", "BUY", "1", "2", "n2")),
                    fill("10:00:02", "BUY", "1", "2", "n3", perm_id="1760000000000000001"))
        found = [event for event in self.log() if "exec_id" in event]
        self.assertEqual([event.get("price") for event in found[:2]], ["0.1", "0.00000001"])
        self.assertEqual(found[2]["perm_id"], "1760000000000000001")

    def test_events_that_wait_in_a_pipe_become_durable_without_more_input(self):
        self.init()
        writer = subprocess.Popen([COMMAND, "append", self.journal], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, env=self.environment())
        follower = subprocess.Popen([COMMAND, "log", "-f", "--type", "note", self.journal],
                                    stdout=subprocess.PIPE, env=self.environment())
        try:
            writer.stdin.write(json.dumps(note("10:00:00", "here")).encode() + b"\n")
            writer.stdin.flush()
            self.assertIn("here", self.read_line(follower.stdout))
            writer.terminate()  # a clean end: what was taken is in the log, and so is the end
            self.assertEqual(writer.wait(timeout=60), 0)
        finally:
            for process in (follower, writer):
                process.kill()
                process.wait()
                process.stdout.close()
            writer.stdin.close()
        self.assertEqual(self.log()[-1]["type"], "session_closed")


TRADER_STATE = {
    "timestamp": "2025-10-06T10:15:30.123456", "date": DATE,
    "positions": {
        "TSLA": {"symbol": "TSLA", "side": "LONG", "entry_price": 445.25,
                 "entry_time": "2025-10-06T10:05:47-04:00", "shares": 100, "remaining": 0.5,
                 "pivot": 444.77, "stop": 445.25, "target1": 460.25, "partials_taken": []},
        "AMD": {"symbol": "AMD", "side": "SHORT", "entry_price": 165.3, "shares": 20,
                "quantity": 20, "pivot": None, "stop": 0}},
    "attempt_counts": {"TSLA": {"long_attempts": 2, "resistance": 444.77, "short_attempts": 1,
                                "support": 430.5}},
    "analytics": {"daily_pnl": -12.5, "total_trades": 3, "winners": 2, "losers": 1,
                  "filter_blocks": {"choppy": 4}, "entry_paths": {"momentum": 2}}}


class Import(Lane):
    def setUp(self):
        super().setUp()
        self.init()

    def test_a_trader_state_becomes_events(self):
        file = self.path("trader_state.json", json.dumps(TRADER_STATE, indent=2))
        done = self.run_command("import", self.journal, file)
        self.assertIn("refused 0", done.stdout)
        state = self.state()
        self.assertEqual({name: (held["side"], Decimal(held["quantity"]))
                          for name, held in state["positions"].items()},
                         {"TSLA": ("LONG", 50), "AMD": ("SHORT", 20)})
        self.assertEqual(Decimal(state["positions"]["TSLA"]["stop"]), Decimal("445.25"))
        self.assertIsNone(state["positions"]["AMD"]["stop"])
        counts = state["attempt_counts"]["TSLA"]
        self.assertEqual((counts["long_attempts"], counts["short_attempts"]), (2, 1))
        self.assertEqual(Decimal(state["analytics"]["daily_pnl"]), Decimal("-12.5"))
        self.assertEqual(state["analytics"]["entry_paths"], {"momentum": 2})
        sources = {event.get("source") for event in self.log()
                   if not event["type"].startswith("session") and event["type"] != "clock"}
        self.assertEqual(sources, {"import"})

    def test_a_trader_state_with_a_side_that_is_none_is_no_import(self):
        bad = json.loads(json.dumps(TRADER_STATE))
        bad["positions"]["TSLA"]["side"] = "UP"
        done = self.run_command("import", self.journal, self.path("s.json", json.dumps(bad)), status=2)
        self.assertIn("TSLA", done.stderr)

    def test_causes_follow_their_records(self):
        origin = self.path("origin")
        self.init(origin)
        self.append(note("10:00:00", "cause"), journal=origin)
        cause = [event for event in self.log(journal=origin) if event["type"] == "note"][0]["seq"]
        self.append(note("10:00:01"), dict(note("10:00:02", "effect"), cause=cause), journal=origin)
        file = self.path("x.jsonl", self.run_command("export", origin).stdout)
        self.run_command("import", self.journal, file)
        notes = {event["text"]: event for event in self.log("--type", "note")}
        self.assertEqual(int(notes["effect"]["cause"]), notes["cause"]["seq"])

    def test_importing_twice_counts_no_execution_twice(self):
        origin = self.path("origin")
        self.init(origin)
        self.append(GOOD, journal=origin)
        file = self.path("x.jsonl", self.run_command("export", origin).stdout)
        self.run_command("import", self.journal, file)
        done = self.run_command("import", self.journal, file)
        self.assertIn("duplicate 1, refused 0", done.stdout)
        self.assertEqual(Decimal(self.state()["positions"]["TSLA"]["quantity"]), 100)

    def test_a_damaged_array_is_no_import_at_all(self):
        file = self.path("x.json", "[%s, " % json.dumps(GOOD))
        self.run_command("import", self.journal, file, status=2)
        self.assertEqual(self.log(), [])

    def test_bad_elements_and_lines_are_told_and_the_others_go_on(self):
        array = self.path("x.json", json.dumps([GOOD, 5, {"type": "fil"}, note("10:00:01")]))
        done = self.run_command("import", self.journal, array, status=1)
        self.assertIn("appended 2, duplicate 0, refused 2", done.stdout)
        lines = self.path("y.jsonl", "{]\n%s\n" % json.dumps(note("10:00:02")))
        done = self.run_command("import", self.journal, lines, status=1)
        self.assertIn("appended 1, duplicate 0, refused 1", done.stdout)
        self.assertIn("y.jsonl:1: refused", done.stderr)


if __name__ == "__main__":
    main()
