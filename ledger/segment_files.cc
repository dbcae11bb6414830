#include "ledger/segment_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace daybook::ledger {
namespace {

constexpr std::string_view kSuffix = ".segment";
constexpr size_t kDigits = 16;
// Far below the usual limit of 1,024 descriptors; a scan needs one at a time.
constexpr size_t kMaxOpenSegments = 128;

absl::Status WithPlace(const absl::Status& status, const std::string& directory, uint64_t number) {
  return absl::Status(status.code(), fmt::format("{}: {}", SegmentPath(directory, number),
                                                 std::string(status.message())));
}

}  // namespace

std::string SegmentName(uint64_t number) { return fmt::format("{:016x}{}", number, kSuffix); }

uint64_t SegmentNumber(std::string_view name) {
  if (name.size() != kDigits + kSuffix.size() || name.substr(kDigits) != kSuffix) return 0;
  uint64_t number = 0;
  const char* const end = name.data() + kDigits;
  const auto [stop, error] = std::from_chars(name.data(), end, number, 16);
  // The second spelling of a number (capital letters) is no segment's name.
  return error == std::errc() && stop == end && SegmentName(number) == name ? number : 0;
}

std::string SegmentPath(const std::string& directory, uint64_t number) {
  return directory + "/" + SegmentName(number);
}

absl::Status Segment::ReadPadded(uint64_t offset, size_t length, std::string* out) const {
  if (absl::Status read = file->ReadAt(offset, length, out); !read.ok()) return read;
  out->resize(length, '\0');
  return absl::OkStatus();
}

std::string Segment::At(uint64_t offset) const {
  return fmt::format("segment {} offset {}", header.number, offset);
}

absl::StatusOr<uint64_t> SegmentFiles::Last() const {
  absl::StatusOr<std::vector<std::string>> names = fs_->List(directory_);
  if (!names.ok()) return names.status();
  uint64_t last = 0;
  for (const std::string& name : *names) {
    const uint64_t number = SegmentNumber(name);
    if (number == 0) continue;
    if (number != last + 1) {
      return absl::DataLossError(
          fmt::format("{}: {} is missing, {} is there", directory_, SegmentName(last + 1), name));
    }
    last = number;
  }
  return last;
}

absl::StatusOr<SegmentPtr> SegmentFiles::Get(uint64_t number) {
  std::lock_guard lock(mutex_);
  if (auto found = open_.find(number); found != open_.end()) {
    found->second.last_use = ++uses_;
    return found->second.segment;
  }
  absl::StatusOr<SegmentPtr> segment = Open(number);
  if (!segment.ok()) return segment;
  if (open_.size() >= kMaxOpenSegments) {
    open_.erase(std::min_element(open_.begin(), open_.end(), [](const auto& a, const auto& b) {
      return a.second.last_use < b.second.last_use;
    }));
  }
  open_[number] = {*segment, ++uses_};
  return segment;
}

absl::StatusOr<SegmentPtr> SegmentFiles::Open(uint64_t number) const {
  auto segment = std::make_shared<Segment>();
  absl::StatusOr<std::unique_ptr<File>> file =
      fs_->Open(SegmentPath(directory_, number), /*create=*/false);
  if (!file.ok()) return file.status();
  segment->file = *std::move(file);
  std::string block;
  if (absl::Status read = segment->file->ReadAt(0, kSegmentHeaderBytes, &block); !read.ok()) {
    return read;
  }
  absl::StatusOr<SegmentHeader> header = DecodeSegmentHeader(block);
  if (!header.ok()) return WithPlace(header.status(), directory_, number);
  if (header->ledger_id != ledger_id_) {
    return WithPlace(absl::FailedPreconditionError("segment of another ledger"), directory_,
                     number);
  }
  if (header->number != number) {
    return WithPlace(
        absl::DataLossError(fmt::format("holds segment {} under this name", header->number)),
        directory_, number);
  }
  absl::StatusOr<uint64_t> size = segment->file->Size();
  if (!size.ok()) return size.status();
  segment->header = *header;
  segment->salt_start = SaltStart(header->salt);
  segment->size = *size;
  return SegmentPtr(std::move(segment));
}

}  // namespace daybook::ledger
