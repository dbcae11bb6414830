// Goal: whatever the order of readings, owners, claims and decisions, an asset answers as a plain
// list of facts does, now and as of past instants; money and claims of a warranty are never
// exceeded.
//
// Random sequences from seeds against a naive model: facts in lists, every question answered by
// going over all of them.
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <vector>

#include "daybook/v1/policies.pb.h"
#include "daybook/v1/warranty.pb.h"
#include "fmt/format.h"
#include "projections/customers/customers.h"
#include "projections/engine/calendar.h"
#include "projections/engine/validation.h"
#include "projections/registry/registry.h"
#include "projections/warranty/views.h"
#include "projections/warranty/warranty.h"
#include "tests/projections/fakes.h"

namespace daybook::projections::testing {
namespace {

namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

constexpr int64_t kDay = 86'400'000'000;
constexpr char kAsset[] = "assets/DRILL:1";
constexpr int kDays = 365;       // of cover, and the anniversary
constexpr int64_t kUsage = 500;  // limit
constexpr int64_t kAmount = 1000;
constexpr uint32_t kClaims = 3;
constexpr int kReport = 20;
constexpr int kDuplicate = 3;

// Days since 2024-01-01, when the asset is sold and its warranty begins.
struct Model {
  struct Claim {
    std::string component;
    int failed = 0;
    v1::ClaimState state = v1::CLAIM_STATE_SUBMITTED;
    std::string verdict;  // empty: covered
    int64_t payable = 0;
    bool goodwill = false;
  };
  int64_t usage = 0;
  std::string owner = "ann";
  bool transferred = false;
  int ended = 1 << 20;  // day
  std::string ended_because;
  std::map<std::string, Claim> claims;

  int64_t Spent() const {
    int64_t spent = 0;
    for (const auto& [id, claim] : claims)
      if (claim.state == v1::CLAIM_STATE_SETTLED && !claim.goodwill) spent += claim.payable;
    return spent;
  }
  uint32_t Settled() const {
    uint32_t settled = 0;
    for (const auto& [id, claim] : claims)
      settled += claim.state == v1::CLAIM_STATE_SETTLED && !claim.goodwill ? 1 : 0;
    return settled;
  }
  // Approved and not settled.
  int64_t PromisedAmount() const {
    int64_t promised = 0;
    for (const auto& [id, claim] : claims)
      if (claim.state == v1::CLAIM_STATE_APPROVED && !claim.goodwill) promised += claim.payable;
    return promised;
  }
  uint32_t Promised() const {
    uint32_t promised = 0;
    for (const auto& [id, claim] : claims)
      promised += claim.state == v1::CLAIM_STATE_APPROVED && !claim.goodwill ? 1 : 0;
    return promised;
  }
  std::string Verdict(const std::string& component, int failed, int64_t reading, int today) const {
    // At the first instant of the day.
    if (ended < failed) return ended_because;
    if (failed > kDays) return "TIME_ENDED";
    if (component == "BIT") return "EXCLUDED";
    if (reading > kUsage) return "USAGE_EXCEEDED";
    if (today - failed > kReport) return "REPORTED_TOO_LATE";
    return "";
  }
  std::string Duplicate(const std::string& component, int failed) const {
    for (const auto& [id, claim] : claims) {
      if (claim.state == v1::CLAIM_STATE_WITHDRAWN || claim.state == v1::CLAIM_STATE_DENIED)
        continue;
      if (claim.component == component && std::abs(claim.failed - failed) <= kDuplicate) return id;
    }
    return "";
  }
};

class Run {
 public:
  explicit Run(uint64_t seed)
      : random_(seed),
        world_(DomainsOf(MakeRegistryDomain(), MakeCustomersDomain(), MakeWarrantyDomain())) {
    Publish();
    v1::RegisterAssetRequest asset;
    asset.set_asset(kAsset);
    asset.set_owner("customers/ann");
    SetDate(0, asset.mutable_sold_on());
    REQUIRE(Outcome(world_.Do(asset)) == "OK");
    v1::IssueWarrantyRequest issue;
    issue.set_asset(kAsset);
    issue.set_warranty_id("w");
    issue.set_terms("warrantyTerms/t");
    REQUIRE(Outcome(world_.Do(issue)) == "OK");
  }

