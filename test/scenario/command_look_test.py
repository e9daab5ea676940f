#!/usr/bin/env python3
"""Every look-command on the day of the reference scenario."""
import csv
import io
import json
import os
import re
import signal
import subprocess
from decimal import Decimal

from command_lane import COMMAND, CRASH_DAY, DATE, Lane, at, attempt, fill, main, note


class OnTheCrashDay(Lane):
    def setUp(self):
        super().setUp()
        self.init()
        self.crash_with(*CRASH_DAY)

    def seq_of(self, kind, which=0):
        return [event["seq"] for event in self.log() if event["type"] == kind][which]

    def test_recover_says_what_a_restart_would_find_and_changes_nothing(self):
        before = self.run_command("export", self.journal).stdout
        done = self.run_command("recover", "--date", DATE, self.journal)
        self.assertEqual(done.stderr, "")
        self.assert_golden("recover.txt", done.stdout)
        self.assertEqual(self.run_command("export", self.journal).stdout, before)

    def test_recover_with_apply_restarts_and_says_the_session_before_crashed(self):
        self.run_command("recover", "--apply", self.journal)
        opened = [event for event in self.log() if event["type"] == "session_opened"]
        self.assertEqual([event["resumed"] for event in opened], ["new", "crash"])
        self.assertEqual(self.log()[-1]["type"], "session_closed")
        self.assertIn("ended cleanly", self.run_command("recover", self.journal).stdout)

    def test_recover_as_json_names_the_orders_in_doubt(self):
        found = json.loads(self.run_command("recover", "-o", "json", self.journal).stdout)
        self.assertEqual(found["last_session"]["ended"], "crash")
        self.assertEqual(found["in_doubt"], ["tsla-3"])
        self.assertEqual(found["state"]["positions"]["TSLA"]["remaining"], 0.5)
        self.assertIsNone(found["older"])

    def test_state_keeps_half_and_the_stop_at_breakeven(self):
        state = self.state()
        tesla = state["positions"]["TSLA"]
        self.assertEqual(tesla["side"], "LONG")
        self.assertEqual(Decimal(tesla["quantity"]), 50)
        self.assertEqual(Decimal(tesla["remaining"]), Decimal("0.5"))
        self.assertEqual(Decimal(tesla["stop"]), Decimal("445.25"))
        self.assertEqual(len(tesla["partials_taken"]), 1)
        self.assertEqual(state["attempt_counts"]["TSLA"]["long_attempts"], 1)
        self.assertEqual(Decimal(state["analytics"]["daily_pnl"]), Decimal("241.25"))
        self.assertEqual(state["analytics"]["filter_blocks"], {"choppy": 4})

    def test_state_at_a_time_and_at_a_seq_are_the_state_before_the_partial(self):
        by_seq = self.state("--at-seq", str(self.seq_of("fill")))
        by_time = self.state("--at", "10:06")
        self.assertEqual(Decimal(by_seq["positions"]["TSLA"]["quantity"]), 100)
        self.assertEqual(by_time, by_seq)
        self.assertNotIn("NVDA", by_time["positions"])

    def test_times_are_taken_in_every_form(self):
        wanted = self.state("--at", "10:05:47.112")
        for text in ("10:06", "2025-10-06 10:06", "2025-10-06T10:06:00-04:00", at("10:05:47.2"),
                     "2025-10-06T14:06:00Z", "-9m"):
            self.assertEqual(self.state("--at", text), wanted, text)

    def test_a_point_before_the_first_record_is_an_empty_state(self):
        self.assertEqual(self.state("--at", "2025-10-05")["positions"], {})
        self.assertEqual(self.run_command("positions", "--at", "2025-10-05", self.journal).stdout,
                         "No open positions.\n")

    def rows(self, command, *words):
        done = self.run_command(command, *words, "-o", "csv", self.journal)
        return list(csv.DictReader(io.StringIO(done.stdout)))

    def test_positions_say_the_same_as_table_json_and_csv(self):
        text = self.run_command("positions", self.journal).stdout.splitlines()
        self.assertEqual(len(text), 3)
        self.assertEqual(text[1].split()[:5], ["TSLA", "LONG", "50", "100", "445.25"])
        rows = self.rows("positions")
        objects = json.loads(self.run_command("positions", "-o", "json", self.journal).stdout)
        self.assertEqual([row["symbol"] for row in rows], ["TSLA", "NVDA"])
        self.assertEqual([row["qty"] for row in objects], ["50", "100"])
        self.assertEqual([row["qty"] for row in rows], ["50", "100"])
        self.assertIs(objects[0]["estimated"], False)
        self.assertIsNone(objects[1]["pivot"])

    def test_orders_show_which_are_in_doubt(self):
        rows = self.rows("orders")
        self.assertEqual([(row["order_ref"], row["status"], row["in_doubt"]) for row in rows],
                         [("tsla-1", "filled", "false"), ("tsla-3", "sent", "true")])
        self.assertEqual([row["order_ref"] for row in self.rows("orders", "--open")], ["tsla-3"])

    def test_trades_and_pnl_add_up_to_the_day(self):
        self.append(fill("10:20:00", "SELL", "50", "446.25", "e4.01", fee="0"))
        trades = self.rows("trades")
        self.assertEqual([(row["symbol"], row["entry_price"], row["result"]) for row in trades],
                         [("TSLA", "445.25", "292.5"), ("NVDA", "725.5", "-1.25")])
        pnl = json.loads(self.run_command("pnl", "-o", "json", self.journal).stdout)
        results = [Decimal(row["result"]) for row in pnl["symbols"]]
        self.assertEqual(sum(results), Decimal(pnl["currencies"][0]["result"]))
        self.assertEqual(sum(results), Decimal("291.25"))
        self.assertEqual([row["symbol"] for row in self.rows("trades", "--symbol", "NVDA")], ["NVDA"])

    def test_info_says_who_and_how_far(self):
        info = json.loads(self.run_command("info", "-o", "json", self.journal).stdout)
        self.assertEqual((info["account"], info["environment"]), ("DU1", "paper"))
        self.assertEqual(info["last_stop"], "crash")
        self.assertEqual(info["writer"]["alive"], False)
        self.assertEqual([day["date"] for day in info["days"]], [DATE])
        self.assertEqual(info["last_seq"], self.log()[-1]["seq"])
        self.assertIn("Account        DU1 (paper)", self.run_command("info", self.journal).stdout)

    def test_log_filters_by_symbol_type_order_execution_and_time(self):
        self.assertEqual(self.types("--symbol", "NVDA"), ["fill"])
        self.assertEqual(self.types("--type", "fill"), ["fill", "fill"])
        self.assertEqual(self.types("--order", "tsla-1"), ["order_submitted", "fill"])
        self.assertEqual(self.types("--exec", "e2.01"), ["partial"])
        self.assertEqual(self.types("-S", "10:09:01", "-U", "10:10"), ["stop_moved", "fill"])

    def test_log_counts_from_either_end(self):
        everything = [event["seq"] for event in self.log()]
        self.assertEqual([event["seq"] for event in self.log("-n", "3")], everything[-3:])
        self.assertEqual([event["seq"] for event in self.log("-r")], everything[::-1])
        self.assertEqual([event["seq"] for event in self.log("-r", "-n", "2")],
                         everything[:-3:-1])
        self.assertEqual([event["type"] for event in self.log("-n", "1", "--type", "partial")],
                         ["partial"])

    def test_log_in_words_has_one_line_for_each_event(self):
        text = self.run_command("log", self.journal).stdout
        self.assertEqual(len(text.splitlines()), len(self.log()))
        self.assertRegex(text, r"(?m)^10:09:00\.000 +\d+  partial +TSLA  50 @ 450\.1 target1")

    def test_show_gives_every_field_with_its_sentence(self):
        text = self.run_command("show", self.journal, str(self.seq_of("fill"))).stdout
        self.assertRegex(text, r"(?m)^price +445\.25 +price per unit$")
        self.assertRegex(text, r"(?m)^cum_qty +- ")
        self.run_command("show", self.journal, "9999", status=2)

    def test_diff_names_what_changed_and_its_status_says_whether(self):
        first, last = self.seq_of("fill"), self.seq_of("partial")
        done = self.run_command("diff", self.journal, "@%d" % first, "@%d" % last, status=1)
        self.assertIn("- positions.TSLA.quantity 100\n+ positions.TSLA.quantity 50\n", done.stdout)
        self.assertEqual(self.run_command("diff", self.journal, "@%d" % last, "@%d" % last).stdout, "")
        changes = json.loads(self.run_command("diff", self.journal, "10:06", "10:09", "-o", "json",
                                              status=1).stdout)
        self.assertIn({"path": "positions.TSLA.remaining", "a": 1, "b": 0.5}, changes)

    def test_diff_compares_two_journals(self):
        other = self.path("other")
        self.init(other)
        self.append(attempt("10:00:00"), journal=other)
        self.assertIn("- positions.TSLA.quantity 50",
                      self.run_command("diff", self.journal, other, status=1).stdout)
        self.run_command("diff", other, other)

    def test_replay_prints_what_each_event_changed(self):
        text = self.run_command("replay", self.journal).stdout
        self.assertIn("position TSLA: LONG 100 @ 445.25 -> LONG 50 @ 445.25\n", text)
        self.assertIn("P&L: 0.00 -> 242.50 USD\n", text)
        self.assertIn("attempts TSLA: 0 -> 1\n", text)

    def test_replay_stops_where_it_is_told_to(self):
        until = self.run_command("replay", "--until", "10:09", "-o", "json", self.journal).stdout
        self.assertEqual(json.loads(until.splitlines()[-1])["event"]["type"], "partial")
        broken = self.run_command("replay", "--break", "fill", self.journal).stdout
        self.assertTrue(broken.endswith("stopped after seq %d: fill\n" % self.seq_of("fill")))
        seq = self.seq_of("plan")
        by_seq = self.run_command("replay", "--until-seq", str(seq), "-o", "json", self.journal)
        self.assertEqual(json.loads(by_seq.stdout.splitlines()[-1])["event"]["seq"], seq)

    def test_verify_and_checkpoints(self):
        report = json.loads(self.run_command("verify", "-o", "json", self.journal).stdout)
        self.assertEqual((report["ok"], report["records"]), (True, len(self.log())))
        self.run_command("checkpoint", "take", self.journal)
        listed = json.loads(self.run_command("checkpoint", "list", self.journal, "-o", "json").stdout)
        self.assertGreaterEqual(len(listed), 1)
        self.run_command("checkpoint", "verify", self.journal)
        state = self.state()
        self.run_command("checkpoint", "invalidate", self.journal)
        fewer = json.loads(self.run_command("checkpoint", self.journal, "list", "-o", "json").stdout)
        self.assertEqual([row["seq"] for row in fewer], [row["seq"] for row in listed[1:]])
        self.assertEqual(self.state(), state)
        self.run_command("verify", "--all", self.journal)

    def test_export_is_taken_back_and_gives_the_same_state(self):
        for form, name in (("json", "lines.jsonl"), ("json-array", "array.json")):
            file = self.path(name, self.run_command("export", self.journal, "-o", form).stdout)
            copy = self.path("copy-" + form)
            self.init(copy)
            done = self.run_command("import", copy, file)
            self.assertIn("refused 0", done.stdout)
            self.run_command("diff", self.journal, copy)

    def test_export_as_csv_cannot_be_run_by_a_spreadsheet(self):
        self.append(note("10:30:00", "=cmd|'/C calc'!A0"), note("10:31:00", 'say "a", b'))
        done = self.run_command("export", self.journal, "-o", "csv")
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        texts = [row["text"] for row in rows if row["type"] == "note"]
        self.assertEqual(texts, ["'=cmd|'/C calc'!A0", 'say "a", b'])
        self.assertTrue(all(line.startswith('"') for line in done.stdout.splitlines()))
        self.assertEqual({len(row) for row in rows}, {len(rows[0])})

    def test_export_of_nothing_is_an_empty_array(self):
        empty = self.path("empty")
        self.init(empty)
        self.assertEqual(json.loads(self.run_command("export", empty, "-o", "json-array").stdout), [])
        self.assertEqual(self.run_command("export", empty).stdout, "")
        self.assertEqual(self.state(journal=None)["date"], DATE)
        self.assertEqual(json.loads(self.run_command("state", "-o", "json", empty).stdout)
                         ["positions"], {})

    def test_gates_are_closed_and_cleared_on_record(self):
        self.run_command("gate", "--close", "--reason", "drift", "--by", "anna", self.journal)
        gated = json.loads(self.run_command("gate", self.journal, "-o", "json").stdout)
        self.assertEqual([(row["scope"], row["by"], row["reason"]) for row in gated],
                         [("all", "anna", "drift")])
        refused = self.append(attempt("10:40:00", symbol="AMD", level="160"), status=1)
        self.assertIn("refused 1", refused.stdout)
        self.run_command("gate", "--clear", "--reason", "confirmed", "--by", "anna", self.journal)
        self.assertEqual(self.run_command("gate", self.journal).stdout, "No gate is closed.\n")
        self.append(attempt("10:41:00", symbol="AMD", level="160"))
        last = [event for event in self.log() if event["type"] == "gate"][-1]
        self.assertEqual((last["source"], last["by"]), ("operator", "anna"))

    def test_a_copy_without_its_lock_files_can_be_looked_at(self):
        copy = self.path("copy")
        os.mkdir(copy, 0o700)
        for name in os.listdir(self.journal):
            if name.endswith("lock"):
                continue
            with open(os.path.join(self.journal, name), "rb") as file:
                os.chmod(self.path("copy/" + name, file.read()), 0o600)
        self.assertEqual(self.state(journal=copy), self.state())
        self.run_command("verify", copy)

    def test_log_follows_what_is_appended(self):
        with self.writer() as writer:
            follower = subprocess.Popen([COMMAND, "log", "-f", "-n", "1", "--type", "note",
                                         "-o", "json", self.journal], stdout=subprocess.PIPE,
                                        env=self.environment())
            try:
                self.say(writer, json.dumps(note("11:00:00", "first")))
                self.assertEqual(json.loads(self.read_line(follower.stdout))["text"], "first")
                self.say(writer, json.dumps(note("11:00:01", "second")))
                self.assertEqual(json.loads(self.read_line(follower.stdout))["text"], "second")
                # A new day is followed too.
                self.say(writer, json.dumps(dict(note("00:00:00", "third"),
                                                 time=at("09:30:00", "2025-10-07"))))
                self.assertEqual(json.loads(self.read_line(follower.stdout))["text"], "third")
            finally:
                follower.send_signal(signal.SIGTERM)
                follower.stdout.close()
                follower.wait()


