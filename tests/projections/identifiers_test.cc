// Goal: however people write an identifier, equal ones get one form, and rubbish gets none.
#include "projections/customers/identifiers.h"

#include <rapidcheck/catch.h>
#include <catch2/catch.hpp>

#include "tests/projections/fakes.h"

namespace daybook::projections::customers {
namespace {

using testing::Outcome;
namespace ev = daybook::event::v1;

std::string Normal(ev::IdentifierKind kind, const std::string& value,
                   const std::string& region = "", const std::string& tenant_region = "") {
  daybook::v1::IdentifierInput input;
  input.set_kind(kind);
  input.set_value(value);
  input.set_region(region);
  if (HasIssuer(kind)) input.set_issuer("net");
  if (auto refusal = CheckIdentifierShape("id", input)) return Outcome(refusal);
  std::string normalised;
  const auto refusal = NormaliseIdentifier("id", input, tenant_region, &normalised);
  return refusal ? Outcome(refusal) : normalised;
}

TEST_CASE("a phone number is the same however it is written") {
  for (const char* value :
       {"+442079460018", "+44 (0)20 7946 0018", "+44-20-7946-0018", "tel:+442079460018"}) {
    INFO(value);
    CHECK(Normal(ev::IDENTIFIER_KIND_PHONE, value) == "+442079460018");
  }
  for (const char* value :
       {"020 7946 0018", "(020) 79460018", "0044 20 7946 0018", "020 7946 0018 ext. 5"}) {
    INFO(value);
    CHECK(Normal(ev::IDENTIFIER_KIND_PHONE, value, "GB") == "+442079460018");
    CHECK(Normal(ev::IDENTIFIER_KIND_PHONE, value, "", "GB") == "+442079460018");
    CHECK(Normal(ev::IDENTIFIER_KIND_PHONE, value) == "IDENTIFIER_INVALID id.value");
  }
  CHECK(Normal(ev::IDENTIFIER_KIND_PHONE, "030 901820", "DE", "GB") == "+4930901820");
}

TEST_CASE("what is no phone number is refused") {
  // The second has a digit too many for its country.
  for (const char* value : {"+4420794600", "+4420794600181", "hello", "+", "12", "+999123456789",
                            "+44 20 7946 0018 0018 0018 0018"}) {
    INFO(value);
    CHECK(Normal(ev::IDENTIFIER_KIND_PHONE, value, "GB") == "IDENTIFIER_INVALID id.value");
  }
  CHECK(Normal(ev::IDENTIFIER_KIND_PHONE, "+442079460018", "gb") == "FIELD_INVALID id.region");
  CHECK(Normal(ev::IDENTIFIER_KIND_PHONE, "+442079460018", "ZZ") == "FIELD_INVALID id.region");
}

TEST_CASE("e-mail addresses are compared in lower case") {
  const auto email = [](const std::string& value) {
    return Normal(ev::IDENTIFIER_KIND_EMAIL, value);
  };
  CHECK(email(" Ann.Lee+shop@Example.COM ") == "ann.lee+shop@example.com");
  CHECK(email("a@b.co") == "a@b.co");
  CHECK(email("jos\xc3\xa9@ex\xc3\xa4mple.com") == "jos\xc3\xa9@ex\xc3\xa4mple.com");
  for (const std::string& wrong :
       {std::string("ann"), std::string("ann@"), std::string("@example.com"),
        std::string("ann@localhost"), std::string("a..b@example.com"),
        std::string(".a@example.com"), std::string("a.@example.com"),
        std::string("a b@example.com"), std::string("a@-example.com"),
        std::string("a@example..com"), std::string("a@b@example.com"),
        std::string("a@exam ple.com"), std::string(65, 'a') + "@example.com"}) {
    INFO(wrong);
    CHECK(email(wrong) == "IDENTIFIER_INVALID id.value");
  }
}

TEST_CASE("cards, handles and ids of other systems") {
  CHECK(Normal(ev::IDENTIFIER_KIND_CARD, "ab12-3456 78") == "AB12345678");
  CHECK(Normal(ev::IDENTIFIER_KIND_CARD, "123") == "IDENTIFIER_INVALID id.value");
  CHECK(Normal(ev::IDENTIFIER_KIND_CARD, "12/34") == "IDENTIFIER_INVALID id.value");
  CHECK(Normal(ev::IDENTIFIER_KIND_SOCIAL, "@AnnLee") == "annlee");
  CHECK(Normal(ev::IDENTIFIER_KIND_SOCIAL, "@") == "IDENTIFIER_INVALID id.value");
  CHECK(Normal(ev::IDENTIFIER_KIND_EXTERNAL, " Ab-1 ") == "Ab-1");
  CHECK(Normal(ev::IDENTIFIER_KIND_DEVICE, "   ") == "IDENTIFIER_INVALID id.value");
  CHECK(Normal(ev::IDENTIFIER_KIND_DEVICE, "a\nb") == "FIELD_INVALID id.value");
  CHECK(Normal(ev::IDENTIFIER_KIND_DEVICE, "") == "FIELD_REQUIRED id.value");
  CHECK(Normal(ev::IDENTIFIER_KIND_UNSPECIFIED, "x") == "FIELD_REQUIRED id.kind");
  CHECK(Normal(static_cast<ev::IdentifierKind>(77), "x") == "FIELD_INVALID id.kind");
  daybook::v1::IdentifierInput input;
  input.set_kind(ev::IDENTIFIER_KIND_EXTERNAL);
  input.set_value("x");
  CHECK(Outcome(CheckIdentifierShape("id", input)) == "FIELD_REQUIRED id.issuer");
}

TEST_CASE("what was normalised stays as it is") {
  rc::prop("again gives the same", [] {
    const auto kind = static_cast<ev::IdentifierKind>(*rc::gen::inRange(1, 7));
    const auto value = *rc::gen::container<std::string>(
        rc::gen::elementOf(std::string("+0123456789 -()@.abcXYZ")));
    const std::string once = Normal(kind, value, "GB");
    if (once.find("_INVALID ") != std::string::npos ||
        once.find("_REQUIRED ") != std::string::npos) {
      return;
    }
    // A handle may begin with a second '@'.
    if (kind == ev::IDENTIFIER_KIND_SOCIAL && once[0] == '@') return;
    RC_ASSERT(Normal(kind, once, "GB") == once);
  });
}

TEST_CASE("a language may name a region") {
  CHECK(RegionOfLanguage("en-GB") == "GB");
  CHECK(RegionOfLanguage("de-at") == "AT");
  CHECK(RegionOfLanguage("zh-Hant-TW") == "TW");
  CHECK(RegionOfLanguage("en").empty());
  CHECK(RegionOfLanguage("").empty());
  CHECK(RegionOfLanguage("en-u-ca-gregory").empty());
  CHECK(RegionOfLanguage("-").empty());
}

TEST_CASE("equal identifiers, and only they, have one identity") {
  const auto phone = ev::IDENTIFIER_KIND_PHONE;
  const auto external = ev::IDENTIFIER_KIND_EXTERNAL;
  CHECK(IdentityText(phone, "", "+44") == IdentityText(phone, "any", "+44"));
  CHECK(IdentityText(external, "a", "1") != IdentityText(external, "b", "1"));
  CHECK(IdentityText(phone, "", "1") != IdentityText(external, "", "1"));
  CHECK(PhoneTailText("+442079460018") == PhoneTailText("020 7946 0018"));
  CHECK(PhoneTailText("+442079460018") != PhoneTailText("+442079460019"));
  CHECK(PhoneTailText("1234567").empty());
}

}  // namespace
}  // namespace daybook::projections::customers
