// Collects what a verification finds, up to a bound, and counts the rest.
//
// Not thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "daybook/v1/maintenance.pb.h"
#include "ledger/segment.h"
#include "ledger/types.h"

namespace daybook::ledger {

class Findings {
 public:
  explicit Findings(v1::VerifyReport* report) : report_(report) {}

  // What the log can be mended with; said wherever segments are damaged.
  static constexpr std::string_view kMendSegment =
      "If a backup has this segment whole, put that file in its place and verify again: then "
      "nothing is lost. Else `daybook ledger recover` says what would be.";

  // Each gives the finding to add places to; it is void after the next call.
  v1::Finding* Damage(std::string_view check, std::string file, std::string text,
                      std::string_view advice = {});
  v1::Finding* Note(std::string_view check, std::string file, std::string text,
                    std::string_view advice = {});
  // Damage of a commit.
  void OfCommit(std::string_view check, PartitionId partition, Sequence sequence,
                const RecordPlace& place, std::string text, std::string_view advice = {});

  void Checked(std::string_view check) { report_->add_checked(std::string(check)); }
  void NotChecked(std::string_view check, std::string_view why);

 private:
  v1::Finding* Add(std::string_view check, std::string file, std::string text,
                   std::string_view advice);

  v1::VerifyReport* const report_;
  v1::Finding beyond_;  // takes what is not kept
};

// "ledger/segments/0000000000000003.segment".
std::string SegmentFileOf(uint64_t segment);

}  // namespace daybook::ledger
