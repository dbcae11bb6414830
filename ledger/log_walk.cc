#include "ledger/log_walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "ledger/segment_tail.h"

namespace daybook::ledger {
namespace {

constexpr size_t kStrideBytes = 1024 * 1024;

class Walker {
 public:
  Walker(SegmentFiles* files, const GroupPlace& until, const LogVisitor& visitor)
      : files_(files), until_(until), visitor_(visitor) {}

  absl::StatusOr<WalkedLog> Walk() {
    absl::StatusOr<std::vector<std::string>> names = files_->fs()->List(files_->directory());
    if (!names.ok()) return names.status();
    for (const std::string& name : *names) {
      if (const uint64_t number = SegmentNumber(name); number != 0) segments_.insert(number);
    }
    if (segments_.empty()) {
      return absl::NotFoundError(fmt::format("{}: there are no segments", files_->directory()));
    }
    walked_.last_segment = *segments_.rbegin();
    if (absl::Status status = Follow(); !status.ok()) return status;
    return walked_;
  }

 private:
  absl::Status Follow() {
    GroupCursor cursor = GroupCursor::StartAt(files_, {});
    if (until_.group != GroupNumber()) cursor.StopBehind(until_);
    while (true) {
      GroupView group;
      const absl::StatusOr<Standing> standing = cursor.Next(&group);
      if (absl::IsFailedPrecondition(standing.status())) return standing.status();
      if (standing.ok() && *standing == Standing::kGroup) {
        if (!Visit(group, cursor)) return absl::OkStatus();
        continue;
      }
      std::string what;
      if (absl::Status end = JudgeEnd(cursor.expectation(), standing, &what); !end.ok()) return end;
      if (what.empty()) return absl::OkStatus();
      broken_ = behind_break_ = true;
      LogBreak found{cursor.expectation(), std::move(what), FindNextFrame(cursor.expectation())};
      if (!visitor_.broken(found) || !found.resumed.has_value()) return absl::OkStatus();
      cursor = GroupCursor::StartAt(files_, *found.resumed);
      if (until_.group != GroupNumber()) cursor.StopBehind(until_);
    }
  }

  // False if the walk is over.
  bool Visit(const GroupView& group, const GroupCursor& cursor) {
    walked_.last = group.place;
    if (!broken_) {
      walked_.sound = group.place;
      walked_.sound_next = cursor.expectation();
    }
    const bool first = std::exchange(behind_break_, false);
    return visitor_.group(group, first) && group.place.group != until_.group;
  }

  // What is wrong with what stands behind the last group that was read; empty if the log may end
  // here.
  absl::Status JudgeEnd(const Expectation& expected, const absl::StatusOr<Standing>& standing,
                        std::string* what) {
    if (!standing.ok() && !absl::IsDataLoss(standing.status()) &&
        !absl::IsNotFound(standing.status())) {
      return standing.status();
    }
    if (until_.group != GroupNumber()) {
      *what = fmt::format("group {} is missing or damaged", expected.number.value());
      return absl::OkStatus();
    }
    if (!standing.ok()) {
      *what = std::string(standing.status().message());
      return absl::OkStatus();
    }
    const GroupPlace from = expected.number == GroupNumber(1) ? GroupPlace{} : walked_.last;
    const absl::StatusOr<LogEnd> end = FindEnd(files_, from, {});
    if (end.ok()) {
      walked_.cut_bytes = end->cut_bytes;
      walked_.cut_reason = end->cut_reason;
      return absl::OkStatus();
    }
    if (!absl::IsDataLoss(end.status()) && !absl::IsNotFound(end.status())) return end.status();
    *what = std::string(end.status().message());
    return absl::OkStatus();
  }

  // The first whole frame with a higher number behind a place. A frame's checksum starts from its
  // segment's salt, so nothing else passes for one.
  std::optional<Expectation> FindNextFrame(const Expectation& behind) {
    for (auto it = segments_.lower_bound(behind.segment); it != segments_.end(); ++it) {
      const absl::StatusOr<SegmentPtr> segment = files_->Get(*it);
      if (!segment.ok()) continue;  // without its salt nothing in it can be told
      const uint64_t begin = *it == behind.segment ? behind.offset : kSegmentHeaderBytes;
      if (auto found = FindFrameIn(**segment, begin, behind.number)) return found;
    }
    return std::nullopt;
  }

  static std::optional<Expectation> FindFrameIn(const Segment& segment, uint64_t begin,
                                                GroupNumber after) {
    const uint32_t alignment = segment.header.alignment;
    std::string bytes;
    for (uint64_t at = AlignUp(begin, alignment); at < segment.size; at += kStrideBytes) {
      // A frame may begin at the end of the stride.
      if (!segment.ReadPadded(at, kStrideBytes + kFrameBytes, &bytes).ok()) continue;
      for (size_t i = 0; i < kStrideBytes && at + i < segment.size; i += alignment) {
        GroupFrame frame;
        const FrameVerdict verdict =
            DecodeFrame(std::string_view(bytes).substr(i), segment.salt_start, &frame);
        if (verdict == FrameVerdict::kOk && frame.number > after) {
          return Expectation{segment.header.number, at + i, frame.number, frame.chain};
        }
      }
    }
    return std::nullopt;
  }

  SegmentFiles* const files_;
  const GroupPlace until_;
  const LogVisitor& visitor_;
  std::set<uint64_t> segments_;
  bool broken_ = false;
  bool behind_break_ = false;
  WalkedLog walked_;
};

}  // namespace

absl::StatusOr<WalkedLog> WalkLog(SegmentFiles* files, const GroupPlace& until,
                                  const LogVisitor& visitor) {
  return Walker(files, until, visitor).Walk();
}

}  // namespace daybook::ledger
