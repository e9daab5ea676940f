#!/usr/bin/env python3
"""The tables of docs/reconcile.md are the members of a broker file that the command knows."""
import json
import os
import re

from command_lane import SOURCE, Lane, main, note

# What is said of a member that is a list, where it should not be one.
EXPECTED = {"text": "a text", "decimal": "a decimal number", "whole number": "a whole number",
            "time": "a time such as", "true or false": "true or false without quotes",
            "BUY or SELL": "BUY or SELL", "live or paper": "live or paper", "kind": "trade, exercise"}
LISTS = {"a position": ["positions"], "an order": ["orders", "completed_orders"],
         "an execution": ["executions"]}
LEAST = {"complete": True, "positions": []}


def tables():
    """What has members: {member: (type, required)}, in the order of the document."""
    with open(os.path.join(SOURCE, "docs", "reconcile.md"), encoding="utf-8") as file:
        parts = re.split(r"<!-- members: (.*) -->", file.read())
    found = {}
    for name, text in zip(parts[1::2], parts[2::2]):
        rows = re.findall(r"(?m)^\| `(\w+)` \| (.*?) \| ?(.*?) ?\| .* \|$", text)
        found[name] = {member: (kind, need == "yes") for member, kind, need in rows}
    return found


class Tables(Lane):
    def setUp(self):
        super().setUp()
        self.init()
        self.append(note("10:00:00"))

    def said(self, answer):
        url = "file:" + self.path("broker.json", json.dumps(answer))
        return self.run_command("reconcile", "--broker", url, self.journal, status=2).stderr

    def answers(self, name, row):
        if name == "a broker file":
            return [row]
        return [dict(LEAST, **{part: [row]}) for part in LISTS[name]]

    def test_the_members_are_those_of_the_table(self):
        self.assertEqual(sorted(tables()), sorted(["a broker file", *LISTS]))
        for name, members in tables().items():
            for answer in self.answers(name, {"quantity": 1}):
                said = self.said(answer)
                self.assertIn("line 1: %s has no member \"quantity\", expected %s; " %
                              (name, ", ".join(members)), said)
                self.assertIn("docs/reconcile.md", said)

    def test_each_member_is_of_the_type_of_the_table(self):
        for name, members in tables().items():
            for member, (kind, _) in members.items():
                wrong = {} if kind == "list" else []
                row = dict(LEAST, **{member: wrong}) if name == "a broker file" else {member: wrong}
                for answer in self.answers(name, row):
                    self.assertRegex(self.said(answer), "%s.*expected %s" % (
                        member, EXPECTED.get(kind, "a list")))

    def test_what_is_required_is_what_the_table_says(self):
        right = {"text": "X", "decimal": "1", "BUY or SELL": "BUY"}
        for name, members in tables().items():
            needed = [member for member, (_, required) in members.items() if required]
            if name == "a broker file":
                self.assertEqual(needed, list(LEAST))
                for member in needed:
                    rest = {key: value for key, value in LEAST.items() if key != member}
                    self.assertIn(member, self.said(rest))
                continue
            row = {member: right[members[member][0]] for member in needed}
            for member in needed:
                rest = {key: value for key, value in row.items() if key != member}
                for answer in self.answers(name, rest):
                    self.assertIn("%s lacks %s" % (name, member), self.said(answer))
            for answer in self.answers(name, row):  # enough, or it would not come to be compared
                url = "file:" + self.path("broker.json", json.dumps(answer))
                self.run_command("reconcile", "--broker", url, self.journal,
                                 status=0 if "completed_orders" in answer else 1)

    def test_what_was_found_is_told_as_it_stands_there(self):
        for found, told in (("true", '"true"'), (1, "1"), ([], "a list"), ({}, "an object"),
                            (None, "null")):
            self.assertIn("complete is %s, expected true or false without quotes" % told,
                          self.said({"complete": found, "positions": []}))
        self.assertIn("positions is false, expected a list",
                      self.said({"complete": True, "positions": False}))


if __name__ == "__main__":
    main()
