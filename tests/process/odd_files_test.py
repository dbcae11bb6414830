#!/usr/bin/env python3
"""The examples' scripts on small files of odd lines: what does not fit is refused with a reason, the rest is counted.

    odd_files_test.py DAYBOOKD DAYBOOK
"""
import csv
import pathlib
import sys
import tempfile
import unittest

from support import examples
from support.server import Programs

BANK_COLUMNS = ("poutcome,job,marital,education,default,housing,loan,contact,day,month,campaign,duration,pdays,previous,"
                "age,balance,y").split(",")
CLIENT = dict(poutcome="unknown", job="services", marital="single", education="primary", default="no", housing="no",
              loan="no", contact="cellular", day="5", month="may", campaign="1", duration="10", pdays="-1", previous="0",
              age="40", balance="-5", y="no")
COMPLAINT_COLUMNS = ("Complaint ID,Product,Sub-product,Issue,Sub-issue,State,ZIP code,Submitted via,Date received,"
                     "Date sent to company,Company,Company response,Timely response?,Consumer disputed?").split(",")
COMPLAINT = {"Product": "Mortgage", "Issue": "Other", "State": "CA", "Submitted via": "Web",
             "Date received": "11/12/2014", "Date sent to company": "11/13/2014", "Company": "Bank, Inc.",
             "Company response": "Closed", "Timely response?": "Yes"}

programs = None


class OddFilesTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="daybook-odd.")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, columns, rows, raw=()):
        path = self.folder / name
        with open(path, "w", newline="", encoding="latin-1") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
            file.writelines(raw)
        return path

    def bank(self, name, *changes, raw=()):
        return self.write(name, BANK_COLUMNS, [dict(CLIENT, **change) for change in changes], raw)

    def complaints(self, name, *changes, raw=()):
        rows = [{"Complaint ID": str(number), **COMPLAINT, **change} for number, change in enumerate(changes, 1)]
        return self.write(name, COMPLAINT_COLUMNS, rows, raw)

    def test_a_bank_of_odd_lines(self):
        file = self.bank(
            "odd.csv",
            dict(housing="yes", loan="yes", y="yes", campaign="2", duration="100"),
            dict(housing="YES ", loan="yes", contact="telephone", pdays="90", previous="3", poutcome="success"),
            dict(contact="", duration="", campaign="", y=""),
            dict(housing="perhaps", loan=" ", y="maybe", poutcome="odd", previous="2", pdays=""),
            dict(day="5.0", duration="120.0", campaign="4.0", previous="275.0", pdays="400.0"),
            dict(age="old", balance="1e9"),
            dict(job="caf\xe9, \"bar\"", contact="Cellular"),
            # Refused whole.
            dict(day="31", month="jun"),
            dict(month=""),
            dict(duration="-5", housing="yes"),
            dict(duration="abc", y="yes"),
            dict(campaign="99999999"),
            dict(campaign="-1"),
            dict(previous="x", loan="yes"),
            dict(pdays="yesterday", previous="1"),
            dict(duration="604801"),
            raw=["too,few\r\n", "unknown,\"never closed\r\n"])
        figures, said = examples.run(programs, "bank.sh", self.folder, file)
        self.assertEqual(figures, {
            "customers": 7, "housing": 2, "loan": 2, "both": 2,
            "channel": {"cellular": 5, "telephone": 1, "unknown": 1},
            "yes": 1, "campaign": 2 + 1 + 1 + 4 + 1 + 1, "seconds": 100 + 10 + 10 + 120 + 10 + 10, "previous": 280})
        for reason in ("FIELD_INVALID", "COLUMN_COUNT", "CSV_MALFORMED", "ATTRIBUTE_INVALID"):
            self.assertIn(reason, said)
        self.assertEqual(examples.run(programs, "bank.sh", self.folder, file)[0], figures)

    def test_two_banks_are_not_one(self):
        files = [self.bank("a.csv", {}, dict(y="yes")), self.bank("b.csv", dict(housing="yes"), {}, {})]
        figures, _ = examples.run(programs, "bank.sh", self.folder, "--unary", *files)
        self.assertEqual((figures["customers"], figures["yes"], figures["housing"], figures["seconds"]), (5, 1, 1, 50))

    def test_an_empty_file_has_nothing(self):
        figures, _ = examples.run(programs, "bank.sh", self.folder, self.bank("none.csv"))
        self.assertEqual(figures, {"customers": 0, "housing": 0, "loan": 0, "both": 0, "channel": {}, "yes": 0,
                                   "campaign": 0, "seconds": 0, "previous": 0})

    def test_odd_complaints(self):
        file = self.complaints(
            "odd.csv",
            {},
            {"Company response": "In progress", "Timely response?": "No"},
            {"Company response": "In progress", "Consumer disputed?": "Yes", "Submitted via": "Fax"},
            {"Consumer disputed?": "Yes", "Timely response?": "N/A", "Product": "Debt \"collection\", [new] \\ old"},
            {"Consumer disputed?": "N/A", "Date sent to company": "", "Submitted via": ""},
            # Sent on before it was received.
            {"Date received": "2014-11-12", "Date sent to company": "2014-11-01", "Timely response?": "No",
             "Consumer disputed?": "yes"},
            {"Company response": "", "Timely response?": "No", "Product": "", "Issue": "x" * 300},
            {"Company response": "Untimely response", "Product": "Pr\xeat"},
            # The same complaint once more.
            {"Complaint ID": "1", "Product": "Another"},
            # Refused whole.
            {"Complaint ID": ""},
            {"Date received": "13/40/2014"},
            {"Date received": ""},
            {"Date sent to company": "soon"},
            {"Date received": "11/12/2914"},
            raw=["99,too,few\r\n"])
        figures, said = examples.run(programs, "complaints.sh", self.folder, file)
        self.assertEqual(figures, {
            "cases": 8, "channel": {"Web": 6, "Fax": 1},
            "product": {"Mortgage": 5, "Debt \"collection\", [new] \\ old": 1, "Pr\xeat": 1},
            "in_progress": 2, "untimely": 3, "disputed": 3})
        for reason in ("COMPLAINT_ID_MISSING", "FIELD_INVALID", "INSTANT_OUT_OF_RANGE", "COLUMN_COUNT"):
            self.assertIn(reason, said)
        self.assertEqual(examples.run(programs, "complaints.sh", self.folder, file)[0], figures)


if __name__ == "__main__":
    programs = Programs(*sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
