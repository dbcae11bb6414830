// Goal: what clients get wrong is refused with the right reason and the field's path, and nothing
// else is.
#include "projections/engine/validation.h"

#include <rapidcheck/catch.h>
#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/projections/fakes.h"

namespace daybook::projections {
namespace {

using testing::At;
using testing::Outcome;

TEST_CASE("codes have a small alphabet and a length") {
  CHECK(Outcome(CheckCode("f", "a.B_9:-", Presence::kRequired)) == "OK");
  CHECK(Outcome(CheckCode("f", "", Presence::kOptional)) == "OK");
  CHECK(Outcome(CheckCode("f", "", Presence::kRequired)) == "FIELD_REQUIRED f");
  CHECK(Outcome(CheckCode("f", "a b", Presence::kRequired)) == "FIELD_INVALID f");
  CHECK(Outcome(CheckCode("f", "caf\xc3\xa9", Presence::kRequired)) == "FIELD_INVALID f");
  CHECK(Outcome(CheckCode("f", std::string(64, 'x'), Presence::kRequired)) == "OK");
  CHECK(Outcome(CheckCode("f", std::string(65, 'x'), Presence::kRequired)) == "FIELD_INVALID f");
  CHECK(Outcome(CheckCode("f", "abcd", Presence::kRequired, 3)) == "FIELD_INVALID f");
}

TEST_CASE("an entity id does not say who it is") {
  for (const char* id : {"17850", "C-1", "2011-05-12-00010", "1234567890123", "4111-1111"}) {
    INFO(id);
    CHECK(Outcome(CheckEntityId("f", id)) == "OK");
  }
  for (const char* id : {"ann@example.com", "+44 20 7946 0018", "+442079460018", "4111111111111111",
                         "4111-1111-1111-1111", "4111 1111 1111 1111", "378282246310005"}) {
    INFO(id);
    CHECK(Outcome(CheckEntityId("f", id)) == "ID_PERSONAL f");
  }
  CHECK(Outcome(CheckEntityId("f", "")) == "FIELD_REQUIRED f");
  CHECK(Outcome(CheckEntityId("f", "a/b")) == "FIELD_INVALID f");
}

TEST_CASE("of all single-digit changes of a card number, Luhn knows none as a card") {
  rc::prop("a changed digit", [] {
    std::string card = "4111111111111111";
    const auto at = *rc::gen::inRange<size_t>(0, card.size());
    const char digit = static_cast<char>('0' + *rc::gen::inRange(0, 10));
    const bool same = card[at] == digit;
    card[at] = digit;
    RC_ASSERT(CheckEntityId("f", card).has_value() == same);
  });
}

TEST_CASE("text is UTF-8 without control characters") {
  const auto check = [](std::string_view text, bool multiline = false) {
    return Outcome(CheckText("f", text, Presence::kOptional, 16, multiline));
  };
  CHECK(check("") == "OK");
  CHECK(check("na\xc3\xafve \xe2\x82\xac \xf0\x9f\x99\x82") == "OK");
  CHECK(check("one\ntwo") == "FIELD_INVALID f");
  CHECK(check("one\n\ttwo", true) == "OK");
  CHECK(check("one\rtwo", true) == "FIELD_INVALID f");
  CHECK(check(std::string("a\0b", 3)) == "FIELD_INVALID f");
  CHECK(check("\xc2\x85") == "FIELD_INVALID f");          // a C1 control
  CHECK(check("\xc3") == "FIELD_INVALID f");              // cut off
  CHECK(check("\xc0\xaf") == "FIELD_INVALID f");          // overlong
  CHECK(check("\xe0\x80\xaf") == "FIELD_INVALID f");      // overlong
  CHECK(check("\xed\xa0\x80") == "FIELD_INVALID f");      // a surrogate
  CHECK(check("\xf4\x90\x80\x80") == "FIELD_INVALID f");  // beyond U+10FFFF
  CHECK(check("\x80") == "FIELD_INVALID f");
  CHECK(check("12345678901234567") == "FIELD_INVALID f");
  CHECK(Outcome(CheckText("f", "", Presence::kRequired, 16)) == "FIELD_REQUIRED f");
}

TEST_CASE("any bytes are text or not, without reading beyond them") {
  rc::prop("no crash, and ASCII letters are always text", [](const std::string& bytes) {
    const auto outcome = CheckText("f", bytes, Presence::kOptional, 1000);
    const bool letters =
        std::all_of(bytes.begin(), bytes.end(), [](char c) { return c >= ' ' && c <= '~'; });
    if (letters) RC_ASSERT(!outcome);
  });
}

TEST_CASE("names of customers and of what they have") {
  std::string customer;
  std::string child;
  CHECK(Outcome(ParseCustomer("customer", "customers/17850", &customer)) == "OK");
  CHECK(customer == "17850");
  for (const char* name : {"", "customers", "customers/", "customers//orders/1"}) {
    INFO(name);
    CHECK(Outcome(ParseCustomer("customer", name, &customer)) == "CUSTOMER_MISSING customer");
  }
  for (const char* name : {"17850", "clients/1", "customers/1/orders/2", "customers/a b"}) {
    INFO(name);
    CHECK(Outcome(ParseCustomer("customer", name, &customer)) == "FIELD_INVALID customer");
  }
  CHECK(Outcome(ParseCustomer("customer", "customers/a@b.c", &customer)) == "ID_PERSONAL customer");

  CHECK(Outcome(ParseChild("order", "customers/7/orders/536365", "orders", &customer, &child)) ==
        "OK");
  CHECK(customer == "7");
  CHECK(child == "536365");
  CHECK(Outcome(ParseChild("order", "customers//orders/5", "orders", &customer, &child)) ==
        "CUSTOMER_MISSING order");
  CHECK(Outcome(ParseChild("order", "customers/7/returns/5", "orders", &customer, &child)) ==
        "FIELD_INVALID order");
  CHECK(Outcome(ParseChild("order", "customers/7/orders/", "orders", &customer, &child)) ==
        "FIELD_INVALID order");
  CHECK(Outcome(ParseChild("order", "customers/7/orders/5/x", "orders", &customer, &child)) ==
        "FIELD_INVALID order");

  std::string programme;
  CHECK(Outcome(ParseProgramme("programme", "programmes/main", &programme)) == "OK");
  CHECK(programme == "main");
  CHECK(Outcome(ParseProgramme("programme", "", &programme)) == "FIELD_REQUIRED programme");
  CHECK(Outcome(ParseProgramme("programme", "main", &programme)) == "FIELD_INVALID programme");
}

TEST_CASE("currencies are known with their decimals") {
  CHECK(Outcome(CheckCurrency("f", "GBP")) == "OK");
  CHECK(Outcome(CheckCurrency("f", "gbp")) == "CURRENCY_UNKNOWN f");
  CHECK(Outcome(CheckCurrency("f", "XAU")) == "CURRENCY_UNKNOWN f");
  CHECK(Outcome(CheckCurrency("f", "EURO")) == "CURRENCY_UNKNOWN f");
  CHECK(Outcome(CheckCurrency("f", "")) == "FIELD_REQUIRED f");
  for (const char* code : {"AED", "EUR", "USD", "ZWR", "HRK"}) CHECK(CurrencyDigits(code) == 2);
  for (const char* code : {"JPY", "KRW", "CLP", "XPF", "ISK", "ADP"})
    CHECK(CurrencyDigits(code) == 0);
  for (const char* code : {"BHD", "KWD", "TND"}) CHECK(CurrencyDigits(code) == 3);
  for (const char* code : {"CLF", "UYW"}) CHECK(CurrencyDigits(code) == 4);
}

TEST_CASE("money has a bound and a least amount") {
  daybook::event::v1::Money money;
  money.set_currency("GBP");
  const auto check = [&](int64_t units, int64_t minimum) {
    money.set_minor_units(units);
    return Outcome(CheckMoney("total", money, minimum));
  };
  CHECK(check(0, 0) == "OK");
  CHECK(check(0, 1) == "FIELD_INVALID total.minor_units");
  CHECK(check(-1, 0) == "FIELD_INVALID total.minor_units");
  CHECK(check(1'000'000'000'000'000, 0) == "OK");
  CHECK(check(1'000'000'000'000'001, 0) == "AMOUNT_TOO_LARGE total.minor_units");
  CHECK(check(INT64_MIN, INT64_MIN) == "AMOUNT_TOO_LARGE total.minor_units");
  money.set_currency("ZZZ");
  CHECK(check(1, 0) == "CURRENCY_UNKNOWN total.currency");
}

TEST_CASE("zones are those of the IANA data base") {
  for (const char* zone : {"Europe/London", "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+5"}) {
    INFO(zone);
    CHECK(Outcome(CheckZone("zone", zone, Presence::kRequired)) == "OK");
    CHECK(Outcome(CheckZone("zone", zone, Presence::kRequired)) == "OK");  // from the cache
  }
  for (const char* zone :
       {"Europe/Atlantis", "/etc/passwd", "../etc/passwd", "localtime", "right/UTC", "Europe",
        "zone.tab", "tzdata.zi", "file:x", "Fixed/UTC+01:00:00"}) {
    INFO(zone);
    CHECK(Outcome(CheckZone("zone", zone, Presence::kRequired)) == "ZONE_UNKNOWN zone");
  }
  CHECK(Outcome(CheckZone("zone", "", Presence::kOptional)) == "OK");
  CHECK(Outcome(CheckZone("zone", "", Presence::kRequired)) == "FIELD_REQUIRED zone");
}

TEST_CASE("instants are kept to the microsecond, from 1900 to 9999") {
  google::protobuf::Timestamp instant;
  Timestamp out;
  const auto check = [&](int64_t seconds, int32_t nanos) {
    instant.set_seconds(seconds);
    instant.set_nanos(nanos);
    return Outcome(CheckInstant("f", instant, &out));
  };
  CHECK(check(0, 1999) == "OK");
  CHECK(out.micros == 1);
  CHECK(check(-1, 999'999'000) == "OK");
  CHECK(out.micros == -1);
  CHECK(check(-2'208'988'800, 0) == "OK");
  CHECK(out == At("1900-01-01T00:00:00Z"));
  CHECK(check(-2'208'988'801, 0) == "INSTANT_OUT_OF_RANGE f");
  CHECK(check(253'402'300'799, 999'999'999) == "OK");
  CHECK(check(253'402'300'800, 0) == "INSTANT_OUT_OF_RANGE f");
  CHECK(check(0, -1) == "INSTANT_OUT_OF_RANGE f");
  CHECK(check(0, 1'000'000'000) == "INSTANT_OUT_OF_RANGE f");
  rc::prop("what goes to proto comes back", [] {
    const Timestamp at{*rc::gen::inRange<int64_t>(-2'208'988'800'000'000, 253'402'300'799'000'000)};
    RC_ASSERT(FromProto(ToProto(at)) == at);
    RC_ASSERT(ToProto(at).nanos() >= 0);
  });
}

TEST_CASE("page sizes have a standard and a bound") {
  int32_t size = 0;
  CHECK(Outcome(CheckPageSize("page_size", 0, 50, 1000, &size)) == "OK");
  CHECK(size == 50);
  CHECK(Outcome(CheckPageSize("page_size", 1000, 50, 1000, &size)) == "OK");
  CHECK(size == 1000);
  CHECK(Outcome(CheckPageSize("page_size", -1, 50, 1000, &size)) == "FIELD_INVALID page_size");
  CHECK(Outcome(CheckPageSize("page_size", 1001, 50, 1000, &size)) == "FIELD_INVALID page_size");
}

}  // namespace
}  // namespace daybook::projections
