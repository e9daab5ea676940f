#!/usr/bin/env python3
"""The intake of a crashed journal, damaged by bits, blocks, length and foreign bytes: the command
refuses it by name or goes on, never by a signal and never without an end. Where it goes on, the
log is a beginning of what was appended, and misses no more than the last frame that was flushed:
the one whose damage cannot be told from a write that power cut off (docs/durability.md).
TW_SEED chooses the damage, TW_DAMAGES how much of it."""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from victim import BUILD, COMMAND, MODES, Victim  # noqa: E402
from journal import main  # noqa: E402

SEED = int(os.environ.get("TW_SEED") or time.time())
DAMAGES = int(os.environ.get("TW_DAMAGES") or (40 if os.environ.get("TW_SANITIZE") else 200))
HEADER, HALF, BLOCK, SECTOR = 4096, 4 << 20, 4096, 512
EVENTS, DELAY_NS, LIMIT_S = 40, 3600 * 10**9, 30
INTAKE = "intake.wal"


def crash(folder, mode):
    """A journal whose writer died with all of its events in the intake alone."""
    victim = Victim(folder, "dead-" + mode, mode, 10**6, delay_ns=DELAY_NS)
    with subprocess.Popen(victim.words, stdout=subprocess.DEVNULL) as host:
        while victim.acknowledged() < EVENTS:
            time.sleep(0.002)
        host.kill()
    return victim


class Damage:
    """One change of the bytes of an intake. `used` is where its frames end."""

    def __init__(self, chance, used):
        self.chance, self.used = chance, used

    def place(self, size):
        where = self.chance.randrange(4)
        if where == 0:
            return self.chance.randrange(0, HEADER - size + 1)
        if where == 1:
            return self.chance.randrange(HEADER + HALF, HEADER + 2 * HALF - size)
        return self.chance.randrange(HEADER, self.used)

    def bit(self, data):
        at = self.place(1)
        data[at] ^= 1 << self.chance.randrange(8)

    def zeros(self, data):
        size = self.chance.choice((8, SECTOR, BLOCK))
        at = self.place(size) // size * size
        data[at:at + size] = bytes(size)

    def garbage(self, data):
        size = self.chance.choice((1, 8, 64, SECTOR, BLOCK))
        at = self.place(size)
        data[at:at + size] = self.chance.randbytes(size)

    def emptied(self, data):
        """As format 2 marked a half that has nothing in it."""
        at = HEADER + self.chance.randrange(2) * HALF
        data[at:at + BLOCK] = b"TWEM".ljust(BLOCK, b"\0")

    def copied(self, data):
        size = self.chance.choice((SECTOR, BLOCK))
        there, here = self.place(size) // size * size, self.place(size) // size * size
        data[here:here + size] = data[there:there + size]

    def shorter(self, data):
        del data[self.chance.choice((0, 1, HEADER, self.used, self.place(1), len(data) - 1)):]

    def longer(self, data):
        data += self.chance.randbytes(self.chance.choice((1, BLOCK)))

    KINDS = (bit, bit, bit, zeros, garbage, emptied, copied, shorter, longer)


class Damaged(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print("intake_damage_test: TW_SEED=%d, %d damages in each mode" % (SEED, DAMAGES),
              flush=True)
        cls.folder = tempfile.mkdtemp(prefix="damage-", dir=BUILD)
        cls.addClassCleanup(shutil.rmtree, cls.folder)

    def tell(self, *words):
        """Status and output; fails where a signal or the clock ended it."""
        done = subprocess.run([COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=LIMIT_S, check=False)
        self.assertGreaterEqual(done.returncode, 0, (words, signal.strsignal(-done.returncode)
                                                     if done.returncode < 0 else ""))
        self.assertNotIn(b"\x1b", done.stdout + done.stderr)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def fills_of(self, path):
        status, said, wrong = self.tell("export", path)
        self.assertEqual(status, 0, wrong)
        return [event["exec_id"] for event in map(json.loads, said.splitlines())
                if event["type"] == "fill"]

    def judge(self, path, whole, most_missing):
        """0 when it was refused, 1 when all is there, 2 when the last is not."""
        looked = self.tell("verify", path)[0]
        self.tell("state", path)
        status, _, wrong = self.tell("recover", "--apply", "--date", "2025-10-06", path)
        if status not in (0, 1):
            self.assertRegex(wrong, r"\bintake\b")
            self.assertNotEqual(looked, 0)
            return 0
        fills = self.fills_of(path)
        self.assertEqual(fills, whole[:len(fills)])
        self.assertLessEqual(len(whole) - len(fills), most_missing)
        self.assertEqual(self.tell("verify", path)[0], 0)
        return 1 if fills == whole else 2

    def damage_again_and_again(self, mode, most_missing):
        dead = crash(self.folder, mode)
        with open(dead.file(INTAKE), "rb") as file:
            intact = file.read()
        used = len(intact[:HEADER + HALF].rstrip(b"\0"))
        undamaged = dead.path + "-undamaged"
        subprocess.run(["cp", "-a", "--sparse=always", dead.path, undamaged], check=True)
        self.assertEqual(self.tell("recover", "--apply", "--date", "2025-10-06", undamaged)[0], 0)
        whole = self.fills_of(undamaged)
        self.assertGreaterEqual(len(whole), EVENTS)
        outcomes = [0, 0, 0]
        for number in range(DAMAGES):
            chance = random.Random("%d %s %d" % (SEED, mode, number))
            data = bytearray(intact)
            kind = chance.choice(Damage.KINDS)
            kind(Damage(chance, used), data)
            path = dead.path + "-damaged"
            subprocess.run(["cp", "-a", "--sparse=always", dead.path, path], check=True)
            with open(os.path.join(path, INTAKE), "wb") as file:
                file.write(data)
            with self.subTest(mode=mode, number=number, kind=kind.__name__):
                outcomes[self.judge(path, whole, most_missing)] += 1
            shutil.rmtree(path)
        print("intake_damage_test: %s: %d refused, %d without a loss, %d without the last frame" %
              (mode, *outcomes), flush=True)
        self.assertGreater(outcomes[0], 0)
        self.assertGreater(outcomes[1], 0)

    def test_flushed_one_by_one_no_more_than_the_last_frame_can_go_unnoticed(self):
        self.damage_again_and_again(MODES[0], 1)

    def test_of_a_group_nobody_waited_for_a_beginning_is_left(self):
        self.damage_again_and_again(MODES[1], 10**6)


if __name__ == "__main__":
    main()
