#include "tools/generate/random.h"

#include <algorithm>
#include <numeric>

namespace daybook::tools {
namespace {

constexpr uint64_t kWeight = uint64_t{1} << 32;

}  // namespace

Zipf::Zipf(uint64_t n) {
  sums_.reserve(n);
  uint64_t sum = 0;
  for (uint64_t k = 0; k < n; ++k) sums_.push_back(sum += kWeight / (k + 1));
}

uint64_t Zipf::Draw(Random& random) const {
  const uint64_t at = random.Below(sums_.back());
  return static_cast<uint64_t>(std::upper_bound(sums_.begin(), sums_.end(), at) - sums_.begin());
}

Shuffle::Shuffle(uint64_t n, uint64_t seed) : n_(n), factor_(1), offset_(0) {
  Random random(seed);
  offset_ = random.Below(n);
  // A factor without a common divisor makes k * factor a permutation.
  for (uint64_t candidate = n / 2 + random.Below(n / 2 + 1) + 1;; ++candidate) {
    if (std::gcd(candidate, n) == 1) {
      factor_ = candidate % n == 0 ? 1 : candidate % n;
      return;
    }
  }
}

uint64_t Shuffle::operator()(uint64_t k) const {
  return static_cast<uint64_t>((static_cast<unsigned __int128>(k) * factor_ + offset_) % n_);
}

}  // namespace daybook::tools
