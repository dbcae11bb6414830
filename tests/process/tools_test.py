#!/usr/bin/env python3
"""The program `daybook` against a real server: what it prints, how it ends, what an import leaves out.

    tools_test.py DAYBOOKD DAYBOOK
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from support.server import Programs, Server

# Codes of `daybook --help`.
REFUSED, USAGE, PARTLY_REFUSED, BROKEN = 1, 2, 4, 5

programs = None


class WithServer(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="daybook-tools.")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.server = Server(programs, cls.folder / "ledger").start()
        cls.addClassCleanup(cls.server.kill)

    def daybook(self, *arguments, code=0, output=subprocess.PIPE):
        """Standard output and standard error."""
        environment = dict(os.environ, DAYBOOK_SERVER=self.server.target)
        done = subprocess.run([programs.daybook, *arguments], env=environment, cwd=self.folder, stdout=output,
                              stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout, done.stderr


class ToolsTest(WithServer):
    def test_output_that_cannot_be_written(self):
        self.daybook("customer", "register", "full", "--kind", "person")
        self.daybook("session", "open", "full", "--from", "test")
        for command in (["customer", "list"], ["--output", "json", "ledger", "history", "tenant"], ["--help"],
                        ["--output", "json", "ledger", "history", "full"], ["subscribe"],
                        ["--output", "json", "subscribe"], ["generate", "--customers", "3", "--orders", "3", "--to",
                                                            "files", str(self.folder)]):
            with self.subTest(command=command), open("/dev/full", "w", encoding="ascii") as full:
                _, errors = self.daybook(*command, code=BROKEN, output=full)
                self.assertIn("daybook: standard output: No space left on device", errors)

    def test_command_lines_that_say_nothing(self):
        for command, wanted in ((["nonsense"], 'unknown command or option "nonsense"'),
                                (["customer", "nonsense"], 'unknown command or option "nonsense"'),
                                (["customer", "show", "--nonsense"], 'unknown command or option "--nonsense"'),
                                (["customer"], "subcommand is required"),
                                (["--server", "", "customer", "list"], "--server: must be host:port")):
            with self.subTest(command=command):
                self.assertIn(wanted, self.daybook(*command, code=USAGE)[1])

    def test_a_refusal_is_told_once(self):
        _, errors = self.daybook("customer", "register", "x" * 500, "--kind", "person", code=REFUSED)
        lines = errors.splitlines()
        self.assertEqual(len(lines), 1, errors)
        self.assertIn("customer", lines[0])

    def test_history_of_a_bare_id(self):
        self.daybook("customer", "register", "bare", "--kind", "person")
        by_id, _ = self.daybook("--output", "json", "ledger", "history", "bare")
        self.assertEqual(json.loads(by_id.splitlines()[0])["entity_id"], "bare")
        self.assertEqual(by_id, self.daybook("--output", "json", "ledger", "history", "customers/bare")[0])
        self.assertEqual(self.daybook("ledger", "history", "tenant")[1], "")

    def test_a_stream_as_json_can_be_gone_on_with_and_shows_gaps(self):
        for number in range(3):
            self.daybook("customer", "register", f"stream{number}", "--kind", "person")
        follow = ["--output", "json", "subscribe", "--until-caught-up"]
        messages = [json.loads(line) for line in self.daybook(*follow)[0].splitlines()]
        last = {}
        for message in messages:
            self.assertNotEqual(message["position_token"], "")
            if message["events"]:
                partition = message["partition"]
                self.assertEqual(message["previous_sequence"], last.get(partition, "0"))
                last[partition] = message["sequence"]
        self.assertEqual([message["caught_up"] for message in messages].count(True), 1)
        self.assertTrue(messages[-1]["caught_up"])
        events = [event["event_id"] for message in messages for event in message["events"]]

        first, told = self.daybook("--output", "json", "subscribe", "--count", "2")
        first = [json.loads(line) for line in first.splitlines()]
        self.assertIn("--after " + first[-1]["position_token"], told)
        rest = self.daybook(*follow, "--after", first[-1]["position_token"])[0]
        parts = first + [json.loads(line) for line in rest.splitlines()]
        self.assertEqual([event["event_id"] for message in parts for event in message["events"]], events)

    def test_the_benchmark_as_json(self):
        for command in (["--output", "json", "bench"], ["bench", "--output", "json"]):
            rows = json.loads(self.daybook(*command, "--quick", "--only", "latency")[0])
            self.assertIn("Ping", [row["name"] for row in rows])


class ImportTest(WithServer):
    """Files that are not as they should be."""

    MAPPING = """source = "{source}"
