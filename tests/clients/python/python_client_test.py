#!/usr/bin/env python3
"""The example client against the real server.

    python_client_test.py DAYBOOKD DAYBOOK
"""
import pathlib
import queue
import sys
import tempfile
import threading
import unittest

import grpc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "process"))
from support.server import Programs, Server
from support import stubs  # makes the classes that the client imports

# pylint: disable=wrong-import-order,wrong-import-position
from daybook.event.v1 import envelope_pb2
from daybook_client import DaybookClient, Refused, scaled

TEA = [("TEA", 3, "4.25")]
SECONDS = 60

programs = None


class Follower(threading.Thread):
    """Puts what a subscription gives into a queue."""

    def __init__(self, client, **options):
        super().__init__(daemon=True)
        self._events = client.follow(**options)
        self._seen = queue.Queue()
        self.start()

    def run(self):
        try:
            for token, event in self._events:
                self._seen.put((token, event))
        except grpc.RpcError:
            pass

    def next(self):
        return self._seen.get(timeout=SECONDS)


class PythonClientTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="daybook-client.")
        self.addCleanup(folder.cleanup)
        self.server = Server(programs, pathlib.Path(folder.name) / "data").start()
        self.addCleanup(self.server.kill)
        self.client = DaybookClient(self.server.target, call_seconds=20)
        self.addCleanup(self.client.__exit__)

    def test_a_customer_an_order_and_a_read_that_sees_it(self):
        self.client.register("ada", name="Ada Lovelace", email="ada@example.org")
        self.assertEqual(self.client.find_by_email("Ada@example.org"), ["customers/ada"])
        receipt = self.client.record_order("ada", "A-1", TEA + [("MILK", 1, "0.5")])
        self.assertTrue(receipt.event_ids)
        order = self.client.order("ada", "A-1", at_least=receipt.position_token)
        self.assertEqual(order.total.minor_units, 1325)
        self.assertEqual([line.line.product for line in order.lines], ["TEA", "MILK"])

    def test_a_refusal_has_a_reason_and_a_field(self):
        for lines, reason, field in (([("TEA", 0, "1")], "FIELD_INVALID", "lines[0].units"),
                                     ([("", 1, "1")], "FIELD_REQUIRED", "lines[0].product")):
            with self.assertRaises(Refused) as refused:
                self.client.record_order("ada", "A-1", lines)
            self.assertEqual((refused.exception.reason, refused.exception.field), (reason, field))
        with self.assertRaises(Refused) as refused:
            self.client.order("ada", "A-1")
        self.assertIn(refused.exception.reason, ("ORDER_UNKNOWN", "CUSTOMER_UNKNOWN"))

    def test_a_lost_answer_is_asked_for_again(self):
        first = self.client.record_order("ada", "A-1", TEA, request_id="job-17")
        self.assertEqual(self.client.record_order("ada", "A-1", TEA, request_id="job-17"), first)
        # The server is killed and comes back while a client is waiting for its answer.
        self.server.kill()
        answers = queue.Queue()
        waiting = threading.Thread(daemon=True, target=lambda: answers.put(
            self.client.record_order("ada", "A-1", TEA, request_id="job-17")))
        waiting.start()
        self.server.start(again_at=self.server.target)
        self.assertEqual(answers.get(timeout=SECONDS), first)
        with self.assertRaises(Refused) as refused:
            self.client.record_order("ada", "A-2", TEA, request_id="job-17")
        self.assertEqual(refused.exception.reason, "REQUEST_ID_REUSED")

    def test_a_deadline_leaves_the_outcome_open_and_asking_again_settles_it(self):
        hasty = DaybookClient(self.server.target, call_seconds=1e-6, tries=2)
        self.addCleanup(hasty.__exit__)
        with self.assertRaises(grpc.RpcError) as late:
            hasty.record_order("ada", "A-1", TEA, request_id="job-1")
        self.assertEqual(late.exception.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        receipt = self.client.record_order("ada", "A-1", TEA, request_id="job-1")
        order = self.client.order("ada", "A-1", at_least=receipt.position_token)
        self.assertEqual(order.total.minor_units, 1275)

    def test_following_goes_on_behind_a_token_without_gap_or_repeat(self):
        self.client.record_order("ada", "A-1", TEA)
        follower = Follower(self.client, entities=["ada"])
        before = [follower.next()[1] for _ in range(2)]
        self.assertEqual([event.type for event in before],
                         [envelope_pb2.EVENT_TYPE_CUSTOMER_REGISTERED, envelope_pb2.EVENT_TYPE_ORDER_COMPLETED])
        self.client.record_order("bob", "B-1", TEA)
        self.client.record_order("ada", "A-2", TEA)
        token, live = follower.next()
        self.assertEqual(live.entity_id, "ada")

        # What happens while nobody follows is there when somebody goes on, also after a kill.
        recorded = [self.client.record_order("ada", f"A-{n}", TEA) for n in range(3, 23)]
        self.server.kill()
        self.server.start(again_at=self.server.target)
        self.client.order("ada", "A-2")  # connected again
        resumed = Follower(self.client, after=token, entities=["ada"])
        seen = [resumed.next()[1].event_id for _ in recorded]
        self.assertEqual(seen, [receipt.event_ids[0] for receipt in recorded])

    def test_prices(self):
        self.assertEqual([scaled(text) for text in ("4.25", "4", "0.005", "4e2")], [(425, 2), (4, 0), (5, 3), (400, 0)])


if __name__ == "__main__":
    programs = Programs(*sys.argv[1:3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
