"""What the lanes that drive the command share: journals in scratch folders, runs, golden files."""
import contextlib
import json
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ.get("TW_SOURCE_DIR") or os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.environ.get("TW_BUILD_DIR") or os.path.join(SOURCE, "build", "gcc")
COMMAND = os.environ.get("TW_COMMAND") or os.path.join(BUILD, "tradewal")
GOLDEN = os.path.join(SOURCE, "test", "golden")
sys.path.insert(0, os.path.join(SOURCE, "test", "support"))
DATE = "2025-10-06"

# The memory of an ordinary machine, and far more than any command needs.
TIMEOUT = 300


def at(clock, date=DATE):
    return "%sT%s-04:00" % (date, clock)


def attempt(clock, symbol="TSLA", level="444.77", most=2):
    return {"type": "attempt", "time": at(clock), "symbol": symbol, "side": "LONG", "level": level,
            "max": most}


def fill(clock, action, qty, price, exec_id, symbol="TSLA", **more):
    return dict({"type": "fill", "time": at(clock), "symbol": symbol, "action": action, "qty": qty,
                 "price": price, "exec_id": exec_id}, **more)


def order(clock, ref, action, qty, purpose="entry", symbol="TSLA", **more):
    return dict({"type": "order_submitted", "time": at(clock), "order_ref": ref, "symbol": symbol,
                 "action": action, "purpose": purpose, "qty": qty, "order_type": "LMT"}, **more)


def note(clock, text="words", **more):
    return dict({"type": "note", "time": at(clock), "actor": "test", "tag": "t", "text": text}, **more)


# The day of the reference scenario: a position with a partial, the stop at breakeven, an attempt, a
# second position, and an order whose answer never came.
CRASH_DAY = [
    attempt("10:05:40"),
    {"type": "plan", "time": at("10:05:41"), "symbol": "TSLA", "side": "LONG", "pivot": "444.77",
     "stop": "443.10", "target1": "450.00", "entry_path": "momentum"},
    order("10:05:46", "tsla-1", "BUY", "100", limit="445.30"),
    fill("10:05:47.112", "BUY", "100", "445.25", "e1.01", order_ref="tsla-1", fee="0"),
    {"type": "partial", "time": at("10:09:00"), "symbol": "TSLA", "qty": "50", "price": "450.10",
     "reason": "target1", "exec_id": "e2.01", "fee": "0"},
    {"type": "stop_moved", "time": at("10:09:01"), "symbol": "TSLA", "stop": "445.25",
     "reason": "breakeven"},
    fill("10:10:00", "BUY", "100", "725.50", "e3.01", symbol="NVDA", fee="1.25"),
    {"type": "counter", "time": at("10:12:00"), "group": "filter_block", "name": "choppy", "delta": 4},
    order("10:14:59.871", "tsla-3", "SELL", "50", purpose="exit"),
]


class Lane(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        base = os.environ.get("TMPDIR") or (BUILD if os.path.isdir(BUILD) else None)
        self.folder = tempfile.mkdtemp(prefix="command-", dir=base)
        os.chmod(self.folder, 0o755)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.journal = os.path.join(self.folder, "journal")

    def path(self, name, content=None):
        path = os.path.join(self.folder, name)
        if content is not None:
            mode = "wb" if isinstance(content, bytes) else "w"
            with open(path, mode, **({} if mode == "wb" else {"encoding": "utf-8"})) as file:
                file.write(content)
        return path

    def environment(self, **more):
        plain = {name: value for name, value in os.environ.items() if name != "TRADEWAL_JOURNAL"}
        plain.update(more)
        return plain

    def run_command(self, *words, stdin=b"", status=0, env=None, **more):
        """Runs the command and checks its exit status; stdout and stderr come back as text."""
        done = subprocess.run([COMMAND, *words], input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=TIMEOUT, check=False,
                              env=self.environment(**(env or {})), **more)
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        self.assertEqual(done.returncode, status,
                         "%s\nstdout: %s\nstderr: %s" % (" ".join(words), done.stdout, done.stderr))
        if status >= 2:
            self.assert_one_error_line(done.stderr)
        return done

    def assert_one_error_line(self, text):
        self.assertRegex(text, r"\Atradewal: [^\n]+\n\Z")

    def init(self, journal=None, *more):
        self.run_command("init", journal or self.journal, "--account", "DU1", "--env", "paper",
                         "--any-file-system", *more)

    def append(self, *events, journal=None, status=0, words=()):
        lines = "".join(json.dumps(event) + "\n" if isinstance(event, dict) else event + "\n"
                        for event in events)
        return self.run_command("append", *words, journal or self.journal, stdin=lines.encode(),
                                status=status)

    def crash_with(self, *events, journal=None):
        """Appends events durably, then kills the writer: the session has no end."""
        with self.writer(journal) as writer:
            for event in events:
                self.say(writer, json.dumps(event))
            writer.kill()

    @contextlib.contextmanager
    def writer(self, journal=None):
        """A process that holds the journal: append --each, fed through a pipe."""
        writer = subprocess.Popen([COMMAND, "append", "--each", journal or self.journal],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, env=self.environment())
        try:
            yield writer
        finally:
            for pipe in (writer.stdin, writer.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()
            writer.stderr.read()
            writer.stderr.close()
            writer.wait(timeout=TIMEOUT)

    def say(self, writer, line):
        """One line in, its one line of answer out."""
        writer.stdin.write(line.encode() + b"\n")
        writer.stdin.flush()
        return self.read_line(writer.stdout)

    def read_line(self, stream):
        ready, _, _ = select.select([stream], [], [], TIMEOUT)
        self.assertTrue(ready, "no line came")
        return stream.readline().decode().rstrip("\n")

    def log(self, *words, journal=None):
        done = self.run_command("log", *words, "-o", "json", journal or self.journal)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def types(self, *words, journal=None):
        own = ("session_opened", "session_closed", "clock")
        return [event["type"] for event in self.log(*words, journal=journal)
                if event["type"] not in own]

    def state(self, *words, journal=None):
        done = self.run_command("state", *words, "-o", "json", journal or self.journal)
        return json.loads(done.stdout, parse_float=str)

    def assert_golden(self, name, text):
        """What changes from run to run stands in the file as <...>."""
        text = re.sub(r"\([\d.]+ (ms|s|min|h|days) ago\)", "(<span> ago)", text)
        text = re.sub(r"[\d.]+ (ms|s)$", "<span>", text, flags=re.M)
        text = text.replace(self.folder, "<folder>")
        path = os.path.join(GOLDEN, name)
        if os.environ.get("TW_UPDATE_GOLDEN"):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(text, file.read(),
                             "%s differs; TW_UPDATE_GOLDEN=1 writes it anew" % name)


def main():
    if not os.access(COMMAND, os.X_OK):
        print("SKIPPED: %s is not built" % COMMAND)
        sys.exit(77)
    unittest.main(verbosity=1)
