"""Random lines of the export against the schema of the export: every line fits exactly one branch,
and a line that was spoiled fits none. Judged by a small validator of the keywords that the schema
uses, and by python3-jsonschema too where that is installed."""
import base64
import copy
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

try:
    import jsonschema
except ImportError:
    jsonschema = None

PROGRAM = os.path.join(os.environ["TW_BUILD_DIR"], "test", "json_roundtrip_test")
SILENT = {"$schema", "$defs", "title", "description", "format", "contentEncoding"}
TYPES = {"string": str, "object": dict, "boolean": bool}


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def fits_object(value, schema, root):
    properties = schema.get("properties", {})
    if any(name not in value for name in schema.get("required", [])):
        return False
    if schema.get("additionalProperties") is False and set(value) - set(properties):
        return False
    return all(fits(value[name], properties[name], root) for name in value if name in properties)


KEYWORDS = {
    "type": is_type,
    "const": lambda value, wanted: value == wanted,
    "enum": lambda value, wanted: value in wanted,
    "pattern": lambda value, wanted: re.search(wanted, value) is not None,
    "minLength": lambda value, wanted: len(value) >= wanted,
    "maxLength": lambda value, wanted: len(value) <= wanted,
    "minimum": lambda value, wanted: value >= wanted,
    "maximum": lambda value, wanted: value <= wanted,
}


def fits(value, schema, root):
    for keyword, wanted in schema.items():
        if keyword in SILENT or keyword in ("properties", "required", "additionalProperties"):
            continue
        if keyword == "$ref":
            good = fits(value, root["$defs"][wanted.rsplit("/", 1)[1]], root)
        elif keyword == "oneOf":
            good = sum(fits(value, choice, root) for choice in wanted) == 1
        else:
            good = KEYWORDS[keyword](value, wanted)
        if not good:
            return False
    return not isinstance(value, dict) or fits_object(value, schema, root)


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "lines")
            subprocess.run([PROGRAM], env=dict(os.environ, TW_JSON_EMIT=path), check=True)
            with open(path, encoding="utf-8", newline="\n") as file:
                cls.lines = [json.loads(line) for line in file]
            with open(path + ".schema", encoding="utf-8") as file:
                cls.schema = json.load(file)
        cls.samples = {}
        for line in cls.lines:
            cls.samples.setdefault(line["type"], line)

    def refused(self, line, why):
        self.assertFalse(fits(line, self.schema, self.schema), "%s: %r" % (why, line))

    def test_every_type_was_written(self):
        self.assertEqual(set(self.samples), set(self.schema["$defs"]))
        self.assertGreater(len(self.samples), 20)

    def test_every_line_fits_exactly_one_branch(self):
        for line in self.lines:
            self.assertTrue(fits(line, self.schema, self.schema), line)

    def test_bytes_are_base64(self):
        for line in self.lines:
            if line["type"] == "custom":
                base64.b64decode(line["bytes"], validate=True)

    def test_an_unknown_member_fits_nothing(self):
        for line in self.samples.values():
            self.refused(dict(line, surprise=1), "unknown member")

    def test_a_missing_member_fits_nothing(self):
        for name, line in self.samples.items():
            for member in self.schema["$defs"][name]["required"]:
                self.refused({key: line[key] for key in line if key != member}, "no " + member)

    def test_a_value_of_another_kind_fits_nothing(self):
        for line in self.samples.values():
            for member in line:
                self.refused(dict(line, **{member: []}), member)
                self.refused(dict(line, **{member: None}), member)

    def test_a_decimal_is_text_and_exact(self):
        fill = copy.deepcopy(self.samples["fill"])
        for price in ("0", "-1", "445.25", "0.00000001"):
            self.assertTrue(fits(dict(fill, price=price), self.schema, self.schema), price)
        for price in (445.25, "", "1.", ".5", "01", "+1", "1e5", "0.000000001", "1,5", "NaN", " 1"):
            self.refused(dict(fill, price=price), "price")
        self.refused(dict(fill, qty="-1"), "negative quantity")

    def test_limits_are_those_of_the_fields(self):
        closed = self.samples["session_closed"]
        self.assertTrue(fits(dict(closed, reason="x" * 256), self.schema, self.schema))
        self.refused(dict(closed, reason="x" * 257), "too long")
        self.refused(dict(closed, reason=""), "empty")

    @unittest.skipUnless(jsonschema, "python3-jsonschema is not installed")
    def test_a_validator_of_others_agrees(self):
        kind = jsonschema.Draft202012Validator
        kind.check_schema(self.schema)
        for name, line in self.samples.items():
            kind(self.schema).validate(line)
            self.assertFalse(kind(self.schema).is_valid(dict(line, surprise=1)))
        for line in self.lines:
            branch = dict(self.schema["$defs"][line["type"]])
            self.assertTrue(kind(branch).is_valid(line), line)


if __name__ == "__main__":
    if not os.path.exists(PROGRAM):
        print("SKIPPED: %s is not built" % PROGRAM)
        sys.exit(77)
    unittest.main()
