// The requests that are measured.
#pragma once

#include <cstdint>

#include "daybook/v1/ingest.pb.h"
#include "daybook/v1/policies.pb.h"
#include "tools/bench/load.h"
#include "tools/generate/random.h"

namespace daybook::tools {

inline constexpr char kProgramme[] = "main";

// One point per pound, enrolled by the first order.
v1::PublishProgrammeRequest MakeProgramme();

// Makes requests about `customers` customers, in random order but the same for the same seed. No id
// comes twice from one maker. Lives as long as the kinds that it gives. Not thread-safe.
class Calls {
 public:
  Calls(uint64_t customers, uint64_t seed, std::string prefix);
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  // Two lines; the customer earns points from it.
  v1::RecordOrderRequest Order();
  v1::RecordOrderRequest OrderOf(uint64_t customer);

  CallKind Empty() const;
  CallKind RecordOrder();
  // With a sealed name and a sealed e-mail address.
  CallKind RegisterCustomer();
  // With a sealed note.
  CallKind RecordContact();
  CallKind GetBalance();
  // The balance as it was before the run.
  CallKind GetBalanceAsOf();

 private:
  std::string CustomerName(uint64_t customer) const;
  uint64_t AnyCustomer() { return random_.Below(customers_); }

  const uint64_t customers_;
  const std::string prefix_;
  Random random_;
  uint64_t next_id_ = 0;
};

}  // namespace daybook::tools
