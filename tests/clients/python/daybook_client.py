"""A small client of Daybook, to read and to start one's own from.

    with DaybookClient("127.0.0.1:7430") as daybook:
        daybook.register("ada", name="Ada Lovelace", email="ada@example.org")
        receipt = daybook.record_order("ada", "A-1001", [("TEA", 3, "4.25")])
        daybook.order("ada", "A-1001", at_least=receipt.position_token)

Three habits make a client of Daybook safe and simple:

* Every command has a request id, chosen before the first try and kept for all others. A command whose answer was lost is
  sent again as it is: it is carried out once, and answered as the first time.
* Every call has a deadline. One that passes leaves the outcome open; sending again settles it.
* An answer to a command has a position token. Handed to a read, the read sees at least that command. Handed to
  `follow`, events go on behind it without a gap.

Needs the classes that protoc makes of proto/ (README.md) and python3-grpcio.
"""
import decimal
import uuid

import grpc
from google.rpc import error_details_pb2, status_pb2

from daybook.event.v1 import customers_pb2 as customer_events
from daybook.v1 import customers_pb2, customers_pb2_grpc, ledger_pb2, ledger_pb2_grpc, sales_pb2, sales_pb2_grpc

# These statuses mean "not now": the same request may be sent again.
PASSING = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED}


class Refused(Exception):
    """The server will not do it: `reason` is of the catalogue in daybook/v1/errors.proto, `field` says where."""

    def __init__(self, reason, field, message):
        super().__init__(f"{reason} {field}: {message}")
        self.reason = reason
        self.field = field


class DaybookClient:
    """One connection. Calls may come from any thread; each waits for its answer."""

    def __init__(self, target, call_seconds=5, tries=5, tls_ca=None, token=None):
        """`tls_ca`: PEM bytes of the server's authority, and `token`, for a server that asks for them."""
        if tls_ca is None:
            self._channel = grpc.insecure_channel(target)
        else:
            credentials = grpc.ssl_channel_credentials(root_certificates=tls_ca)
            if token is not None:
                credentials = grpc.composite_channel_credentials(credentials, grpc.access_token_call_credentials(token))
            self._channel = grpc.secure_channel(target, credentials)
        self._call_seconds = call_seconds
        self._tries = tries
        self._customers = customers_pb2_grpc.CustomerServiceStub(self._channel)
        self._sales = sales_pb2_grpc.SalesServiceStub(self._channel)
        self._ledger = ledger_pb2_grpc.LedgerServiceStub(self._channel)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._channel.close()

    def register(self, customer, name="", email="", request_id=None):
        """Makes a customer known; gives the receipt."""
        request = customers_pb2.RegisterCustomerRequest(customer=f"customers/{customer}", display_name=name,
                                                        request_id=request_id or new_request_id())
        if email:
            request.identifiers.add(kind=customer_events.IDENTIFIER_KIND_EMAIL, value=email)
        return self._call(self._customers.RegisterCustomer, request).receipt

    def record_order(self, customer, order_id, lines, currency="GBP", request_id=None):
        """Records an order of (product, units, price as text) lines; gives the receipt."""
        request = sales_pb2.RecordOrderRequest(customer=f"customers/{customer}", order_id=order_id, currency=currency,
                                               request_id=request_id or new_request_id())
        for product, units, price in lines:
            line = request.lines.add(product=product, units=units)
            line.unit_price.units, line.unit_price.scale = scaled(price)
        return self._call(self._sales.RecordOrder, request).receipt

    def order(self, customer, order_id, at_least=""):
        """An order. With `at_least`, a receipt's position token, of a state that has what the receipt is for."""
        request = sales_pb2.GetOrderRequest(order=f"customers/{customer}/orders/{order_id}")
        request.read.at_least = at_least
        return self._call(self._sales.GetOrder, request).order

    def find_by_email(self, email):
        """Customers whom the address may mean, the likeliest first."""
        request = customers_pb2.LookupCustomersRequest()
        request.identifier.kind = customer_events.IDENTIFIER_KIND_EMAIL
        request.identifier.value = email
        return [candidate.customer for candidate in self._call(self._customers.LookupCustomers, request).candidates]

    def follow(self, after="", entities=()):
        """Yields (position token, event) for ever: what is recorded behind `after`, then what comes.

        Keep the token of the last event that you have dealt with; after any interruption `follow(after=token)` goes on
        behind it. All events of one commit have the same token, so deal with them together. Ends with grpc.RpcError.
        """
        request = ledger_pb2.SubscribeRequest(after=after, entities=[f"customers/{entity}" for entity in entities])
        for message in self._ledger.Subscribe(request):
            for event in message.events:
                yield message.position_token, event

    def _call(self, method, request):
        for tries_left in reversed(range(self._tries)):
            try:
                # wait_for_ready: a server that is being restarted is waited for within the deadline.
                return method(request, timeout=self._call_seconds, wait_for_ready=True)
            except grpc.RpcError as error:
                if error.code() not in PASSING:
                    raise refusal(error) from error
                if not tries_left:
                    raise


def new_request_id():
    """An id that nobody else draws. Keep it with the work that it is for, and a crash of the client is no problem."""
    return str(uuid.uuid4())


def scaled(price):
    """ "4.25" → (425, 2)."""
    sign, digits, exponent = decimal.Decimal(price).as_tuple()
    units = int("".join(map(str, digits))) * (-1 if sign else 1)
    return (units * 10**exponent, 0) if exponent > 0 else (units, -exponent)


def refusal(error):
    """What the details of a status say, for a program to act on."""
    reason, field, message = error.code().name, "", error.details()
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        for detail in status_pb2.Status.FromString(value).details:
            info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
            if detail.Unpack(info):
                reason = info.reason
            elif detail.Unpack(bad) and bad.field_violations:
                field = bad.field_violations[0].field
    return Refused(reason, field, message)
