#!/usr/bin/env python3
"""What a server does with a clock that leaps: goes on by its own reckoning, fires no deadline by it, says so, and believes
it again when it is right or when an operator says so.

    clock_test.py DAYBOOKD DAYBOOK LIBSHIFTED_CLOCK
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

from support.server import Programs, Server

programs = None
library = None

DAY = 24 * 3600

PROGRAMME = """
programme_id = "main"
name = "Points that lapse after a month"
effective_from = 2000-01-01T00:00:00
currency = "GBP"
zone = "Europe/London"
rounding = "half_even"
allocation_order = "soonest_expiry"
shortfall = "debt"
expired_refund = "lapse"
enrol_on_first_order = true
expires_after = { months = 1 }
[[earn_rules]]
rule_id = "pound"
points = 1
per_minor_units = 100
"""


class ClockTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="daybook-clock.")))
        self.shift_file = self.folder / "shift"
        self.shift(0)
        self.server = Server(programs, self.folder / "data",
                             environment={"LD_PRELOAD": str(library), "SHIFTED_CLOCK_FILE": str(self.shift_file)})
        self.addCleanup(self.server.kill)

    def shift(self, seconds):
        """From now on the server's wall clock is off by so much. In place: the server has the file open."""
        with open(self.shift_file, "r+" if self.shift_file.exists() else "w") as file:
            file.write(f"{seconds:<20}")

    def ask(self, *words):
        done = subprocess.run([str(programs.daybook), "--server", self.server.target, "--output", "json", *words],
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines() if line]

    def clock(self):
        return self.ask("clock", "show")[0]

    def order(self, number):
        """Records an order and gives the seconds by which the recorded instant is off."""
        answer = self.ask("order", "record", "customers/ada", f"o-{number}", "--currency", "GBP",
                          "--line", "product=TEA,units=10,unit_price=1.00")[0]
        recorded = answer["receipt"]["recorded_at"]
        parsed = subprocess.run(["date", "--date", recorded, "+%s"], capture_output=True, text=True, check=True)
        return int(parsed.stdout) - time.time()

    def active(self):
        # As of an instant before any lapse, so that only recorded lapses count.
        entries = self.ask("points", "statement", "customers/ada")
        return sum(int(entry.get("points", 0)) for entry in entries)

    def publish(self):
        file = self.folder / "programme.toml"
        file.write_text(PROGRAMME)
        self.ask("programme", "publish", str(file))

    def test_a_clock_that_leaps_to_2099_and_back_while_the_server_runs(self):
        self.server.start()
        self.publish()
        self.assertLess(abs(self.order(1)), 60)
        self.assertFalse(self.clock().get("leapt", False))

        for leap in (73 * 365 * DAY, -10 * 365 * DAY):
            self.shift(leap)
            self.assertTrue(self.clock()["leapt"], leap)
            self.assertLess(abs(self.order(f"leapt-{leap}")), 60, "what is recorded ran away with the clock")
            # Half a minute is many looks of the timers; one second is five.
            time.sleep(1.5)
            self.assertEqual(self.active(), 10 * (2 if leap > 0 else 3), "a deadline fired by a wrong clock")
            self.shift(0)
            self.assertFalse(self.clock().get("leapt", False), "the clock is right again")
        self.assertIn("the clock has leapt", self.server.log)

        # An operator who says that it is right: then what is due fires.
        self.shift(40 * DAY)
        self.assertTrue(self.clock()["leapt"])
        self.ask("clock", "release")
        self.assertFalse(self.clock().get("leapt", False))
        self.assertGreater(self.order("released"), 39 * DAY)
        self.assertEqual(self.active(), 10, "three orders have lapsed, the last has not")
        self.assertEqual(self.server.stop(), 0)

    def test_a_restart_does_not_make_a_leap_good(self):
        self.server.start()
        self.publish()
        self.order(1)
        self.shift(20 * DAY)
        self.assertTrue(self.clock()["leapt"])
        self.server.stop()
        self.server.start()
        self.assertTrue(self.clock()["leapt"], "twenty days are no gap, but this clock was not believed before")
        self.assertLess(abs(self.order(2)), 60)
        self.ask("clock", "release")
        self.server.stop()
        self.server.start()
        self.assertFalse(self.clock().get("leapt", False))
        self.assertEqual(self.server.stop(), 0)

    def test_a_start_far_behind_or_ahead_of_the_last_instant(self):
        self.server.start()
        self.publish()
        self.order(1)
        self.server.stop()
        for shift, believed in ((20 * DAY, True), (40 * DAY, True), (37 * DAY, False), (71 * DAY, False)):
            self.shift(shift)
            self.server.start()
            self.assertEqual(not self.clock().get("leapt", False), believed, shift)
            off = self.order(f"at-{shift}")
            if believed:
                self.assertLess(abs(off - shift), 60)
            else:
                self.assertLess(off, 41 * DAY)
                self.assertGreater(off, -60, "nothing is recorded before what stands before it")
            self.assertEqual(self.server.stop(), 0)


if __name__ == "__main__":
    programs = Programs(*(pathlib.Path(os.path.abspath(path)) for path in sys.argv[1:3]))
    library = os.path.abspath(sys.argv[3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
