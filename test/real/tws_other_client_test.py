#!/usr/bin/env python3
"""The test gateway speaks as TWS does: an independent client from npm, which refuses a message with
a field too many or too few, understands each value as it was meant. Skipped without node or it."""
import json
import os
import shutil
import subprocess
import sys
import unittest
from unittest import mock

SOURCE = os.environ["TW_SOURCE_DIR"]
SUPPORT = os.path.join(SOURCE, "test", "support")
MODULES = os.path.join(SOURCE, "build", "npm", "node_modules")
sys.path.insert(0, SUPPORT)
import gateway  # noqa: E402

TSLA = {"symbol": "TSLA", "con_id": 76792991}
ES = {"symbol": "ES", "con_id": 637533641, "sec_type": "FUT", "expiry": "20251219",
      "multiplier": "50", "local_symbol": "ESZ5", "trading_class": "ES", "exchange": ""}
PUT = {"symbol": "QQQ", "con_id": 728937835, "sec_type": "OPT", "expiry": "20270115",
       "strike": "500.5", "right": "P", "multiplier": "100", "local_symbol": "QQQ   270115P",
       "trading_class": "QQQ", "exchange": ""}
DAY = {
    "time": 1759766400, "accounts": ["DU1", "DU2"],
    "positions": [dict(TSLA, qty="50", avg_cost="445.26"),
                  dict(ES, qty="-1", avg_cost="315114.75"),
                  dict(PUT, qty="-3", avg_cost="2100.6321", account="DU2")],
    "orders": [
        dict(TSLA, action="SELL", qty="50", type="STP", aux="443.10", perm_id=77, client_id=2001,
             order_id=5, order_ref="stop-1", why_held="trigger", outside_rth=1, tif="GTD",
             good_till="20251231 20:00:00 US/Eastern"),
        dict(TSLA, action="BUY", qty="30", type="LMT", limit="430.5", perm_id=78, order_id=6,
             client_id=2001, status="Submitted", filled="10", remaining="20", tif="DAY"),
        dict(TSLA, action="SELL", qty="30", type="STP", aux="425", perm_id=79, order_id=7,
             client_id=2001, parent_id=6, why_held="child,trigger"),
        dict(ES, action="BUY", qty="1", type="TRAIL", aux="12.25", trail_stop="6350.25",
             perm_id=80, order_id=-38)],
    "executions": [
        dict(TSLA, exec_id="e9.01.02", time="20251006 10:11:00 US/Eastern", side="SLD", qty="50",
             price="450.10", perm_id=76, client_id=2001, order_id=4, fee="1.05", realized="241.5",
             order_ref="tsla-2", cum_qty="75"),
        dict(ES, exec_id="f1.01", time="20251006-14:01:00", side="BOT", qty="2", price="6302.25",
             perm_id=91, fee="4.5", liquidation=1)],
}


def ask():
    served = gateway.Gateway(DAY)
    try:
        done = subprocess.run(["node", os.path.join(SUPPORT, "other_client.js"), str(served.port),
                               "2010"], env=dict(os.environ, NODE_PATH=MODULES),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                              encoding="utf-8", check=False)
    finally:
        served.close()
    if not done.stdout:
        raise AssertionError("the other client ended with %d: %s%s" % (
            done.returncode, done.stderr, done.stdout))
    return json.loads(done.stdout)


class AnotherClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.said = ask()

    def assert_has(self, found, **expected):
        self.assertEqual({name: found.get(name) for name in expected}, expected)

    def test_it_finds_nothing_wrong(self):
        self.assertEqual(self.said["errors"], [])
        self.assertEqual([code for _, code in self.said["notices"]], [2104])
        self.assertEqual(self.said["version"], 178)
        self.assertEqual(self.said["accounts"], "DU1,DU2,")
        self.assertEqual(self.said["time"], 1759766400)

    def test_it_would_find_a_field_too_many_or_too_few(self):
        for changed in (lambda fields: fields[:-1], lambda fields: fields + ["0"]):
            for name in ("position", "open_order", "order_status", "execution", "commission"):
                with self.subTest(message=name):
                    plain = getattr(gateway, name)
                    with mock.patch.object(gateway, name, lambda *row: changed(plain(*row))):
                        self.assertIn(505, [code for _, code, _ in ask()["errors"]])

    def test_positions(self):
        stock, future, put = self.said["positions"]
        self.assert_has(stock, account="DU1", quantity=50, cost=445.26)
        self.assert_has(stock["contract"], conId=76792991, symbol="TSLA", secType="STK",
                        exchange="NASDAQ", currency="USD", localSymbol="TSLA",
                        tradingClass="NMS")
        self.assert_has(future, account="DU1", quantity=-1, cost=315114.75)
        self.assert_has(future["contract"], conId=637533641, symbol="ES", secType="FUT",
                        lastTradeDateOrContractMonth="20251219", multiplier=50,
                        localSymbol="ESZ5", exchange="")
        self.assert_has(put, account="DU2", quantity=-3, cost=2100.6321)
        self.assert_has(put["contract"], strike=500.5, right="P", multiplier=100)

    def test_open_orders(self):
        stop, entry, child, trail = self.said["orders"]
        self.assert_has(stop["order"], orderId=5, clientId=2001, permId=77, account="DU1",
                        action="SELL", totalQuantity=50, orderType="STP", auxPrice=443.1,
                        tif="GTD", goodTillDate="20251231 20:00:00 US/Eastern", outsideRth=True,
                        orderRef="stop-1", parentId=0)
        self.assert_has(stop["state"], status="PreSubmitted")
        self.assert_has(entry["order"], permId=78, action="BUY", orderType="LMT", lmtPrice=430.5,
                        tif="DAY", outsideRth=False, orderRef="")
        self.assert_has(entry["state"], status="Submitted")
        self.assert_has(child["order"], permId=79, parentId=6, auxPrice=425)
        self.assert_has(trail["order"], orderId=-38, clientId=0, orderType="TRAIL",
                        auxPrice=12.25, trailStopPrice=6350.25)
        self.assert_has(trail["contract"], conId=637533641, localSymbol="ESZ5")

    def test_what_became_of_the_orders(self):
        stop, entry, child, _ = self.said["statuses"]
        self.assert_has(stop, id=5, status="PreSubmitted", filled=0, remaining=50, permId=77,
                        clientId=2001, whyHeld="trigger")
        self.assert_has(entry, id=6, status="Submitted", filled=10, remaining=20, permId=78)
        self.assert_has(child, id=7, whyHeld="child,trigger")

    def test_executions_and_their_commissions(self):
        stock, future = self.said["executions"]
        self.assert_has(stock, request=9001)
        self.assert_has(stock["execution"], execId="e9.01.02", acctNumber="DU1", side="SLD",
                        time="20251006 10:11:00 US/Eastern", shares=50, price=450.1, permId=76,
                        clientId=2001, orderId=4, cumQty=75, orderRef="tsla-2", liquidation=0)
        self.assert_has(stock["contract"], conId=76792991, symbol="TSLA")
        self.assert_has(future["execution"], execId="f1.01", side="BOT", shares=2, price=6302.25,
                        time="20251006-14:01:00", liquidation=1)
        self.assert_has(future["contract"], localSymbol="ESZ5", multiplier=50)
        sold, bought = self.said["commissions"]
        self.assert_has(sold, execId="e9.01.02", commission=1.05, currency="USD",
                        realizedPNL=241.5)
        self.assert_has(bought, execId="f1.01", commission=4.5, realizedPNL=None)


if __name__ == "__main__":
    if not shutil.which("node"):
        print("SKIPPED: the test gateway is compared with another client, which needs node")
        sys.exit(77)
    if not os.path.exists(os.path.join(MODULES, "@stoqey", "ib", "package.json")):
        print("SKIPPED: the test gateway is compared with another client, @stoqey/ib, which is not "
              "below build/npm: test/run.sh installs it where there is a registry")
        sys.exit(77)
    unittest.main()
