// What a segment log must hold, kept beside it: drives a log on a recording disk and compares after
// each start.
#pragma once

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "ledger/segment.h"
#include "recording_file_system.h"

namespace daybook::ledger {

inline constexpr char kLogDirectory[] = "disk/log";

// A ledger id for tests.
LedgerId TestLedgerId();

// Segments so small that a few groups fill one. Preparation is done in line, so calls come in the
// same order each time.
SegmentOptions SmallSegments(uint32_t alignment = 8);

using Records = std::vector<std::string>;

// Random records for one group, from one byte to several pages.
Records RandomRecords(std::mt19937_64* random, size_t max_bytes);
std::vector<std::string_view> Views(const Records& records);

// A log and the truth about it.
class LogModel {
 public:
  // How one life of the log ended.
  enum class End {
    kRan,      // all steps done
    kStopped,  // a call failed
  };

  explicit LogModel(SegmentOptions options) : options_(options) {}

  // One life of the process: makes the log if it was never made, opens it, compares everything in
  // it, and appends `groups` groups of at most `max_bytes`. A start that fails although `must_open`
  // is recorded in `complaint`.
  End Live(RecordingFileSystem* fs, std::mt19937_64* random, size_t groups, size_t max_bytes,
           bool must_open);

  // Empty, or what was not as it must be.
  const std::string& complaint() const { return complaint_; }
  const std::vector<Records>& durable() const { return durable_; }
  const std::vector<GroupPlace>& places() const { return places_; }

 private:
  End Complain(std::string text);
  bool Compare(const SegmentLog& log);
  End AppendSome(SegmentLog* log, RecordingFileSystem* fs, std::mt19937_64* random, size_t groups,
                 size_t max_bytes);

  SegmentOptions options_;
  bool made_ = false;  // Create has returned OK
  std::vector<Records> durable_;
  std::vector<GroupPlace> places_;    // of durable_
  std::optional<Records> in_flight_;  // written with unknown outcome
  std::string complaint_;
};

}  // namespace daybook::ledger
