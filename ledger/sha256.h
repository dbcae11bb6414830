// SHA-256 with everything fetched once: a fresh context costs more than hashing a small record.
//
// Not thread-safe: one per thread. Sha256Of keeps one per thread itself.
#pragma once

#include <string_view>

#include "ledger/types.h"

struct evp_md_st;
struct evp_md_ctx_st;

namespace daybook::ledger {

// Start, Add any number of times, Finish; then again from Start.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Start();
  void Add(std::string_view bytes);
  Bytes32 Finish();

 private:
  evp_md_st* const digest_;
  evp_md_ctx_st* const context_;
};

// The hash of `bytes`.
Bytes32 Sha256Of(std::string_view bytes);

}  // namespace daybook::ledger
