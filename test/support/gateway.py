#!/usr/bin/env python3
"""A gateway that speaks the socket protocol of TWS at version 178, from a scenario: what an account
holds, and how the gateway misbehaves. usage: gateway.py SCENARIO.json; prints its port.

A scenario: accounts, time (epoch seconds), positions, orders, executions, and `behaviours`, any of
BEHAVIOURS. Rows are objects with the members of the functions below."""
import contextlib
import json
import select
import socket
import struct
import sys
import threading
import time

VERSION = 178
UNSET = "1.7976931348623157E308"
BEHAVIOURS = {
    "id_in_use", "id_in_use_once", "read_only", "no_executions_end", "never_ready", "silent",
    "drops_mid_answer", "drops_mid_answer_once", "slow", "doubled_positions", "late_commissions",
    "lost", "lost_and_found", "one_byte", "hostile_length", "hostile_count", "wrong_version",
    "redirect", "closes", "positions_change", "positions_settle", "fill_between", "garbage",
    "drops_first_query", "lost_once", "trades_meanwhile", "chatters", "trickles",
}


def contract(row):
    kind = row.get("sec_type", "STK")
    return [str(row.get("con_id", 1)), row["symbol"], kind, row.get("expiry", ""),
            row.get("strike", "0.0"), row.get("right", ""), row.get("multiplier", ""),
            row.get("exchange", "NASDAQ"), row.get("currency", "USD"),
            row.get("local_symbol", row["symbol"]), row.get("trading_class", "NMS")]


def position(row, account):
    return ["61", "3", row.get("account", account), *contract(row), row["qty"],
            row.get("avg_cost", "0.0")]


def execution(row, account, request):
    shares = row["qty"]
    return ["11", str(request), str(row.get("order_id", 0)), *contract(row), row["exec_id"],
            row["time"], row.get("account", account), "ISLAND", row["side"], shares, row["price"],
            str(row.get("perm_id", 0)), str(row.get("client_id", 0)),
            str(row.get("liquidation", 0)), row.get("cum_qty", shares), row["price"],
            row.get("order_ref", ""), "", "", "", "2", "0"]


def commission(row):
    return ["59", "1", row["exec_id"], row["fee"], "USD", row.get("realized", UNSET), UNSET, ""]


def open_order(row, account):
    fields = [""] * 135
    for index, value in enumerate(["5", str(row.get("order_id", 0)), *contract(row)]):
        fields[index] = value
    fields[6], fields[7] = "0", "?"
    fields[13:19] = [row["action"], row["qty"], row["type"], row.get("limit", "0.0"),
                     row.get("aux", "0.0"), row.get("tif", "GTC")]
    fields[20], fields[22], fields[23] = row.get("account", account), "0", row.get("order_ref", "")
    fields[24], fields[25] = str(row.get("client_id", 0)), str(row["perm_id"])
    fields[26] = str(row.get("outside_rth", 0))
    for index in (27, 28, 39, 42, 49, 50, 51, 54, 55, 57, 58, 60, 63, 68, 69, 71, 72, 78, 79, 80,
                  85, 88, 89, 91, 92, 108, 109, 110, 118, 122, 123, 124, 125, 126, 129):
        fields[index] = "0"
    for index in (*range(94, 103), 112, 114, 115, 116, 117):
        fields[index] = UNSET
    fields[41], fields[48], fields[53], fields[67] = "-1", "2147483647", "3", "?"
    fields[61], fields[81], fields[82], fields[111] = "None", "2147483647", "2147483647", "None"
    fields[35], fields[57] = row.get("good_till", ""), str(row.get("parent_id", 0))
    fields[93] = row.get("status", "PreSubmitted")
    fields[73] = fields[113] = row.get("trail_stop", "")
    return fields


def order_status(row):
    filled = row.get("filled", "0")
    return ["3", str(row.get("order_id", 0)), row.get("status", "PreSubmitted"), filled,
            row.get("remaining", row["qty"]), "0.0", str(row["perm_id"]),
            str(row.get("parent_id", 0)), "0.0", str(row.get("client_id", 0)), row.get("why_held", ""), "0.0"]