  void Play() {
    for (int step = 0; step < 60; ++step) {
      if (Below(3) == 0) today_ += Below(25);
      world_.SetNow({At("2024-01-01T12:00:00Z").micros + today_ * kDay});
      world_.FireDue();
      if (model_.ended_because.empty() && today_ > kDays) {
        model_.ended = kDays + 1;  // its first instant
        model_.ended_because = "TIME_ENDED";
      }
      Step();
      CheckStatus();
    }
    CHECK(world_.Dump("warranties") == world_.DumpRebuilt("warranties"));
    CHECK(world_.Dump("claim_board") == world_.DumpRebuilt("claim_board"));
    CHECK(world_.Dump("customer_assets") == world_.DumpRebuilt("customer_assets"));
    CHECK(world_.Dump("") == world_.DumpRebuilt(""));
  }

 private:
  int Below(int bound) { return static_cast<int>(random_() % static_cast<uint64_t>(bound)); }

  static void SetDate(int day, ev::LocalDate* date) {
    static const Zone utc = *Zone::Load("UTC");
    const LocalDate local = utc.DateAt({At("2024-01-01T12:00:00Z").micros + day * kDay});
    date->set_year(local.year);
    date->set_month(local.month);
    date->set_day(local.day);
  }

  void Publish() {
    v1::PublishWarrantyTermsRequest request;
    auto& terms = *request.mutable_terms();
    terms.set_terms_id("t");
    terms.set_name("A year");
    *terms.mutable_effective_from() = ToProto({0});
    terms.set_kind(ev::WARRANTY_KIND_MANUFACTURER);
    terms.set_currency("EUR");
    terms.set_zone("UTC");
    terms.set_start_basis(ev::START_BASIS_PURCHASE);
    terms.set_report_within_days(kReport);
    terms.set_transferable(true);
    terms.set_max_claims(kClaims);
    terms.set_max_amount_minor(kAmount);
    terms.set_approval_limit_minor(300);
    terms.set_duplicate_within_days(kDuplicate);
    auto* all = terms.add_covers();
    all->mutable_period()->set_days(kDays);
    all->set_basis_points(10'000);
    all->set_usage_limit(kUsage);
    auto* excluded = terms.add_covers();
    excluded->set_component("BIT");
    excluded->set_excluded(true);
    REQUIRE(Outcome(world_.Do(request)) == "OK");
  }

  void Step() {
    switch (Below(8)) {
      case 0:
        return Read();
      case 1:
        return ChangeOwner();
      case 2:
      case 3:
        return Submit();
      case 4:
      case 5:
        return Decide();
      case 6:
        return Settle();
      default:
        return Withdraw();
    }
  }

  void Read() {
    v1::ChangeAssetRequest request;
    request.set_asset(kAsset);
    request.set_kind(ev::AssetChanged::KIND_USAGE);
    request.set_usage(Below(700));
    v1::ChangeAssetResponse response;
    REQUIRE(Outcome(world_.Do(request, &response)) == "OK");
    CHECK(response.usage_anomaly() == (request.usage() < model_.usage));
    model_.usage = std::max(model_.usage, request.usage());
  }

  void ChangeOwner() {
    if (Below(4) != 0) return;
    v1::ChangeAssetRequest request;
    request.set_asset(kAsset);
    request.set_kind(ev::AssetChanged::KIND_OWNER);
    const std::string owner = fmt::format("o{}", Below(3));
    request.set_owner("customers/" + owner);
    REQUIRE(Outcome(world_.Do(request)) == "OK");
    if (owner == model_.owner) return;
    if (model_.ended_because.empty() && model_.transferred) {
      model_.ended = today_;
      model_.ended_because = "NOT_TRANSFERABLE";
    }
    model_.owner = owner;
    model_.transferred = true;
    for (int i = 0; i < 3; ++i) {
      v1::ListCustomerAssetsRequest list;
      list.set_customer(fmt::format("customers/o{}", i));
      v1::ListCustomerAssetsResponse owned;
      REQUIRE(Outcome(world_.Ask(list, &owned)) == "OK");
      CHECK(owned.assets_size() == (model_.owner == fmt::format("o{}", i) ? 1 : 0));
    }
  }

  void Submit() {
    v1::SubmitClaimRequest request;
    request.set_asset(kAsset);
    request.set_claim_id(fmt::format("c{}", Below(40)));
    request.set_component(std::vector<std::string>{"BIT", "CHUCK", "CORD"}[Below(3)]);
    const int failed = std::max(0, today_ - Below(30));
    SetDate(failed, request.mutable_failed_on());
    int64_t reading = model_.usage;
    if (Below(2) == 0) {
      reading = Below(600);
      request.set_usage(reading);
    }
    v1::SubmitClaimResponse response;
    const std::string outcome = Outcome(world_.Do(request, &response));
    if (model_.claims.contains(request.claim_id())) {
      CHECK(outcome == "CLAIM_EXISTS claim_id");
      return;
    }
    if (!model_.Duplicate(request.component(), failed).empty()) {
      CHECK(outcome == "CLAIM_DUPLICATE failed_on");
      return;
    }
    REQUIRE(outcome == "OK");
    Model::Claim claim;
    claim.component = request.component();
    claim.failed = failed;
    claim.verdict = model_.Verdict(request.component(), failed, reading, today_);
    CHECK(response.verdict().reason() == claim.verdict);
    CHECK(response.verdict().covered() == claim.verdict.empty());
    model_.claims[request.claim_id()] = claim;
    model_.usage = std::max(model_.usage, request.has_usage() ? reading : 0);
  }

  std::string AnyClaim() { return fmt::format("c{}", Below(40)); }

  void Decide() {
    v1::DecideClaimRequest request;
    request.set_asset(kAsset);
    request.set_claim_id(AnyClaim());
    const bool goodwill = Below(5) == 0;
    const bool denied = Below(4) == 0;
    request.set_outcome(denied     ? ev::CLAIM_OUTCOME_DENIED
                        : goodwill ? ev::CLAIM_OUTCOME_GOODWILL
                                   : ev::CLAIM_OUTCOME_APPROVED);
    request.set_decided_by("eve");
    request.set_reason("R");
    const bool second = Below(2) == 0;
    if (second) request.set_approved_by("bob");
    const int64_t amount = Below(600);
    if (!denied) {
      request.set_currency("EUR");
      auto* line = request.add_lines();
      line->set_code("ALL");
      line->set_claimed_minor(amount);
      line->set_accepted_minor(amount);
    }
    const std::string outcome = Outcome(world_.Do(request));
    auto found = model_.claims.find(request.claim_id());
    if (found == model_.claims.end()) {
      CHECK(outcome == "CLAIM_UNKNOWN claim_id");
      return;
    }
    Model::Claim& claim = found->second;
    if (claim.state != v1::CLAIM_STATE_SUBMITTED) {
      CHECK(outcome == "CLAIM_STATE_INVALID claim_id");
    } else if (denied) {
      CHECK(outcome == "OK");
      claim.state = v1::CLAIM_STATE_DENIED;
    } else if (!goodwill && !claim.verdict.empty()) {
      CHECK(outcome == "CLAIM_NOT_COVERED outcome");
    } else if (!goodwill && model_.ended < claim.failed) {
      CHECK(outcome == "CLAIM_NOT_COVERED outcome");
    } else if (!goodwill && model_.Settled() + model_.Promised() >= kClaims) {
      CHECK(outcome == "CLAIM_AMOUNT_EXCEEDED claim_id");
    } else if (!goodwill && amount > kAmount - model_.Spent() - model_.PromisedAmount()) {
      CHECK(outcome == "CLAIM_AMOUNT_EXCEEDED lines");
    } else if ((goodwill || amount > 300) && !second) {
      CHECK(outcome == "APPROVAL_REQUIRED approved_by");
    } else {
      CHECK(outcome == "OK");
      claim.state = v1::CLAIM_STATE_APPROVED;
      claim.payable = amount;
      claim.goodwill = goodwill;
    }
  }

  void Settle() {
    v1::SettleClaimRequest request;
    request.set_asset(kAsset);
    request.set_claim_id(AnyClaim());
    request.set_kind(ev::SETTLEMENT_KIND_REPAIR);
    const std::string outcome = Outcome(world_.Do(request));
    auto found = model_.claims.find(request.claim_id());
    if (found == model_.claims.end()) {
      CHECK(outcome == "CLAIM_UNKNOWN claim_id");
      return;
    }
    Model::Claim& claim = found->second;
    if (claim.state != v1::CLAIM_STATE_APPROVED) {
      CHECK(outcome == "CLAIM_STATE_INVALID claim_id");
      return;
    }
    // What was approved is always paid.
    CHECK(outcome == "OK");
    claim.state = v1::CLAIM_STATE_SETTLED;
    if (!claim.goodwill && model_.ended_because.empty() &&
        (model_.Settled() >= kClaims || model_.Spent() >= kAmount)) {
      model_.ended = today_;
      model_.ended_because = "EXHAUSTED";
    }
  }

  void Withdraw() {
    if (Below(2) == 0) return;
    v1::ChangeClaimRequest request;
    request.set_asset(kAsset);
    request.set_claim_id(AnyClaim());
    request.set_kind(ev::ClaimChanged::KIND_WITHDRAWN);
    const std::string outcome = Outcome(world_.Do(request));
    auto found = model_.claims.find(request.claim_id());
    if (found == model_.claims.end()) {
      CHECK(outcome == "CLAIM_UNKNOWN claim_id");
    } else if (found->second.state == v1::CLAIM_STATE_SUBMITTED ||
               found->second.state == v1::CLAIM_STATE_APPROVED) {
      CHECK(outcome == "OK");
      found->second.state = v1::CLAIM_STATE_WITHDRAWN;
    } else {
      CHECK(outcome == "CLAIM_STATE_INVALID claim_id");
    }
  }

  void CheckStatus() {
    v1::GetWarrantyStatusRequest request;
    request.set_asset(kAsset);
    v1::GetWarrantyStatusResponse response;
    REQUIRE(Outcome(world_.Ask(request, &response)) == "OK");
    REQUIRE(response.warranties_size() == 1);
    const v1::Warranty& warranty = response.warranties(0);
    CHECK(warranty.active() == model_.ended_because.empty());
    CHECK(warranty.reason() == model_.ended_because);
    CHECK(warranty.value_left().minor_units() == kAmount - model_.Spent());
    CHECK(warranty.claims_left() == kClaims - model_.Settled());
    CHECK(response.asset().usage() == model_.usage);
    CHECK(response.asset().owner() == "customers/" + model_.owner);
    std::map<v1::ClaimState, int64_t> by_state;
    for (const auto& [id, claim] : model_.claims) ++by_state[claim.state];
    for (const auto state :
         {v1::CLAIM_STATE_SUBMITTED, v1::CLAIM_STATE_APPROVED, v1::CLAIM_STATE_DENIED}) {
      v1::ListClaimBoardRequest board;
      board.set_state(state);
      v1::ListClaimBoardResponse listed;
      REQUIRE(Outcome(world_.Ask(board, &listed)) == "OK");
      CHECK(listed.total() == by_state[state]);
    }
  }

  std::mt19937_64 random_;
  World world_;
  Model model_;
  int today_ = 0;
};

TEST_CASE("an asset answers as a plain list of facts does") {
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    INFO("seed " << seed);
    Run(seed).Play();
  }
}

}  // namespace
}  // namespace daybook::projections::testing