[time]
value = "{{time}}"
format = "%Y-%m-%d"
[[command]]
make = "record_order"
group_by = "{{no}}"
set.customer = "customers/{{customer}}"
set.order_id = "{{no}}"
set.currency = "GBP"
lines.add_to = "lines"
lines.set.product = "{{product}}"
lines.set.units = "{{units}}"
lines.set.unit_price = "1.00"
"""
    HEADER = "no,customer,time,product,units\n"

    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=self.folder)
        self.addCleanup(folder.cleanup)
        self.here = pathlib.Path(folder.name)
        self.source = self.id().rpartition(".")[2][:64]

    def write(self, name, text):
        path = self.here / name
        path.write_text(text)
        return path

    def bring(self, *files, code=0, options=()):
        """What the import says: its summary, and its words."""
        mapping = self.write("mapping.toml", self.MAPPING.format(source=self.source))
        output, errors = self.daybook("import", "--mapping", mapping, *options, *files, code=code)
        return json.loads(output) if output else None, errors

    def test_a_line_with_an_instant_out_of_range(self):
        file = self.write("orders.csv", self.HEADER + "d1,dates,2011-05-01,A,1\nd1,dates,1700-05-01,B,1\n"
                          "d1,dates,2999-05-01,C,1\nd1,dates,2011-05-02,D,1\n")
        summary, _ = self.bring(file, code=PARTLY_REFUSED)
        self.assertEqual(summary["refused"], {"INSTANT_OUT_OF_RANGE": 2})
        self.assertEqual((summary["accepted"], summary["lines_read"]), (1, 4))
        refused = (self.here / "orders.csv.refused.csv").read_text().splitlines()[1:]
        self.assertEqual([line.removeprefix(str(file)).split(",")[1:4] for line in refused],
                         [[number, "provenance.occurred_at", "INSTANT_OUT_OF_RANGE"] for number in "34"])
        order = json.loads(self.daybook("--output", "json", "order", "show", "dates", "d1")[0])
        self.assertEqual([line["line"]["product"] for line in order["order"]["lines"]], ["A", "D"])

    def test_what_is_wrong_is_said_before_anything_is_sent(self):
        good = self.write("good.csv", self.HEADER + "n1,nobody,2011-05-01,A,1\n")
        twice = self.write("twice.csv", "no,customer,time,product,units,units\nn2,nobody,2011-05-01,A,1,2\n")
        foreign = self.write("foreign.csv", "mine")
        (self.here / "link.csv").symlink_to(good)
        for files, options, wanted in (
                ((good, twice), (), "the header names units more than once"),
                ((good, self.here / "." / "good.csv"), (), "is named twice"),
                ((good, self.here / "link.csv"), (), "is named twice"),
                ((good,), ("--state", self.here / "no/folder/state"), "cannot be written"),
                ((good,), ("--state", self.here), "cannot be written"),
                ((good,), ("--state", foreign), "no state of an import")):
            with self.subTest(wanted=wanted):
                self.assertIn(wanted, self.bring(*files, options=options, code=USAGE)[1])
        self.assertEqual(foreign.read_text(), "mine")
        # Not even a session.
        self.daybook("session", "show", self.source, code=REFUSED)

    def test_a_closed_session(self):
        old = self.write("old.csv", self.HEADER + "s1,closed,2011-05-01,A,1\n")
        new = self.write("new.csv", self.HEADER + "".join(f"s{n},closed,2011-05-02,A,1\n" for n in range(2, 9)))
        self.assertEqual(self.bring(old)[0]["accepted"], 1)
        summary, errors = self.bring(old)
        self.assertEqual(summary["repeated"], 1)
        self.assertEqual(errors.count("another with --session"), 1)
        summary, errors = self.bring(new, code=REFUSED)
        self.assertIsNone(summary)
        self.assertEqual(len(errors.splitlines()), 2, errors)
        self.assertIn("is closed", errors.splitlines()[0])
        self.assertEqual(self.bring(new, options=("--session", "another"))[0]["accepted"], 7)

    def test_a_state_that_is_kept(self):
        good = self.write("good.csv", self.HEADER + "k1,kept,2011-05-01,A,1\n")
        state = self.here / "state"
        self.assertEqual(self.bring(good, options=("--state", state))[0]["accepted"], 1)
        self.assertEqual(sorted(path.name for path in self.here.iterdir()), ["good.csv", "mapping.toml"])


if __name__ == "__main__":
    programs = Programs(*map(os.path.abspath, sys.argv[1:3]))
    unittest.main(argv=sys.argv[:1], verbosity=2)