class Conversation(threading.Thread):
    def __init__(self, gateway, connection):
        super().__init__(daemon=True)
        self.gateway, self.connection, self.bytes = gateway, connection, b""
        self.connection.settimeout(30)
        self.asked = []

    def does(self, behaviour):
        return behaviour in self.gateway.behaviours

    def send_bytes(self, data):
        if self.does("one_byte"):
            for at in range(len(data)):
                self.connection.sendall(data[at:at + 1])
        else:
            self.connection.sendall(data)

    def send(self, fields):
        payload = b"".join(field.encode("latin-1") + b"\0" for field in fields)
        self.send_bytes(struct.pack(">I", len(payload)) + payload)

    def notice(self, code, text, number=-1):
        self.send(["4", "2", str(number), str(code), text, ""])

    def receive(self, size):
        while len(self.bytes) < size:
            some = self.connection.recv(65536)
            if not some:
                raise ConnectionError
            self.bytes += some
        data, self.bytes = self.bytes[:size], self.bytes[size:]
        return data

    def receive_fields(self):
        size = struct.unpack(">I", self.receive(4))[0]
        payload = self.receive(size)
        assert payload.endswith(b"\0"), payload
        return payload[:-1].decode("ascii").split("\0")

    def run(self):
        try:
            self.talk()
        except (ConnectionError, TimeoutError, OSError):
            pass
        finally:
            self.connection.close()

    def greet(self):
        assert self.receive(4) == b"API\0"
        offer = self.receive(struct.unpack(">I", self.receive(4))[0]).decode("ascii")
        low, high = map(int, offer.removeprefix("v").split(".."))
        assert low <= VERSION <= high, offer
        if self.does("silent"):
            time.sleep(20)
            return False
        if self.does("closes"):
            return False
        if self.does("hostile_length"):
            self.connection.sendall(b"\xff\xff\xff\xff" + b"x" * 1000)
            return False
        if self.does("garbage"):
            self.connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            return False
        version = "200" if self.does("wrong_version") else str(VERSION)
        if self.does("redirect"):
            self.send(["-1", "10.1.2.3:4001"])
            return False
        self.send([version, "20251006 10:16:00 Eastern Standard Time"])
        start = self.receive_fields()
        assert start[:2] == ["71", "2"] and start[3] == "", start
        self.gateway.clients.append(int(start[2]))
        return self.admit(int(start[2]))

    def admit(self, client):
        used = self.does("id_in_use") or \
            (self.does("id_in_use_once") and len(self.gateway.clients) == 1)
        if used:
            self.notice(326, "Unable to connect as the client id is already in use. Retry with a "
                             "unique client id.")
            return False
        assert client > 0
        self.send(["15", "1", ",".join(self.gateway.accounts) + ","])
        if self.does("never_ready"):
            time.sleep(20)
            return False
        self.send(["9", "1", "1"])
        self.notice(2104, "Market data farm connection is OK:usfarm")
        return True

    def talk(self):
        if not self.greet():
            return
        while True:
            request = self.receive_fields()
            self.gateway.requests.append(request)
            self.asked.append(request[0])
            if self.does("slow"):
                time.sleep(0.2)
            if self.does("drops_first_query") and len(self.gateway.requests) == 1:
                continue
            if not self.answer(request):
                return

    def pester(self, portion, pause):
        """Sends it again and again, until the client asks something else."""
        start = time.monotonic()
        while time.monotonic() < start + 8 and \
                not select.select([self.connection], [], [], pause)[0]:
            self.connection.sendall(portion)
        self.gateway.pestered.append(time.monotonic() - start)
        return True

    def answer(self, request):
        answers = {"49": self.tell_time, "61": self.tell_positions, "64": lambda _: True,
                   "16": self.tell_orders, "5": self.tell_orders, "7": self.tell_executions}
        return answers[request[0]](request)

    def tell_time(self, _request):
        self.send(["49", "1", str(self.gateway.scenario.get("time", int(time.time())))])
        return True

    def tell_positions(self, _request):
        turn = self.asked.count("61")
        if self.does("chatters"):
            payload = b"4\x002\x00-1\x002104\x00fine\x00\x00"
            return self.pester((struct.pack(">I", len(payload)) + payload) * 2000, 0)
        if self.does("trickles"):
            self.connection.sendall(struct.pack(">I", 100000) + b"61")
            return self.pester(b"0", 0.02) and False
        rows = self.gateway.scenario.get("positions", [])
        if self.does("hostile_count"):
            row = position(rows[0], self.gateway.account)
            for number in range(20000):
                self.send(row[:3] + [str(number)] + row[4:])
            return True
        for index, row in enumerate(rows):
            moved = self.does("positions_change") or (self.does("positions_settle") and turn == 1)
            if moved and index == 0:
                row = dict(row, qty=str(int(row["qty"]) + turn))
            if self.does("trades_meanwhile") and turn == 1 and index == 0:
                row = dict(row, qty=str(2 * int(row["qty"])))
            self.send(position(row, self.gateway.account))
            if self.does("doubled_positions"):
                self.send(position(row, self.gateway.account))
            if self.does("drops_mid_answer") or \
                    (self.does("drops_mid_answer_once") and len(self.gateway.clients) == 1):
                return False
        lost = self.does("lost") or self.does("lost_and_found") or \
            (self.does("lost_once") and len(self.gateway.clients) == 1)
        if turn == 1 and lost:
            self.notice(1100, "Connectivity between IB and Trader Workstation has been lost.")
            if self.does("lost_and_found"):
                self.notice(1102, "Connectivity between IB and Trader Workstation has been "
                                  "restored - data maintained.")
        self.send(["62", "1"])
        if self.does("fill_between") and turn == 1:
            self.send(execution(self.gateway.scenario["executions"][0], self.gateway.account, -1))
        return True

    def tell_orders(self, request):
        if self.does("read_only"):
            self.notice(321, "Error validating request.-'cH' : cause - The API interface is "
                             "currently in Read-Only mode.")
            return True
        for row in self.gateway.scenario.get("orders", []) if request[0] == "16" else []:
            self.send(open_order(row, self.gateway.account))
            self.send(order_status(row))
        self.send(["53", "1"])
        return True

    def tell_executions(self, request):
        number, client = request[2], request[3]
        late = []
        for row in self.gateway.scenario.get("executions", []):
            if self.does("trades_meanwhile") and self.asked.count("61") == 1:
                break
            if client not in ("", "0") and str(row.get("client_id", 0)) != client:
                continue
            self.send(execution(row, self.gateway.account, number))
            if "fee" in row and self.does("late_commissions"):
                late.append(row)
            elif "fee" in row:
                self.send(commission(row))
        if not self.does("no_executions_end"):
            self.send(["55", "1", number])
        time.sleep(0.05 if late else 0)
        for row in late:
            self.send(commission(row))
        return True


class Gateway:
    """Listens until it is closed. What it was asked is in `requests`, by whom in `clients`."""

    def __init__(self, scenario, port=0):
        self.scenario = scenario
        self.behaviours = set(scenario.get("behaviours", ()))
        assert self.behaviours <= BEHAVIOURS, self.behaviours - BEHAVIOURS
        self.accounts = scenario.get("accounts", ["DU1"])
        self.account = self.accounts[0]
        self.requests, self.clients, self.pestered = [], [], []
        self.socket = socket.create_server(("127.0.0.1", port))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            try:
                connection = self.socket.accept()[0]
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            Conversation(self, connection).start()

    def close(self):
        # Closing alone would leave it to the thread that waits in accept.
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def run():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print("usage: gateway.py SCENARIO.json: stands for TWS, and prints the port it listens on.\n"
              "What a scenario has is told at the top of this file.",
              file=sys.stdout if sys.argv[1:] in (["-h"], ["--help"]) else sys.stderr)
        sys.exit(0 if sys.argv[1:] in (["-h"], ["--help"]) else 2)
    with open(sys.argv[1], encoding="utf-8") as file:
        gateway = Gateway(json.load(file))
    print(gateway.port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    run()
