// Many durations, and what they say together.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace daybook::tools {

// Not thread-safe.
class Samples {
 public:
  void Add(std::chrono::steady_clock::duration duration) {
    microseconds_.push_back(std::chrono::duration<double, std::micro>(duration).count());
  }
  void Append(const Samples& other) {
    microseconds_.insert(microseconds_.end(), other.microseconds_.begin(),
                         other.microseconds_.end());
  }
  uint64_t count() const { return microseconds_.size(); }

  // In microseconds; 0 if there are none. `share` is 0 to 1.
  double Percentile(double share) const {
    if (microseconds_.empty()) return 0;
    std::vector<double> sorted = microseconds_;
    const auto at = static_cast<size_t>(share * static_cast<double>(sorted.size() - 1));
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(at),
                     sorted.end());
    return sorted[at];
  }

 private:
  std::vector<double> microseconds_;
};

// The middle one; of an even number the upper of the two. 0 if there are none.
inline double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace daybook::tools
