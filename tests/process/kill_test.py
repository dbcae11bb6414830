#!/usr/bin/env python3
"""The real server, killed under load again and again: nothing acknowledged is lost, nothing is doubled.

    kill_test.py DAYBOOKD DAYBOOK [--rounds N | --minutes N] [--seed N]
"""
import argparse
import pathlib
import random
import sys
import tempfile
import time
import unittest

from support.asking import Asking, check_books, check_rebuild
from support.load import Book, ask_again, run_load
from support.server import Programs, Server
from support.shop import Shop, programme

IN_FLIGHT = 64
options = None


class KillTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="daybook-kill.")
        self.addCleanup(folder.cleanup)
        # Small segments, so that a kill also meets a change of segments.
        self.server = Server(options.programs, pathlib.Path(folder.name) / "data", "--segment-mb", "8")
        self.addCleanup(self.server.kill)
        self.random = random.Random(options.seed)
        self.shop = Shop(self.random.random())
        self.book = Book()
        self.server.start()
        with Asking(self.server.target) as asking:
            asking.policies.PublishProgramme(programme(), timeout=60)

    def test_killed_under_load_in_a_loop(self):
        rounds, until = 0, time.monotonic() + options.minutes * 60
        while rounds < options.rounds or time.monotonic() < until:
            rounds += 1
            run_load(self.server.target, self.shop, self.book, IN_FLIGHT, stop_after=self.random.randint(50, 600),
                     then=self.server.kill)
            self.server.start()
            ask_again(self.server.target, self.book)
            with Asking(self.server.target) as asking:
                check_books(asking, self.book)
        self.assertFalse(self.book.open)
        with Asking(self.server.target) as asking:
            check_rebuild(asking)
            check_books(asking, self.book)
        print(f"{rounds} kills, {len(self.book.promised)} promises kept, refused: {dict(self.book.refused)}")

    def test_stopped_in_the_middle_of_load(self):
        codes = []
        run_load(self.server.target, self.shop, self.book, IN_FLIGHT, stop_after=300,
                 then=lambda: codes.append(self.server.stop()))
        self.assertEqual(codes, [0], self.server.log)
        self.server.start()
        ask_again(self.server.target, self.book)
        with Asking(self.server.target) as asking:
            check_books(asking, self.book)
            check_rebuild(asking)

    def test_killed_while_the_views_are_built_anew(self):
        run_load(self.server.target, self.shop, self.book, IN_FLIGHT, stop_after=300)
        with Asking(self.server.target) as asking:
            before = asking.digests()
            asking.start_rebuild()
        self.server.kill()
        self.server.start()
        with Asking(self.server.target) as asking:
            self.assertEqual(asking.digests(), before)
            check_rebuild(asking)
            check_books(asking, self.book)


def main():
    global options
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("daybookd")
    parser.add_argument("daybook")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=0, help="go on for so long")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options = parser.parse_args()
    options.programs = Programs(options.daybookd, options.daybook)
    print(f"--seed {options.seed}", flush=True)
    unittest.main(argv=sys.argv[:1], verbosity=2)


if __name__ == "__main__":
    main()
