"""A journal as the Python tests use it: the command run as a user would, its answers read exactly.

Numbers of JSON become Decimal, never float. Journals stand beside the build and not in /tmp, which
may be a tmpfs, where a journal is refused."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from decimal import Decimal

sys.dont_write_bytecode = True

BUILD = os.environ["TW_BUILD_DIR"]
COMMAND = os.environ["TW_COMMAND"]
COUNTED = re.compile(r"^appended (\d+), duplicate (\d+), refused (\d+)$")
FINE, DIFFERENT, WRONG, BUSY = 0, 1, 2, 3


class Scratch(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="journal-", dir=BUILD)
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, value):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(value, file)
        return path


def main():
    """Runs the tests of the calling script; none at all is a failure."""
    program = unittest.main(verbosity=1, exit=False)
    skipped = [reason for _, reason in program.result.skipped]
    if skipped and program.result.wasSuccessful() and \
            len(skipped) >= max(1, program.result.testsRun):
        print("SKIPPED %s: %s" % (os.path.basename(sys.argv[0]), skipped[0]), flush=True)
        sys.exit(77)
    if program.result.testsRun == 0:
        print("no test ran: that is a failure", file=sys.stderr)
        sys.exit(1)
    sys.exit(not program.result.wasSuccessful())


def exact(text):
    return json.loads(text, parse_float=Decimal)


def run(*words, text=None):
    return subprocess.run([COMMAND, *words], input=text, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, encoding="utf-8", check=False)


def line_of(event):
    return json.dumps(event, ensure_ascii=False) + "\n"


class Journal:
    def __init__(self, path):
        self.path = path

    @classmethod
    def make(cls, folder, name, *flags, account="DU1", env="paper"):
        journal = cls(os.path.join(folder, name))
        journal.tell("init", "--account", account, "--env", env, *flags)
        return journal

    def run(self, command, *flags, after=(), text=None):
        return run(command, *flags, self.path, *after, text=text)

    def tell(self, command, *flags, after=(), text=None, status=FINE):
        """What the command prints; any other exit status is an error with its words."""
        done = self.run(command, *flags, after=after, text=text)
        if done.returncode != status:
            raise AssertionError("tradewal %s ended with %d, expected %d\n%s%s" % (
                " ".join((command, *flags)), done.returncode, status, done.stdout[-2000:],
                done.stderr[-2000:]))
        return done.stdout

    def append(self, events, *flags):
        """How many were appended, duplicate and refused, and what was said about the last."""
        done = self.run("append", *flags, text="".join(map(line_of, events)))
        counted = COUNTED.match(done.stdout.splitlines()[-1]) if done.stdout else None
        if not counted or done.returncode != (DIFFERENT if int(counted.group(3)) else FINE):
            raise AssertionError("append ended with %d\n%s%s" % (
                done.returncode, done.stdout[-2000:], done.stderr[-2000:]))
        return tuple(map(int, counted.groups())), done.stderr

    def add(self, *events):
        """Appends all of them; a refusal is an error."""
        counts, said = self.append(events)
        if counts != (len(events), 0, 0):
            raise AssertionError("appended, duplicate, refused: %r\n%s" % (counts, said))

    def refused(self, event):
        """Why the event is refused; an error when it is not."""
        counts, said = self.append([event])
        if counts != (0, 0, 1):
            raise AssertionError("was not refused: %r" % (counts,))
        return said

    def state(self, *flags):
        return exact(self.tell("state", "-o", "json", *flags))

    def view(self, command, *flags):
        return exact(self.tell(command, "-o", "json", *flags))

    def export(self, *flags):
        return [exact(line) for line in self.tell("export", *flags).splitlines()]

    def verify(self):
        return self.tell("verify")

    def crash(self, events, *flags):
        """Appends the events one by one and kills the writer once all are answered: the session
        has no end. Returns the answers."""
        with subprocess.Popen([COMMAND, "append", "--each", *flags, self.path],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, encoding="utf-8") as process:
            process.stdin.write("".join(map(line_of, events)))
            process.stdin.flush()
            said = [process.stdout.readline().rstrip("\n") for _ in events]
            process.kill()
        return said

    def append_killed(self, events, answers, *flags):
        """`append --each` of all the events, killed when it has given so many answers; returns
        the seqs of all that it acknowledged until it was dead."""
        source = self.path + ".lines"
        with open(source, "w", encoding="utf-8") as file:
            file.writelines(map(line_of, events))
        with subprocess.Popen([COMMAND, "append", "--each", *flags, self.path, source],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              encoding="utf-8") as process:
            said = [process.stdout.readline() for _ in range(answers)]
            process.kill()
            said += process.stdout.readlines()
        os.remove(source)
        return [int(answer) for answer in said]

    def append_cut(self, events, *flags):
        """A plain `append`, killed as soon as it has taken the events in; nothing of it was
        acknowledged, and how many are in the log is between none and all."""
        with subprocess.Popen([COMMAND, "append", *flags, self.path], stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL, encoding="utf-8") as process:
            process.stdin.write("".join(map(line_of, events)))
            process.stdin.flush()
            process.kill()
