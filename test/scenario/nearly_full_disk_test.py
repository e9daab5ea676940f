#!/usr/bin/env python3
"""A disk with little room: less than a day file would like, more than the next events need."""
import os
import subprocess
import unittest

from command_lane import Lane, fill, main, note


class NearlyFullDisk(Lane):
    def setUp(self):
        super().setUp()
        image, self.mount = self.path("image"), self.path("disk")
        os.mkdir(self.mount)
        with open(image, "wb") as file:
            file.truncate(24 << 20)
        for words in (["mkfs.ext4", "-q", "-m", "0", "-O", "^has_journal", image],
                      ["mount", "-o", "loop", image, self.mount]):
            try:
                subprocess.run(words, check=True, capture_output=True)
            except (OSError, subprocess.CalledProcessError) as error:
                raise unittest.SkipTest("no disk of its own can be mounted: %s" % error)
        self.addCleanup(subprocess.run, ["umount", self.mount], check=True)
        self.journal = os.path.join(self.mount, "journal")

    def test_a_closed_day_opens_again_with_the_room_that_is_left(self):
        self.init()
        self.append(fill("10:00:00", "BUY", "100", "445.25", "e1"))
        disk = os.statvfs(self.mount)
        with open(os.path.join(self.mount, "other"), "wb") as file:
            os.posix_fallocate(file.fileno(), 0, disk.f_bavail * disk.f_frsize - (2 << 20))
        self.append(fill("10:01:00", "SELL", "100", "446", "e2"))
        self.assertEqual(self.state()["positions"], {})
        self.append(note("10:02:00"))
        self.run_command("verify", self.journal)


if __name__ == "__main__":
    main()
