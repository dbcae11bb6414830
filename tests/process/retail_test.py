#!/usr/bin/env python3
"""A real shop's half year, imported in every way there is, comes out as computed independently.

    retail_test.py DAYBOOKD DAYBOOK

DAYBOOK_DATA names the folder of the shop's file; default ../shared/data beside the repository. Skipped without it.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from support import examples, retail
from support.asking import Asking, check_rebuild
from support.server import Programs, Server

# Codes of `daybook import`, see `daybook --help`.
SOME_LINES_REFUSED = 4

programs = None


class RetailTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="daybook-retail.")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.server = Server(programs, self.folder / "ledger")
        self.addCleanup(self.server.kill)

    def run_example(self, *options):
        """What tools/examples/retail.sh prints of this test's ledger."""
        return examples.run(programs, "retail.sh", self.folder, *options, retail.data_file())[0]

    def check_table(self, result, points=retail.POINTS, **more):
        top = result.pop("top")
        self.assertEqual(result, {**retail.IMPORT, **retail.SALES, **points, **more})
        self.assertEqual(len(top), 10)
        return top

    def publish_programme(self):
        command = [programs.daybook, "--server", self.server.target, "programme", "publish",
                   retail.EXAMPLES / "retail_programme.toml", "--request-id", "retail-programme"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def begin_import(self, *options):
        """An import of the shop's file into the running server, under way."""
        importing = examples.begin_import(programs, self.server, self.folder, "online_retail.toml", *options,
                                          retail.data_file())
        self.addCleanup(importing.communicate)
        self.addCleanup(importing.kill)
        return importing

    def finish_import(self, importing):
        output, errors = importing.communicate()
        self.assertEqual(importing.returncode, SOME_LINES_REFUSED, errors)
        return json.loads(output)

    def test_the_example_gives_the_table_and_a_second_run_changes_nothing(self):
        first = self.run_example()
        top = self.check_table(dict(first))
        self.assertEqual(top[:len(retail.HIGHEST)], retail.HIGHEST)
        with self.server, Asking(self.server.target) as asking:
            self.assertEqual(retail.figures(asking), retail.WANTED_FIGURES)
            customer, points = retail.ALL_GIVEN_BACK
            balance = retail.balance(asking, customer)
            self.assertEqual((balance.earned, balance.clawed_back, balance.active), (points, points, 0))
            ends, digests = retail.ends(asking), asking.digests()
            self.assertEqual(self.server.stop(), 0)
        self.assertEqual(self.run_example(), first)
        with self.server, Asking(self.server.target) as asking:
            self.assertEqual(retail.ends(asking), ends)
            self.assertEqual(asking.digests(), digests)

    def test_points_that_lapse_after_twelve_months(self):
        june = self.run_example("--expiry-months", "12", "--as-of", "2011-06-01T00:00:00")
        top = self.check_table(june, points_lapsed=0)
        self.assertEqual(top[:len(retail.HIGHEST)], retail.HIGHEST)
        december = self.run_example("--expiry-months", "12", "--as-of", "2011-12-05T00:00:00")
        for key, wanted in (("points_lapsed", retail.LAPSED_BY_DECEMBER),
                            ("points_outstanding", retail.LEFT_IN_DECEMBER)):
            self.assertEqual(december[key], wanted)

    def test_killed_in_the_middle_and_resumed(self):
        self.server.start()
        self.publish_programme()
        interrupted = self.begin_import()
        with Asking(self.server.target) as asking:
            retail.wait_for_events(asking, 3000)
        self.assertIsNone(interrupted.poll())
        self.server.kill()
        interrupted.kill()
        interrupted.wait()

        # Started again, and then left to find a killed server again by itself.
        self.server.start()
        resumed = self.begin_import()
        with Asking(self.server.target) as asking:
            retail.wait_for_events(asking, 12000)
        self.assertIsNone(resumed.poll())
        self.server.kill()
        self.server.start(again_at=self.server.target)
        summary = self.finish_import(resumed)
        self.assertEqual(summary["lines_read"], retail.IMPORT["lines_read"])
        self.assertEqual(summary["lines_refused"], retail.IMPORT["refused_customer_missing"])
        with Asking(self.server.target) as asking:
            self.assertEqual(retail.figures(asking), retail.WANTED_FIGURES)
            check_rebuild(asking)
            self.assertEqual(retail.figures(asking), retail.WANTED_FIGURES)

    def test_one_call_at_a_time(self):
        self.server.start()
        self.publish_programme()
        summary = self.finish_import(self.begin_import("--unary"))
        self.assertEqual(summary["lines_refused"], retail.IMPORT["refused_customer_missing"])
        with Asking(self.server.target) as asking:
            self.assertEqual(retail.figures(asking), retail.WANTED_FIGURES)


if __name__ == "__main__":
    programs = Programs(*sys.argv[1:3])
    if retail.data_file() is None:
        print(f"SKIPPED: {retail.FILE} is not there; DAYBOOK_DATA can name its folder")
        sys.exit(0)
    unittest.main(argv=sys.argv[:1], verbosity=2)
