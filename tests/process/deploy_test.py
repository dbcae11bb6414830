#!/usr/bin/env python3
"""`deploy/run` starts, names and stops this tree's server and nothing else, and what it says to type next works.

    deploy_test.py DAYBOOKD DAYBOOK

Runs in a tree of its own: the real `deploy/run` and README, the built programs, and a set-up and a build that do nothing.
"""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

from support.server import Programs

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOT_RUNNING = 1

programs = None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class DeployTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="daybook-deploy.")
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name)
        self.bin = self.tree / "build/release/bin"
        for path in (self.bin, self.tree / "deploy", self.tree / "var", self.tree / "tools/examples"):
            path.mkdir(parents=True)
        for program in programs:
            shutil.copy(program, self.bin)
        for file in ("deploy/run", "README.md", "tools/examples/generated_programme.toml",
                     "tools/examples/two_year_warranty.toml"):
            shutil.copy(ROOT / file, self.tree / file)
        for step in ("setup", "build"):
            (self.tree / "deploy" / step).write_text("#!/bin/sh\n")
            (self.tree / "deploy" / step).chmod(0o755)
        self.pid_file = self.tree / "var/daybookd.pid"
        self.target = f"127.0.0.1:{free_port()}"
        self.addCleanup(self.run_deploy, "stop")

    def run_deploy(self, *arguments):
        environment = {name: value for name, value in os.environ.items() if name != "DAYBOOK_SERVER"}
        # Into a file: a pipe would stay open as long as the server.
        output = self.tree / "output"
        with output.open("w") as file:
            code = subprocess.run([self.tree / "deploy/run", *arguments], stdout=file, stderr=subprocess.STDOUT,
                                  env={**environment, "DAYBOOK_LISTEN": self.target}, check=False).returncode
        return code, output.read_text()

    def check_not_running(self):
        self.assertEqual(self.run_deploy("status"), (NOT_RUNNING, "daybookd does not run\n"))
        self.assertEqual(self.run_deploy("stop"), (0, "daybookd does not run\n"))

    def test_a_pid_file_that_names_somebody_else(self):
        # The built server too, if it is on another directory.
        for command in (["sleep", "300"],
                        [self.bin / "daybookd", "--data-dir", self.tree / "other", "--listen", "127.0.0.1:0"]):
            stranger = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.addCleanup(stranger.wait)
            self.addCleanup(stranger.kill)
            self.pid_file.write_text(f"{stranger.pid}\n")
            self.check_not_running()
            self.assertIsNone(stranger.poll())

    def test_a_pid_file_that_names_a_zombie_nobody_or_nonsense(self):
        dead = subprocess.Popen(["true"])
        os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)
        self.pid_file.write_text(f"{dead.pid}\n")
        self.check_not_running()
        dead.wait()
        self.pid_file.write_text(f"{dead.pid}\n")
        self.check_not_running()
        self.pid_file.write_text("-1\n")
        self.check_not_running()

    def test_start_tour_and_stop(self):
        stranger = subprocess.Popen(["sleep", "300"])
        self.addCleanup(stranger.wait)
        self.addCleanup(stranger.kill)
        self.pid_file.write_text(f"{stranger.pid}\n")
        code, said = self.run_deploy()
        self.assertEqual(code, 0, said)
        self.check_tour(said)

        # A build puts a new program in the place of the one that runs.
        (self.bin / "daybookd").unlink()
        shutil.copy(programs.daybookd, self.bin)
        code, said = self.run_deploy("status")
        self.assertEqual(code, 0, said)
        self.assertIn(self.target, said)
        code, said = self.run_deploy()
        self.assertEqual(code, 0, said)
        self.assertIn("runs already", said)
        self.assertEqual(self.run_deploy("stop"), (0, "daybookd has stopped\n"))
        self.check_not_running()
        self.assertIsNone(stranger.poll())

    def check_tour(self, said):
        """Every line that was printed to be typed works as it stands."""
        readme = (ROOT / "README.md").read_text().split("## A tour\n")[1].split("\n## ")[0]
        tour = [line for line in readme.splitlines() if line.startswith("    ") and "alias" not in line]
        typed = [line for line in said.splitlines() if line.startswith("    ")]
        self.assertEqual(typed[1:len(tour) + 1], tour)
        lines = "\n".join(line for line in typed if "deploy/run" not in line)
        # Following live would not end.
        lines = lines.replace("daybook subscribe", "daybook subscribe --until-caught-up")
        environment = {name: value for name, value in os.environ.items() if name != "DAYBOOK_SERVER"}
        done = subprocess.run(["bash", "-e", "-O", "expand_aliases"], input=lines, env=environment, cwd=self.tree,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    programs = Programs(*sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
