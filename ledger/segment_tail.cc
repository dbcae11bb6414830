#include "ledger/segment_tail.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "ledger/crc32c.h"
#include "ledger/segment_format.h"

namespace daybook::ledger {
namespace {

constexpr size_t kStrideBytes = 1024 * 1024;

bool AllZero(std::string_view bytes) {
  return bytes.empty() ||
         (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

// What is not zero in a stretch of a segment.
struct Dirt {
  uint64_t first = 0;
  uint64_t last = 0;
};

// Looks from `begin` to the end of the file.
absl::StatusOr<std::optional<Dirt>> FindDirt(const Segment& segment, uint64_t begin) {
  std::optional<Dirt> dirt;
  std::string bytes;
  for (uint64_t at = begin; at < segment.size; at += bytes.size()) {
    const size_t length = std::min<uint64_t>(kStrideBytes, segment.size - at);
    if (absl::Status read = segment.ReadPadded(at, length, &bytes); !read.ok()) return read;
    if (AllZero(bytes)) continue;
    const size_t first = bytes.find_first_not_of('\0');
    const size_t last = bytes.find_last_not_of('\0');
    if (!dirt.has_value()) dirt = Dirt{at + first, 0};
    dirt->last = at + last;
  }
  return dirt;
}

absl::Status Lost(const Segment& segment, uint64_t offset, const Expectation& expected,
                  const std::string& found) {
  return absl::DataLossError(fmt::format(
      "{}: group {} should be here or the log should end here, but {}; acknowledged groups are "
      "missing or damaged",
      segment.At(offset), expected.number.value(), found));
}

// Whether the dirt from `begin` on can be what one torn write of the expected group left behind.
absl::Status CheckTorn(const Segment& segment, uint64_t begin, const Dirt& dirt,
                       const Expectation& expected) {
  if (dirt.last >= begin + segment.header.largest_group) {
    return Lost(segment, begin, expected,
                fmt::format("offset {} is not zero, which is further away than one group reaches",
                            dirt.last));
  }
  const size_t length = dirt.last + 1 - begin;
  std::string bytes;
  if (absl::Status read = segment.ReadPadded(begin, length, &bytes); !read.ok()) return read;
  for (size_t at = 0; at < length; at += segment.header.alignment) {
    GroupFrame frame;
    const FrameVerdict verdict =
        DecodeFrame(std::string_view(bytes).substr(at), segment.salt_start, &frame);
    if (verdict == FrameVerdict::kNone) continue;
    const bool torn_group_itself = at == 0 && verdict == FrameVerdict::kOk &&
                                   frame.number == expected.number && frame.chain == expected.chain;
    if (torn_group_itself) continue;
    return Lost(
        segment, begin, expected,
        fmt::format("offset {} holds the frame of group {}", begin + at, frame.number.value()));
  }
  return absl::OkStatus();
}

// Judges what stands behind the last whole group: in its own segment, and in those after it.
class TailJudge {
 public:
  TailJudge(SegmentFiles* files, LogEnd* end) : files_(files), end_(end) {}

  absl::Status Judge() {
    const uint64_t current = end_->next.segment;
    for (uint64_t number = current; number <= end_->last_segment; ++number) {
      absl::StatusOr<SegmentPtr> segment = files_->Get(number);
      if (!segment.ok()) return segment.status();
      const uint64_t begin = number == current ? end_->next.offset : kSegmentHeaderBytes;
      absl::StatusOr<std::optional<Dirt>> dirt = FindDirt(**segment, begin);
      if (!dirt.ok()) return dirt.status();
      if (!dirt->has_value()) continue;
      if (absl::Status judged = JudgeDirt(**segment, begin, **dirt); !judged.ok()) return judged;
    }
    return CheckSuccessor();
  }

 private:
  absl::Status JudgeDirt(const Segment& segment, uint64_t begin, const Dirt& dirt) {
    const uint64_t number = segment.header.number;
    if (end_->cut_bytes > 0) {
      return Lost(segment, begin, end_->next, "this segment and one before it are not empty");
    }
    if (absl::Status torn = CheckTorn(segment, begin, dirt, end_->next); !torn.ok()) return torn;
    if (number > end_->next.segment) {
      if (absl::Status placed = CheckSwitch(segment, begin); !placed.ok()) return placed;
    }
    end_->cut_bytes = dirt.last + 1 - dirt.first;
    end_->cut_reason = fmt::format("{}: torn write of group {}, {} bytes", segment.At(begin),
                                   end_->next.number.value(), end_->cut_bytes);
    cut_segment_ = number;
    return absl::OkStatus();
  }

  // A group goes to the following segment only if it may not have fitted behind the last one.
  absl::Status CheckSwitch(const Segment& segment, uint64_t begin) {
    absl::StatusOr<SegmentPtr> current = files_->Get(end_->next.segment);
    if (!current.ok()) return current.status();
    const uint64_t room = (*current)->size - std::min((*current)->size, end_->next.offset);
    if (segment.header.number == end_->next.segment + 1 &&
        room < (*current)->header.largest_group) {
      return absl::OkStatus();
    }
    return Lost(
        segment, begin, end_->next,
        fmt::format("{} bytes before it are empty in segment {}", room, end_->next.segment));
  }

  // Before a segment takes its first group its successor stands ready.
  absl::Status CheckSuccessor() {
    uint64_t used = end_->last.group == GroupNumber(0) ? 0 : end_->last.segment;
    used = std::max(used, cut_segment_);
    if (used < end_->last_segment) return absl::OkStatus();
    return absl::DataLossError(fmt::format("{}: {} holds groups, but {} is missing",
                                           files_->directory(), SegmentName(used),
                                           SegmentName(used + 1)));
  }

  SegmentFiles* const files_;
  LogEnd* const end_;
  uint64_t cut_segment_ = 0;
};

// Segments are there from the first on, so what is not found lies behind the log's end.
absl::StatusOr<GroupCursor> StartAfter(SegmentFiles* files, const GroupPlace& place) {
  absl::StatusOr<GroupCursor> cursor = GroupCursor::StartAfter(files, place);
  if (!absl::IsNotFound(cursor.status())) return cursor;
  return absl::DataLossError(fmt::format("group {} was seen in segment {}: {}", place.group.value(),
                                         place.segment, std::string(cursor.status().message())));
}

absl::Status OtherChain(const GroupPlace& witness) {
  return absl::DataLossError(
      fmt::format("group {} is not the one that a witness has seen: this is another log, or one "
                  "that was replaced",
                  witness.group.value()));
}

absl::Status CheckWitnesses(const std::vector<GroupPlace>& witnesses, const GroupPlace& place) {
  for (const GroupPlace& witness : witnesses) {
    if (witness.group == place.group && witness.chain != place.chain) return OtherChain(witness);
  }
  return absl::OkStatus();
}

// Those that the walk from `from` does not pass.
absl::Status CheckEarlierWitnesses(SegmentFiles* files, const GroupPlace& from,
                                   const std::vector<GroupPlace>& witnesses) {
  for (const GroupPlace& witness : witnesses) {
    if (witness.group >= from.group || witness.segment == 0) continue;
    if (absl::StatusOr<GroupCursor> there = StartAfter(files, witness); !there.ok()) {
      return there.status();
    }
  }
  return absl::OkStatus();
}

absl::Status WriteZeros(const Segment& segment, uint64_t begin) {
  const uint64_t end = std::min(segment.size, begin + segment.header.largest_group);
  const std::string zeros(std::min<uint64_t>(kStrideBytes, end - std::min(begin, end)), '\0');
  for (uint64_t at = begin; at < end; at += zeros.size()) {
    const size_t length = std::min<uint64_t>(zeros.size(), end - at);
    if (absl::Status written = segment.file->WriteAt(at, {zeros.data(), length}); !written.ok()) {
      return written;
    }
  }
  return absl::OkStatus();
}

absl::Status RewriteGroup(const Segment& segment, const GroupPlace& place) {
  std::string group;
  if (absl::Status read = segment.file->ReadAt(place.offset, place.length, &group); !read.ok()) {
    return read;
  }
  GroupFrame frame;
  if (group.size() != place.length ||
      DecodeFrame(group, segment.salt_start, &frame) != FrameVerdict::kOk ||
      ExtendCrc32c(segment.salt_start, std::string_view(group).substr(kFrameBytes)) !=
          frame.body_crc) {
    return absl::DataLossError(fmt::format("{}: the last group, {}, is damaged",
                                           segment.At(place.offset), place.group.value()));
  }
  return segment.file->WriteAt(place.offset, group);
}

}  // namespace

absl::StatusOr<LogEnd> FindEnd(SegmentFiles* files, const GroupPlace& from,
                               const std::vector<GroupPlace>& witnesses) {
  LogEnd end;
  absl::StatusOr<uint64_t> last_segment = files->Last();
  if (!last_segment.ok()) return last_segment.status();
  if (*last_segment == 0) {
    return absl::NotFoundError(fmt::format("{}: there are no segments", files->directory()));
  }
  end.last_segment = *last_segment;

  if (absl::Status seen = CheckEarlierWitnesses(files, from, witnesses); !seen.ok()) return seen;
  absl::StatusOr<GroupCursor> cursor = StartAfter(files, from);
  if (!cursor.ok()) return cursor.status();
  end.last = from;
  if (absl::Status seen = CheckWitnesses(witnesses, end.last); !seen.ok()) return seen;
  while (true) {
    GroupView group;
    absl::StatusOr<Standing> standing = cursor->Next(&group);
    if (!standing.ok()) return standing.status();
    if (*standing != Standing::kGroup) break;
    end.last = group.place;
    if (absl::Status seen = CheckWitnesses(witnesses, end.last); !seen.ok()) return seen;
  }
  end.next = cursor->expectation();
  if (absl::Status judged = TailJudge(files, &end).Judge(); !judged.ok()) return judged;

  for (const GroupPlace& witness : witnesses) {
    if (witness.group > end.last.group) {
      return absl::DataLossError(fmt::format(
          "{}: the log ends with group {} in segment {} before offset {}, but a witness has seen "
          "group {}; acknowledged groups are missing",
          files->directory(), end.last.group.value(), end.next.segment, end.next.offset,
          witness.group.value()));
    }
  }
  return end;
}

absl::Status SecureEnd(SegmentFiles* files, const LogEnd& end) {
  absl::StatusOr<SegmentPtr> current = files->Get(end.next.segment);
  if (!current.ok()) return current.status();
  if (end.last.group > GroupNumber(0)) {
    if (absl::Status written = RewriteGroup(**current, end.last); !written.ok()) return written;
  }
  // Also where zeros are read: they may be the cache's, of an earlier start whose sync failed.
  if (absl::Status zeroed = WriteZeros(**current, end.next.offset); !zeroed.ok()) return zeroed;
  if (absl::Status synced = (*current)->file->Sync(); !synced.ok()) return synced;

  // A group that did not fit behind the last may have been torn in the following segment.
  if (end.next.offset + (*current)->header.largest_group <= (*current)->size ||
      end.next.segment == end.last_segment) {
    return absl::OkStatus();
  }
  absl::StatusOr<SegmentPtr> following = files->Get(end.next.segment + 1);
  if (!following.ok()) return following.status();
  if (absl::Status zeroed = WriteZeros(**following, kSegmentHeaderBytes); !zeroed.ok()) {
    return zeroed;
  }
  return (*following)->file->Sync();
}

}  // namespace daybook::ledger
