#!/usr/bin/env python3
"""The command against a gateway that speaks the protocol of TWS: what a whole answer becomes, what
each way of misbehaving becomes, and that a tape plays as the conversation went."""
import json
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["TW_SOURCE_DIR"], "test", "support"))
from command_lane import COMMAND, TIMEOUT, Lane, fill, main, order  # noqa: E402
from gateway import Gateway  # noqa: E402
from gateway_day import DAY, SOLD, STOP, TSLA  # noqa: E402

CHANGES = {"3", "4", "15"}  # placeOrder, cancelOrder, reqAutoOpenOrders


class AgainstTws(Lane):
    def setUp(self):
        super().setUp()
        self.init()
        self.append(order("10:04:59", "tsla-1", "BUY", "100"),
                    fill("10:05:00", "BUY", "100", "445.25", "e1", fee="1", order_ref="tsla-1"),
                    order("10:05:01", "stop-1", "SELL", "50", purpose="stop"),
                    order("10:10:00", "tsla-2", "SELL", "50", purpose="exit"))

    def gateway(self, *behaviours, **changes):
        gateway = Gateway(dict(DAY, behaviours=behaviours, **changes))
        self.addCleanup(gateway.close)
        return gateway

    def ask(self, gateway, *words, status=None, query="client=2010&trader=2001", quick="3"):
        url = "tws://127.0.0.1:%d?%s&timeout=%s&settle=0.05" % (gateway.port, query, quick)
        return self.reconcile(url, *words, status=status)

    def reconcile(self, url, *words, status=None):
        """Without a status either of those is fine that say how the comparison went."""
        words = ("reconcile", "--broker", url, *words, self.journal)
        if status is not None:
            return self.run_command(*words, status=status)
        done = subprocess.run([COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=TIMEOUT, encoding="utf-8", check=False)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return done

    def findings(self, gateway, **how):
        found = json.loads(self.ask(gateway, "-o", "json", **how).stdout)
        return {(row["symbol"], row["case"]): row for row in found["findings"]}

    def test_the_stop_that_filled_while_we_were_down_is_booked_with_its_price_and_fee(self):
        gateway = self.gateway()
        self.ask(gateway, "--apply", status=1)
        held = self.state()["positions"]["TSLA"]
        self.assertEqual(str(held["quantity"]), "50")
        booked = [json.loads(line) for line in
                  self.run_command("export", self.journal).stdout.splitlines()]
        sold = [event for event in booked if event["type"] == "fill"][-1]
        self.assertEqual((sold["exec_id"], sold["price"], sold["fee"], sold["order_ref"]),
                         ("e9.01.01", "450.1", "1", "tsla-2"))
        self.assertTrue(sold["broker_time"].startswith("2025-10-06T10:11:00"), sold)
        again = json.loads(self.ask(gateway, "-o", "json").stdout)
        self.assertEqual(again["events"], 0)
        self.assertFalse({request[0] for request in gateway.requests} & CHANGES)
        self.assertEqual(set(gateway.clients), {2010})

    def test_a_whole_answer_needs_at_most_20_requests(self):
        gateway = self.gateway(
            positions=[{"symbol": "S%d" % n, "con_id": n, "qty": "1"} for n in range(1, 51)],
            orders=[dict(STOP, symbol="S%d" % n, con_id=n, perm_id=n) for n in range(1, 51)],
            executions=[dict(SOLD, exec_id="x%d.01" % n) for n in range(1000)])
        found = self.findings(gateway)
        self.assertLessEqual(len(gateway.requests), 20)
        self.assertIn(("S50", "8"), {(symbol, case[1:]) for symbol, case in found})

    def test_bytes_one_at_a_time_and_rows_told_twice_are_the_same_answer(self):
        plain = self.ask(self.gateway(), "-o", "json").stdout
        for behaviour in ("one_byte", "doubled_positions", "late_commissions", "slow",
                          "positions_settle", "drops_first_query", "lost_and_found",
                          "trades_meanwhile"):
            with self.subTest(behaviour=behaviour):
                gateway = self.gateway(behaviour)
                self.assertEqual(self.ask(gateway, "-o", "json").stdout, plain)

    def test_an_empty_account_is_flat_and_a_failed_one_is_not(self):
        empty = self.findings(self.gateway(positions=[], orders=[], executions=[]))
        self.assertIn(("TSLA", "D6"), {(symbol, "D6" if case in ("D5", "D6") else case)
                                       for symbol, case in empty})
        self.assertEqual(set(self.findings(self.gateway("drops_mid_answer"))), {(None, "D7")})

    def test_what_is_missing_is_said_and_not_taken_for_flat(self):
        found = self.findings(self.gateway("read_only"))
        self.assertIn("Read-Only", found[(None, "D7")]["text"])
        self.assertEqual(found[(None, "D7")]["action"], "halt")
        found = self.findings(self.gateway("no_executions_end"), quick="1")
        self.assertIn("executions", found[(None, "D7")]["text"])
        for behaviour in ("lost", "positions_change"):
            with self.subTest(behaviour=behaviour):
                found = self.findings(self.gateway(behaviour))
                self.assertEqual(found[(None, "D7")]["theirs"], "partial")

    def test_a_peer_that_never_stops_is_heard_no_longer_than_one_that_says_nothing(self):
        for behaviour in ("chatters", "trickles"):
            with self.subTest(behaviour=behaviour):
                gateway = self.gateway(behaviour)
                self.assertEqual(set(self.findings(gateway, quick="0.5")), {(None, "D7")})
                self.assertLess(max(gateway.pestered), 4)

    def test_positions_are_asked_again_when_a_fill_came_in_between(self):
        for behaviours, asked in (((), 2), (("fill_between",), 3)):
            gateway = self.gateway(*behaviours)
            self.assertNotIn((None, "D7"), self.findings(gateway))
            self.assertEqual(sum(request[0] == "61" for request in gateway.requests), asked)

    def test_a_gateway_that_comes_back_is_asked_again(self):
        for behaviour in ("id_in_use_once", "drops_mid_answer_once"):
            with self.subTest(behaviour=behaviour):
                found = self.findings(self.gateway(behaviour))
                self.assertNotIn((None, "D7"), found)

    def test_a_used_id_gives_way_to_the_next_one(self):
        gateway = self.gateway("id_in_use_once")
        self.findings(gateway, query="client=2010,2011")
        self.assertEqual(gateway.clients, [2010, 2011])

    def test_what_is_not_the_protocol_is_refused_at_once(self):
        for behaviour, words in (("hostile_length", "not the protocol"),
                                 ("garbage", "not the protocol"),
                                 ("hostile_count", "more than 10000 positions")):
            with self.subTest(behaviour=behaviour):
                self.assertIn(words, self.ask(self.gateway(behaviour), status=2).stderr)

    def test_each_failure_tells_a_trader_what_to_do(self):
        for behaviour, words in (("silent", "accept incoming connection"),
                                 ("never_ready", "not ready"), ("id_in_use", "client=2010,2011"),
                                 ("wrong_version", "protocol version 200"),
                                 ("redirect", "10.1.2.3:4001"), ("closes", "trusted IPs")):
            with self.subTest(behaviour=behaviour):
                found = self.findings(self.gateway(behaviour), quick="1")
                self.assertEqual(set(found), {(None, "D7")})
                self.assertIn(words, found[(None, "D7")]["text"])
        gateway = self.gateway()
        gateway.close()
        found = self.findings(gateway)
        self.assertIn("is TWS running with API access enabled", found[(None, "D7")]["text"])

    def test_a_port_that_takes_no_connection_does_not_answer(self):
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            waiting = [socket.socket() for _ in range(3)]
            for other in waiting:  # of which the queue holds one or two
                self.addCleanup(other.close)
                other.setblocking(False)
                other.connect_ex(full.getsockname())
            url = "tws://127.0.0.1:%d?client=2010&timeout=0.3" % full.getsockname()[1]
            found = json.loads(self.reconcile(url, "-o", "json").stdout)["findings"]
        self.assertEqual([row["case"] for row in found], ["D7"])
        self.assertIn("does not answer: is the machine up", found[0]["text"])

    def test_another_account_is_refused(self):
        done = self.ask(self.gateway(accounts=["DU2"]), status=2)
        self.assertIn("DU2", done.stderr)
        two = self.gateway(accounts=["DU1", "DU2"])
        self.assertIn("TWS is logged in to DU1, DU2: say which account is meant, &account=NAME",
                      self.ask(two, status=2).stderr)
        self.assertIn("TWS is logged in to DU2, and not to DU1", self.ask(
            self.gateway(accounts=["DU2", ""]), query="client=2010&account=DU1", status=2).stderr)
        self.assertIn("TSLA", self.ask(self.gateway(accounts=["DU1", "", ""])).stdout)
        self.assertIn("TSLA", self.ask(two, query="client=2010&account=DU1").stdout)

    def test_a_correction_stands_for_what_it_corrects(self):
        fixed = dict(SOLD, exec_id="e9.01.02", price="450.20")
        gateway = self.gateway(executions=[fixed, SOLD])
        self.ask(gateway, "--apply", status=1)
        fills = [json.loads(line) for line in
                 self.run_command("export", self.journal).stdout.splitlines()]
        self.assertEqual([event["exec_id"] for event in fills if event["type"] == "fill"],
                         ["e1", "e9.01.02"])

    def test_a_time_without_a_zone_is_taken_in_the_one_that_is_named(self):
        gateway = self.gateway(executions=[dict(SOLD, time="20251006  16:11:00")])
        done = self.ask(gateway, "--apply", query="client=2010&zone=Europe/Berlin")
        self.assertIn("client 2010, protocol 178, 1 time taken as Europe/Berlin", done.stdout)
        sold = [json.loads(line) for line in
                self.run_command("export", self.journal).stdout.splitlines()
                if '"e9.01.01"' in line][0]
        self.assertTrue(sold["broker_time"].startswith("2025-10-06T10:11:00"), sold)

    def test_the_usual_port_of_a_live_account_is_refused_for_a_journal_of_paper(self):
        gateway, tape = self.gateway(), self.path("tape")
        self.ask(gateway, "--record", tape)
        with open(tape, encoding="utf-8") as file:
            said = file.read()
        for port, word in (("7497", None), ("4002", None), ("7496", "live"), ("4001", "live")):
            with open(tape, "w", encoding="utf-8") as file:
                file.write(said.replace(":%d?" % gateway.port, ":%s?" % port, 1))
            if word:
                done = self.reconcile("replay:" + tape, status=2)
                self.assertIn("the answer is of a live account, the journal of a paper one",
                              done.stderr)
            else:
                self.reconcile("replay:" + tape)

    def test_the_longest_url_can_still_be_recorded(self):
        gateway = self.gateway()
        query = "client=2010&account=DU1&zone=America/Argentina/ComodRivadavia&trader=" + "0" * 9 + "7"
        self.assertIn("Recorded as", self.ask(gateway, "--apply", query=query).stdout)

    def test_a_tape_plays_as_the_conversation_went(self):
        for number, behaviours in enumerate(((), ("read_only",), ("id_in_use_once",),
                                             ("drops_mid_answer_once",), ("lost",))):
            with self.subTest(behaviours=behaviours):
                tape = self.path("tape-%d" % number)
                said = self.ask(self.gateway(*behaviours), "-o", "json", "--record", tape)
                self.assertEqual(os.stat(tape).st_mode & 0o777, 0o600)
                played = self.reconcile("replay:" + tape, "-o", "json")
                self.assertEqual((played.stdout, played.returncode), (said.stdout, said.returncode))

    def test_a_tape_tells_that_nobody_listened(self):
        gateway, tape = self.gateway(), self.path("tape")
        gateway.close()
        self.ask(gateway, "--record", tape)
        played = self.reconcile("replay:" + tape)
        self.assertIn("is TWS running with API access enabled", played.stdout)

    def test_a_tape_that_is_none_or_ends_early_is_refused(self):
        tape = self.path("tape")
        self.ask(self.gateway(), "--record", tape)
        with open(tape, encoding="ascii") as file:
            lines = file.readlines()
        for number in range(0, len(lines) - 3, 3):
            cut = self.path("cut-%d" % number, "".join(lines[:number]))
            done = self.run_command("reconcile", "--broker", "replay:" + cut, self.journal,
                                    status=2)
            self.assertIn("tape", done.stderr)
        again = self.ask(self.gateway(), "--record", tape, status=2)
        self.assertIn("File exists", again.stderr)

    def test_a_url_says_what_is_wrong_with_it(self):
        for url, words in (("tws://127.0.0.1:7497", "no client id"),
                           ("tws://127.0.0.1:7497?client=0", "bind manual orders"),
                           ("tws://127.0.0.1:7497?client=5&trader=5", "that of the trader"),
                           ("tws://127.0.0.1?client=5", "HOST:PORT"),
                           ("tws://h:99999?client=5", "the port"),
                           ("tws://h:1?client=5&colour=red", "\"colour\""),
                           ("tws://h:1?client=5&zone=Mars", "zone=Mars"),
                           ("tws:h", "//HOST:PORT"), ("replay:", "replay:FILE")):
            with self.subTest(url=url):
                done = self.run_command("reconcile", "--broker", url, self.journal, status=2)
                self.assertIn(words, done.stderr)


if __name__ == "__main__":
    main()
