#!/usr/bin/env python3
"""What the command says and how it ends when the world is not as it should be."""
import json
import os
import resource
import signal
import subprocess
import unittest

from command_lane import COMMAND, Lane, attempt, fill, main, note
from crc32c import crc32c

LOOKS = ["info", "log", "state", "positions", "orders", "trades", "pnl", "recover", "export",
         "replay", "verify", "gate"]


class Usage(Lane):
    def test_wrong_usage_is_two_with_a_hint(self):
        self.init()
        for words in (["log", "--nope", self.journal], ["log", "-x", self.journal], ["log", "-n"],
                      ["log", "-n", "0", self.journal], ["log", "-n", "few", self.journal],
                      ["log", "-o", "xml", self.journal], ["log", "-f", "-r", self.journal],
                      ["log", "--type", "fil", self.journal], ["log", "-S", "25:00", self.journal],
                      ["state", "--at", "10:00", "--at-seq", "1", self.journal],
                      ["state", "--date", "2025-13-01", self.journal],
                      ["state", "--at-seq", "77", self.journal], ["log", self.journal, "more"],
                      ["show", self.journal], ["show", self.journal, "one"], ["log"],
                      ["init", self.path("x"), "--env", "paper"],
                      ["init", self.path("x"), "--account", "A"],
                      ["init", self.path("x"), "--account", "A", "--env", "prod"],
                      ["init", self.path("x"), "--account", "A", "--env", "live", "--roll", "6pm"],
                      ["init", self.path("x"), "--account", "a/b", "--env", "live"],
                      ["init", self.path("x"), "--account", "A", "--env", "live", "--zone", "No/Where"],
                      ["gate", "--close", self.journal], ["gate", "--close", "--clear", self.journal],
                      ["gate", "--close", "--reason", "x", self.journal],
                      ["checkpoint", "burn", self.journal], ["checkpoint"],
                      ["replay", "--speed", "0", self.journal], ["replay", "--break", "x", self.journal],
                      ["diff", "@1", "@2"], ["diff", self.journal, "@0"], ["diff", self.journal],
                      ["export", "--all", "--date", "2025-10-06", self.journal],
                      ["append", self.journal, self.path("nothing.jsonl")],
                      ["import", self.journal, self.path("nothing.json")],
                      ["reconcile", self.journal], ["append", "--source", "heaven", self.journal],
                      ["help", "nothing"], ["state", "--date=2025-10-06", "--date", self.journal]):
            with self.subTest(" ".join(words)):
                done = self.run_command(*words, status=2)
                self.assertEqual(done.stdout, "")
        self.assertFalse(os.path.exists(self.path("x")))