class OverDays(Lane):
    def test_log_and_export_reach_over_days(self):
        self.init()
        self.append(note("10:00:00", "monday"))
        self.append(dict(note("10:00:00", "tuesday"), time=at("10:00:00", "2025-10-07")))
        texts = lambda *words: [event["text"] for event in self.log(*words, "--type", "note")]
        self.assertEqual(texts(), ["tuesday"])
        self.assertEqual(texts("--date", DATE), ["monday"])
        self.assertEqual(texts("-S", "2025-10-06"), ["monday", "tuesday"])
        self.assertEqual(texts("-S", "2025-10-06", "-U", "2025-10-07 00:00"), ["monday"])
        self.assertEqual(texts("-S", "2025-10-06", "-r"), ["tuesday", "monday"])
        whole = self.run_command("export", "--all", self.journal).stdout
        self.assertEqual([json.loads(line)["seq"] for line in whole.splitlines()],
                         list(range(1, len(whole.splitlines()) + 1)))
        self.run_command("verify", "--all", self.journal)
        self.run_command("log", "--date", "2025-10-08", self.journal, status=2)

    def test_recover_names_what_an_older_day_left_open(self):
        self.init()
        self.append(fill("10:00:00", "BUY", "10", "5", "x1"))
        self.append(dict(note("10:00:00"), time=at("10:00:00", "2025-10-07")))
        text = self.run_command("recover", "--date", "2025-10-07", self.journal).stdout
        self.assertRegex(text, r"(?m)^Left open +2025-10-06 TSLA LONG 10 @ 5\.00")
        self.assertNotIn("TSLA ", text.splitlines()[2])


