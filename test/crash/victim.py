"""What the tests share that kill append_victim or count what it asks of the system."""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TW_SOURCE_DIR"], "test", "support"))
from journal import BUILD, COMMAND  # noqa: E402

VICTIM = os.path.join(BUILD, "test", "append_victim")
DAY = "20251006.mdb"
MODES = ("each", "group")


class Victim:
    """A journal, and the host that appends to it."""

    def __init__(self, folder, name, mode, events, size=0, batch=1, delay_ns=100000000,
                 checkpoint_ns=-1):
        self.path = os.path.join(folder, name)
        self.acks = self.path + ".acks"
        self.events, self.size = events, size
        self.words = [VICTIM, self.path, mode, str(events), str(size), str(batch), str(delay_ns),
                      str(checkpoint_ns), self.acks]
        self.tell("init", "--account", "DU1", "--env", "paper")

    def tell(self, *words):
        done = subprocess.run([COMMAND, *words, self.path], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, encoding="utf-8", check=False)
        if done.returncode:
            raise AssertionError("%s: %d %s" % (words, done.returncode, done.stderr))
        return done.stdout

    def file(self, name):
        return os.path.join(self.path, name)

    def acknowledged(self):
        if not os.path.exists(self.acks):
            return 0
        with open(self.acks, encoding="ascii") as file:
            return max(map(int, file.read().split()), default=0)

    def check(self, test):
        """Every acknowledged event is there, once, in its order, whole batches only."""
        if not any(name.endswith(".mdb") for name in os.listdir(self.path)):
            test.assertEqual(self.acknowledged(), 0)
            return 0
        self.tell("verify")
        events = [json.loads(line) for line in self.tell("export").splitlines()]
        test.assertEqual([event["seq"] for event in events], list(range(1, len(events) + 1)))
        fills = [event["exec_id"] for event in events if event["type"] == "fill"]
        bulk = [event for event in events if event["type"] == "custom"]
        test.assertEqual(fills, ["v-%06d" % number for number in range(len(fills))])
        test.assertEqual(len(bulk), len(fills) if self.size else 0)
        test.assertGreaterEqual(len(fills), self.acknowledged())
        return len(fills)

    def finish(self, test):
        subprocess.run(self.words, check=True)
        test.assertEqual(self.check(test), self.events)
        shutil.rmtree(self.path)
        os.remove(self.acks)


def strace(*words):
    """The command under strace, or None where that cannot be had."""
    tool = shutil.which("strace")
    if not tool:
        return None
    probe = subprocess.run([tool, "-f", "-o", os.devnull, "true"], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=False)
    return [tool, "-f", *words] if probe.returncode == 0 else None