class Paths(Lane):
    def test_what_is_no_journal_is_refused_and_left_alone(self):
        empty = self.path("empty")
        os.mkdir(empty, 0o700)
        file = self.path("file", "not a journal")
        for path in (self.path("nowhere"), empty, file):
            for command in LOOKS + ["append"]:
                self.run_command(command, path, stdin=b"{}", status=2)
        self.assertEqual(os.listdir(empty), [])
        self.assertFalse(os.path.exists(self.path("nowhere")))

    def test_init_takes_an_empty_folder_and_refuses_another(self):
        self.init()
        done = self.run_command("init", self.journal, "--account", "DU1", "--env", "paper", status=2)
        self.assertIn(self.journal + " is a journal already, of account DU1 (paper); "
                      "choose another path", done.stderr)
        os.makedirs(self.path("other/things"))
        self.assertIn("other is not empty: it has things", self.run_command(
            "init", self.path("other"), "--account", "DU1", "--env", "paper", status=2).stderr)

    def test_init_below_a_folder_that_is_missing_names_it(self):
        for path in ("disk/journal", "disk/journal//", "disk//journal"):
            said = self.run_command("init", self.path(path), "--account", "DU1", "--env", "paper",
                                    status=2).stderr
            self.assertIn("the folder %s is missing: its disk may not be mounted; " %
                          self.path("disk"), said)

    def test_a_newer_format_is_four(self):
        self.init()
        identity = os.path.join(self.journal, "identity")
        with open(identity, encoding="utf-8") as file:
            text = file.read()
        body = text.replace("format: 3", "format: 4").rpartition("crc32c: ")[0]
        with open(identity, "w", encoding="utf-8") as file:
            file.write("%scrc32c: %08x\n" % (body, crc32c(body.encode())))
        for command in ("info", "log", "append", "recover"):
            done = self.run_command(command, self.journal, status=4)
            self.assertIn("use that version or a later one", done.stderr)

    def test_rights_that_let_others_write_are_refused(self):
        self.init()
        os.chmod(self.journal, 0o777)
        done = self.run_command("info", self.journal, status=2)
        self.assertIn("chmod 700", done.stderr)

    def test_without_the_right_to_read_nothing_runs(self):
        self.init()
        self.append(note("10:00:00"))
        for path in (self.journal, *(os.path.join(self.journal, name)
                                     for name in os.listdir(self.journal))):
            if os.geteuid() == 0:
                os.chown(path, 65534, 65534)
        os.chmod(self.journal, 0o000)
        self.addCleanup(os.chmod, self.journal, 0o700)
        self.run_command("info", self.journal, status=2, **self.as_nobody())

    def test_a_folder_that_cannot_be_written_can_be_looked_at_but_not_appended_to(self):
        self.init()
        self.append(fill("10:00:00", "BUY", "1", "2", "x"))
        # Readers enter themselves in the lock file; a copy needs none.
        os.unlink(os.path.join(self.journal, "20251006.mdb-lock"))
        for name in os.listdir(self.journal):
            path = os.path.join(self.journal, name)
            os.chmod(path, 0o400)
            if os.geteuid() == 0:
                os.chown(path, 65534, 65534)
        if os.geteuid() == 0:
            os.chown(self.journal, 65534, 65534)
        os.chmod(self.journal, 0o500)
        self.addCleanup(os.chmod, self.journal, 0o700)
        self.run_command("append", self.journal, stdin=json.dumps(note("10:01:00")).encode(),
                         status=2, **self.as_nobody())
        state = self.run_command("state", "-o", "json", self.journal, **self.as_nobody())
        self.assertIn("TSLA", json.loads(state.stdout)["positions"])

    def test_a_reader_of_another_user_is_not_told_to_take_the_journal_away(self):
        if os.geteuid() != 0:
            self.skipTest("only root can give a journal to another user")
        self.init()
        self.append(note("10:00:00"))
        for name in ("", *os.listdir(self.journal)):
            os.chown(os.path.join(self.journal, name), 65534, 65534)
        said = self.run_command("log", self.journal, status=2).stderr
        self.assertIn("belongs to user 65534, expected 0; run as its user or look at a copy", said)
        self.assertNotIn("chown", said)

    def as_nobody(self):
        """Rights mean nothing to root: then the command runs as somebody else."""
        if os.geteuid() != 0:
            return {}
        probe = subprocess.run([COMMAND, "version"], user=65534, group=65534, extra_groups=[],
                               stdout=subprocess.PIPE, check=False) if self.can_reach() else None
        if not probe or probe.returncode != 0:
            self.skipTest("the command cannot be run by another user here")
        return {"user": 65534, "group": 65534, "extra_groups": []}

    def can_reach(self):
        for place in (COMMAND, self.folder):
            path = os.path.abspath(place)
            while path != "/":
                if not os.stat(path).st_mode & 0o001:
                    return False
                path = os.path.dirname(path)
        return True


class Writers(Lane):
    def test_a_second_writer_is_three_and_told_who_the_first_is(self):
        self.init()
        with self.writer() as writer:
            self.say(writer, json.dumps(note("10:00:00")))
            line = json.dumps(note("10:01:00")).encode()
            for words in (["append", self.journal], ["checkpoint", "take", self.journal],
                          ["checkpoint", "invalidate", self.journal],
                          ["recover", "--apply", self.journal],
                          ["gate", "--close", "--reason", "x", "--by", "y", self.journal]):
                done = subprocess.run([COMMAND, *words], input=line, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, check=False)
                self.assertEqual(done.returncode, 3, (words, done.stderr))
                self.assert_one_error_line(done.stderr.decode())
                self.assertIn(str(writer.pid), done.stderr.decode())
                self.assertEqual("tw_append_gate" in done.stderr.decode(), words[0] == "gate")
                self.assertEqual("stop it first" in done.stderr.decode(), words[0] != "gate")
            # Looking is another matter, and sees what is durable.
            for command in LOOKS:
                self.run_command(command, self.journal)
            info = json.loads(self.run_command("info", "-o", "json", self.journal).stdout)
            self.assertEqual((info["last_stop"], info["writer"]["pid"]), ("running", writer.pid))
            while not self.types():
                continue  # until what was said is in the day file
            self.assertEqual(self.types(), ["note"])
            self.assertRegex(self.say(writer, json.dumps(note("10:02:00"))), r"\A\d+\Z")
        self.assertEqual(self.types(), ["note", "note"])

    def test_what_each_acknowledged_survives_a_kill(self):
        self.init()
        with self.writer() as writer:
            seqs = [int(self.say(writer, json.dumps(note("10:00:00", str(number)))))
                    for number in range(20)]
            writer.send_signal(signal.SIGKILL)
        self.assertEqual([event["seq"] for event in self.log("--type", "note")], seqs)
        self.assertEqual(self.log()[-1]["text"], "19")

    def test_a_signal_ends_the_session_cleanly(self):
        self.init()
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.writer() as writer:
                self.say(writer, json.dumps(note("10:00:00")))
                writer.send_signal(number)
                self.assertEqual(writer.wait(timeout=60), 0)
            self.assertEqual(self.log()[-1]["type"], "session_closed")

    def test_answers_that_nobody_reads_lose_no_event(self):
        self.init()
        with self.writer() as writer:
            self.say(writer, json.dumps(note("10:00:00", "first")))
            writer.stdout.close()
            for number in range(3):
                writer.stdin.write(json.dumps(note("10:00:01", str(number))).encode() + b"\n")
            writer.stdin.close()
            self.assertEqual(writer.wait(timeout=60), 0)
            self.assertEqual(writer.stderr.read(), b"")
        self.assertEqual([event["text"] for event in self.log("--type", "note")],
                         ["first", "0", "1", "2"])