class Help(Lane):
    def test_help_is_what_it_was(self):
        text = self.run_command("help").stdout
        names = re.findall(r"(?m)^  (\w+) {2,}", text)
        self.assertGreaterEqual(len(names), 20)
        for name in names:
            text += "\n----\n" + self.run_command("help", name).stdout
            self.assertEqual(self.run_command(name, "--help").stdout,
                             self.run_command("help", name).stdout)
        self.assert_golden("help.txt", text)

    def test_version_and_schema(self):
        self.assertRegex(self.run_command("version").stdout, r"\Atradewal \d+\.\d+\.\d+\n\Z")
        self.assertIn("$schema", json.loads(self.run_command("schema").stdout))

    def test_misspelt_commands_are_guessed(self):
        self.assertIn("did you mean recover?", self.run_command("recovr", status=2).stderr)
        self.assertNotIn("did you mean", self.run_command("frobnicate", status=2).stderr)
        self.run_command(status=2)

    def test_the_journal_may_come_from_the_environment(self):
        self.init()
        self.append(note("10:00:00"))
        env = {"TRADEWAL_JOURNAL": self.journal}
        self.run_command("info", env=env)
        self.run_command("show", "1", env=env)
        self.run_command("show", self.journal, "1", env={"TRADEWAL_JOURNAL": "/nonexistent"})
        self.run_command("checkpoint", "list", env=env)
        self.run_command("append", self.path("more.jsonl", json.dumps(note("10:01:00"))), env=env)
        self.assertEqual(self.types(), ["note", "note"])


if __name__ == "__main__":
    main()
