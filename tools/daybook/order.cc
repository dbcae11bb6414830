#include "daybook/v1/loyalty.grpc.pb.h"
#include "daybook/v1/sales.grpc.pb.h"
#include "tools/daybook/nouns.h"
#include "tools/daybook/verb.h"

namespace daybook::tools {

using v1::LoyaltyService;
using v1::SalesService;

namespace {

constexpr char kLineHelp[] =
    "product=A,units=2,unit_price=1.50[,name=..][,category=..]; once for every line";

void AddWrites(CLI::App& noun, Cli& cli) {
  auto record = NewVerb<SalesService>(cli, noun, "record", "Record a completed order",
                                      &SalesService::Stub::RecordOrder);
  record.Name("customer", "customers")
      .Required("order_id", "Id of the order, unique in the customer")
      .Required("--currency", "ISO 4217")
      .Elements("--line", "lines", kLineHelp)
      .Elements("--tender", "tenders", "kind=card,amount=3.00 GBP")
      .Mutation();
  record.Call();

  auto cancel = NewVerb<SalesService>(cli, noun, "cancel", "Undo what is left of an order",
                                      &SalesService::Stub::CancelOrder);
  cancel.Child("order", "orders").Required("--reason", "A code").Mutation();
  cancel.Call();

  auto give_back = NewVerb<SalesService>(cli, noun, "return", "Take goods back",
                                         &SalesService::Stub::RecordReturn);
  give_back.Name("customer", "customers")
      .Required("return_id", "Id of the return, unique in the customer")
      .Elements("--line", "lines",
                "product=A,unit_price=1.50,units=1 or order_id=O,order_line=2,units=1")
      .Field("--reason", "A code")
      .Mutation();
  give_back.Call();

  auto refund = NewVerb<SalesService>(cli, noun, "refund", "Record that money was paid back",
                                      &SalesService::Stub::IssueRefund);
  refund.Name("customer", "customers")
      .Required("refund_id", "Id of the refund, unique in the customer")
      .Required("--amount", "As in \"2.50 GBP\"")
      .Required("--tender", "How it was paid: cash, card, ...")
      .Field("--order", "Id of the order that it is for", "order_id")
      .Field("--return", "Id of the return that it is for", "return_id")
      .Mutation();
  refund.Call();
}

}  // namespace

void AddOrder(CLI::App& app, Cli& cli) {
  CLI::App& noun = AddNoun(app, "order", "What customers bought and gave back");
  AddWrites(noun, cli);

  auto show = NewVerb<SalesService>(cli, noun, "show", "One order with what came back of it",
                                    &SalesService::Stub::GetOrder);
  show.Child("order", "orders").Read();
  show.Call();

  auto list = NewVerb<SalesService>(cli, noun, "list", "A customer's orders, newest first",
                                    &SalesService::Stub::ListOrders);
  list.Name("customer", "customers").Read();
  list.List("orders", {"name", "occurred_at", "total", "refunded", "cancelled"});

  auto summary = NewVerb<SalesService>(cli, noun, "summary", "Totals over all customers",
                                       &SalesService::Stub::GetSalesSummary);
  summary.ReadFreshness();
  summary.Call();

  auto quote =
      NewVerb<LoyaltyService>(cli, noun, "quote", "What an order would earn; records nothing",
                              &LoyaltyService::Stub::QuoteOrder);
  // An order has an id; one that is only asked about need not be given one.
  quote.draft()->Add("--order-id", "order.order_id", "quote");
  quote.NameOption("customer", "order.customer", "customers", true)
      .Required("--currency", "ISO 4217", "order.currency")
      .Elements("--line", "order.lines", kLineHelp)
      .Field("--order-id", "Id that the order would have", "order.order_id")
      .Field("--occurred-at", "When it would happen; else now", "order.provenance.occurred_at");
  quote.Call();
}

}  // namespace daybook::tools
