"""The half year of a real shop: where its file is, and what must come out of it."""
from . import examples
from .shop import PROGRAMME
from .stubs import ledger_pb2, loyalty_pb2, sales_pb2

EXAMPLES = examples.EXAMPLES
FILE = "online-retail-2010-12-to-2011-05.csv.zst"

# Computed twice, independently of Daybook.
IMPORT = {"lines_read": 209029, "refused_customer_missing": 59976, "refused_other": 0}
SALES = {"orders": 7410, "order_lines": 145463, "order_amount_minor": 333259196, "returns": 1588, "return_lines": 3590,
         "return_units": 122496, "unmatched_units": 19946, "customers": 2767, "customers_with_orders": 2718}
POINTS = {"points_earned": 3275159, "points_clawed_back": 149248, "points_outstanding": 3125911,
          "customers_with_points": 2712}
HIGHEST = [["14646", 110154], ["18102", 64641], ["17450", 55761], ["12415", 49940], ["14156", 41203]]
ALL_GIVEN_BACK = ("customers/12346", 77184)
LAPSED_BY_DECEMBER, LEFT_IN_DECEMBER = 115841, 3010070


def data_file():
    """The shop's file; None if this machine does not have it."""
    return examples.data_file(FILE)


def figures(asking):
    """The figures of SALES, POINTS and HIGHEST, asked of a server."""
    summary = asking.sales.GetSalesSummary(sales_pb2.GetSalesSummaryRequest(), timeout=60)
    found = {key: getattr(summary, key) for key in SALES if key != "order_amount_minor"}
    found["order_amount_minor"] = sum(total.order_amount_minor for total in summary.amounts)
    balances = asking.balances()
    left = {name.removeprefix("customers/"): b.active + b.pending for name, b in balances.items()}
    found["points_earned"] = sum(b.earned for b in balances.values())
    found["points_clawed_back"] = sum(b.clawed_back for b in balances.values())
    found["points_outstanding"] = sum(left.values())
    found["customers_with_points"] = sum(points > 0 for points in left.values())
    highest = sorted(left.items(), key=lambda item: (-item[1], item[0]))
    found["highest"] = [list(item) for item in highest[:len(HIGHEST)]]
    return found


WANTED_FIGURES = {**SALES, **POINTS, "highest": HIGHEST}


def balance(asking, customer):
    request = loyalty_pb2.GetBalanceRequest(customer=customer, programme=PROGRAMME)
    return asking.loyalty.GetBalance(request, timeout=60).balance


def ends(asking):
    """Last sequence of every partition: grows with anything that is recorded."""
    ledger = asking.ledger.GetLedger(ledger_pb2.GetLedgerRequest(), timeout=60)
    return [partition.last_sequence for partition in ledger.partitions]


def wait_for_events(asking, wanted):
    """Returns once the ledger has so many events."""
    seen = 0
    stream = asking.ledger.Subscribe(ledger_pb2.SubscribeRequest(), timeout=120)
    for message in stream:
        seen += len(message.events)
        if seen >= wanted:
            stream.cancel()
            return
    raise AssertionError(f"the subscription ended after {seen} events")
