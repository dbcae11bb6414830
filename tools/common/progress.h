// A line on standard error that says how far a long job is; silent unless standard error is a
// terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace daybook::tools {

// Not thread-safe: one thread reports.
class Progress {
 public:
  // `unit` as in "lines". A total of 0 is unknown: no per cent, no ETA.
  Progress(std::string what, std::string unit, uint64_t total);
  // Ends the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Redraws at most ten times a second.
  void Update(uint64_t done);

  // "12,000 of 20,000 lines · 60 % · 4,000/s · 2 s left".
  static std::string ToText(const std::string& what, const std::string& unit, uint64_t done,
                            uint64_t total, double seconds);

 private:
  const std::string what_;
  const std::string unit_;
  const uint64_t total_;
  const bool shown_;
  const std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point drawn_;
};

// True if standard output may be coloured: a terminal, and NO_COLOR is not set.
bool MayColour();

}  // namespace daybook::tools
