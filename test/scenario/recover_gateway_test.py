#!/usr/bin/env python3
"""A restart against a gateway that speaks the protocol of TWS: away, back again, overridden by an
operator, run twice, and recorded on a tape."""
import json
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["TW_SOURCE_DIR"], "test", "support"))
from command_lane import COMMAND, DATE, TIMEOUT, Lane, attempt, fill, main, order  # noqa: E402
from gateway import Gateway  # noqa: E402
from gateway_day import DAY, SOLD, STOP, TSLA  # noqa: E402


class Restart(Lane):
    """A trader died with 100 TSLA and an exit on its way, of which half was filled since."""

    def setUp(self):
        super().setUp()
        self.init()
        self.crash_with(order("10:04:59", "tsla-1", "BUY", "100"),
                        fill("10:05:00", "BUY", "100", "445.25", "e1", fee="1", order_ref="tsla-1"),
                        order("10:05:01", "stop-1", "SELL", "50", purpose="stop"),
                        order("10:10:00", "tsla-2", "SELL", "50", purpose="exit"))
        self.port = 0

    def gateway(self, *behaviours, **changes):
        # Its clock is ours: an answer from before a failure to answer is no answer.
        gateway = Gateway(dict(DAY, behaviours=behaviours, **{"time": int(time.time()), **changes}),
                          self.port)
        self.port = gateway.port
        self.addCleanup(gateway.close)
        return gateway

    def nobody(self):
        """Nothing listens there."""
        self.gateway().close()

    def recover(self, *words, journal=None, url=None):
        url = url or "tws://127.0.0.1:%d?client=2010&trader=2001&timeout=3&settle=0.05" % self.port
        done = subprocess.run([COMMAND, "recover", "--apply", "--broker", url, "--date", DATE,
                               "-o", "json", *words, journal or self.journal],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT,
                              encoding="utf-8", check=False)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return json.loads(done.stdout, parse_float=str), done.stderr

    def gates(self, found):
        return {gate["scope"] for gate in found["state"]["gates"]}

    def refused(self, event):
        return self.append(event, status=1).stderr

    def test_a_gateway_that_is_away_is_asked_three_times_and_entries_are_halted(self):
        self.nobody()
        found, said = self.recover()
        self.assertEqual((found["broker"]["tries"], found["broker"]["log_only"],
                          found["broker"]["entries_gated"]), (3, True, True))
        self.assertIn("warning: possible drift", said)
        self.assertIn("is TWS running with API access enabled", said)
        self.assertEqual(self.gates(found), {"all"})
        self.assertEqual(str(found["state"]["positions"]["TSLA"]["quantity"]), "100")
        self.assertEqual([row["case"] for row in found["reconcile"]["findings"]], ["D7"])

    def test_without_the_broker_entries_are_refused_and_exits_recorded(self):
        self.nobody()
        self.recover()
        self.assertIn("gated", self.refused(attempt("10:20:00", "NVDA", "100")))
        self.append(fill("10:21:00", "SELL", "100", "446.25", "exit-1"))
        self.assertNotIn("TSLA", self.state()["positions"])

    def test_a_gateway_that_comes_back_is_believed_and_the_gate_opens(self):
        self.nobody()
        self.recover()
        gateway = self.gateway()
        found, said = self.recover()
        self.assertEqual((found["broker"]["log_only"], found["broker"]["entries_gated"]),
                         (False, False))
        self.assertNotIn("warning", said)
        self.assertIn("client 2010", found["broker"]["asked"])
        self.assertEqual(self.gates(found), set())
        self.assertEqual(str(found["state"]["positions"]["TSLA"]["quantity"]), "50")
        self.assertEqual([event["exec_id"] for event in self.log("--type", "fill")],
                         ["e1", "e9.01.01"])
        self.append(attempt("12:20:00", "NVDA", "100"))
        self.assertEqual(gateway.clients, [2010])

    def test_a_second_restart_finds_nothing_to_add(self):
        for gateway in (self.nobody, self.gateway):
            with self.subTest(gateway=gateway.__name__):
                gateway()
                self.recover()
                before = self.types()
                found, _ = self.recover()
                self.assertEqual(found["reconcile"]["events"], 0)
                self.assertEqual(self.types(), before)

    def test_an_operator_may_go_on_without_the_broker_with_a_name_and_a_reason(self):
        self.nobody()
        self.recover()
        entry = attempt("10:20:00", "NVDA", "100")
        self.assertIn("gated", self.refused(entry))
        self.run_command("gate", "--clear", "--by", "kj", self.journal, status=2)
        self.run_command("gate", "--clear", "--reason", "by telephone", self.journal, status=2)
        self.run_command("gate", "--clear", "--reason", "by telephone", "--by", "kj",
                         self.journal)
        self.append(entry)
        found, _ = self.recover()
        self.assertEqual((found["broker"]["log_only"], found["broker"]["entries_gated"]),
                         (True, False))
        self.append(dict(entry, time="2025-10-06T10:30:00-04:00"))
        said = self.log("--type", "gate")[-1]
        self.assertEqual((said["scope"], said["state"], said["reason"], said["by"], said["source"]),
                         ("all", "open", "by telephone", "kj", "operator"))

    def test_a_restart_of_50_positions_50_orders_and_1000_executions_needs_20_requests(self):
        gateway = self.gateway(
            positions=[{"symbol": "S%d" % n, "con_id": n, "qty": "1"} for n in range(1, 51)],
            orders=[dict(STOP, symbol="S%d" % n, con_id=n, perm_id=n, order_ref="")
                    for n in range(1, 51)],
            executions=[dict(SOLD, exec_id="x%d.01" % n, symbol="S%d" % (n % 50 + 1),
                             con_id=n % 50 + 1, order_ref="", perm_id=900 + n)
                        for n in range(1000)])
        found, _ = self.recover()
        self.assertLessEqual(len(gateway.requests), 20)
        self.assertEqual((found["broker"]["tries"], found["broker"]["log_only"]), (1, False))
        self.assertEqual(len(found["state"]["positions"]), 50)
        self.assertEqual(len(self.log("--type", "fill")), 1001)
        asked = len(gateway.requests)
        found, _ = self.recover()
        self.assertLessEqual(len(gateway.requests) - asked, 20)
        self.assertEqual(found["reconcile"]["events"], 0)

    def test_a_tape_of_several_tries_plays_as_they_went(self):
        for behaviour, tries in (("lost_once", 2), ("drops_mid_answer_once", 2), ("lost", 3)):
            with self.subTest(behaviour=behaviour):
                twin, tape = self.path(behaviour), self.path(behaviour + ".tape")
                first = self.path(behaviour + ".first")
                shutil.copytree(self.journal, twin)
                shutil.copytree(self.journal, first)
                self.port = 0
                self.gateway(behaviour)
                said, _ = self.recover("--record", tape, journal=first)
                played, _ = self.recover(journal=twin, url="replay:" + tape)
                self.assertEqual(said["broker"]["tries"], tries)
                for found in (said, played):
                    del found["broker"]["asked"]
                self.assertEqual(played["broker"], said["broker"])
                self.assertEqual(played["reconcile"], said["reconcile"])

    def test_another_account_is_refused_and_the_restart_ends_cleanly(self):
        self.gateway(accounts=["DU2"])
        url = "tws://127.0.0.1:%d?client=2010&timeout=3&settle=0.05" % self.port
        done = self.run_command("recover", "--apply", "--broker", url, "--date", DATE,
                                self.journal, status=2)
        self.assertIn("DU2", done.stderr)
        self.assertNotIn("broker_answer", self.types())
        self.assertIn("ended cleanly", self.run_command("recover", self.journal).stdout)


if __name__ == "__main__":
    main()
