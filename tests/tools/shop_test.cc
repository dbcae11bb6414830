// Goal: one seed is one shop, on every machine and for ever, and what it does makes sense.
#include "tools/generate/shop.h"

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "tools/common/request_id.h"
#include "tools/generate/catalogue.h"
#include "tools/generate/random.h"

namespace daybook::tools {
namespace {

ShopOptions Small(uint64_t seed) {
  ShopOptions options;
  options.customers = 200;
  options.orders = 2000;
  options.products = 50;
  options.days = 90;
  options.seed = seed;
  return options;
}

std::vector<v1::IngestItem> Make(const ShopOptions& options) {
  Shop shop(options);
  std::vector<v1::IngestItem> items;
  v1::IngestItem item;
  while (shop.Next(item)) items.push_back(item);
  CHECK(shop.produced() == items.size());
  CHECK(shop.orders() == options.orders);
  return items;
}

std::string HashOf(const std::vector<v1::IngestItem>& items) {
  std::string all;
  for (const v1::IngestItem& item : items) all += item.SerializeAsString();
  return DerivedRequestId(all);
}

const v1::Provenance& ProvenanceOf(const v1::IngestItem& item) {
  switch (item.command_case()) {
    case v1::IngestItem::kRegisterCustomer:
      return item.register_customer().provenance();
    case v1::IngestItem::kRecordOrder:
      return item.record_order().provenance();
    case v1::IngestItem::kRecordReturn:
      return item.record_return().provenance();
    case v1::IngestItem::kRedeemPoints:
      return item.redeem_points().provenance();
    default:
      return item.record_contact().provenance();
  }
}

TEST_CASE("the same seed gives the same bytes", "[shop]") {
  // Frozen: benchmarks of different days compare the same shop.
  CHECK(HashOf(Make(Small(7))) == "1545c86dcd946d2d29c60d215da9486a");
  CHECK(HashOf(Make(Small(7))) != HashOf(Make(Small(8))));
}

TEST_CASE("commands come in order of time, customers before what they do", "[shop]") {
  std::set<std::string> known;
  std::set<std::string> request_ids;
  int64_t last = 0;
  std::map<v1::IngestItem::CommandCase, int> kinds;
  for (const v1::IngestItem& item : Make(Small(3))) {
    ++kinds[item.command_case()];
    const int64_t second = ProvenanceOf(item).occurred_at().seconds();
    CHECK(second >= last);
    last = second;
    if (item.has_register_customer()) {
      CHECK(known.insert(item.register_customer().customer()).second);
      CHECK(request_ids.insert(item.register_customer().request_id()).second);
    }
    if (item.has_record_order()) {
      CHECK(known.count(item.record_order().customer()) == 1);
      CHECK(item.record_order().lines_size() > 0);
    }
    if (item.has_record_return()) CHECK(item.record_return().lines_size() > 0);
    if (item.has_redeem_points()) CHECK(item.redeem_points().points() > 0);
  }
  CHECK(kinds[v1::IngestItem::kRecordOrder] == 2000);
  CHECK(kinds[v1::IngestItem::kRecordReturn] > 60);
  CHECK(kinds[v1::IngestItem::kRedeemPoints] > 20);
  CHECK(kinds[v1::IngestItem::kRecordContact] > 100);
}

TEST_CASE("a live shop has no instants, a session names every command", "[shop]") {
  ShopOptions options = Small(1);
  options.history = false;
  for (const v1::IngestItem& item : Make(options))
    CHECK_FALSE(ProvenanceOf(item).has_occurred_at());
  options.history = true;
  options.import_session = "s";
  for (const v1::IngestItem& item : Make(options))
    CHECK(ProvenanceOf(item).import_session() == "s");
}

TEST_CASE("the smallest shop", "[shop]") {
  ShopOptions options;
  options.customers = options.orders = options.products = options.days = 1;
  CHECK(Make(options).size() >= 2);
}

TEST_CASE("a few customers buy most", "[shop]") {
  std::map<std::string, int> orders;
  for (const v1::IngestItem& item : Make(Small(5))) {
    if (item.has_record_order()) ++orders[item.record_order().customer()];
  }
  int most = 0;
  for (const auto& [customer, count] : orders) most = std::max(most, count);
  CHECK(most > 200);
  CHECK(orders.size() > 100);
}

TEST_CASE("the shuffle is a permutation", "[shop]") {
  for (const uint64_t n : {1, 2, 3, 10, 97, 1000}) {
    const Shuffle shuffle(n, 4);
    std::set<uint64_t> seen;
    for (uint64_t k = 0; k < n; ++k) {
      CHECK(shuffle(k) < n);
      seen.insert(shuffle(k));
    }
    CHECK(seen.size() == n);
  }
}

TEST_CASE("December is fuller than February, Sunday emptier than Saturday", "[shop]") {
  CHECK(DayWeight(20'068) > DayWeight(19'767));  // 2024-12-11, a Wednesday, and 2024-02-14, another
  CHECK(DayWeight(19'728) > DayWeight(19'729));  // Saturday 2024-01-06 and the Sunday after
}

}  // namespace
}  // namespace daybook::tools
