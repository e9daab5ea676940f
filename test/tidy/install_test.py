#!/usr/bin/env python3
"""Installs what was built and builds somebody else's program against it, both ways."""
import os
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

    def try_consumer(self, program, name):
        libraries = os.path.dirname(self.installed("libtradewal.so.0"))
        done = run(program, os.path.join(self.folder, "journal-" + name),
                   env={**os.environ, "LD_LIBRARY_PATH": libraries})
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(done.stdout, "tradewal 0.3.0: appended, then DUPLICATE, open 100\n")

    def test_a_program_finds_it_through_pkg_config(self):
        env = {**os.environ, "PKG_CONFIG_PATH": os.path.dirname(self.installed("tradewal.pc"))}
        flags = run("pkg-config", "--define-variable=prefix=" + self.prefix, "--cflags", "--libs",
                    "tradewal", env=env)
        self.assertEqual(flags.returncode, 0, flags.stdout)
        program = os.path.join(self.folder, "consumer")
        done = run("cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                   os.path.join(HERE, "consumer", "main.c"), "-o", program, *flags.stdout.split())
        self.assertEqual(done.returncode, 0, done.stdout)
        self.try_consumer(program, "pkg-config")

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
