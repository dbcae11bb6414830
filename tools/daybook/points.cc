#include "daybook/v1/loyalty.grpc.pb.h"
#include "tools/daybook/nouns.h"
#include "tools/daybook/verb.h"

namespace daybook::tools {

using v1::LoyaltyService;

namespace {

constexpr char kProgramme[] = "--programme";

// Every call of this service names a programme; most companies have one.
void Programme(VerbOptions& verb) {
  verb.draft()->Add(kProgramme, "programme", "programmes/main");
  verb.NameOption(kProgramme, "programme", "programmes", false);
}

void AddWrites(CLI::App& noun, Cli& cli) {
  auto enrol = NewVerb<LoyaltyService>(cli, noun, "enrol", "Let a customer take part",
                                       &LoyaltyService::Stub::Enrol);
  enrol.Name("customer", "customers").Mutation();
  Programme(enrol);
  enrol.Call();

  auto redeem = NewVerb<LoyaltyService>(cli, noun, "redeem", "Spend points",
                                        &LoyaltyService::Stub::RedeemPoints);
  redeem.Name("customer", "customers")
      .Required("points", "How many")
      .Required("--redemption-id", "Id of the redemption, unique in the customer")
      .Field("--reference", "What for")
      .Mutation();
  Programme(redeem);
  redeem.Call();

  auto reverse =
      NewVerb<LoyaltyService>(cli, noun, "reverse", "Give the points of a redemption back",
                              &LoyaltyService::Stub::ReverseRedemption);
  reverse.Name("customer", "customers")
      .Required("redemption_id", "The redemption")
      .Field("--points", "How many; else all that is left")
      .Field("--reason", "A code")
      .Mutation();
  Programme(reverse);
  reverse.Call();

  auto adjust = NewVerb<LoyaltyService>(cli, noun, "adjust", "Give or take points by hand",
                                        &LoyaltyService::Stub::AdjustPoints);
  adjust.Name("customer", "customers")
      .Required("--points", "How many; negative takes: --points=-50")
      .Required("--adjustment-id", "Id of the adjustment, unique in the customer")
      .Required("--reason", "A code", "reason.code")
      .Field("--text", "The reason for a person to read", "reason.text")
      .Field("--approved-by", "Who approved it")
      .Flag("--allow-debt", "May go below zero", "allow_debt")
      .Mutation();
  Programme(adjust);
  adjust.Call();

  auto transfer = NewVerb<LoyaltyService>(cli, noun, "transfer", "Give points to another member",
                                          &LoyaltyService::Stub::TransferPoints);
  transfer.Name("customer", "customers")
      .Name("to_customer", "customers")
      .Required("points", "How many")
      .Required("--transfer-id", "Id of the transfer, unique in the customer")
      .Field("--reason", "A code")
      .Mutation();
  Programme(transfer);
  transfer.Call();
}

}  // namespace

void AddPoints(CLI::App& app, Cli& cli) {
  CLI::App& noun = AddNoun(app, "points", "Points: balances, spending, and why");
  AddWrites(noun, cli);

  auto balance = NewVerb<LoyaltyService>(cli, noun, "balance", "One customer's balance",
                                         &LoyaltyService::Stub::GetBalance);
  balance.Name("customer", "customers").Read();
  Programme(balance);
  balance.Call();

  auto balances =
      NewVerb<LoyaltyService>(cli, noun, "balances", "Balances of all accounts of a programme",
                              &LoyaltyService::Stub::ListBalances);
  Programme(balances.Read());
  balances.List("balances",
                {"customer", "active", "pending", "earned", "redeemed", "clawed_back", "expired",
                 "adjusted", "transferred", "in_transit", "next_expiry", "next_expiry_points"});

  auto lots =
      NewVerb<LoyaltyService>(cli, noun, "lots", "Lots that still hold points, first spent first",
                              &LoyaltyService::Stub::ListLots);
  Programme(lots.Name("customer", "customers").Read());
  lots.List("lots", {"lot_id", "remaining", "points", "earned_at", "activates_at", "expires_at",
                     "pending", "order_id"});

  auto statement =
      NewVerb<LoyaltyService>(cli, noun, "statement", "What happened to the points, newest first",
                              &LoyaltyService::Stub::ListStatement);
  Programme(statement.Name("customer", "customers").Read());
  statement.List("entries",
                 {"occurred_at", "type", "points", "balance_after", "reference", "event_id"});

  auto explain =
      NewVerb<LoyaltyService>(cli, noun, "explain", "Why these points: line by line, rule by rule",
                              &LoyaltyService::Stub::ExplainPoints);
  Programme(explain.Child("order", "orders").Read());
  explain.Call();
}

}  // namespace daybook::tools
