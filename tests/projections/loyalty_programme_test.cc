// Goal: a programme that contradicts itself is never published; versions take effect when they say.
#include "projections/loyalty/programme.h"

#include <catch2/catch.hpp>

#include "projections/engine/validation.h"
#include "tests/projections/shop.h"

namespace daybook::projections {
namespace {

using testing::At;
using testing::MainProgramme;
using testing::On;
using testing::Order;
using testing::Outcome;
using testing::Publish;
using testing::Shop;
namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

TEST_CASE("each field of a programme is checked, with its path") {
  const auto refusal = [](auto change) {
    ev::ProgrammePublished programme = MainProgramme();
    change(programme);
    return Outcome(loyalty::CheckProgramme(programme));
  };
  const auto rule = [&refusal](auto change) {
    return refusal([&change](ev::ProgrammePublished& p) { change(*p.mutable_earn_rules(0)); });
  };
  CHECK(refusal([](auto&) {}) == "OK");
  CHECK(refusal([](auto& p) { p.set_programme_id("a/b"); }) == "POLICY_INVALID programme_id");
  CHECK(refusal([](auto& p) { p.set_version(1); }) == "POLICY_INVALID version");
  CHECK(refusal([](auto& p) { p.mutable_effective_from()->set_nanos(-1); }) ==
        "POLICY_INVALID effective_from");
  CHECK(refusal([](auto& p) { p.clear_effective_from(); }) == "FIELD_REQUIRED effective_from");
  CHECK(refusal([](auto& p) { p.clear_name(); }) == "POLICY_INVALID name");
  CHECK(refusal([](auto& p) { p.set_currency("ABC"); }) == "POLICY_INVALID currency");
  CHECK(refusal([](auto& p) { p.set_zone("Europe/Atlantis"); }) == "POLICY_INVALID zone");
  CHECK(refusal([](auto& p) { p.clear_earn_rules(); }) == "POLICY_INVALID earn_rules");
  CHECK(refusal([](auto& p) { *p.add_earn_rules() = p.earn_rules(0); }) ==
        "POLICY_INVALID earn_rules[1].rule_id");
  CHECK(rule([](auto& r) { r.clear_rule_id(); }) == "POLICY_INVALID earn_rules[0].rule_id");
  CHECK(rule([](auto& r) { r.set_points(0); }) == "POLICY_INVALID earn_rules[0].points");
  CHECK(rule([](auto& r) { r.set_points(1'000'001); }) == "POLICY_INVALID earn_rules[0].points");
  CHECK(rule([](auto& r) { r.set_per_minor_units(0); }) ==
        "POLICY_INVALID earn_rules[0].per_minor_units");
  CHECK(rule([](auto& r) { r.add_include_products(""); }) ==
        "POLICY_INVALID earn_rules[0].include_products[0]");
  CHECK(rule([](auto& r) {
          r.add_include_products("Post");
          r.add_exclude_products("X");
          r.add_exclude_products("POST");
        }) == "POLICY_INVALID earn_rules[0].exclude_products[1]");
  CHECK(rule([](auto& r) {
          for (int i = 0; i < 1001; ++i) r.add_exclude_categories(std::to_string(i));
        }) == "POLICY_INVALID earn_rules[0].exclude_categories");
  CHECK(refusal([](auto& p) { p.clear_rounding(); }) == "POLICY_INVALID rounding");
  CHECK(refusal([](auto& p) { p.set_rounding(static_cast<ev::Rounding>(9)); }) ==
        "POLICY_INVALID rounding");
  CHECK(refusal([](auto& p) { p.clear_allocation_order(); }) == "POLICY_INVALID allocation_order");
  CHECK(refusal([](auto& p) { p.clear_shortfall(); }) == "POLICY_INVALID shortfall");
  CHECK(refusal([](auto& p) { p.clear_expired_refund(); }) == "POLICY_INVALID expired_refund");
  CHECK(refusal([](auto& p) { p.set_grace_days(1); }) == "POLICY_INVALID grace_days");
  CHECK(refusal([](auto& p) { p.set_expired_refund(ev::EXPIRED_REFUND_POLICY_GRACE); }) ==
        "POLICY_INVALID grace_days");
  CHECK(refusal([](auto& p) { p.set_lateness_days(3661); }) == "POLICY_INVALID lateness_days");
  CHECK(refusal([](auto& p) { p.mutable_expires_after()->set_years(101); }) ==
        "POLICY_INVALID expires_after.years");
  CHECK(refusal([](auto& p) { p.mutable_expires_after(); }) == "POLICY_INVALID expires_after");
  CHECK(refusal([](auto& p) {
          p.mutable_activation_delay()->set_days(32);
          p.mutable_expires_after()->set_months(1);
        }) == "POLICY_INVALID activation_delay");
}

TEST_CASE("a choice that is not given is missing, another number is not a value") {
  ev::ProgrammePublished programme = MainProgramme();
  programme.clear_rounding();
  CHECK(loyalty::CheckProgramme(programme)->message == "is required");
  programme.set_rounding(static_cast<ev::Rounding>(9));
  CHECK(loyalty::CheckProgramme(programme)->message == "9 is not one of its values");
}

TEST_CASE("rates whose fractions cannot be added up exactly are refused") {
  ev::ProgrammePublished programme = MainProgramme();
  programme.mutable_earn_rules(0)->set_per_minor_units(999'999'937);
  ev::EarnRule& other = *programme.add_earn_rules();
  other.set_rule_id("other");
  other.set_points(1);
  other.set_per_minor_units(1009);
  CHECK(Outcome(loyalty::CheckProgramme(programme)) ==
        "POLICY_INVALID earn_rules[1].per_minor_units");
}

TEST_CASE(
    "versions are numbered, and take effect in the past only before the first commit or in "
    "history") {
  Shop shop;
  ev::ProgrammePublished next = MainProgramme();
  v1::PublishProgrammeResponse response;
  REQUIRE(Outcome(shop.world.Do(Publish(next), &response)) == "OK");
  CHECK(response.programme() == "programmes/main");
  CHECK(response.version() == 2);
  REQUIRE(shop.Do(Order("c", "o", {{"A", 1, 100}})) == "OK");
  CHECK(shop.Do(Publish(next)) == "EFFECTIVE_IN_PAST programme.effective_from");
  CHECK(shop.Do(testing::Imported(Publish(next), "2000-01-01T00:00:00Z")) == "OK");
  next.clear_effective_from();
  CHECK(shop.Do(Publish(next)) == "FIELD_REQUIRED programme.effective_from");
  *next.mutable_effective_from() = ToProto(shop.world.now());
  CHECK(shop.Do(Publish(next)) == "OK");
  next.clear_name();
  CHECK(shop.Do(Publish(next)) == "POLICY_INVALID programme.name");
}

TEST_CASE("an order is judged by the version in force at its own instant") {
  Shop shop;
  ev::ProgrammePublished doubled = MainProgramme();
  doubled.mutable_earn_rules(0)->set_points(2);
  *doubled.mutable_effective_from() = ToProto(At("2024-02-01T00:00:00Z"));
  REQUIRE(shop.Do(Publish(doubled)) == "OK");
  shop.world.SetNow(At("2024-02-02T00:00:00Z"));
  v1::RecordOrderResponse response;
  REQUIRE(Outcome(shop.world.Do(On(Order("c", "o1", {{"A", 1, 1000}}), "2024-01-31T23:59:59Z"),
                                &response)) == "OK");
  CHECK(response.earned(0).points() == 10);
  CHECK(response.earned(0).version() == 1);
  REQUIRE(Outcome(shop.world.Do(On(Order("c", "o2", {{"A", 1, 1000}}), "2024-02-01T00:00:00Z"),
                                &response)) == "OK");
  CHECK(response.earned(0).points() == 20);
  CHECK(response.earned(0).version() == 2);
}

TEST_CASE("programmes are shown by version, by instant and all") {
  Shop shop;
  ev::ProgrammePublished next = MainProgramme();
  next.set_name("Second");
  *next.mutable_effective_from() = ToProto(At("2030-01-01T00:00:00Z"));
  REQUIRE(shop.Do(Publish(next)) == "OK");
  ev::ProgrammePublished other = MainProgramme();
  other.set_programme_id("club");
  REQUIRE(shop.Do(Publish(other)) == "OK");

  v1::GetProgrammeRequest get;
  get.set_programme("programmes/main");
  v1::GetProgrammeResponse got;
  REQUIRE(Outcome(shop.world.Ask(get, &got)) == "OK");
  CHECK(got.programme().version() == 1);
  *get.mutable_at() = ToProto(At("2030-01-01T00:00:00Z"));
  REQUIRE(Outcome(shop.world.Ask(get, &got)) == "OK");
  CHECK(got.programme().name() == "Second");
  get.set_version(1);
  CHECK(Outcome(shop.world.Ask(get, &got)) == "FIELDS_EXCLUSIVE at");
  get.clear_at();
  REQUIRE(Outcome(shop.world.Ask(get, &got)) == "OK");
  CHECK(got.programme().name() == "Main");
  get.set_version(3);
  CHECK(Outcome(shop.world.Ask(get, &got)) == "PROGRAMME_UNKNOWN version");
  get.set_programme("programmes/none");
  CHECK(Outcome(shop.world.Ask(get, &got)) == "PROGRAMME_UNKNOWN programme");
  v1::ListProgrammesResponse all;
  REQUIRE(Outcome(shop.world.Ask(v1::ListProgrammesRequest(), &all)) == "OK");
  REQUIRE(all.programmes_size() == 2);
  CHECK(all.programmes(0).programme_id() == "club");
  CHECK(all.programmes(1).version() == 2);
}

}  // namespace
}  // namespace daybook::projections
