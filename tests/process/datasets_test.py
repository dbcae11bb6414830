#!/usr/bin/env python3
"""A bank's campaign and complaints of bank customers, real ones, come out as computed independently.

    datasets_test.py DAYBOOKD DAYBOOK

DAYBOOK_DATA names the folder of the files; default ../shared/data beside the repository. Skipped without them.
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

from support import examples, retail
from support.asking import Asking, check_rebuild
from support.server import Programs, Server

BANK = "bank-marketing-part1.csv.zst"
COMPLAINTS = "cfpb-complaints-part1.csv.zst"

# Computed from the files without Daybook.
WANTED = {
    "bank.sh": {
        "customers": 20000, "housing": 12652, "loan": 4071, "both": 2248,
        "channel": {"cellular": 6507, "telephone": 810, "unknown": 12683},
        "yes": 926, "campaign": 61606, "seconds": 5178261, "previous": 0},
    "complaints.sh": {
        "cases": 4170,
        "channel": {"Web": 3185, "Referral": 527, "Phone": 237, "Postal mail": 173, "Fax": 48},
        "product": {"Debt collection": 1068, "Mortgage": 966, "Credit reporting": 945, "Bank account or service": 458,
                    "Credit card": 373, "Consumer loan": 179, "Student loan": 122, "Payday loan": 34,
                    "Money transfers": 25},
        "in_progress": 1037, "untimely": 26, "disputed": 450},
}

programs = None


class DatasetsTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="daybook-datasets.")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.server = Server(programs, self.folder / "ledger")
        self.addCleanup(self.server.kill)

    def check_twice(self, script, file):
        self.assertEqual(examples.run(programs, script, self.folder, file)[0], WANTED[script])
        with self.server, Asking(self.server.target) as asking:
            ends, digests = retail.ends(asking), asking.digests()
            self.assertEqual(self.server.stop(), 0)
        self.assertEqual(examples.run(programs, script, self.folder, file)[0], WANTED[script])
        with self.server, Asking(self.server.target) as asking:
            self.assertEqual(retail.ends(asking), ends)
            self.assertEqual(asking.digests(), digests)
            check_rebuild(asking)

    def check_killed(self, script, mapping, file, at_events, prepare=()):
        """Killed with its server in the middle, twice; the script goes on with what is there."""
        in_the_middle = 0
        for wanted in at_events:
            self.server.start()
            if prepare:
                subprocess.run([programs.daybook, "--server", self.server.target, *prepare], check=True,
                               stdout=subprocess.DEVNULL)
            importing = examples.begin_import(programs, self.server, self.folder, mapping, file)
            with Asking(self.server.target) as asking:
                retail.wait_for_events(asking, wanted)
            in_the_middle += importing.poll() is None
            self.server.kill()
            importing.kill()
            importing.communicate()
        # The second may have come too late: what the first had recorded is passed over quickly.
        self.assertGreater(in_the_middle, 0)
        self.assertEqual(examples.run(programs, script, self.folder, file)[0], WANTED[script])

    def test_the_bank_gives_the_table_and_a_second_run_changes_nothing(self):
        self.check_twice("bank.sh", examples.data_file(BANK))

    def test_the_complaints_give_the_table_and_a_second_run_changes_nothing(self):
        self.check_twice("complaints.sh", examples.data_file(COMPLAINTS))

    def test_the_bank_killed_in_the_middle(self):
        schema = ("schema", "publish", examples.EXAMPLES / "bank_marketing_schema.toml", "--request-id",
                  "bank-marketing-schema")
        self.check_killed("bank.sh", "bank_marketing.toml", examples.data_file(BANK), (5000, 40000), schema)

    def test_the_complaints_killed_in_the_middle(self):
        self.check_killed("complaints.sh", "cfpb_complaints.toml", examples.data_file(COMPLAINTS), (2000, 8000))


if __name__ == "__main__":
    programs = Programs(*sys.argv[1:3])
    for name in (BANK, COMPLAINTS):
        if examples.data_file(name) is None:
            print(f"SKIPPED: {name} is not there; DAYBOOK_DATA can name its folder")
            sys.exit(0)
    unittest.main(argv=sys.argv[:1], verbosity=2)
