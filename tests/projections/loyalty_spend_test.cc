// Goal: points are spent once, from the right lots, and come back where they came from
// (domain.md 5.1 rules 1, 2, 5, 14).
#include <catch2/catch.hpp>
#include <memory>

#include "daybook/event/v1/loyalty.pb.h"
#include "projections/engine/validation.h"
#include "tests/projections/customer_requests.h"
#include "tests/projections/shop.h"

namespace daybook::projections {
namespace {

using testing::Adjust;
using testing::At;
using testing::MainProgramme;
using testing::On;
using testing::Order;
using testing::Outcome;
using testing::Publish;
using testing::Redeem;
using testing::Reverse;
using testing::Shop;
namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;
using Strings = std::vector<std::string>;

ev::ProgrammePublished Expiring(uint32_t months) {
  ev::ProgrammePublished programme = MainProgramme();
  programme.mutable_expires_after()->set_months(months);
  return programme;
}

// Lots A (100, lapses after 31 December) and, earned later, B (100, lapses after 30 June).
std::unique_ptr<Shop> TwoLots(ev::AllocationOrder order) {
  ev::ProgrammePublished programme = Expiring(12);
  programme.set_allocation_order(order);
  auto shop = std::make_unique<Shop>(programme);
  ev::ProgrammePublished shorter = programme;
  *shorter.mutable_effective_from() = ToProto(At("2024-02-01T00:00:00Z"));
  shorter.mutable_expires_after()->set_months(4);
  REQUIRE(shop->Do(Publish(shorter)) == "OK");
  REQUIRE(shop->DoAt("2023-12-31T12:00:00Z", Order("c", "A", {{"p", 1, 10'000}})) == "OK");
  REQUIRE(shop->DoAt("2024-02-29T12:00:00Z", Order("c", "B", {{"p", 1, 10'000}})) == "OK");
  return shop;
}

TEST_CASE("the soonest expiry goes first: redeem 120 of A 100 and B 100, B lapsing sooner") {
  const std::unique_ptr<Shop> owned = TwoLots(ev::ALLOCATION_ORDER_SOONEST_EXPIRY);
  Shop& shop = *owned;
  CHECK(shop.Lots("c") == Strings{"B 100", "A 100"});
  v1::RedeemPointsResponse response;
  REQUIRE(Outcome(shop.world.Do(Redeem("c", "x", 120), &response)) == "OK");
  REQUIRE(response.allocations_size() == 2);
  CHECK(response.allocations(0).points() == 100);
  CHECK(response.allocations(1).points() == 20);
  CHECK(shop.Lots("c") == Strings{"A 80"});
}

TEST_CASE("or the earliest earned, and a change of the order changes no past balance") {
  const std::unique_ptr<Shop> owned = TwoLots(ev::ALLOCATION_ORDER_EARLIEST_EARNED);
  Shop& shop = *owned;
  CHECK(shop.Lots("c") == Strings{"A 100", "B 100"});
  REQUIRE(shop.Do(Redeem("c", "x", 120)) == "OK");
  CHECK(shop.Lots("c") == Strings{"B 80"});
  ev::ProgrammePublished next = Expiring(12);
  *next.mutable_effective_from() = ToProto(shop.world.now());
  REQUIRE(shop.Do(Publish(next)) == "OK");
  CHECK(shop.Lots("c") == Strings{"B 80"});
}

TEST_CASE("earn 100, spend 80, earn 50; when the first lapse 20 go: balance 50, never -30") {
  Shop shop(Expiring(1));
  REQUIRE(shop.DoAt("2024-01-10T12:00:00Z", Order("c", "o1", {{"p", 1, 10'000}})) == "OK");
  REQUIRE(shop.DoAt("2024-01-11T12:00:00Z", Redeem("c", "x", 80)) == "OK");
  REQUIRE(shop.DoAt("2024-02-01T12:00:00Z", Order("c", "o2", {{"p", 1, 5000}})) == "OK");
  CHECK(shop.Active("c") == 70);
  shop.world.SetNow(At("2024-02-11T00:00:00Z"));
  CHECK(shop.Active("c") == 50);
  CHECK(shop.Balance("c").expired() == 20);
  shop.Pass("2024-02-11T00:00:00Z");
  CHECK(shop.Active("c") == 50);
  CHECK(shop.Balance("c").expired() == 20);
  CHECK(shop.BalanceAsOf("c", At("2024-02-10T23:59:59Z")).active() == 70);
}

TEST_CASE("of 20 redemptions of 100 from a balance of 100 one succeeds") {
  Shop shop;
  REQUIRE(shop.Do(Order("c", "o", {{"p", 1, 10'000}})) == "OK");
  int paid = 0;
  for (int i = 0; i < 20; ++i) {
    const std::string outcome = shop.Do(Redeem("c", "x" + std::to_string(i), 100));
    paid += outcome == "OK";
    if (outcome != "OK") CHECK(outcome == "INSUFFICIENT_POINTS points");
  }
  CHECK(paid == 1);
  CHECK(shop.Active("c") == 0);
}

TEST_CASE("redemptions are refused with their reason") {
  Shop shop;
  CHECK(shop.Do(Redeem("c", "x", 1)) == "NOT_ENROLLED programme");
  REQUIRE(shop.Do(Order("c", "o", {{"p", 1, 10'000}})) == "OK");
  CHECK(shop.Do(Redeem("c", "x", 0)) == "FIELD_INVALID points");
  CHECK(shop.Do(Redeem("c", "", 1)) == "FIELD_REQUIRED redemption_id");
  CHECK(shop.Do(Redeem("c", "x", 101)) == "INSUFFICIENT_POINTS points");
  CHECK(shop.Do(Redeem("c", "x", 10)) == "OK");
  CHECK(shop.Do(Redeem("c", "x", 10)) == "REDEMPTION_EXISTS redemption_id");
  v1::RedeemPointsRequest unknown = Redeem("c", "y", 1);
  unknown.set_programme("programmes/none");
  CHECK(shop.Do(unknown) == "PROGRAMME_UNKNOWN programme");
}

TEST_CASE("points cannot be spent before they were earned") {
  Shop shop;
  REQUIRE(shop.Do(On(Order("c", "o1", {{"p", 1, 5000}}), "2023-06-01T00:00:00Z")) == "OK");
  REQUIRE(shop.Do(On(Order("c", "o2", {{"p", 1, 5000}}), "2023-08-01T00:00:00Z")) == "OK");
  CHECK(shop.Do(On(Redeem("c", "x", 51), "2023-07-01T00:00:00Z")) == "INSUFFICIENT_POINTS points");
  CHECK(shop.Do(On(Redeem("c", "x", 50), "2023-07-01T00:00:00Z")) == "OK");
  CHECK(shop.Lots("c") == Strings{"o2 50"});
  CHECK(shop.BalanceAsOf("c", At("2023-07-15T00:00:00Z")).active() == 0);
}

TEST_CASE("a reversal restores the original lots, those taken last first") {
  const std::unique_ptr<Shop> owned = TwoLots(ev::ALLOCATION_ORDER_SOONEST_EXPIRY);
  Shop& shop = *owned;
  REQUIRE(shop.Do(Redeem("c", "x", 120)) == "OK");
  CHECK(shop.Do(Reverse("c", "y")) == "REDEMPTION_UNKNOWN redemption_id");
  CHECK(shop.Do(Reverse("c", "x", 121)) == "REDEMPTION_EXCEEDED points");
  REQUIRE(shop.Do(Reverse("c", "x", 50)) == "OK");
  CHECK(shop.Lots("c") == Strings{"B 30", "A 100"});
  CHECK(shop.Do(Reverse("c", "x", 71)) == "REDEMPTION_EXCEEDED points");
  REQUIRE(shop.Do(Reverse("c", "x")) == "OK");
  CHECK(shop.Lots("c") == Strings{"B 100", "A 100"});
  CHECK(shop.Do(Reverse("c", "x")) == "REDEMPTION_EXCEEDED points");
  CHECK(shop.Balance("c").redeemed() == 0);
}

TEST_CASE("what has expired meanwhile lapses, gets grace, or a new lot, by policy") {
  const auto reversed = [](ev::ExpiredRefundPolicy policy) {
    ev::ProgrammePublished programme = Expiring(1);
    programme.set_expired_refund(policy);
    if (policy == ev::EXPIRED_REFUND_POLICY_GRACE) programme.set_grace_days(7);
    auto shop = std::make_unique<Shop>(programme);
    REQUIRE(shop->DoAt("2024-01-10T12:00:00Z", Order("c", "o1", {{"p", 1, 10'000}})) == "OK");
    REQUIRE(shop->DoAt("2024-02-05T12:00:00Z", Order("c", "o2", {{"p", 1, 10'000}})) == "OK");
    REQUIRE(shop->DoAt("2024-02-06T12:00:00Z", Redeem("c", "x", 150)) == "OK");
    REQUIRE(shop->DoAt("2024-03-01T12:00:00Z", Reverse("c", "x")) == "OK");
    return shop;
  };
  const auto lapse_owned = reversed(ev::EXPIRED_REFUND_POLICY_LAPSE);
  Shop& lapse = *lapse_owned;
  CHECK(lapse.Lots("c") == Strings{"o2 100"});
  CHECK(lapse.Balance("c").expired() == 100);
  CHECK(lapse.Balance("c").redeemed() == 0);

  const auto grace_owned = reversed(ev::EXPIRED_REFUND_POLICY_GRACE);
  Shop& grace = *grace_owned;
  CHECK(grace.Lots("c") == Strings{"o2 100", " 100"});
  CHECK(grace.Active("c") == 200);
  grace.Pass("2024-03-09T00:00:00Z");
  CHECK(grace.Active("c") == 0);

  const auto anew_owned = reversed(ev::EXPIRED_REFUND_POLICY_NEW_LOT);
  Shop& anew = *anew_owned;
  CHECK(anew.Active("c") == 200);
  anew.Pass("2024-04-01T22:59:59Z");
  CHECK(anew.Active("c") == 100);
  anew.Pass("2024-04-01T23:00:00Z");
  CHECK(anew.Active("c") == 0);
}

TEST_CASE("adjustments give and take, into debt only where allowed") {
  Shop shop;
  CHECK(shop.Do(Adjust("c", "a", 5)) == "NOT_ENROLLED programme");
  REQUIRE(shop.Do(Order("c", "o", {{"p", 1, 10'000}})) == "OK");
  CHECK(shop.Do(Adjust("c", "a", 0)) == "FIELD_INVALID points");
  v1::AdjustPointsRequest unexplained = Adjust("c", "a", 5);
  unexplained.clear_reason();
  CHECK(shop.Do(unexplained) == "FIELD_REQUIRED reason.code");
  CHECK(shop.Do(Adjust("c", "a", 5)) == "OK");
  CHECK(shop.Do(Adjust("c", "a", 5)) == "ADJUSTMENT_EXISTS adjustment_id");
  CHECK(shop.Do(Adjust("c", "b", -106)) == "INSUFFICIENT_POINTS points");
  CHECK(shop.Do(Adjust("c", "b", -106, true)) == "OK");
  CHECK(shop.Active("c") == -1);
  CHECK(shop.Balance("c").adjusted() == -101);
  CHECK(shop.Do(Redeem("c", "x", 1)) == "INSUFFICIENT_POINTS points");
}

TEST_CASE("what a debt needs cannot be spent, though a reversal brought lots back") {
  Shop shop;
  REQUIRE(shop.Do(Order("c", "o", {{"p", 1, 10'000}})) == "OK");
  REQUIRE(shop.Do(Redeem("c", "x", 100)) == "OK");
  REQUIRE(shop.Do(testing::Cancel("c", "o")) == "OK");
  CHECK(shop.Active("c") == -100);
  REQUIRE(shop.Do(Adjust("c", "a", -20, true)) == "OK");
  REQUIRE(shop.Do(Reverse("c", "x")) == "OK");
  CHECK(shop.Active("c") == -20);
  REQUIRE(shop.Do(Order("c", "o2", {{"p", 1, 5000}})) == "OK");
  CHECK(shop.Active("c") == 30);
  CHECK(shop.Do(Redeem("c", "y", 31)) == "INSUFFICIENT_POINTS points");
  CHECK(shop.Do(Redeem("c", "y", 30)) == "OK");
  CHECK(shop.Active("c") == 0);
}

}  // namespace
}  // namespace daybook::projections
