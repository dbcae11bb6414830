// Walks over the records in a group's body. Thread-safe.
#pragma once

#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "ledger/record.h"
#include "ledger/segment.h"

namespace daybook::ledger {

// Calls `visit` with each record's header, bytes and place, in order, until it returns false.
// Bodies are not checked: whoever hands out a group has checked its CRC. Errors: DataLoss naming
// the place, if what is there is no record.
absl::Status WalkRecords(
    const GroupView& group, const LedgerId& ledger,
    absl::FunctionRef<bool(const RecordHeader&, std::string_view, const RecordPlace&)> visit);

// "segment 3, offset 4711", for messages.
std::string DescribePlace(uint64_t segment, uint64_t offset);

}  // namespace daybook::ledger
