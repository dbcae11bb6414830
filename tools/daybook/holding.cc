#include "daybook/v1/holdings.grpc.pb.h"
#include "tools/daybook/nouns.h"
#include "tools/daybook/verb.h"

namespace daybook::tools {

using v1::HoldingService;

void AddHolding(CLI::App& app, Cli& cli) {
  CLI::App& noun = AddNoun(app, "holding", "What customers hold: loans, accounts, contracts");

  auto open = NewVerb<HoldingService>(cli, noun, "open", "A holding begins, or becomes known",
                                      &HoldingService::Stub::OpenHolding);
  open.Name("customer", "customers")
      .Required("holding_id", "Id of the holding, the same for all who have a part in it")
      .Required("--kind", "Kind of product: a code such as housing-loan")
      .Field("--product", "Product code")
      .Field("--role", "primary, joint, guarantor, authorised")
      .Field("--balance", "As in \"-1200.00 EUR\"")
      .Field("--balance-at", "When it was that", "balance_at")
      .Field("--ends-on", "Day on which it is to end, YYYY-MM-DD", "ends_on")
      .Mutation();
  open.Call();

  auto change = NewVerb<HoldingService>(cli, noun, "change", "Something about it is different",
                                        &HoldingService::Stub::ChangeHolding);
  change.Name("customer", "customers")
      .Required("holding_id", "Id of the holding")
      .Field("--product", "Product code")
      .Field("--role", "primary, joint, guarantor, authorised")
      .Field("--balance", "As in \"-1200.00 EUR\"")
      .Field("--balance-at", "When it was that", "balance_at")
      .Field("--ends-on", "Day on which it is to end, YYYY-MM-DD", "ends_on")
      .Field("--reason", "Why: a code")
      .Mutation();
  change.Call();

  auto close = NewVerb<HoldingService>(cli, noun, "close", "It is over",
                                       &HoldingService::Stub::CloseHolding);
  close.Name("customer", "customers")
      .Required("holding_id", "Id of the holding")
      .Field("--reason", "Why: a code")
      .Mutation();
  close.Call();

  auto list = NewVerb<HoldingService>(cli, noun, "list", "A customer's holdings",
                                      &HoldingService::Stub::ListHoldings);
  list.Name("customer", "customers")
      .Flag("--include-closed", "Also those that are over", "include_closed")
      .Read();
  list.List("holdings", {"name", "kind", "product", "role", "balance", "balance_at", "ends_on",
                         "opened_at", "closed_at"});

  auto summary = NewVerb<HoldingService>(cli, noun, "summary",
                                         "Counts over all customers, by kind and pair of kinds",
                                         &HoldingService::Stub::GetHoldingSummary);
  summary.ReadFreshness();
  summary.Call();
}

}  // namespace daybook::tools
