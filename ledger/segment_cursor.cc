#include "ledger/segment_cursor.h"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/crc32c.h"

namespace daybook::ledger {
namespace {

constexpr size_t kStrideBytes = 1024 * 1024;

absl::Status OfLaterProgram(const Segment& segment, uint64_t offset) {
  return absl::FailedPreconditionError(
      fmt::format("{}: a group of a later version", segment.At(offset)));
}

absl::Status NotThere(const Segment& segment, const GroupPlace& place) {
  return absl::DataLossError(fmt::format("{}: group {} is not there any more",
                                         segment.At(place.offset), place.group.value()));
}

}  // namespace

absl::StatusOr<std::string_view> StridingReader::Read(const SegmentPtr& segment, uint64_t offset,
                                                      size_t length) {
  if (segment != segment_ || offset < begin_ || offset + length > begin_ + buffer_.size()) {
    // Forgotten first: a failed read must not leave bytes behind that look like those of this
    // place.
    segment_ = nullptr;
    const bool in_last = segment->header.number == last_.segment;
    const uint64_t end = in_last ? uint64_t{last_.offset} + last_.length : segment->size;
    const uint64_t ahead = std::min<uint64_t>(kStrideBytes, end - std::min(end, offset));
    if (absl::Status read =
            segment->ReadPadded(offset, std::max<uint64_t>(length, ahead), &buffer_);
        !read.ok()) {
      return read;
    }
    segment_ = segment;
    begin_ = offset;
  }
  return std::string_view(buffer_).substr(offset - begin_, length);
}

absl::StatusOr<GroupCursor> GroupCursor::StartAfter(SegmentFiles* files, const GroupPlace& after) {
  GroupCursor cursor(files);
  if (after.group == GroupNumber(0)) return cursor;
  absl::StatusOr<SegmentPtr> segment = files->Get(after.segment);
  if (!segment.ok()) return segment.status();
  std::string frame_bytes;
  if (absl::Status read = (*segment)->ReadPadded(after.offset, kFrameBytes, &frame_bytes);
      !read.ok()) {
    return read;
  }
  GroupFrame frame;
  const FrameVerdict verdict = DecodeFrame(frame_bytes, (*segment)->salt_start, &frame);
  if (verdict == FrameVerdict::kUnknownVersion) return OfLaterProgram(**segment, after.offset);
  if (verdict != FrameVerdict::kOk || frame.number != after.group ||
      uint64_t{kFrameBytes} + frame.body_length != after.length ||
      ChainOf(frame_bytes) != after.chain) {
    return NotThere(**segment, after);
  }
  cursor.segment_ = *segment;
  cursor.StepOver(after, (*segment)->header);
  return cursor;
}

GroupCursor GroupCursor::StartAt(SegmentFiles* files, const Expectation& expected) {
  GroupCursor cursor(files);
  cursor.expected_ = expected;
  return cursor;
}

absl::StatusOr<Standing> GroupCursor::Next(GroupView* group) {
  if (segment_ == nullptr || segment_->header.number != expected_.segment) {
    absl::StatusOr<SegmentPtr> segment = files_->Get(expected_.segment);
    if (!segment.ok()) return segment.status();
    segment_ = *segment;
  }
  absl::StatusOr<Standing> here = Look(segment_, expected_, group);
  if (!here.ok() || *here != Standing::kNothing) return here;

  // A group that did not fit here stands at the beginning of the following segment.
  absl::StatusOr<SegmentPtr> following = files_->Get(expected_.segment + 1);
  if (absl::IsNotFound(following.status())) return Standing::kNothing;
  if (!following.ok()) return following.status();
  Expectation there = expected_;
  there.segment += 1;
  there.offset = kSegmentHeaderBytes;
  return Look(*following, there, group);
}

absl::StatusOr<Standing> GroupCursor::Look(const SegmentPtr& segment, const Expectation& expected,
                                           GroupView* group) {
  absl::StatusOr<std::string_view> bytes = reader_.Read(segment, expected.offset, kFrameBytes);
  if (!bytes.ok()) return bytes.status();
  GroupFrame frame;
  const FrameVerdict verdict = DecodeFrame(*bytes, segment->salt_start, &frame);
  if (verdict == FrameVerdict::kUnknownVersion) return OfLaterProgram(*segment, expected.offset);
  if (verdict != FrameVerdict::kOk || frame.number != expected.number ||
      frame.chain != expected.chain) {
    return Standing::kNothing;
  }
  const uint64_t length = uint64_t{kFrameBytes} + frame.body_length;
  if (length > segment->header.largest_group) return Standing::kTornGroup;
  const Bytes16 chain = ChainOf(*bytes);
  bytes = reader_.Read(segment, expected.offset, length);
  if (!bytes.ok()) return bytes.status();
  const std::string_view body = bytes->substr(kFrameBytes);
  if (ExtendCrc32c(segment->salt_start, body) != frame.body_crc) return Standing::kTornGroup;

  group->place = {frame.number, segment->header.number, static_cast<uint32_t>(expected.offset),
                  static_cast<uint32_t>(length), chain};
  group->record_count = frame.record_count;
  group->body = body;
  group->body_offset = static_cast<uint32_t>(expected.offset) + kFrameBytes;
  segment_ = segment;
  StepOver(group->place, segment->header);
  return Standing::kGroup;
}

void GroupCursor::StepOver(const GroupPlace& place, const SegmentHeader& header) {
  expected_.segment = place.segment;
  expected_.offset = AlignUp(uint64_t{place.offset} + place.length, header.alignment);
  expected_.number = place.group.next();
  expected_.chain = place.chain;
}

}  // namespace daybook::ledger
