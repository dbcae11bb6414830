#!/usr/bin/env python3
"""What a server does with a data directory that something happened to: goes on, mends, or refuses and says why.

    damage_test.py DAYBOOKD DAYBOOK
"""
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

from support import server as exits
from support.asking import Asking, check_books, check_rebuild
from support.load import Book, ask_again, run_load
from support.server import DidNotStart, Programs, Server
from support.shop import Shop, programme

programs = None


def last_segment(data):
    """The segment that has the last group: the highest with anything behind its header block."""
    used = [path for path in sorted((data / "ledger" / "segments").iterdir()) if end_of(path) > 4096]
    return used[-1]


def end_of(path):
    """Offset behind the last byte that is not zero."""
    return len(path.read_bytes().rstrip(b"\0"))


def overwrite(path, offset, data):
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(data)


class DamageTest(unittest.TestCase):
    """Every test begins with a copy of one ledger whose server was killed, and of what it had promised."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="daybook-damage.")))
        cls.original = cls.folder / "original"
        cls.earlier = cls.folder / "earlier"
        cls.book, shop = Book(), Shop(seed=7)
        with Server(programs, cls.original) as server:
            with Asking(server.target) as asking:
                asking.policies.PublishProgramme(programme(), timeout=60)
            run_load(server.target, shop, cls.book, stop_after=200)
            server.stop()
            shutil.copytree(cls.original, cls.earlier)
            server.start()
            run_load(server.target, shop, cls.book, stop_after=200)
            with Asking(server.target) as asking:
                cls.digests = asking.digests()
            server.kill()

    def setUp(self):
        self.data = self.folder / self.id().rpartition(".")[2]
        shutil.copytree(self.original, self.data)
        self.server = Server(programs, self.data)
        self.addCleanup(self.server.kill)

    def check_everything_is_there(self):
        self.server.start()
        ask_again(self.server.target, self.book)
        with Asking(self.server.target) as asking:
            self.assertEqual(asking.digests(), self.digests)
            check_books(asking, self.book)

    def check_refuses(self, code, *words):
        with self.assertRaises(DidNotStart) as refused:
            self.server.start()
        self.assertEqual(refused.exception.code, code, refused.exception.log)
        for word in words:
            self.assertIn(word, refused.exception.log)
        return refused.exception.log

    def test_damaged_views_are_built_anew(self):
        for name in ("CURRENT", "MANIFEST-*"):
            with self.subTest(name=name):
                path = next((self.data / "views").glob(name))
                sound = path.read_bytes()
                path.write_bytes(sound[:8] + bytes([sound[8] ^ 0x55]) + sound[9:])
                self.check_everything_is_there()
                self.assertIn("built anew", self.server.log)
                self.server.stop()

    def test_nothing_happened(self):
        self.check_everything_is_there()

    def test_a_torn_tail_is_cut_and_reported(self):
        # The beginning of a group that was never acknowledged.
        segment = last_segment(self.data)
        end = (end_of(segment) + 7) // 8 * 8
        first_group = segment.read_bytes()[4096:4096 + 64]
        overwrite(segment, end, first_group[:4] + os.urandom(300))
        self.check_everything_is_there()
        self.assertIn("torn tail", self.server.log)

    def test_damage_in_the_middle_is_refused(self):
        segment = last_segment(self.data)
        middle = (4096 + end_of(segment)) // 2
        overwrite(segment, middle, bytes(byte ^ 0xff for byte in segment.read_bytes()[middle:middle + 64]))
        # The index has passed the place; without it the log is read from the first group.
        shutil.rmtree(self.data / "ledger" / "index")
        self.check_refuses(exits.DATA_LOSS, "segment", "group", "acknowledged")

    def test_an_end_before_what_was_witnessed_is_refused(self):
        segment = last_segment(self.data)
        end = end_of(segment)
        start = end - (end - 4096) // 4
        overwrite(segment, start, bytes(end - start))
        self.check_refuses(exits.DATA_LOSS, "group")

    def test_a_missing_segment_is_refused(self):
        last_segment(self.data).unlink()
        self.check_refuses(exits.DATA_LOSS, "segment")

    def test_a_deleted_index_does_no_harm(self):
        shutil.rmtree(self.data / "ledger" / "index")
        self.check_everything_is_there()

    def test_deleted_views_are_built_anew(self):
        shutil.rmtree(self.data / "views")
        self.check_everything_is_there()

    def test_views_of_another_ledger_are_dropped_and_built_anew(self):
        other = self.folder / "other"
        with Server(programs, other) as server:
            run_load(server.target, Shop(seed=8), Book(), stop_after=50)
            server.stop()
        shutil.rmtree(self.data / "views")
        shutil.copytree(other / "views", self.data / "views")
        self.check_everything_is_there()
        self.assertIn("another ledger", self.server.log)

    def test_views_ahead_of_the_ledger_are_a_loss(self):
        shutil.rmtree(self.data / "ledger")
        shutil.copytree(self.earlier / "ledger", self.data / "ledger")
        log = self.check_refuses(exits.DATA_LOSS, "group")
        self.assertRegex(log, r"group \d+.* \d+")

    def test_a_missing_vault_is_a_loss(self):
        shutil.rmtree(self.data / "vault")
        self.check_refuses(exits.DATA_LOSS, "vault")

    def test_a_second_server_on_the_same_data_is_refused(self):
        self.server.start()
        second = Server(programs, self.data)
        self.addCleanup(second.kill)
        with self.assertRaises(DidNotStart) as refused:
            second.start()
        self.assertEqual(refused.exception.code, exits.IN_USE, refused.exception.log)
        ask_again(self.server.target, self.book)

    def test_the_same_from_a_copy_of_log_and_vault_alone(self):
        shutil.rmtree(self.data / "views")
        shutil.rmtree(self.data / "ledger" / "index")
        self.check_everything_is_there()
        with Asking(self.server.target) as asking:
            check_rebuild(asking)


if __name__ == "__main__":
    programs = Programs(*sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
