#!/usr/bin/env python3
"""Reads the sources and says where they break the rules of the house (docs/style.md)."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import generate_events_doc  # noqa: E402

ROOT = generate_events_doc.ROOT
BUILD = os.environ.get("TW_BUILD_DIR", os.path.join(ROOT, "build", "gcc"))
LAYERS = {"base": 0, "core": 1, "io": 2, "broker": 3, "store": 4}
TOP_LEVEL = {"lib", "cmd", "test", "docs", "CMakeLists.txt", "README.md"}
# The public header is one manual and may be long; lists are rows, one line each.
LONG_FILES = {"lib/tradewal.h"}
CODE = (".c", ".h", ".py", ".sh")


def files(*folders, ends=CODE):
    for folder in folders:
        for path, below, names in os.walk(os.path.join(ROOT, folder)):
            below[:] = [name for name in below if name not in ("__pycache__", "node_modules")]
            for name in sorted(names):
                if name.endswith(ends):
                    yield os.path.relpath(os.path.join(path, name), ROOT)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def without_comments(text):
    """C with comments and the contents of strings blanked out; line numbers stay."""
    def blank(match):
        found = match.group(0)
        return '""' if found[0] == '"' else re.sub(r"[^\n]", " ", found)
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"', blank, text, flags=re.S)


def layer_of(path):
    parts = path.split("/")
    if parts[0] != "lib" or parts[1] == "python":
        return None
    return parts[1] if parts[1] in LAYERS else "store"


def lines_matching(paths, pattern, clean=True):
    found = []
    for path in paths:
        text = without_comments(read(path)) if clean else read(path)
        for number, line in enumerate(text.split("\n"), 1):
            if re.search(pattern, line):
                found.append("%s:%d: %s" % (path, number, line.strip()))
    return found


def run(*command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **more)


class Layers(unittest.TestCase):
    def test_includes_go_down_only(self):
        up = []
        for path in files("lib", ends=(".c", ".h")):
            layer = layer_of(path)
            for header in re.findall(r'^#include "([^"]+)"', read(path), flags=re.M):
                if header in ("tradewal.h", "tradewal_events.def", "tradewal_errors.def"):
                    continue
                target = header.split("/")[0] if "/" in header else layer
                if LAYERS.get(target, 9) > LAYERS[layer]:
                    up.append("%s includes %s" % (path, header))
        self.assertEqual(up, [])

    def test_the_command_reaches_into_nothing_but_the_core(self):
        below = lines_matching(files("cmd"), r'#include "(io|broker|store)', clean=False)
        self.assertEqual(below, [])

    def test_the_example_knows_only_the_public_header(self):
        headers = set()
        for path in files("cmd/example", ends=(".c", ".h")):
            headers |= set(re.findall(r'^#include "([^"]+)"', read(path), flags=re.M))
        own = {os.path.basename(path) for path in files("cmd/example", ends=(".h",))}
        self.assertEqual(headers - own, {"tradewal.h"})

    def test_foreign_formats_stay_in_their_files(self):
        # The benchmark measures plain LMDB beside the day files that are built on it.
        homes = {"lmdb.h": r"^(lib/io/log[a-z_]*\.[ch]|cmd/bench_peer_lmdb\.c)$",
                 "msgpack": r"^lib/core/(codec|image)[a-z_]*\.[ch]$",
                 "nettle/": r"^lib/base/digest\.c$",
                 "libsmartcols": r"^cmd/"}
        strays = []
        for path in files("lib", "cmd", ends=(".c", ".h")):
            for header in re.findall(r"^#include <([^>]+)>", read(path), flags=re.M):
                for start, home in homes.items():
                    if header.startswith(start) and not re.match(home, path):
                        strays.append("%s includes <%s>" % (path, header))
        self.assertEqual(strays, [])

    def test_no_floating_point_in_the_library(self):
        self.assertEqual(lines_matching(files("lib", ends=(".c", ".h", ".def")),
                                        r"\b(double|float)\b"), [])

    def test_base_and_core_do_not_touch_the_world(self):
        pure = list(files("lib/base", "lib/core", ends=(".c", ".h")))
        self.assertNotEqual(pure, [])
        headers = r"^\s*#include <(fcntl|unistd|time|pthread|errno|signal|locale|sys/[a-z_]+)\.h>"
        self.assertEqual(lines_matching(pure, headers, clean=False), [])
        calls = (r"(?<![\w.>])(printf|fprintf|vprintf|puts|putchar|perror|fopen|fwrite|fread|open|"
                 r"close|read|write|pread|pwrite|time|clock_gettime|gettimeofday|localtime|"
                 r"localtime_r|getenv|secure_getenv|setlocale|rand|random|srand|system|fork|"
                 r"strtod|atof)\s*\(")
        self.assertEqual(lines_matching(pure, calls), [])

    def test_base_and_core_have_no_state_of_their_own(self):
        objects = os.path.join(BUILD, "CMakeFiles", "tw_objects.dir", "lib")
        if not os.path.isdir(objects) or os.environ.get("TW_SANITIZE"):
            self.skipTest("no plain object files below %s" % BUILD)
        writable = []
        for layer in ("base", "core"):
            folder = os.path.join(objects, layer)
            for name in sorted(os.listdir(folder)):
                table = run("objdump", "-t", os.path.join(folder, name)).stdout
                for line in table.split("\n"):
                    if re.search(r"\sO\s+\.(bss|data)\s", line):
                        writable.append("%s/%s: %s" % (layer, name, line.split()[-1]))
        # The instruction for CRC32C is chosen once; choosing it twice gives the same.
        writable = [item for item in writable if not item.startswith("base/digest.c.o: ")]
        self.assertEqual(writable, [])


class Shape(unittest.TestCase):
    def test_the_top_level_holds_what_it_is_meant_to_hold(self):
        there = {name for name in os.listdir(ROOT) if not name.startswith((".", "build"))}
        self.assertEqual(there, TOP_LEVEL)

    def test_no_file_is_too_long(self):
        long = ["%s: %d lines" % (path, read(path).count("\n"))
                for path in files("lib", "cmd", "test")
                if path not in LONG_FILES and read(path).count("\n") > 450]
        self.assertEqual(long, [])

    def test_no_line_is_too_long(self):
        here = ("lib", "cmd", "test")
        most = {".py": 110}
        long = []
        for ending in CODE:
            pattern = r"^.{%d,}$" % (most.get(ending, 100) + 1)
            long += lines_matching(files(*here, ends=(ending,)), pattern, clean=False)
        self.assertEqual(long, [])

    def test_no_tabs_no_blanks_at_the_end(self):
        self.assertEqual(lines_matching(files("lib", "cmd", "test"), r"\t|\s$", clean=False), [])

    def test_nothing_is_left_for_later(self):
        words = r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b"
        self.assertEqual(lines_matching(everything(), words, clean=False), [])

    def test_no_path_of_somebodys_machine(self):
        paths = r"/(ho" r"me|ro" r"ot|wo" r"rk|Us" r"ers)/\w|/tmp/" r"b-"
        self.assertEqual(lines_matching(everything(), paths, clean=False), [])

    def test_every_source_says_first_what_it_is(self):
        silent = []
        for path in files("lib", "cmd", "test", ends=(".c", ".h")):
            if not read(path).startswith("/* "):
                silent.append(path)
        self.assertEqual(silent, [])

    def test_sources_are_formatted(self):
        tool = shutil.which("clang-format-14") or shutil.which("clang-format")
        if not tool or " 14." not in run(tool, "--version").stdout:
            self.skipTest("clang-format 14 is not installed")
        sources = [path for path in files("lib", "cmd", "test", ends=(".c", ".h"))
                   if path not in LONG_FILES]
        wrong = run(tool, "--dry-run", "-ferror-limit=1", *sources, cwd=ROOT).stdout
        named = sorted(set(re.findall(r"^(\S+?):\d+:\d+: warning", wrong, flags=re.M)))
        self.assertEqual(named, [])


def everything():
    ends = CODE + (".md", ".def", ".in", ".map", ".txt")
    yield from files("lib", "cmd", "test", "docs", ends=ends)
    yield "README.md"
    yield "CMakeLists.txt"


class Documents(unittest.TestCase):
    def test_the_readme_names_both_commands(self):
        text = read("README.md")
        self.assertIn("sh test/run.sh", text)
        self.assertIn("sh cmd/quickstart.sh", text)

    def test_the_event_list_is_the_one_in_the_source(self):
        self.assertEqual(read("docs/events.md"), generate_events_doc.document(),
                         "run python3 test/tidy/generate_events_doc.py")

    def test_every_link_leads_somewhere(self):
        broken = []
        for path in ["README.md", *files("docs", ends=(".md",))]:
            text = re.sub(r"```.*?```", "", read(path), flags=re.S)
            for link in re.findall(r"\]\(([^)\s]+)\)", text):
                if re.match(r"[a-z]+:", link):
                    continue
                target, _, anchor = link.partition("#")
                place = os.path.normpath(os.path.join(ROOT, os.path.dirname(path), target)) \
                    if target else os.path.join(ROOT, path)
                if not os.path.exists(place):
                    broken.append("%s: %s" % (path, link))
                elif anchor and anchor not in anchors(place):
                    broken.append("%s: %s has no such heading" % (path, link))
        self.assertEqual(broken, [])

    def test_every_file_a_document_names_in_code_is_there(self):
        missing = []
        for path in ["README.md", *files("docs", ends=(".md",))]:
            for name in re.findall(r"`((?:lib|cmd|test|docs)/[\w./-]+\.\w+)`", read(path)):
                if not os.path.exists(os.path.join(ROOT, name)):
                    missing.append("%s: %s" % (path, name))
        self.assertEqual(missing, [])


def anchors(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    found = set()
    for heading in re.findall(r"^#+ (.+)$", text, flags=re.M):
        slug = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        found.add(slug)
    return found


class Interface(unittest.TestCase):
    def preprocessed(self):
        done = run("cc", "-E", "-P", os.path.join(ROOT, "lib", "tradewal.h"))
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def test_what_is_exported_is_what_is_declared(self):
        library = os.path.join(BUILD, "libtradewal.so")
        if not os.path.exists(library):
            self.skipTest("%s is not built" % library)
        table = run("nm", "-D", "--defined-only", library).stdout
        exported = {line.split()[-1].split("@")[0] for line in table.split("\n")
                    if re.search(r" [TDBRVW] ", line)}
        exported -= {"TRADEWAL_0"}
        declared = set(re.findall(r"\b(tw_\w+)\s*\(", self.preprocessed()))
        self.assertEqual(sorted(exported - declared), [], "exported, not declared")
        self.assertEqual(sorted(declared - exported), [], "declared, not exported")

    def test_the_header_stands_alone(self):
        wanted = [("cc", ["-std=c11", "-Wstrict-prototypes", "-Wpadded"], "c"),
                  ("c++", ["-std=c++17"], "c++")]
        for compiler, more, language in wanted:
            if not shutil.which(compiler):
                self.skipTest("%s is not installed" % compiler)
            with tempfile.TemporaryDirectory() as folder:
                source = os.path.join(folder, "one." + ("c" if language == "c" else "cc"))
                with open(source, "w", encoding="utf-8") as file:
                    file.write('#include "tradewal.h"\nint main(void) { return TW_OK; }\n')
                done = run(compiler, *more, "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                           "-I" + os.path.join(ROOT, "lib"), "-fsyntax-only", source)
                self.assertEqual(done.returncode, 0, done.stdout)

    def test_the_code_in_the_documents_compiles(self):
        path = "docs/embedding.md"  # the program of README.md is run by install_test.py
        code = "".join(re.findall(r"```c\n(.*?)```", read(path), flags=re.S))
        program = """#include <stddef.h>
            #include <tradewal.h>
            int report(tw_error *);
            void refuse_to_trade(const char *);
            int host(void);
            int host(void) { %s return 0; }""" % code
        done = run("cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                   "-fsyntax-only", "-I" + os.path.join(ROOT, "lib"), "-xc", "-", input=program)
        self.assertEqual(done.returncode, 0, path + "\n" + done.stdout)

    def test_every_public_struct_starts_with_its_size(self):
        structs = re.findall(r"typedef struct (tw_\w+) \{\s*(.*?)\n?\}", self.preprocessed(),
                             flags=re.S)
        self.assertGreater(len(structs), 30)
        bare = [name for name, body in structs if not re.match(r"uint64_t size;", body)]
        self.assertEqual(bare, ["tw_error", "tw_maybe"])

    def test_no_type_in_the_header_changes_with_the_machine(self):
        text = without_comments(read("lib/tradewal.h"))
        varying = r"\b(?:long|short|unsigned|size_t|double|float|bool)\b"
        self.assertEqual(re.findall(varying, text), [])
        self.assertEqual(re.findall(r"\b\w+\s*:\s*\d+\s*;", text), [], "bit fields")
        self.assertEqual(re.findall(r"\.\.\.\s*\)\s*;", text), [], "functions without a fixed list")


if __name__ == "__main__":
    unittest.TestCase.maxDiff = None
    unittest.main(verbosity=1)
