#!/usr/bin/env python3
"""Installs what was built and builds somebody else's program against it, both ways."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("TW_BUILD_DIR", os.path.join(ROOT, "build", "gcc"))


def run(*command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **more)


def packages(path, command):
    """The words behind the command, over lines that go on, up to the first that is no package."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        words = file.read().replace("\\\n", " ").partition(command)[2].partition("\n")[0]
    return words.partition("||")[0].split()


class Readme(unittest.TestCase):
    def test_the_packages_of_the_readme_are_those_of_the_quickstart(self):
        self.assertEqual(packages("README.md", "apt-get install "),
                         packages("cmd/quickstart.sh", "    install_missing "))


@unittest.skipIf(os.environ.get("TW_SANITIZE"), "an instrumented library is not installed")
class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Beside the build and not in /tmp, which may be a tmpfs: a journal is made here.
        cls.folder = tempfile.mkdtemp(prefix="install-", dir=BUILD)
        cls.prefix = os.path.join(cls.folder, "usr")
        done = run("cmake", "--install", BUILD, "--prefix", cls.prefix)
        assert done.returncode == 0, done.stdout

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def installed(self, ending):
        found = [os.path.join(path, name) for path, _, names in os.walk(self.prefix)
                 for name in names if name.endswith(ending)]
        self.assertTrue(found, "no %s below %s" % (ending, self.prefix))
        return sorted(found)[0]

    def run_installed(self, *words, **more):
        libraries = os.path.dirname(self.installed("libtradewal.so.0"))
        return run(*words, env={**os.environ, "LD_LIBRARY_PATH": libraries}, **more)

    def try_consumer(self, program, name):
        done = self.run_installed(program, os.path.join(self.folder, "journal-" + name))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(done.stdout, "tradewal 0.3.0: appended, then DUPLICATE, open 100\n")

    def compile_through_pkg_config(self, source, program):
        env = {**os.environ, "PKG_CONFIG_PATH": os.path.dirname(self.installed("tradewal.pc"))}
        flags = run("pkg-config", "--cflags", "--libs", "tradewal", env=env)
        self.assertEqual(flags.returncode, 0, flags.stdout)
        done = run("cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", source, "-o",
                   program, *flags.stdout.split())
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_a_program_finds_it_through_pkg_config_below_any_prefix(self):
        program = os.path.join(self.folder, "consumer")
        self.compile_through_pkg_config(os.path.join(HERE, "consumer", "main.c"), program)
        self.try_consumer(program, "pkg-config")

    def test_the_program_of_the_readme_does_what_the_readme_shows(self):
        with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
            section = file.read().partition("\n## In C\n")[2].partition("\n## ")[0]
        source, shown = re.findall(r"(?ms)^```\w*\n(.*?)^```$", section)
        calls = re.findall(r"(?m)^\$ \./trader(.*)\n((?:[^$].*\n)?)", shown)
        path = os.path.join(self.folder, "trader.c")
        with open(path, "w", encoding="utf-8") as file:
            file.write(source)
        program = os.path.join(self.folder, "trader")
        self.compile_through_pkg_config(path, program)
        days = 2
        while days > 1:  # again where a trading date began in between: attempts count by the day
            empty = tempfile.mkdtemp(dir=self.folder)
            printed = [self.run_installed(program, *words.split(), cwd=empty) for words, _ in calls]
            days = sum(name.endswith(".mdb") for name in os.listdir(os.path.join(empty, "journal")))
        self.assertEqual([done.stdout for done in printed], [line for _, line in calls])
        self.assertEqual([done.returncode for done in printed], [0] * len(calls))
        # Each run but the first found the order in the log: one attempt of the two is used up.
        state = run(os.path.join(BUILD, "tradewal"), "state", os.path.join(empty, "journal"))
        self.assertIn("TSLA long 1 of 2 at 444.77", state.stdout)

    def test_a_program_finds_it_through_cmake(self):
        build = os.path.join(self.folder, "consumer-build")
        done = run("cmake", "-S", os.path.join(HERE, "consumer"), "-B", build,
                   "-DCMAKE_PREFIX_PATH=" + self.prefix)
        self.assertEqual(done.returncode, 0, done.stdout)
        done = run("cmake", "--build", build)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.try_consumer(os.path.join(build, "consumer"), "cmake")

    def test_the_command_is_installed_and_runs(self):
        command = os.path.join(self.prefix, "bin", "tradewal")
        done = run(command, "version")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("0.3.0", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=1)
