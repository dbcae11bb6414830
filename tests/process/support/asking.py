"""Questions to a server, and what must hold between the answers and a book of promises."""
import collections
import time

import grpc

from .shop import PROGRAMME
from .stubs import (ledger_pb2_grpc, loyalty_pb2, loyalty_pb2_grpc, policies_pb2_grpc, sales_pb2, sales_pb2_grpc, views_pb2,
                    views_pb2_grpc)

CALL_SECONDS = 120
BUILD_SECONDS = 120


class Asking:
    """One channel; a context manager."""

    def __init__(self, target):
        self._channel = grpc.insecure_channel(target)
        self.sales = sales_pb2_grpc.SalesServiceStub(self._channel)
        self.loyalty = loyalty_pb2_grpc.LoyaltyServiceStub(self._channel)
        self.policies = policies_pb2_grpc.PolicyServiceStub(self._channel)
        self.ledger = ledger_pb2_grpc.LedgerServiceStub(self._channel)
        self.views = views_pb2_grpc.ViewServiceStub(self._channel)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._channel.close()

    def balances(self):
        """Balance by customer."""
        request = loyalty_pb2.ListBalancesRequest(programme=PROGRAMME, page_size=1000)
        return {b.customer: b for page in self._pages(self.loyalty.ListBalances, request) for b in page.balances}

    def order_names(self, customer):
        request = sales_pb2.ListOrdersRequest(customer=customer, page_size=1000)
        return [order.name for page in self._pages(self.sales.ListOrders, request) for order in page.orders]

    def digests(self):
        """Digest by view, of views that have applied everything."""
        self._await(lambda views: not any(view.lag_commits for view in views))
        return {view.name: self.views.GetViewDigest(views_pb2.GetViewDigestRequest(view=view.name),
                                                    timeout=CALL_SECONDS).digest
                for view in self._list_views()}

    def rebuild(self):
        """Builds all views anew and returns when the new ones serve."""
        self.start_rebuild()
        self._await(lambda views: all(view.state == views_pb2.View.STATE_SERVING for view in views))

    def start_rebuild(self):
        """Begins to build all views anew."""
        self.views.RebuildView(views_pb2.RebuildViewRequest(view="views/-"), timeout=CALL_SECONDS)

    def _list_views(self):
        return self.views.ListViews(views_pb2.ListViewsRequest(), timeout=CALL_SECONDS).views

    def _await(self, done):
        # ListViews is all there is to watch a build by.
        until = time.monotonic() + BUILD_SECONDS
        while not done(self._list_views()):
            if time.monotonic() > until:
                raise AssertionError(f"the views are not done:\n{self._list_views()}")
            time.sleep(0.02)

    @staticmethod
    def _pages(method, request):
        while True:
            page = method(request, timeout=CALL_SECONDS)
            yield page
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token


def check_books(asking, book):
    """Everything promised is there once, nothing else is, and the points add up. Raises AssertionError."""
    orders = collections.defaultdict(list)
    earned, redeemed = collections.Counter(), collections.Counter()
    for request, answer in book.answers(sales_pb2.RecordOrderRequest):
        orders[request.customer].append(answer.order)
        earned[request.customer] += sum(e.points for e in answer.earned)
    for request, answer in book.answers(loyalty_pb2.RedeemPointsRequest):
        redeemed[request.customer] += request.points
        _equal(sum(a.points for a in answer.allocations), request.points, request.request_id)
    balances = asking.balances()
    _equal(sorted(balances), sorted(orders), "customers with an account")
    for customer, balance in balances.items():
        _equal((balance.earned, balance.redeemed), (earned[customer], redeemed[customer]), customer)
        _equal(balance.active, earned[customer] - redeemed[customer], customer)
        _equal(balance.active >= 0, True, customer)
        _equal(sorted(asking.order_names(customer)), sorted(orders[customer]), customer)
    summary = asking.sales.GetSalesSummary(sales_pb2.GetSalesSummaryRequest(), timeout=CALL_SECONDS)
    _equal(summary.orders, len(book.requests(sales_pb2.RecordOrderRequest)), "orders in all")


def check_rebuild(asking):
    """A build from nothing has the same bytes. Raises AssertionError."""
    before = asking.digests()
    asking.rebuild()
    _equal(asking.digests(), before, "digests after a rebuild")


def _equal(found, wanted, what):
    if found != wanted:
        raise AssertionError(f"{what}: {found} instead of {wanted}")
