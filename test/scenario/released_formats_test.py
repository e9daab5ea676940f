"""Journals of every released format open for ever: verified, folded and exported as on the day they
were made. A fixture is text: the identity, the day file and the intake in base64 with runs of zeros
left out, and what the command said of it. From format 2 on its writer was killed, and the intake
holds what the day file has not got. `TW_MAKE_FIXTURE=format-N` makes one with the command at hand."""
import base64
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import command_lane as lane  # noqa: E402

FIXTURES = os.path.join(lane.SOURCE, "test", "fixtures")
PAGE = 4096


def run(*words, **more):
    return subprocess.run([lane.COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=lane.TIMEOUT, check=False, **more)


def pack(data):
    """One line a page: `=` for a page of zeros, else base64 without the zeros at its end."""
    lines = []
    for at in range(0, len(data), PAGE):
        page = data[at:at + PAGE]
        lines.append("=" if not page.strip(b"\0") and len(page) == PAGE
                     else base64.b64encode(page.rstrip(b"\0")).decode())
    return "\n".join(lines) + "\n"


def unpack(text):
    return b"".join(bytes(PAGE) if line == "=" else base64.b64decode(line).ljust(PAGE, b"\0")
                    for line in text.split())


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, 0o600)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def unfold(fixture, scratch):
    """The journal of a fixture as a folder that the command can open."""
    journal = os.path.join(scratch, "journal")
    os.mkdir(journal, 0o700)
    shutil.copy(os.path.join(fixture, "identity"), journal)
    os.chmod(os.path.join(journal, "identity"), 0o600)
    for name in glob.glob(os.path.join(fixture, "*.base64")):
        write(os.path.join(journal, os.path.basename(name)[:-len(".base64")]),
              unpack(read(name).decode()))
    return journal


class ReleasedFormats(unittest.TestCase):
    def fixtures(self):
        found = sorted(glob.glob(os.path.join(FIXTURES, "format-*")))
        self.assertTrue(found, "there is no fixture at all")
        for fixture in found:
            with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as scratch:
                with self.subTest(os.path.basename(fixture)):
                    yield fixture, unfold(fixture, scratch)

    def test_a_journal_of_a_released_format_verifies(self):
        for _, journal in self.fixtures():
            done = run("verify", "--all", journal)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_its_state_is_what_it_was(self):
        for fixture, journal in self.fixtures():
            done = run("state", "-o", "json", journal)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(json.loads(done.stdout),
                             json.loads(read(os.path.join(fixture, "state.json"))))

    def test_its_export_is_what_it_was(self):
        for fixture, journal in self.fixtures():
            done = run("export", "--all", "-o", "json", journal)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stdout, read(os.path.join(fixture, "export.json")))

    def test_what_only_the_intake_held_is_in_the_state(self):
        for fixture, journal in self.fixtures():
            if os.path.exists(os.path.join(fixture, "intake.wal.base64")):
                found = json.loads(run("recover", "-o", "json", journal).stdout)
                self.assertGreater(found["intake_records"], 0)
                self.assertEqual(found["intake_torn"], 0)
                info = run("info", "-o", "json", journal).stdout
                self.assertEqual(json.loads(info)["intake_records"], found["intake_records"])
                self.assertRegex(run("info", journal).stdout.decode(),
                                 "Intake +%d records? not in the day file yet" %
                                 found["intake_records"])

    def test_a_trader_goes_on_in_it(self):
        for _, journal in self.fixtures():
            line = json.dumps(lane.note("15:59:00", "later"))
            done = run("append", journal, input=line.encode())
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(run("verify", "--all", journal).returncode, 0)


def make(name):
    fixture = os.path.join(FIXTURES, name)
    os.makedirs(fixture)
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as scratch:
        journal = os.path.join(scratch, "journal")
        run("init", journal, "--account", "DU1234567", "--env", "paper")
        day = "\n".join(json.dumps(event) for event in lane.CRASH_DAY)
        with subprocess.Popen([lane.COMMAND, "append", "--each", journal], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as writer:
            writer.stdin.write(day.encode() + b"\n")
            writer.stdin.flush()
            for _ in lane.CRASH_DAY:
                writer.stdout.readline()
            writer.kill()
        assert json.loads(run("recover", "-o", "json", journal).stdout)["intake_records"]
        shutil.copy(os.path.join(journal, "identity"), fixture)
        for path in glob.glob(os.path.join(journal, "*.mdb")) + [
                os.path.join(journal, "intake.wal")]:
            with open(os.path.join(fixture, os.path.basename(path) + ".base64"), "w",
                      encoding="ascii") as file:
                file.write(pack(read(path)))
        for name, words in (("state.json", ("state", "-o", "json")),
                            ("export.json", ("export", "--all", "-o", "json"))):
            with open(os.path.join(fixture, name), "wb") as file:
                file.write(run(*words, journal).stdout)


if __name__ == "__main__":
    if re.fullmatch(r"format-[0-9]+", os.environ.get("TW_MAKE_FIXTURE", "")):
        make(os.environ["TW_MAKE_FIXTURE"])
    else:
        unittest.main()
