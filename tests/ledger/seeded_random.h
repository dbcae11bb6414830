// Randomness that repeats: the same seed, the same bytes.
#pragma once

#include <mutex>
#include <random>

#include "ledger/crypto.h"

namespace daybook::ledger {

class SeededRandom : public RandomSource {
 public:
  explicit SeededRandom(uint64_t seed) : engine_(seed) {}
  void Fill(uint8_t* out, size_t length) override {
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < length; ++i) out[i] = static_cast<uint8_t>(engine_());
  }
  // 0 to bound − 1.
  uint64_t Below(uint64_t bound) {
    const std::lock_guard lock(mutex_);
    return engine_() % bound;
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

}  // namespace daybook::ledger
