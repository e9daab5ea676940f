#!/usr/bin/env python3
"""The examples of docs/reconcile.md are what the command prints. TW_UPDATE_GOLDEN=1 writes them anew.
There a line that is too long goes on in the next one."""
import json
import os
import re
import sys
import textwrap

sys.path.insert(0, os.path.join(os.environ["TW_SOURCE_DIR"], "test", "support"))
from command_lane import SOURCE, Lane, at, fill, main, order  # noqa: E402
from gateway import Gateway  # noqa: E402

DOCUMENT = os.path.join(SOURCE, "docs", "reconcile.md")
WIDTH = 116
ENTRY_ID = "0000e0d5.69dd7411.01."
BOUGHT = fill("10:05:00", "BUY", "100", "445.25", ENTRY_ID + "01", fee="1", order_ref="tsla-1")
ENTRY = order("10:04:59", "tsla-1", "BUY", "100", limit="445.30")
TSLA = {"symbol": "TSLA", "qty": "100", "avg_cost": "445.26"}
SALE = {"exec_id": "0000e0d5.69dd7412.01.01", "symbol": "TSLA", "action": "SELL", "qty": "50",
        "price": "450.10", "time": at("10:11:00")}
STOP = {"symbol": "TSLA", "action": "SELL", "qty": "100", "order_type": "STP", "stop": "443.10",
        "tif": "GTC", "order_ref": "stop-1", "perm_id": 77, "order_id": 7, "client_id": 2001,
        "status": "PreSubmitted", "why_held": "trigger"}


def read():
    with open(DOCUMENT, encoding="utf-8") as file:
        return file.read()


class Examples(Lane):
    def setUp(self):
        super().setUp()
        self.init()

    def answer(self, complete=True, **parts):
        parts = {name: value for name, value in parts.items() if value is not None}
        return "file:" + self.path("broker.json", json.dumps(dict(parts, complete=complete)))

    def ask(self, url, *words, status=1):
        done = self.run_command("reconcile", "--broker", url, *words, self.journal, status=status)
        shown = url if url.startswith("tws:") else "file:broker.json"
        call = " ".join(("$ tradewal reconcile --broker", shown, *words))
        return call + "\n" + (done.stdout or done.stderr)

    def assert_example(self, name, *texts):
        text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:7497", "".join(texts))
        text = text.replace(self.folder + "/", "")
        pattern = re.compile(r"(<!-- example: %s -->\n\n)((?:    .*\n|\n(?=    ))*)" % name)
        if os.environ.get("TW_UPDATE_GOLDEN"):
            lines = [part for line in text.splitlines()
                     for part in textwrap.wrap(line, WIDTH, subsequent_indent=" " * 10,
                                               break_on_hyphens=False) or [""]]
            block = "".join("    " + line + "\n" if line else "\n" for line in lines)
            with open(DOCUMENT, encoding="utf-8") as file:
                document = file.read()
            with open(DOCUMENT, "w", encoding="utf-8") as file:
                file.write(pattern.sub(lambda match: match.group(1) + block, document))
        found = pattern.search(read())
        self.assertIsNotNone(found, "there is no example %s" % name)
        self.assertEqual(text.split(), found.group(2).split())

    def test_the_whole_file(self):
        self.append(ENTRY, BOUGHT)
        text = re.search(r"(?ms)^```json\n(.*?)^```$", read()).group(1)
        self.assert_example("whole", self.ask("file:" + self.path("broker.json", text)))

    def test_quantities(self):
        self.append(BOUGHT, fill("10:06:00", "BUY", "100", "725.50", "e2.01", symbol="NVDA",
                                 fee="0"))
        held = [dict(TSLA, qty="50"), {"symbol": "NVDA", "qty": "100", "avg_cost": "725.50"},
                {"symbol": "AMD", "qty": "200", "avg_cost": "165.30"}]
        self.assert_example("quantities", self.ask(self.answer(positions=held)))

    def test_executions(self):
        self.append(ENTRY, BOUGHT)
        told = [{"exec_id": ENTRY_ID + "02", "symbol": "TSLA", "action": "BUY", "qty": "100",
                 "price": "445.20", "fee": "1", "order_ref": "tsla-1",
                 "time": at("10:05:00")},
                SALE]
        url = self.answer(positions=[dict(TSLA, qty="50", avg_cost="445.21")], executions=told)
        self.assert_example("executions", self.ask(url))

    def test_an_inferred_fill_and_the_real_one(self):
        self.append(ENTRY, BOUGHT)
        half = [dict(TSLA, qty="50")]
        told = [dict(SALE, fee="1")]
        first = self.ask(self.answer(positions=half), "--apply")
        second = self.ask(self.answer(positions=half, executions=told), "--apply")
        self.assert_example("inferred", first, "\n", second)

    def test_orders(self):
        self.append(ENTRY, BOUGHT, order("10:06:00", "tsla-3", "SELL", "50", purpose="exit"))
        entry = {"symbol": "TSLA", "action": "BUY", "qty": "100", "order_type": "LMT",
                 "limit": "440", "perm_id": 78, "order_id": 6, "client_id": 2001, "filled": "0",
                 "status": "Submitted", "tif": "DAY"}
        child = dict(STOP, parent_id=6, why_held=None)
        del child["why_held"]
        url = self.answer(positions=[TSLA], orders=[entry, child])
        self.assert_example("orders", self.ask(url))

    def test_a_failed_query(self):
        self.append(ENTRY, BOUGHT)
        self.assert_example("failed", self.ask(self.answer(complete=False, positions=[])))

    def test_overnight(self):
        self.append(BOUGHT)
        self.run_command("append", "--date", "2025-10-07", self.journal, stdin=json.dumps(
            {"type": "note", "time": at("09:00:00", "2025-10-07"), "actor": "desk", "tag": "day",
             "text": "the day begins"}).encode())
        self.assert_example("overnight", self.ask(self.answer(positions=[TSLA])))

    def test_another_account(self):
        self.append(ENTRY, BOUGHT)
        self.assert_example("account", self.ask(self.answer(positions=[], account="DU2"), status=2))

    def test_tws(self):
        self.append(ENTRY, BOUGHT, order("10:05:01", "stop-1", "SELL", "100", purpose="stop"))
        contract = {"symbol": "TSLA", "con_id": 76792991}
        gateway = Gateway({
            "time": 1759766400, "positions": [dict(contract, qty="50", avg_cost="445.26")],
            "orders": [dict(contract, action="SELL", qty="50", type="STP", aux="443.10",
                            perm_id=77, order_ref="stop-1", client_id=2001, order_id=7,
                            why_held="trigger", tif="GTD",
                            good_till="20251010 20:00:00 US/Eastern", outside_rth=1)],
            "executions": [dict(contract, exec_id=SALE["exec_id"], time="20251006 10:11:00 US/Eastern",
                                side="SLD", qty="50", price="450.10", perm_id=76, client_id=2001,
                                fee="1.0", realized="241")]})
        self.addCleanup(gateway.close)
        self.assert_example("tws", self.ask("tws://127.0.0.1:%d?client=2010" % gateway.port))

    def test_no_example_is_left_out(self):
        names = re.findall(r"<!-- example: (\w+) -->", read())
        self.assertEqual(sorted(names), sorted(["whole", "quantities", "executions", "inferred",
                                                "orders", "failed", "overnight", "account", "tws"]))


if __name__ == "__main__":
    main()
