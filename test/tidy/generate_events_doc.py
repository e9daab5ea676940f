#!/usr/bin/env python3
"""Writes docs/events.md from lib/tradewal_events.def: generate_events_doc.py [--check]."""
import os
import sys

from event_list import read_errors, read_events

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TARGET = os.path.join(ROOT, "docs", "events.md")

HEAD = """# Events

<!-- Written by test/tidy/generate_events_doc.py from lib/tradewal_events.def; a test compares. -->

Everything a journal knows arrived as one of these events. In JSON an event is one object on one
line: `seq`, `time`, `trading_date`, `type`, then its fields. `append` reads the form that
`log -o json` and `export` write.

```json
{"seq":41,"time":"2025-10-06T10:05:47.112908000-04:00","trading_date":"2025-10-06",\
"type":"fill","symbol":"TSLA","action":"BUY",\
"qty":"100","price":"445.25","fee":"1","exec_id":"0000e0d5.68e3c1a2.01.01","order_ref":"tsla-1"}
```

## What every record has

| field | means |
|---|---|
| `seq` | its place in the journal: from 1, without gaps, across days. Ignored on input |
| `time` | when, with nine digits and the zone's offset; on input any RFC 3339 form, or none: now |
| `trading_date` | the trading date of the session it was written in |
| `type` | one of the names below |
| `source` | where it comes from, see [source](#source) |
| `corr` | the trade idea it belongs to, at most 64 bytes; may be absent |
| `cause` | the `seq` that led to it; may be absent |

A field marked *may be unknown* is absent from JSON when it is: unknown is never 0. Unknown names on
input are refused.

## Kinds of fields

| kind | in JSON | in C | range |
|---|---|---|---|
| text | string | `const char *name` | UTF-8 without control characters, at most the bytes given |
| symbol | string | `const char *name` | text of 1 to 64 bytes |
| price | string `"445.25"` | `int64_t name_e8` | at most 8 decimals; any sign |
| qty | string | `int64_t name_e8` | above 0 |
| amount | string | `int64_t name_e8` | 0 or above |
| money | string | `int64_t name_e8` | any sign |
| decimal | string | `int64_t name_e8` | above 0 |
| count | number | `int64_t name` | a whole number |
| id | string | `int64_t name` | a whole number |
| time | string, RFC 3339 | `int64_t name_ns` | UTC nanoseconds |
| date | string `"2025-10-06"` | `int64_t name` | yyyymmdd |
| enumeration | string | `int64_t name` | one of its values |
| bool | `true`, `false` | `int64_t name` | 1 or 0 |
| bytes | string, base64 | `const void *name`, `uint64_t name_size` | at most the bytes given |

What may be unknown is a `tw_maybe` in C. On input, numbers are accepted where a string is written,
and their text is taken exactly.
"""


def kind_text(field):
    if field.kind == "ENUM":
        return "[%s](#%s)" % (field.limit, field.limit)
    if field.kind in ("TEXT", "BYTES"):
        return "%s, %d bytes" % (field.kind.lower(), field.limit)
    return field.kind.lower()


def document():
    enumerations, events = read_events(os.path.join(ROOT, "lib", "tradewal_events.def"))
    out = [HEAD, "## Types\n", "| number | type | means |", "|---|---|---|"]
    for event in events:
        out.append("| %d | [%s](#%s) | %s |" % (
            event.number, event.name, event.name, event.sentence))
    for event in events:
        out.append("\n### %s\n\n%s\n" % (event.name, event.sentence))
        out.append("| key | field | kind | | means |\n|---|---|---|---|---|")
        for field in event.fields:
            need = "" if field.required else "may be unknown"
            out.append("| %d | `%s` | %s | %s | %s |" % (
                field.number, field.text, kind_text(field), need, field.sentence))
    out.append("\n## Enumerations")
    for item in enumerations.values():
        sentence = item.sentence[0].upper() + item.sentence[1:] + "."
        out.append("\n### %s\n\n%s\n" % (item.name, sentence))
        out.append("| number | text |\n|---|---|")
        out += ["| %d | `%s` |" % (number, text) for number, _, text in item.values]
    out.append("\n## Errors\n\n| number | name | what happened | what to do |\n|---|---|---|---|")
    errors = read_errors(os.path.join(ROOT, "lib", "tradewal_errors.def"))
    for number, name, happened, remedy in errors:
        out.append("| -%d | `TW_E_%s` | %s | %s |" % (number, name, happened, remedy))
    return "\n".join(out) + "\n"


def main():
    text = document()
    if "--check" in sys.argv[1:]:
        with open(TARGET, encoding="utf-8") as file:
            return 0 if file.read() == text else 1
    with open(TARGET, "w", encoding="utf-8") as file:
        file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
