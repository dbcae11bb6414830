// Goal: a programme's file says what is published, and a mistake in it is named with its line.
#include "tools/daybook/policy_file.h"

#include <rapidcheck/catch.h>

#include <catch2/catch.hpp>

namespace daybook::tools {
namespace {

constexpr char kProgramme[] = R"(programme_id = "main"
name = "Points"
effective_from = 2010-01-01T00:00:00
currency = "GBP"
zone = "Europe/London"
rounding = "half_even"
allocation_order = "soonest_expiry"
shortfall = "debt"
expired_refund = "lapse"
enrol_on_first_order = true
activation_delay = { days = 14 }
[[earn_rules]]
rule_id = "base"
points = 1
per_minor_units = 100
exclude_products = ["POST", "M"]
)";

std::string Problems(const std::string& toml, const std::vector<std::string>& overrides = {}) {
  const auto programme = ParseProgramme(toml, "p.toml", overrides);
  return programme.ok() ? "" : std::string(programme.status().message());
}

TEST_CASE("a programme is read", "[policy_file]") {
  const auto programme = ParseProgramme(kProgramme, "p.toml", {});
  REQUIRE(programme.ok());
  CHECK(programme->programme_id() == "main");
  CHECK(programme->effective_from().seconds() == 1262304000);
  CHECK(programme->rounding() == event::v1::ROUNDING_HALF_EVEN);
  CHECK(programme->activation_delay().days() == 14);
  CHECK_FALSE(programme->has_expires_after());
  REQUIRE(programme->earn_rules_size() == 1);
  CHECK(programme->earn_rules(0).exclude_products_size() == 2);
  CHECK(programme->enrol_on_first_order());
}

TEST_CASE("keys may be replaced from outside", "[policy_file]") {
  const auto programme =
      ParseProgramme(kProgramme, "p.toml", {"expires_after = { months = 12 }", "name = \"Other\""});
  REQUIRE(programme.ok());
  CHECK(programme->expires_after().months() == 12);
  CHECK(programme->name() == "Other");
}

TEST_CASE("every mistake in a policy is named with its line", "[policy_file]") {
  CHECK(Problems("programme_id = \"main\"\nprogrammme = 1\nname = 3\nrounding = "
                 "\"up\"\n[[earn_rules]]\npoints = \"1\"\n") ==
        "p.toml:2: unknown key \"programmme\"\n"
        "p.toml:3: name: must be text\n"
        "p.toml:4: rounding: \"up\" is not a value of Rounding\n"
        "p.toml:6: points: must not be text");
  std::string text = kProgramme;
  text.replace(text.find("points = 1"), 10, "points = 0");
  CHECK(Problems(text) == "p.toml:14: points: must be 1 to 10^6");
  CHECK(Problems(std::string(kProgramme) +
                 "[[earn_rules]]\nrule_id = \"base\"\npoints = 1\nper_minor_units = 1\n") ==
        "p.toml:18: rule_id: is there twice");
  CHECK(Problems(kProgramme, {"version = 2"}).find("version: is given by the server") !=
        std::string::npos);
  CHECK(Problems(kProgramme, {"grace_days = 5"}).find("grace_days") != std::string::npos);
  CHECK(Problems("name = [").rfind("p.toml:1: ", 0) == 0);
}

TEST_CASE("a programme written as a file reads back", "[policy_file][property]") {
  rc::prop("round trip", [] {
    event::v1::ProgrammePublished programme = *ParseProgramme(kProgramme, "p.toml", {});
    programme.set_name(
        "n" + *rc::gen::container<std::string>(rc::gen::element('a', '"', '\\', '\n', '=', '#')));
    RC_PRE(programme.name().size() <= 128);
    programme.mutable_effective_from()->set_seconds(*rc::gen::inRange<int64_t>(0, 4'000'000'000));
    programme.set_shortfall(
        *rc::gen::element(event::v1::SHORTFALL_POLICY_WAIVE, event::v1::SHORTFALL_POLICY_CHARGE));
    programme.set_lateness_days(*rc::gen::inRange<uint32_t>(0, 3660));
    if (*rc::gen::arbitrary<bool>()) programme.mutable_expires_after()->set_years(2);
    auto& rule = *programme.add_earn_rules();
    rule.set_rule_id("second");
    rule.set_points(*rc::gen::inRange<int64_t>(1, 1'000'000));
    rule.set_per_minor_units(*rc::gen::inRange<int64_t>(1, 1'000'000'000));
    const auto back = ParseProgramme(ProgrammeToToml(programme), "p.toml", {});
    RC_ASSERT(back.ok());
    RC_ASSERT(back->SerializeAsString() == programme.SerializeAsString());
  });
}

TEST_CASE("an attribute schema is read strictly", "[policy_file]") {
  const auto schema = ParseAttributeSchema(
      "effective_from = 2010-01-01T00:00:00Z\n[[attributes]]\npath = \"job\"\ntype = "
      "\"text\"\npersonal = true\n",
      "s.toml");
  REQUIRE(schema.ok());
  CHECK(schema->attributes(0).type() == event::v1::ATTRIBUTE_TYPE_TEXT);
  const auto silent =
      ParseAttributeSchema("[[attributes]]\npath = \"job\"\ntype = \"text\"\n", "s.toml");
  REQUIRE_FALSE(silent.ok());
  CHECK(std::string(silent.status().message()) ==
        "s.toml:1: personal: must be said: true or false");
}

}  // namespace
}  // namespace daybook::tools
