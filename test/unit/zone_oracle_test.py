"""Compares base/zone.c with Python's zoneinfo over every zone of the system's time zone data.

Writes what zoneinfo says into a table and lets zone_test check it line by line.
"""

import datetime
import importlib.util
import io
import os
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile
import time

try:
    import zoneinfo
except ImportError:
    print("SKIPPED: this python3 has no zoneinfo")
    sys.exit(77)

EPOCH = datetime.datetime(1970, 1, 1)
UTC = datetime.timezone.utc
FIRST = int((datetime.datetime(1900, 1, 1) - EPOCH).total_seconds())
LAST = int((datetime.datetime(2150, 1, 1) - EPOCH).total_seconds())
MONTH = 2629746
RANDOM_INSTANTS = 60

RULES = [
    "UTC0",
    "EST5EDT,M3.2.0,M11.1.0",
    "EST5EDT,M3.2.0/2,M11.1.0/2",
    "AEST-10AEDT,M10.1.0,M4.1.0/3",
    "<+03>-3",
    "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
    "IST-1GMT0,M10.5.0,M3.5.0/1",
    "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
    "IST-2IDT,M3.4.4/26,M10.5.0",
    "EET-2EEST,M3.4.4/50,M10.4.4/50",
    "AAA5BBB,J60/0,J300/2:30:15",
    "AAA5BBB4:30,J91/1,J250",
]

# zoneinfo of 3.9 to 3.13 counts the days of this form one too few, so the C library is asked.
C_RULES = ["AAA5BBB4:30,59,J250", "AAA-3BBB,90/0,300/3", "EST5EDT,M3.2.0,M11.1.0", "AAA8BBB,15,250"]


def rule_zone(rule):
    """The rule as zoneinfo reads it: a zone file that has nothing but this footer."""
    header = struct.pack(">4sc15x6I", b"TZif", b"2", 0, 0, 0, 0, 1, 4)
    block = header + struct.pack(">iBB4s", 0, 0, 0, b"UTC\0")
    return zoneinfo.ZoneInfo.from_file(io.BytesIO(block * 2 + b"\n" + rule.encode() + b"\n"))


def find_file(key):
    """The file that zoneinfo reads for the key."""
    folders = [pathlib.Path(folder) for folder in zoneinfo.TZPATH]
    package = importlib.util.find_spec("tzdata")
    if package is not None:
        folders += [pathlib.Path(folder, "zoneinfo") for folder in package.submodule_search_locations]
    for folder in folders:
        if (folder / key).is_file():
            return folder / key
    return None


def file_changes(data):
    """The changes that stand in the file itself, read without zoneinfo."""

    def counts(at):
        return struct.unpack_from(">6I", data, at + 20)

    at, wide = 0, data[4:5] >= b"2"
    if wide:
        utc, standard, leaps, changes, types, names = counts(0)
        at = 44 + changes * 5 + types * 6 + names + leaps * 8 + standard + utc
    changes = counts(at)[3]
    return struct.unpack_from(">%d%s" % (changes, "q" if wide else "i"), data, at + 44)


def offset_at(zone, instant):
    moment = (EPOCH + datetime.timedelta(seconds=instant)).replace(tzinfo=UTC)
    return int(moment.astimezone(zone).utcoffset().total_seconds())


def rule_changes(zone, first):
    """Changes after `first`, found by looking every month and halving where the offset differs."""
    found = []
    low, low_offset = first, offset_at(zone, first)
    while low < LAST:
        high = low + MONTH
        high_offset = offset_at(zone, high)
        if high_offset != low_offset:
            left, right = low, high
            while right - left > 1:
                middle = (left + right) // 2
                if offset_at(zone, middle) == low_offset:
                    left = middle
                else:
                    right = middle
            found.append(right)
        low, low_offset = high, high_offset
    return found


def local_instant(zone, local):
    """The earlier instant that shows a local time, or None if none does."""
    naive = EPOCH + datetime.timedelta(seconds=local)
    offset = int(naive.replace(tzinfo=zone, fold=0).utcoffset().total_seconds())
    instant = local - offset
    return instant if instant + offset_at(zone, instant) == local else None


def write_zone(table, zone, changes, generator):
    lines = 0
    for instant in [generator.randint(FIRST, LAST) for _ in range(RANDOM_INSTANTS)]:
        table.write("utc %d %d\n" % (instant, offset_at(zone, instant)))
        lines += 1
    for change in changes:
        for instant in (change - 1, change, change + 1):
            table.write("utc %d %d\n" % (instant, offset_at(zone, instant)))
            lines += 1
        for offset in (offset_at(zone, change - 1), offset_at(zone, change)):
            for local in (change + offset - 1, change + offset, change + offset + 1):
                instant = local_instant(zone, local)
                # What no clock showed was passed over in this very change.
                table.write("local %d %d\n" % (local, change if instant is None else instant))
                lines += 1
    return lines


def write_table(table, generator):
    zones = lines = 0
    oldest = int((datetime.datetime(1800, 1, 1) - EPOCH).total_seconds())
    for key in sorted(zoneinfo.available_timezones()):
        path = find_file(key)
        if path is None:
            continue
        data = path.read_bytes()
        zone = zoneinfo.ZoneInfo.from_file(io.BytesIO(data))
        changes = [change for change in file_changes(data) if oldest < change < LAST]
        start = max([FIRST] + [change + 1 for change in changes])
        table.write("zone %s\n" % path)
        lines += write_zone(table, zone, changes + rule_changes(zone, start), generator)
        zones += 1
    return zones, lines


def write_rules(table, generator):
    rules = lines = 0
    for rule in RULES:
        try:
            zone = rule_zone(rule)
        except ValueError as reason:
            print("not compared, this zoneinfo refuses it: %s (%s)" % (rule, reason))
            continue
        table.write("rule %s\n" % rule)
        lines += write_zone(table, zone, rule_changes(zone, FIRST), generator)
        rules += 1
    for rule in C_RULES:
        table.write("rule %s\n" % rule)
        lines += write_c_rule(table, rule, generator)
    return rules + len(C_RULES), lines


def write_c_rule(table, rule, generator):
    os.environ["TZ"] = rule
    time.tzset()
    # Before 1970 the C library applies no rule. The seconds of a change are the unit test's part.
    instants = [generator.randint(86400 * 366, LAST) for _ in range(5000)]
    for instant in instants:
        table.write("utc %d %d\n" % (instant, time.localtime(instant).tm_gmtoff))
    return len(instants)


def main():
    seed = int(os.environ.get("TW_SEED", time.time_ns() % 10**9))
    print("zone_oracle_test: TW_SEED=%d" % seed)
    generator = random.Random(seed)
    if not zoneinfo.available_timezones():
        print("SKIPPED: there is no time zone data on this system")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "table")
        with open(path, "w", encoding="ascii") as table:
            zones, zone_lines = write_table(table, generator)
            rules, rule_lines = write_rules(table, generator)
        program = os.path.join(os.environ["TW_BUILD_DIR"], "test", "zone_test")
        result = subprocess.run([program], env={**os.environ, "TW_ZONE_TABLE": path},
                                stdout=subprocess.PIPE, text=True, check=False)
    print("%d zones and %d rules: %s" % (zones, rules, result.stdout.strip()))
    compared = re.search(r"compared (\d+), wrong 0", result.stdout)
    if result.returncode != 0 or compared is None:
        return 1
    if int(compared.group(1)) != zone_lines + rule_lines or zones == 0 or rules < 5:
        print("expected %d lines to be compared" % (zone_lines + rule_lines))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
