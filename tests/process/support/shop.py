"""A made-up shop's commands from a seed: a programme, orders and redemptions of a few hundred customers."""
import random

from .stubs import loyalty_events_pb2 as loyalty_events
from .stubs import loyalty_pb2, policies_pb2, sales_pb2

PROGRAMME = "programmes/main"


def programme():
    """One point per pound, no expiry, customers take part from their first order on."""
    request = policies_pb2.PublishProgrammeRequest(request_id="programme")
    p = request.programme
    p.programme_id, p.name, p.currency, p.zone = "main", "Points", "GBP", "Europe/London"
    p.effective_from.seconds = 946684800
    p.earn_rules.add(rule_id="pound", points=1, per_minor_units=100)
    p.rounding = loyalty_events.ROUNDING_HALF_EVEN
    p.allocation_order = loyalty_events.ALLOCATION_ORDER_SOONEST_EXPIRY
    p.shortfall = loyalty_events.SHORTFALL_POLICY_DEBT
    p.expired_refund = loyalty_events.EXPIRED_REFUND_POLICY_LAPSE
    p.enrol_on_first_order = True
    return request


class Shop:
    """Draws requests; every one has ids of its own."""

    def __init__(self, seed, customers=300):
        self._random = random.Random(seed)
        self._customers = customers
        self._drawn = 0

    def draw(self):
        self._drawn += 1
        customer = f"customers/c{self._random.randrange(self._customers)}"
        number = f"{self._drawn:07}"
        if self._random.random() < 0.25:
            return loyalty_pb2.RedeemPointsRequest(
                customer=customer, programme=PROGRAMME, redemption_id=f"r{number}",
                points=self._random.randint(1, 60), request_id=f"redeem-{number}")
        order = sales_pb2.RecordOrderRequest(customer=customer, order_id=f"o{number}", currency="GBP",
                                             request_id=f"order-{number}")
        for _ in range(self._random.randint(1, 4)):
            line = order.lines.add(product=f"P{self._random.randrange(50)}", units=self._random.randint(1, 9))
            line.unit_price.units, line.unit_price.scale = self._random.randint(50, 999), 2
        return order
