#!/usr/bin/env python3
"""What the README shows of recover is what recover prints."""
import os
import re
import subprocess

from command_lane import BUILD, SOURCE, Lane, main

TRADER = os.environ.get("TW_TRADER") or os.path.join(BUILD, "example_trader")
CALL = "tradewal recover --date 2025-10-06"
ORDER = "tsla-15-partial"


def shown():
    with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as file:
        return re.search(r"(?ms)^\$ %s\n(.*?)^```$" % CALL, file.read()).group(1)


def steady(text):
    """Without what differs from run to run: snapshots are taken by the clock."""
    text = re.sub(r"(?m)^Started from .* ms$", "Started from", text)
    return re.sub(r"\(\d+ days ago\)", "(days ago)", text)


class Readme(Lane):
    def trade(self, journal, *words):
        self.init(journal, "--account", "DU1234567")
        return subprocess.run([TRADER, "--journal", journal, "--pace", "0", "--quiet", *words],
                              stdout=subprocess.DEVNULL, check=False).returncode

    def test_recover_prints_what_the_readme_shows(self):
        whole = self.path("whole")
        self.assertEqual(self.trade(whole), 0)
        own = [event for event in self.log(journal=whole) if "corr" in event]
        sent = next(number for number, event in enumerate(own, 1)
                    if event["type"] == "order_submitted" and event["order_ref"] == ORDER)
        self.assertEqual(self.trade(self.journal, "--die-after", str(sent)), -9)
        done = self.run_command(*CALL.split()[1:], self.journal)
        self.assertEqual(steady(done.stdout), steady(shown()))


if __name__ == "__main__":
    main()
