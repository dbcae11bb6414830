// Goal: sums of holdings by kind and by pair are those counted from the customers' own lists,
// whatever is opened, changed and closed.
#include "projections/holdings/holdings.h"

#include <rapidcheck/catch.h>
#include <catch2/catch.hpp>

#include <map>
#include <ostream>
#include <set>

#include "daybook/v1/holdings.pb.h"
#include "projections/customers/customers.h"
#include "tests/projections/customer_requests.h"
#include "tests/projections/fakes.h"

namespace daybook::projections {
namespace {

using testing::Outcome;
using testing::World;
namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

struct Counts {
  int64_t open = 0, closed = 0, customers = 0;
  friend bool operator==(const Counts&, const Counts&) = default;
};
std::ostream& operator<<(std::ostream& out, const Counts& c) {
  return out << c.open << "/" << c.closed << "/" << c.customers;
}

struct Bank {
  World world{testing::DomainsOf(MakeCustomersDomain(), MakeHoldingsDomain())};
  std::string Do(const google::protobuf::Message& request) { return Outcome(world.Do(request)); }
  std::vector<v1::Holding> All(const std::string& customer, int page_size) {
    v1::ListHoldingsRequest request;
    request.set_customer("customers/" + customer);
    request.set_include_closed(true);
    request.set_page_size(page_size);
    std::vector<v1::Holding> all;
    for (;;) {
      v1::ListHoldingsResponse response;
      if (Outcome(world.Ask(request, &response)) != "OK") throw std::logic_error("no list");
      all.insert(all.end(), response.holdings().begin(), response.holdings().end());
      if (response.next_page_token().empty()) return all;
      request.set_page_token(response.next_page_token());
    }
  }
};

v1::OpenHoldingRequest Open(const std::string& customer, const std::string& id,
                            const std::string& kind) {
  v1::OpenHoldingRequest request;
  request.set_customer("customers/" + customer);
  request.set_holding_id(id);
  request.set_kind(kind);
  return request;
}

TEST_CASE("sums are those of the customers' lists", "[holdings]") {
  rc::prop("random holdings", [] {
    Bank bank;
    const std::vector<std::string> customers = {"1", "2", "3"};
    for (const std::string& customer : customers) bank.Do(testing::Register(customer));
    const int steps = *rc::gen::inRange(0, 50);
    for (int i = 0; i < steps; ++i) {
      const std::string customer = *rc::gen::elementOf(customers);
      const std::string id = "h" + std::to_string(*rc::gen::inRange(0, 6));
      const auto role = static_cast<ev::HoldingRole>(*rc::gen::inRange(0, 4));
      const int what = *rc::gen::inRange(0, 4);
      if (what < 2) {
        auto open = Open(customer, id, *rc::gen::element<std::string>("card", "loan", "home"));
        open.set_role(role);
        bank.Do(open);
      } else if (what == 2) {
        v1::ChangeHoldingRequest change;
        change.set_customer("customers/" + customer);
        change.set_holding_id(id);
        change.set_role(role);
        bank.Do(change);
      } else {
        v1::CloseHoldingRequest close;
        close.set_customer("customers/" + customer);
        close.set_holding_id(id);
        bank.Do(close);
      }
      if (*rc::gen::inRange(0, 6) == 0) bank.world.Flush();
    }
    std::map<std::string, Counts> kinds;
    std::map<std::pair<std::string, std::string>, int64_t> pairs;
    int64_t holders = 0;
    for (const std::string& customer : customers) {
      std::set<std::string> held;
      for (const v1::Holding& holding : bank.All(customer, *rc::gen::inRange(1, 5))) {
        const bool primary = holding.role() == ev::HOLDING_ROLE_PRIMARY;
        Counts& counts = kinds[holding.kind()];
        (holding.has_closed_at() ? counts.closed : counts.open) += primary ? 1 : 0;
        if (!holding.has_closed_at()) held.insert(holding.kind());
      }
      holders += held.empty() ? 0 : 1;
      for (const std::string& kind : held) {
        ++kinds[kind].customers;
        for (const std::string& other : held) {
          if (kind < other) ++pairs[{kind, other}];
        }
      }
    }
    v1::GetHoldingSummaryResponse summary;
    RC_ASSERT(Outcome(bank.world.Ask(v1::GetHoldingSummaryRequest(), &summary)) == "OK");
    std::map<std::string, Counts> said;
    for (const auto& total : summary.kinds()) {
      said[total.kind()] = {total.open(), total.closed(), total.customers()};
    }
    RC_ASSERT(said == kinds);
    std::map<std::pair<std::string, std::string>, int64_t> said_pairs;
    for (const auto& total : summary.pairs()) {
      said_pairs[{total.kind(), total.other_kind()}] = total.customers();
    }
    RC_ASSERT(said_pairs == pairs);
    RC_ASSERT(summary.customers() == holders);
    for (const char* view : {"holdings", "holding_summary", ""}) {
      RC_ASSERT(bank.world.Dump(view) == bank.world.DumpRebuilt(view));
    }
  });
}

TEST_CASE("shapes of holdings are checked field by field", "[holdings]") {
  Bank bank;
  REQUIRE(bank.Do(testing::Register("1")) == "OK");
  using R = v1::OpenHoldingRequest;
  const auto outcome = [&](auto change) {
    R request = Open("1", "h", "card");
    change(request);
    return bank.Do(request);
  };
  CHECK(outcome([](R& r) { r.clear_customer(); }) == "CUSTOMER_MISSING customer");
  CHECK(outcome([](R& r) { r.clear_holding_id(); }) == "FIELD_REQUIRED holding_id");
  CHECK(outcome([](R& r) { r.clear_kind(); }) == "FIELD_REQUIRED kind");
  CHECK(outcome([](R& r) { r.set_kind("a b"); }) == "FIELD_INVALID kind");
  CHECK(outcome([](R& r) { r.set_product("a b"); }) == "FIELD_INVALID product");
  CHECK(outcome([](R& r) { r.set_role(static_cast<ev::HoldingRole>(9)); }) == "FIELD_INVALID role");
  CHECK(outcome([](R& r) { r.mutable_balance()->set_currency("XXY"); }) ==
        "CURRENCY_UNKNOWN balance.currency");
  CHECK(outcome([](R& r) { r.mutable_balance_at(); }) == "FIELD_INVALID balance_at");
  CHECK(outcome([](R& r) { r.set_ends_on("2023-02-29"); }) == "FIELD_INVALID ends_on");
  CHECK(outcome([](R& r) { r.set_ends_on("2023-2-1"); }) == "FIELD_INVALID ends_on");
  CHECK(outcome([](R& r) { r.set_ends_on("2024-02-29"); }) == "OK");
}

}  // namespace
}  // namespace daybook::projections
