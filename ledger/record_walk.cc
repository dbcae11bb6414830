#include "ledger/record_walk.h"

#include <fmt/format.h>

namespace daybook::ledger {

std::string DescribePlace(uint64_t segment, uint64_t offset) {
  return fmt::format("segment {}, offset {}", segment, offset);
}

absl::Status WalkRecords(
    const GroupView& group, const LedgerId& ledger,
    absl::FunctionRef<bool(const RecordHeader&, std::string_view, const RecordPlace&)> visit) {
  size_t at = 0;
  for (uint32_t i = 0; i < group.record_count; ++i) {
    const std::string_view rest = group.body.substr(at);
    RecordHeader header;
    const HeaderVerdict verdict = DecodeHeader(rest, ledger, &header);
    const uint64_t offset = group.body_offset + at;
    if (verdict == HeaderVerdict::kUnknownKind || verdict == HeaderVerdict::kUnknownVersion) {
      return absl::FailedPreconditionError("record of a later version at " +
                                           DescribePlace(group.place.segment, offset));
    }
    const size_t length = kHeaderBytes + header.body_length;
    if (verdict != HeaderVerdict::kOk || length > rest.size()) {
      return absl::DataLossError("no record at " + DescribePlace(group.place.segment, offset));
    }
    const RecordPlace place{group.place.segment, static_cast<uint32_t>(offset),
                            static_cast<uint32_t>(length)};
    if (!visit(header, rest.substr(0, length), place)) return absl::OkStatus();
    at += length;
  }
  if (at != group.body.size()) {
    return absl::DataLossError("bytes after the last record at " +
                               DescribePlace(group.place.segment, group.body_offset + at));
  }
  return absl::OkStatus();
}

}  // namespace daybook::ledger
