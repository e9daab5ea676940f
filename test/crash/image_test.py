#!/usr/bin/env python3
"""Loss of power at every moment. What hosts ask of the system is recorded (images_record.py); from
that are built the images that a disk may hold: any part of what no flush covers yet, pages torn at
sectors, sizes and names as before (image_model.h). Each distinct one is opened by the real recovery
(image_open.c): it opens, every promise given before is kept, no event is there twice and no append
in part, and the state is the fold of the records.

Mistakes put into the recordings (images_bugs.py) have to show, or all this shows nothing. The order
of writes, flushes and promises is checked on the recordings alone too (images_order.py).

TW_IMAGES asks for about so many images, TW_SEED chooses among them."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from victim import BUILD, strace  # noqa: E402
from journal import main  # noqa: E402
from images_bugs import BUGS  # noqa: E402
from images_order import Order  # noqa: E402
from images_record import Recording, forget_last_flush, write_ops  # noqa: E402

SEED = int(os.environ.get("TW_SEED") or time.time())
SANITIZED = bool(os.environ.get("TW_SANITIZE"))
IMAGES = int(os.environ.get("TW_IMAGES") or (2500 if SANITIZED else 49000))
LEAST = 5000 if SANITIZED else 50000
VICTIM = os.path.join(BUILD, "test", "image_victim")
CHECK = os.path.join(BUILD, "test", "image_check")
WORKERS = 2
ALONE = "open=%s,20251006,1,0"       # no thread: each append brings the one before into LMDB
THREAD = "open=%s,20251006,2000000,1"
LATER = "open=%s,20251006,3600000000000,0"
SOME = "fills=2 batch=5 tick checkpoint fills=1 batch=20 tick "

# Name: which share of the images, and the words of the runs of the host.
WORKLOADS = {
    "each": (8, [ALONE % "each" + " fills=8 " + 2 * SOME + "close"]),
    "group": (10, [ALONE % "group" + " fills=3 wait fills=9 wait " + 2 * SOME + "wait close"]),
    "batch": (10, [ALONE % "each" + 8 * " batch=30 batch=2 tick" + " close"]),
    "thread": (10, [THREAD % "each" + " fills=24 batch=9 checkpoint fills=5 close",
                   THREAD % "group" + " fills=40 wait batch=9 fills=9 wait close"]),
    "checkpoints": (14, [ALONE % "group" + 13 * " fills=3 checkpoint" + " close"]),
    "roll": (5, [ALONE % "each" + " fills=3 roll=20251007 fills=2 batch=3 tick roll=20251008 "
                 "fills=1 close"]),
    "init": (2, ["init " + ALONE % "each" + " fills=2 close"]),
    "late": (6, [LATER % "group" + " fills=30 wait fills=30 die",
                 "open=each,20251007,1,0 fills=3 close"]),
    "at the end": (4, [LATER % "each" + " fills=6 batch=9 fills=2 close"]),
    "reuse": (1, [THREAD % "each" + 4 * " bulk=33 fills=2" + " close"]),
}
# What dies in the first run and again in the second, and where.
FIRST = ALONE % "each" + " fills=3 batch=3 tick checkpoint fills=2 tick close"
SECOND = ALONE % "each" + " fills=2 batch=2 close"
KILLS = [(call, number) for call, numbers in (
    ("pwrite64", (6, 8, 10, 11, 12, 13, 15, 17)), ("fdatasync", (3, 5, 7, 8, 9, 11)),
    ("writev", (2, 3, 4)), ("renameat2", (1,)), ("fsync", (2, 4))) for number in numbers]
KILLS = KILLS[::4] if SANITIZED else KILLS
KILLED_SHARE = 1
RECORDS_IN_ORDER = 10000


class Images(unittest.TestCase):
    """Recordings, made once and used by all tests."""
    recordings = {}
    opened = acknowledged = commits = 0

    @classmethod
    def setUpClass(cls):
        if not strace():
            raise unittest.SkipTest("strace is missing or may not trace")
        print("image_test: TW_SEED=%d" % SEED, flush=True)
        # In memory where that can be had: flushes are recorded, not needed.
        there = "/dev/shm" if os.access("/dev/shm", os.W_OK) else BUILD
        cls.folder = tempfile.mkdtemp(prefix="images-", dir=there)
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        for name, (_, runs) in WORKLOADS.items():
            cls.recordings[name] = cls.record(name, [(run, None) for run in runs])
        for kill in KILLS:
            for name, runs in (("killed", [(FIRST, kill), (SECOND, None)]),
                               ("killed again", [(FIRST, ("pwrite64", 17)), (SECOND, kill),
                                                 (SECOND, None)])):
                made = cls.record("%s, %s %d" % (name, *kill), runs)
                if made:
                    cls.recordings["%s, %s %d" % (name, *kill)] = made

    @classmethod
    def record(cls, name, runs):
        """None when nothing died where it should have."""
        folder = os.path.join(cls.folder, re.sub(r"\W+", "-", name))
        path = os.path.join(folder, "journal")
        os.makedirs(path, 0o700)
        if name != "init":
            subprocess.run([VICTIM, path, os.path.join(folder, "m"), "init"], check=True)
        recording = Recording(path, os.path.join(folder, "base"))
        for words, kill in runs:
            died = recording.run(VICTIM, words.split(), kill)
            if kill and not died:
                shutil.rmtree(folder)
                return None
            if kill:
                recording.compare()
                recording.ops = forget_last_flush(recording.ops)
        recording.compare()
        shutil.rmtree(path)
        return recording

    def share(self, name):
        shares = {other: WORKLOADS[other][0] if other in WORKLOADS else KILLED_SHARE
                  for other in self.recordings}
        return IMAGES * shares[name] // sum(shares.values())

    def check(self, recording, ops, most, *flags):
        folder = os.path.dirname(recording.base)
        path = os.path.join(folder, "ops")
        write_ops(recording, ops, path)
        done = subprocess.run(
            [CHECK, path, recording.base, folder, str(WORKERS), str(most), str(SEED), *flags],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", check=False)
        found = re.match(r"points=(\d+) distinct=(\d+) opened=(\d+) wrong=(\d+) first=(.*)",
                         done.stdout)
        self.assertTrue(found, "image_check ended with %d: %s%s" % (
            done.returncode, done.stdout, done.stderr))
        points, distinct, opened, wrong = map(int, found.groups()[:4])
        for worker in range(WORKERS):
            shutil.rmtree(os.path.join(folder, str(worker)), ignore_errors=True)
        return points, distinct, opened, wrong, found[5]

    def test_1_every_image_opens_and_keeps_every_promise(self):
        for name, recording in self.recordings.items():
            begin = time.monotonic()
            points, distinct, opened, wrong, first = self.check(recording, recording.ops,
                                                                self.share(name))
            Images.opened += opened
            print("image_test: %-24s %4d points %7d images %6d opened %4.0f s" % (
                name, points, distinct, opened, time.monotonic() - begin), flush=True)
            self.assertEqual(wrong, 0, "%s: %s" % (name, first))

    def test_2_there_were_enough_images(self):
        print("image_test: %d images opened" % Images.opened, flush=True)
        self.assertGreaterEqual(Images.opened, LEAST if "TW_IMAGES" not in os.environ else 1)

    @unittest.skipIf(SANITIZED, "the lanes without a sanitizer show that mistakes are found")
    def test_3_each_mistake_shows(self):
        for mistake, names in BUGS:
            for name in names:
                caught = ""
                for full, recording in self.recordings.items():
                    if caught or full.partition(",")[0] != name:
                        continue
                    ops = mistake(recording, recording.ops)
                    _, _, opened, wrong, first = self.check(recording, ops, 3000, "stop")
                    caught = "%d opened: %s" % (opened, first) if wrong else ""
                print("image_test: %s, %s: %s" % (mistake.__name__, name, caught), flush=True)
                self.assertTrue(caught, "%s does not show in %s" % (mistake.__name__, name))

    def test_4_writes_flushes_and_promises_come_in_their_order(self):
        words = THREAD % "each" + " fills=%d close" % (RECORDS_IN_ORDER // (10 if SANITIZED else 1))
        recordings = dict(self.recordings, order=self.record("order", [(words, None)]))
        acks = commits = frames = 0
        for name, recording in recordings.items():
            order = Order(recording)
            self.assertEqual(order.check(recording.ops), [], name)
            acks, commits, frames = acks + order.acks, commits + order.commits, \
                frames + order.frames
        print("image_test: %d promises, %d frames, %d commits in order" % (acks, frames, commits),
              flush=True)
        self.assertGreaterEqual(acks, RECORDS_IN_ORDER // (10 if SANITIZED else 1))

    def test_5_each_mistake_of_order_shows(self):
        for mistake, names in BUGS:
            if mistake.__name__ in ("no_sync_at_open", "no_flush_of_the_folder",
                                    "no_flush_of_the_identity"):
                continue  # these are of other files than those whose order is looked at
            recording = self.recordings[names[0]]
            broken = Order(recording).check(mistake(recording, recording.ops))
            self.assertNotEqual(broken, [], mistake.__name__)


if __name__ == "__main__":
    main()