class Output(Lane):
    def setUp(self):
        super().setUp()
        self.init()
        self.append(*(note("10:00:00", "x" * 500) for _ in range(1200)))

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full")
    def test_a_full_disk_is_told(self):
        for words in (["export"], ["log"], ["state", "-o", "json"], ["info"]):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([COMMAND, *words, self.journal], stdout=full,
                                      stderr=subprocess.PIPE, check=False)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn("No space left", done.stderr.decode())
            self.assert_one_error_line(done.stderr.decode())

    def test_a_closed_standard_output_is_told_and_no_file_gets_its_number(self):
        done = subprocess.run(["sh", "-c", '"$0" info "$1" >&-', COMMAND, self.journal],
                              stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 2)
        self.assert_one_error_line(done.stderr.decode())

    def test_a_reader_that_goes_away_is_no_error(self):
        for words in (["export"], ["log"], ["replay"], ["log", "-r"]):
            running = subprocess.Popen([COMMAND, *words, self.journal], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE)
            running.stdout.readline()
            running.stdout.close()
            self.assertEqual(running.wait(timeout=60), 0, words)
            self.assertEqual(running.stderr.read(), b"")
            running.stderr.close()

    def test_a_follower_ends_when_its_reader_does(self):
        running = subprocess.Popen([COMMAND, "log", "-f", "-n", "1", self.journal],
                                   stdout=subprocess.PIPE)
        running.stdout.readline()
        running.stdout.close()
        self.assertEqual(running.wait(timeout=60), 0)

    def test_export_needs_no_more_memory_for_more_records(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_DATA, (64 << 20, 64 << 20))
        if "address" in os.environ.get("TW_SANITIZE", "") or "thread" in os.environ.get("TW_SANITIZE",
                                                                                       ""):
            self.skipTest("a sanitizer needs its own memory")
        for form in ("json", "json-array", "csv"):
            self.run_command("export", "-o", form, self.journal, preexec_fn=limit)

    def test_no_colour_and_no_escape_where_it_is_no_terminal(self):
        self.append({"type": "order_submitted", "time": "2025-10-06T10:01:00-04:00",
                     "order_ref": "o1", "symbol": "A", "action": "BUY", "purpose": "entry",
                     "qty": "1", "order_type": "MKT"})
        self.assertNotIn("\x1b", self.run_command("orders", self.journal).stdout)


class Damage(Lane):
    def test_a_damaged_day_is_found_by_verify_and_by_no_signal(self):
        self.init()
        self.append(*(fill("10:00:00", "BUY", "1", "2", "x%d" % number) for number in range(50)))
        day = os.path.join(self.journal, "20251006.mdb")
        with open(day, "rb") as file:
            whole = file.read()
        flipped = whole.replace(b"x25", b"y25")
        for name, content in (("flipped", flipped), ("cut", whole[:len(whole) // 2]),
                              ("zeros", bytes(len(whole)))):
            with self.subTest(name):
                with open(day, "wb") as file:
                    file.write(content)
                done = self.run_command("verify", self.journal, status=1)
                self.assertEqual(done.stdout, "")
                self.assert_one_error_line(done.stderr)
                found = json.loads(self.run_command("verify", "-o", "json", self.journal,
                                                    status=1).stdout)
                self.assertIs(found["ok"], False)
                self.run_command("recover", "--apply", self.journal, status=2)
                self.assertEqual(len(content), os.path.getsize(day))


class SecondWriter(Lane):
    def test_a_lock_file_that_somebody_removed_lets_no_second_writer_in(self):
        self.init()
        with self.writer() as writer:
            self.say(writer, json.dumps(fill("10:00:00", "BUY", "1", "2", "e1")))
            for name in ("removed", "emptied"):
                with self.subTest(name):
                    lock = os.path.join(self.journal, "writer.lock")
                    os.remove(lock)
                    if name == "emptied":
                        with open(lock, "wb"):
                            os.chmod(lock, 0o600)
                    done = self.run_command("recover", "--apply", "--date", "2025-10-06",
                                            self.journal, status=3)
                    self.assertIn("another process writes", done.stderr)
            self.say(writer, json.dumps(fill("10:00:01", "SELL", "1", "3", "e2")))
            writer.kill()
        self.run_command("recover", "--apply", "--date", "2025-10-06", self.journal)
        fills = [json.loads(line) for line in
                 self.run_command("export", self.journal).stdout.splitlines()]
        self.assertEqual([event["exec_id"] for event in fills if event["type"] == "fill"],
                         ["e1", "e2"])


if __name__ == "__main__":
    main()
