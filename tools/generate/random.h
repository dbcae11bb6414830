// Random numbers that are the same on every machine and with every compiler: whole numbers only,
// none of the standard library's distributions, which may differ.
#pragma once

#include <cstdint>
#include <vector>

namespace daybook::tools {

// SplitMix64 (Steele, Lea, Flood 2014). Not thread-safe.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // 0 to bound - 1; bound > 0.
  uint64_t Below(uint64_t bound) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * bound) >> 64);
  }
  // From least to most, both included.
  int64_t Between(int64_t least, int64_t most) {
    return least + static_cast<int64_t>(Below(static_cast<uint64_t>(most - least + 1)));
  }
  // True in `percent` of a hundred cases.
  bool Percent(uint64_t percent) { return Below(100) < percent; }

 private:
  uint64_t state_;
};

// Numbers 0 to n - 1, where k comes in proportion to 1 / (k + 1): few are frequent, most are rare.
// Eight bytes a number.
class Zipf {
 public:
  explicit Zipf(uint64_t n);
  uint64_t Draw(Random& random) const;

 private:
  std::vector<uint64_t> sums_;
};

// A permutation of 0 to n - 1 in no memory: so that the frequent customers are not the first ones.
class Shuffle {
 public:
  Shuffle(uint64_t n, uint64_t seed);
  uint64_t operator()(uint64_t k) const;

 private:
  uint64_t n_;
  uint64_t factor_;
  uint64_t offset_;
};

}  // namespace daybook::tools
