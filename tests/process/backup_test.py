#!/usr/bin/env python3
"""What operators do with a ledger: verify it, back it up while it works, restore it, recover it.

    backup_test.py DAYBOOKD DAYBOOK
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

import grpc

from support import server as exits
from support.asking import Asking
from support.errors import reason_of
from support.load import Book, ask_again, run_load
from support.server import DidNotStart, Programs, Server
from support.shop import Shop, programme
from support.stubs import common_pb2, ledger_pb2, sales_pb2

# Codes of `daybook --help`.
OK, REFUSED, USAGE, BROKEN, DAMAGED = 0, 1, 2, 5, 6

programs = None


def flipped(data, offset):
    """With 16 other bytes there: more than lie between two groups."""
    return data[:offset] + bytes(byte ^ 0x5a for byte in data[offset:offset + 16]) + data[offset + 16:]


class OperatorTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="daybook-backup.")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.data = self.folder / "data"
        self.backups = self.folder / "backups"
        self.server = Server(programs, self.data, "--segment-mb", "8", "--backup-dir", str(self.backups))
        self.addCleanup(self.server.kill)
        self.book, self.shop = Book(), Shop(seed=11)
        self.server.start()
        with Asking(self.server.target) as asking:
            asking.policies.PublishProgramme(programme(), timeout=60)

    def daybook(self, *arguments, code=OK):
        """What it printed, as JSON."""
        done = subprocess.run([programs.daybook, "--output", "json", *map(str, arguments)],
                              env=dict(os.environ, DAYBOOK_SERVER=self.server.target), capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        try:
            return json.loads(done.stdout)
        except ValueError:
            return done.stderr

    def verify(self, directory, code=OK):
        return self.daybook("ledger", "verify", "--data-dir", directory, "--master-key",
                            self.data / "vault" / "master.key", code=code)

    def restore(self, backup, target, *options, code=OK):
        return self.daybook("ledger", "restore", self.backups / backup, "--data-dir", target, "--master-key",
                            self.data / "vault" / "master.key", *options, code=code)

    def load(self, commands, **options):
        run_load(self.server.target, self.shop, self.book, stop_after=commands, **options)

    def restored(self, target):
        server = Server(programs, target, "--segment-mb", "8")
        self.addCleanup(server.kill)
        return server.start()

    def test_a_real_ledger_is_sound_and_counted(self):
        self.load(300)
        self.assertIn("locked", self.verify(self.data, code=REFUSED))
        self.server.stop()
        report = self.verify(self.data)
        self.assertTrue(report["sound"], report)
        self.assertEqual(report["not_checked"], [])
        self.assertEqual(set(report["checked"]), {"identity", "segments", "records", "requests", "events", "keys",
                                                  "vault", "index", "witness", "views"})
        stats = self.daybook("ledger", "stats", "--data-dir", self.data)
        self.assertEqual(stats, report["figures"])
        self.assertGreaterEqual(int(stats["requests"]), 300)

    def test_damage_ends_in_its_own_code_and_is_named(self):
        self.load(100)
        self.server.stop()
        segment = self.data / "ledger" / "segments" / "0000000000000001.segment"
        # In the vault: the second key, which was synced long ago.
        for path, offset, check in ((segment, 20000, "segments"),
                                    (self.data / "vault" / "vault", 4096 + 128 + 60, "vault"),
                                    (self.data / "ledger" / "ledger.id", 40, "identity")):
            with self.subTest(path=path.name):
                sound = path.read_bytes()
                path.write_bytes(flipped(sound, offset))
                report = self.verify(self.data, code=DAMAGED)
                self.assertEqual(report["findings"][0]["check"], check)
                self.assertIn(path.name, report["findings"][0]["file"])
                self.assertNotEqual(report["findings"][0]["advice"], "")
                path.write_bytes(sound)
        self.verify(self.folder / "nothing", code=USAGE)
        self.verify(self.data)

    def test_a_backup_under_load_has_every_promise_made_before(self):
        self.load(200)
        before, made = Book(), []
        before.promised = dict(self.book.promised)

        def back_up_and_kill():
            made.append(self.daybook("ledger", "backup", "night"))
            self.server.kill()
        self.load(100, then=back_up_and_kill)
        self.assertEqual(made[0]["state"], "STATE_FINISHED")
        self.assertTrue(self.verify(self.backups / "night")["sound"])
        self.assertEqual(self.restore("night", self.folder / "new")["epoch"], 2)
        server = self.restored(self.folder / "new")
        ask_again(server.target, before)
        server.stop()
        self.assertTrue(self.verify(self.folder / "new")["sound"])

    def test_a_second_backup_copies_what_is_new(self):
        self.load(200)
        first = self.daybook("ledger", "backup", "night")
        self.load(10)
        second = self.daybook("ledger", "backup", "night")
        self.assertEqual(first["bytes_copied"], first["bytes_total"])
        self.assertGreater(int(second["last_group"]), int(first["last_group"]))
        self.assertEqual(second["bytes_done"], second["bytes_total"])
        self.assertTrue(self.verify(self.backups / "night")["sound"])
        for name in ("../night", "", "a" * 65, ".hidden"):
            self.assertIn("backup", self.daybook("ledger", "backup", name, code=USAGE if name == "" else REFUSED))

    def test_a_killed_backup_is_unfinished_and_is_gone_on_with(self):
        self.load(300)
        self.server.stop()
        to = self.backups / "offline"
        command = [programs.daybook, "ledger", "backup", "--data-dir", str(self.data), "--to", str(to)]
        process = subprocess.Popen(command)
        while not (to / "unfinished").exists():
            self.assertIsNone(process.poll(), "it was over before it could be killed")
        process.send_signal(signal.SIGKILL)
        process.wait()
        if not (to / "manifest.json").exists():
            self.assertIn("unfinished", self.restore("offline", self.folder / "new", code=USAGE))
            self.assertEqual(self.verify(to, code=DAMAGED)["findings"][0]["severity"], "SEVERITY_DAMAGE")
        self.daybook("ledger", "backup", "--data-dir", self.data, "--to", to)
        self.assertTrue(self.verify(to)["sound"])
        self.restore("offline", self.folder / "new")
        check = self.restored(self.folder / "new")
        ask_again(check.target, self.book)

    def test_yesterdays_backup_ends_the_epoch_of_what_came_after(self):
        self.load(100)
        with Asking(self.server.target) as asking:
            kept = asking.ledger.GetLedger(ledger_pb2.GetLedgerRequest(), timeout=60).position_token
        self.daybook("ledger", "backup", "yesterday")
        self.load(100)
        with Asking(self.server.target) as asking:
            lost = asking.ledger.GetLedger(ledger_pb2.GetLedgerRequest(), timeout=60).position_token
        self.server.kill()
        self.restore("yesterday", self.data, code=REFUSED)
        self.restore("yesterday", self.folder / "new", "--erasures-from", self.data)
        server = self.restored(self.folder / "new")
        # Others go on from there: as many commits, of another epoch.
        run_load(server.target, Shop(seed=12), Book(), stop_after=200)
        with Asking(server.target) as asking:
            def read(token):
                options = common_pb2.ReadOptions(at_least=token)
                asking.sales.GetSalesSummary(sales_pb2.GetSalesSummaryRequest(read=options), timeout=60)

            def follow(token):
                next(iter(asking.ledger.Subscribe(ledger_pb2.SubscribeRequest(after=token), timeout=60)))

            read(kept)
            follow(kept)
            for ask in (read, follow):
                with self.assertRaises(grpc.RpcError) as refused:
                    ask(lost)
                self.assertEqual(reason_of(refused.exception), "EPOCH_ENDED")
                self.assertIn("commits up to", refused.exception.details())

    def test_recover_says_what_is_lost_and_loses_no_more(self):
        self.load(300)
        self.server.kill()
        segment = self.data / "ledger" / "segments" / "0000000000000001.segment"
        damaged = segment.read_bytes()
        damaged = flipped(damaged, len(damaged.rstrip(b"\0")) * 3 // 4)
        segment.write_bytes(damaged)
        shutil.rmtree(self.data / "ledger" / "index")
        with self.assertRaises(DidNotStart) as refused:
            self.server.start()
        self.assertEqual(refused.exception.code, exits.DATA_LOSS)
        planned = self.daybook("ledger", "recover", "--data-dir", self.data, code=DAMAGED)
        self.assertEqual(planned["set_aside"], "")
        with self.assertRaises(DidNotStart):
            self.server.start()
        done = self.daybook("ledger", "recover", "--data-dir", self.data, "--accept-loss")
        self.assertEqual(done["epoch"], 2)
        aside = pathlib.Path(done["set_aside"])
        self.assertEqual((aside / "segments" / segment.name).read_bytes(), damaged)
        lost = {request["request_id"] for line in (aside / "lost.jsonl").read_text().splitlines()
                for request in json.loads(line).get("requests", [])}
        self.assertTrue(self.verify(self.data)["sound"])
        self.server.start()
        kept = Book()
        kept.promised = {key: promise for key, promise in self.book.promised.items() if key not in lost}
        self.assertGreater(len(kept.promised), 100)
        # What cannot be read any more is not named; all else is there, with the answers of then.
        unreadable = sum(int(entry["last_known_sequence"]) - int(entry["kept_sequence"]) - int(entry["readable"])
                         for entry in done["lost"])
        changed = 0
        for request_id, promise in kept.promised.items():
            one = Book()
            one.promised = {request_id: promise}
            try:
                ask_again(self.server.target, one)
            except AssertionError:
                changed += 1
        # Of the damaged group's commits those that nothing of their partition follows leave no gap to be counted by; a group
        # has no more commits than calls were in flight.
        self.assertLessEqual(changed, max(unreadable, 64))
        self.assertEqual(self.daybook("ledger", "info")["epoch"], 2)


if __name__ == "__main__":
    programs = Programs(*sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
