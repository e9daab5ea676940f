#!/usr/bin/env python3
"""reconcile and recover against a broker's answer in a file."""
import csv
import io
import json

from command_lane import Lane, fill, main, note

# The reference scenario: more in the log than at the broker, the same, and one the log never saw.
SCENARIO = {"complete": True, "account": "DU1",
            "positions": [{"symbol": "TSLA", "qty": "50", "avg_cost": "445.25"},
                          {"symbol": "NVDA", "qty": "100", "avg_cost": "725.50"},
                          {"symbol": "AMD", "qty": "200", "avg_cost": "165.30"}]}


class AgainstTheBroker(Lane):
    def setUp(self):
        super().setUp()
        self.init()
        self.append(fill("10:05:00", "BUY", "100", "445.25", "e1", fee="0"),
                    fill("10:06:00", "BUY", "100", "725.50", "e2", symbol="NVDA", fee="0"))

    def broker(self, answer):
        return "file:" + self.path("positions.json", json.dumps(answer))

    def reconcile(self, answer, *words, status=0):
        return self.run_command("reconcile", "--broker", self.broker(answer), *words, self.journal,
                                status=status)

    def findings(self, answer, *words, status=0):
        found = json.loads(self.reconcile(answer, "-o", "json", *words, status=status).stdout)
        return {(row["symbol"], row["case"]) for row in found["findings"] if row["differs"]}

    def test_the_table_names_each_case_and_nothing_is_changed(self):
        before = self.run_command("export", self.journal).stdout
        done = self.reconcile(SCENARIO, status=1)
        self.assertEqual(done.stderr, "")
        self.assert_golden("reconcile.txt", done.stdout)
        self.assertTrue(done.stdout.endswith("Nothing was changed; --apply records it.\n"))
        self.assertEqual(self.run_command("export", self.journal).stdout, before)

    def test_apply_records_it_and_the_next_look_finds_nothing_new(self):
        done = self.reconcile(SCENARIO, "--apply", status=1)
        self.assertIn("Recorded as ", done.stdout)
        positions = self.state()["positions"]
        self.assertEqual({name: int(held["quantity"]) for name, held in positions.items()},
                         {"TSLA": 50, "NVDA": 100, "AMD": 200})
        self.assertIs(positions["AMD"]["estimated"], True)
        again = self.reconcile(SCENARIO)
        self.assertRegex(again.stdout, r"(?m)^TSLA .* D2 .* \(on record\)$")
        self.assertRegex(again.stdout, r"(?m)^Nothing differs; \d+ findings on record stay open\.$")
        before = self.types()
        self.assertIn("Nothing new to record.", self.reconcile(SCENARIO, "--apply").stdout)
        self.assertEqual(self.types(), before)

    def test_equal_sides_are_status_zero(self):
        held = [{"symbol": "TSLA", "qty": "100", "avg_cost": "445.25"}, SCENARIO["positions"][1]]
        done = self.reconcile({"complete": True, "positions": held})
        self.assertTrue(done.stdout.endswith("\nNothing differs.\n"), done.stdout)
        empty = self.path("empty")
        self.init(empty)
        url = self.broker({"complete": True, "positions": []})
        self.run_command("reconcile", "--broker", url, empty, status=2)
        self.append(note("10:00:00"), journal=empty)
        done = self.run_command("reconcile", "--broker", url, empty)
        self.assertEqual(done.stdout, "Nothing differs: neither side holds anything.\n")

    def test_a_position_without_a_stop_is_told_first_and_is_critical(self):
        found = json.loads(self.reconcile(dict(SCENARIO, orders=[]), "-o", "json",
                                          status=1).stdout)["findings"]
        self.assertEqual((found[0]["case"], found[0]["critical"]), ("D26", True))

    def test_csv_and_json_say_the_same(self):
        rows = list(csv.DictReader(io.StringIO(self.reconcile(SCENARIO, "-o", "csv",
                                                              status=1).stdout)))
        found = json.loads(self.reconcile(SCENARIO, "-o", "json", status=1).stdout)
        self.assertEqual([(row["case"], row["symbol"]) for row in rows],
                         [(row["case"], row["symbol"] or "") for row in found["findings"]])
        self.assertEqual(found["applied"], False)
        self.assertEqual(found["differ"], sum(row["differs"] for row in found["findings"]))
        self.assertLessEqual({("TSLA", "D2"), ("AMD", "D8")}, self.findings(SCENARIO, status=1))

    def test_critical_findings_come_first(self):
        found = json.loads(self.reconcile(SCENARIO, "-o", "json", status=1).stdout)["findings"]
        critical = [row["critical"] for row in found]
        self.assertEqual(critical, sorted(critical, reverse=True))

    def test_an_answer_that_does_not_say_complete_is_wrong_usage(self):
        done = self.reconcile({"positions": []}, status=2)
        self.assertIn("complete", done.stderr)
        for bad in ("[]", "{", '{"complete":true,"positions":[{"symbol":"TSLA","qty":NaN}]}'):
            url = "file:" + self.path("bad.json", bad)
            self.run_command("reconcile", "--broker", url, self.journal, status=2)

    def test_a_broker_that_cannot_be_asked_is_not_flat(self):
        url = "file:" + self.path("nowhere.json")
        done = self.run_command("reconcile", "--broker", url, self.journal, status=1)
        self.assertIn("D7", done.stdout)
        self.run_command("reconcile", "--broker", url, "--apply", self.journal, status=1)
        self.assertEqual(set(self.state()["positions"]), {"TSLA", "NVDA"})
        self.assertIn("all", self.run_command("gate", self.journal).stdout)

    def test_another_account_is_refused(self):
        done = self.reconcile(dict(SCENARIO, account="U999"), status=2)
        self.assertIn("U999", done.stderr)
        self.reconcile(dict(SCENARIO, account="U999"), "--apply", status=2)

    def test_a_scheme_that_is_not_known_is_wrong_usage(self):
        for url in ("ftp://x", "positions.json"):
            self.run_command("reconcile", "--broker", url, self.journal, status=2)

    def test_looking_works_beside_a_writer_and_applying_is_busy(self):
        with self.writer() as writer:
            self.say(writer, json.dumps(fill("10:10:00", "SELL", "50", "446", "e3", fee="0")))
            answer = {"complete": True, "positions": SCENARIO["positions"][:2]}
            while "TSLA" in self.state()["positions"] and \
                    self.state()["positions"]["TSLA"]["quantity"] != 50:
                continue  # until what was said is in the day file
            self.assertNotIn(("TSLA", "D2"), self.findings(answer))
            self.reconcile(answer, "--apply", status=3)

    def test_recover_with_a_broker_reconciles_too(self):
        url = self.broker(SCENARIO)
        done = self.run_command("recover", "--broker", url, self.journal, status=1)
        self.assertIn("Last session", done.stdout)
        self.assertIn("D8", done.stdout)
        done = self.run_command("recover", "--apply", "--broker", url, self.journal, status=2)
        self.assertRegex(done.stderr, "the newest day of the journal is 2025-10-06: say with --date")
        applied = json.loads(self.run_command("recover", "--apply", "--broker", url, "-o", "json",
                                              "--date", "2025-10-06", self.journal,
                                              status=1).stdout)
        self.assertIs(applied["reconcile"]["applied"], True)
        self.assertIn("AMD", self.state()["positions"])

    def test_an_answer_from_before_the_broker_failed_does_not_open_the_gate(self):
        held = [{"symbol": "TSLA", "qty": "100", "avg_cost": "445.25"}, SCENARIO["positions"][1]]
        away = ("recover", "--apply", "--date", "2025-10-06", "--broker")
        self.run_command(*away, "file:/nowhere", self.journal, status=1)
        self.assertIn("D7", self.run_command("gate", self.journal).stdout)
        stale = {"complete": True, "as_of": "2025-10-06T11:00:00-04:00", "positions": held}
        done = self.run_command(*away, self.broker(stale), self.journal, status=1)
        self.assertIn("the log has none (D7) of", done.stdout)
        self.assertIn("D7", self.run_command("gate", self.journal).stdout)
        self.run_command(*away, self.broker({"complete": True, "positions": held}), self.journal)
        self.assertNotIn("D7", self.run_command("gate", self.journal).stdout)

    def test_an_answer_from_beyond_the_clock_is_refused(self):
        answer = {"complete": True, "as_of": "2099-10-06T11:00:00-04:00", "positions": []}
        done = self.reconcile(answer, status=2)
        self.assertIn("as_of lies beyond the clock of this machine", done.stderr)

    def test_hostile_text_of_a_broker_reaches_no_terminal(self):
        answer = {"complete": True, "positions": [{"symbol": "A\u001b[2JB", "qty": "1"}]}
        done = self.run_command("reconcile", "--broker", self.broker(answer), self.journal, status=2)
        self.assertNotIn("\x1b", done.stdout + done.stderr)


if __name__ == "__main__":
    main()
