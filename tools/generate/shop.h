// A shop that never was: customers, orders, returns, redemptions and contacts, all from one seed.
//
//   Shop shop({.customers = 1000, .orders = 10000, .seed = 7});
//   daybook::v1::IngestItem item;
//   while (shop.Next(item)) ...
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "daybook/v1/ingest.pb.h"

namespace daybook::tools {

struct ShopOptions {
  uint64_t customers = 1000;  // At least 1; who never buys never appears.
  uint64_t orders = 10'000;
  uint64_t seed = 1;
  uint64_t products = 2000;  // At least 1.
  // First day, in days since 1970; the default is 2024-01-01.
  int64_t start_day = 19'723;
  uint64_t days = 365;  // At least 1.
  // Of the redemptions; empty: none.
  std::string programme = "main";
  // Named in every command; empty: none, the commands are live.
  std::string import_session;
  // False: no occurred_at, everything happens when it is sent.
  bool history = true;
  // Of a hundred orders.
  uint64_t returns_percent = 6;
  uint64_t redemptions_percent = 5;
  uint64_t contacts_percent = 10;
};

// The commands of the shop in order of time; the same options give the same bytes on every machine.
// Every customer is registered by a command of their own before their first order. Commands are
// such that a server which starts empty, with a programme that pays one point per pound and expires
// none, accepts them all. Memory: some 20 bytes a customer, 150 bytes a product, and what is open
// at a time. Not thread-safe.
class Shop {
 public:
  explicit Shop(const ShopOptions& options);
  ~Shop();
  Shop(const Shop&) = delete;
  Shop& operator=(const Shop&) = delete;

  // Replaces `item` by the next command; false at the end.
  bool Next(v1::IngestItem& item);

  // Commands given so far.
  uint64_t produced() const;
  // Orders given so far, of options.orders: for progress.
  uint64_t orders() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace daybook::tools
