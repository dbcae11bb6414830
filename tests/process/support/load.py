"""Many calls in flight against a server, and a book of what was promised.

    book = Book()
    run_load(server.target, shop, book, in_flight=64, stop_after=500, then=server.kill)
    ask_again(server.target, book)

`Book.promised` has each request that was acknowledged with the bytes of its answer; `Book.open` those whose outcome the
client does not know. A server that keeps its word gives the promised answers again, for ever.
"""
import asyncio
import collections
import enum

import grpc

from .errors import reason_of
from .stubs import loyalty_pb2, loyalty_pb2_grpc, sales_pb2, sales_pb2_grpc

CALL_SECONDS = 60
# What the caller of an unanswered request may be told; anything else is a refusal, which changed nothing.
UNKNOWN = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED}


class Book:
    def __init__(self):
        self.promised = {}  # request id → (request, answer's bytes)
        self.open = {}      # request id → request
        self.refused = collections.Counter()  # reason → how often

    def promise(self, request, answer):
        """Notes an answer; raises AssertionError if another one had been given before."""
        self.open.pop(request.request_id, None)
        data = answer.SerializeToString(deterministic=True)
        _, before = self.promised.setdefault(request.request_id, (request, data))
        if data != before:
            raise AssertionError(f"another answer to {request.request_id}:\n{type(answer).FromString(before)}\n"
                                 f"is now\n{answer}")

    def requests(self, kind):
        return [request for request, _ in self.promised.values() if isinstance(request, kind)]

    def answers(self, kind):
        """Pairs of request and answer."""
        answer_of = {sales_pb2.RecordOrderRequest: sales_pb2.RecordOrderResponse,
                     loyalty_pb2.RedeemPointsRequest: loyalty_pb2.RedeemPointsResponse}[kind]
        return [(request, answer_of.FromString(data)) for request, data in self.promised.values()
                if isinstance(request, kind)]


class Outcome(enum.Enum):
    ANSWERED = 1
    REFUSED = 2
    UNKNOWN = 3


class Caller:
    """The methods that a load calls, over one asyncio channel."""

    def __init__(self, channel):
        self._methods = {sales_pb2.RecordOrderRequest: sales_pb2_grpc.SalesServiceStub(channel).RecordOrder,
                         loyalty_pb2.RedeemPointsRequest: loyalty_pb2_grpc.LoyaltyServiceStub(channel).RedeemPoints}

    async def call(self, request, book):
        """Sends and writes down what came back."""
        book.open[request.request_id] = request
        try:
            book.promise(request, await self._methods[type(request)](request, timeout=CALL_SECONDS))
            return Outcome.ANSWERED
        except grpc.aio.AioRpcError as error:
            book.refused[reason_of(error) or error.code().name] += 1
            if error.code() in UNKNOWN:
                return Outcome.UNKNOWN
            if error.code() == grpc.StatusCode.INTERNAL:
                raise AssertionError(f"{request.request_id}: {error.details()}") from error
            book.open.pop(request.request_id, None)
            return Outcome.REFUSED


async def _load(target, shop, book, in_flight, stop_after, then):
    goal = len(book.promised) + stop_after
    reached = asyncio.Event()
    async with grpc.aio.insecure_channel(target) as channel:
        caller = Caller(channel)

        async def client():
            # Who strikes does so in the middle of calls: they go on until one has no answer.
            while then is not None or not reached.is_set():
                request = shop.draw()
                # Now and then a client that lost patience asks while its first call is still under way.
                copies = 2 if request.request_id.endswith("7") else 1
                outcomes = await asyncio.gather(*(caller.call(request, book) for _ in range(copies)))
                if Outcome.UNKNOWN in outcomes:
                    if reached.is_set():
                        return
                    raise AssertionError(f"the server went away by itself: {book.refused}")
                if len(book.promised) >= goal:
                    reached.set()

        async def strike():
            await reached.wait()
            if then is not None:
                await asyncio.to_thread(then)

        await asyncio.gather(strike(), *(client() for _ in range(in_flight)))


def run_load(target, shop, book, in_flight=64, stop_after=500, then=None):
    """Keeps `in_flight` calls under way until `stop_after` more are acknowledged, then calls `then` beside them."""
    asyncio.run(_load(target, shop, book, in_flight, stop_after, then))


async def _ask_again(target, book, in_flight):
    async with grpc.aio.insecure_channel(target) as channel:
        caller = Caller(channel)
        left = [(request, True) for request, _ in book.promised.values()]
        left += [(request, False) for request in book.open.values()]

        async def client():
            while left:
                request, promised = left.pop()
                outcome = await caller.call(request, book)
                if outcome == Outcome.UNKNOWN or promised and outcome != Outcome.ANSWERED:
                    raise AssertionError(f"{request.request_id}, promised {promised}: {outcome}, {book.refused}")

        await asyncio.gather(*(client() for _ in range(in_flight)))


def ask_again(target, book, in_flight=64):
    """Sends every promised and every open request again: the promised ones must be answered as before."""
    asyncio.run(_ask_again(target, book, in_flight))
