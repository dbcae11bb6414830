#include "ledger/segment.h"

#include <fmt/format.h>

#include <atomic>
#include <limits>
#include <mutex>

#include "ledger/check.h"
#include "ledger/crc32c.h"
#include "ledger/segment_cursor.h"
#include "ledger/segment_files.h"
#include "ledger/segment_format.h"
#include "ledger/segment_prepare.h"
#include "ledger/segment_tail.h"

namespace daybook::ledger {
namespace {

// A ledger begins with two segments: the first, and the successor that must stand ready.
constexpr uint64_t kFirstSegments = 2;

absl::Status CheckOptions(const SegmentOptions& options) {
  if (options.alignment != 8 && options.alignment != kSegmentHeaderBytes) {
    return absl::InvalidArgumentError("alignment of groups must be 8 or 4096");
  }
  if (options.max_group_bytes <= kFrameBytes ||
      options.segment_bytes < uint64_t{kSegmentHeaderBytes} + options.max_group_bytes ||
      options.segment_bytes > std::numeric_limits<uint32_t>::max()) {
    return absl::InvalidArgumentError("a segment must hold one largest group and stay below 4 GiB");
  }
  return absl::OkStatus();
}

std::string ParentOf(const std::string& directory) {
  const size_t slash = directory.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : directory.substr(0, slash);
}

class SegmentLogOnDisk : public SegmentLog {
 public:
  SegmentLogOnDisk(std::unique_ptr<SegmentFiles> files, SegmentPtr current, const LogEnd& end,
                   const SegmentOptions& options, uint64_t bytes_before)
      : options_(options),
        files_(std::move(files)),
        preparer_(files_->fs(), files_->directory(), files_->ledger_id(), options,
                  end.last_segment),
        current_(std::move(current)),
        next_offset_(end.next.offset),
        bytes_before_(bytes_before),
        last_(end.last) {
    buffer_.reserve(kUsualGroupBytes);
    WantSuccessors();
  }

  absl::Status Append(const std::vector<std::string_view>& records, GroupPlace* place,
                      std::vector<RecordPlace>* places) override {
    if (!writable()) {
      return absl::FailedPreconditionError(
          "the log takes no writes after a failed one until it is opened again");
    }
    size_t length = kFrameBytes;
    for (std::string_view record : records) length += record.size();
    if (records.empty() || length > options_.max_group_bytes) {
      return absl::InvalidArgumentError(
          fmt::format("a group of {} records and {} bytes; at most {} bytes", records.size(),
                      length, options_.max_group_bytes));
    }
    absl::Status written = MakeRoom(length);
    if (written.ok()) written = WriteGroup(records, length, place, places);
    if (!written.ok() && !absl::IsResourceExhausted(written) && !absl::IsInvalidArgument(written)) {
      writable_.store(false, std::memory_order_release);
    }
    return written;
  }

  GroupPlace durable_end() const override {
    std::lock_guard lock(mutex_);
    return last_;
  }

  bool writable() const override { return writable_.load(std::memory_order_acquire); }

  absl::Status Read(const RecordPlace& place, std::string* out) const override {
    const GroupPlace end = durable_end();
    const bool durable = place.segment < end.segment ||
                         (place.segment == end.segment && uint64_t{place.offset} + place.length <=
                                                              uint64_t{end.offset} + end.length);
    if (!durable) {
      return absl::OutOfRangeError(
          fmt::format("segment {} offset {}: beyond the durable end", place.segment, place.offset));
    }
    absl::StatusOr<SegmentPtr> segment = files_->Get(place.segment);
    if (!segment.ok()) return AsLoss(segment.status());
    if (absl::Status read = (*segment)->file->ReadAt(place.offset, place.length, out); !read.ok()) {
      return read;
    }
    if (out->size() != place.length) {
      return absl::DataLossError(
          fmt::format("{}: the file ends inside a record", (*segment)->At(place.offset)));
    }
    return absl::OkStatus();
  }

  absl::Status Scan(const GroupPlace& after,
                    const std::function<bool(const GroupView&)>& visit) const override {
    const GroupPlace end = durable_end();
    if (after.group >= end.group) return CheckAtEnd(after, end);
    absl::StatusOr<GroupCursor> cursor = GroupCursor::StartAfter(files_.get(), after);
    if (!cursor.ok()) return AsLoss(cursor.status());
    cursor->StopBehind(end);
    while (cursor->expectation().number <= end.group) {
      GroupView group;
      absl::StatusOr<Standing> standing = cursor->Next(&group);
      if (!standing.ok()) return AsLoss(standing.status());
      if (*standing != Standing::kGroup) {
        return absl::DataLossError(fmt::format(
            "segment {} offset {}: group {} is missing or damaged", cursor->expectation().segment,
            cursor->expectation().offset, cursor->expectation().number.value()));
      }
      if (!visit(group)) return absl::OkStatus();
    }
    return absl::OkStatus();
  }

  uint64_t bytes() const override {
    std::lock_guard lock(mutex_);
    if (last_.group == GroupNumber(0)) return 0;
    return bytes_before_ + last_.offset + last_.length - kSegmentHeaderBytes;
  }

 private:
  // Groups under load; the buffer grows if one is larger.
  static constexpr size_t kUsualGroupBytes = 256 * 1024;

  static absl::Status AsLoss(const absl::Status& status) {
    if (!absl::IsNotFound(status)) return status;
    return absl::DataLossError(std::string(status.message()));
  }

  static absl::Status CheckAtEnd(const GroupPlace& after, const GroupPlace& end) {
    if (after.group == end.group && after.chain == end.chain) return absl::OkStatus();
    return absl::DataLossError(
        fmt::format("the log ends with group {}, and group {} of another or "
                    "a longer one was asked for",
                    end.group.value(), after.group.value()));
  }

  // Makes current_ and next_offset_ a place for a group of `length` bytes whose successor stands
  // ready.
  absl::Status MakeRoom(size_t length) {
    const bool fits =
        length <= current_->header.largest_group && next_offset_ + length <= current_->size;
    const uint64_t target = current_->header.number + (fits ? 0 : 1);
    if (absl::Status ready = preparer_.Await(target + 1); !ready.ok()) return ready;
    if (fits) return absl::OkStatus();

    absl::StatusOr<SegmentPtr> next = files_->Get(target);
    if (!next.ok()) return AsLoss(next.status());
    if (length > (*next)->header.largest_group) {
      return absl::InvalidArgumentError(
          fmt::format("a group of {} bytes; segment {} was made for at most {}", length, target,
                      (*next)->header.largest_group));
    }
    std::lock_guard lock(mutex_);
    bytes_before_ += current_->size - kSegmentHeaderBytes;
    current_ = *next;
    next_offset_ = kSegmentHeaderBytes;
    return absl::OkStatus();
  }

  absl::Status WriteGroup(const std::vector<std::string_view>& records, size_t length,
                          GroupPlace* place, std::vector<RecordPlace>* places) {
    buffer_.clear();
    buffer_.resize(kFrameBytes);
    for (std::string_view record : records) buffer_.append(record);
    DAYBOOK_CHECK(buffer_.size() == length, "a group has the length of its records");

    GroupFrame frame;
    frame.number = last_.group.next();
    frame.body_length = static_cast<uint32_t>(length - kFrameBytes);
    frame.record_count = static_cast<uint32_t>(records.size());
    frame.chain = last_.chain;
    frame.body_crc =
        ExtendCrc32c(current_->salt_start, std::string_view(buffer_).substr(kFrameBytes));
    StoreFrame(frame, current_->salt_start, buffer_.data());

    // Not even a lack of room is one here: the segment was written through before.
    absl::Status written = current_->file->WriteAt(next_offset_, buffer_);
    if (written.ok()) written = current_->file->Sync();
    if (!written.ok()) return absl::InternalError(std::string(written.message()));
    Publish(frame, length);
    *place = last_;
    if (places != nullptr) NamePlaces(records, places);
    WantSuccessors();
    return absl::OkStatus();
  }

  void Publish(const GroupFrame& frame, size_t length) {
    const Bytes16 chain = ChainOf({buffer_.data(), kFrameBytes});
    std::lock_guard lock(mutex_);
    last_ = {frame.number, current_->header.number, static_cast<uint32_t>(next_offset_),
             static_cast<uint32_t>(length), chain};
    next_offset_ = AlignUp(next_offset_ + length, current_->header.alignment);
  }

  void NamePlaces(const std::vector<std::string_view>& records,
                  std::vector<RecordPlace>* places) const {
    places->clear();
    places->reserve(records.size());
    uint32_t offset = last_.offset + kFrameBytes;
    for (std::string_view record : records) {
      const uint32_t length = static_cast<uint32_t>(record.size());
      places->push_back({last_.segment, offset, length});
      offset += length;
    }
  }

  // The switch will need two segments more; half a segment is time enough to make one.
  void WantSuccessors() {
    const uint64_t number = current_->header.number;
    preparer_.Want(next_offset_ < current_->size / 2 ? number + 1 : number + 2);
  }

  const SegmentOptions options_;
  const std::unique_ptr<SegmentFiles> files_;
  SegmentPreparer preparer_;
  std::atomic<bool> writable_{true};

  // Of the appending thread.
  SegmentPtr current_;
  uint64_t next_offset_;
  std::string buffer_;

  // Written by the appending thread under the lock, read by it without.
  mutable std::mutex mutex_;
  uint64_t bytes_before_;
  GroupPlace last_;
};

// What the segments before `current` hold.
absl::StatusOr<uint64_t> BytesBefore(SegmentFiles* files, uint64_t current) {
  uint64_t bytes = 0;
  for (uint64_t number = 1; number < current; ++number) {
    absl::StatusOr<std::unique_ptr<File>> file =
        files->fs()->Open(SegmentPath(files->directory(), number), /*create=*/false);
    if (!file.ok()) return file.status();
    absl::StatusOr<uint64_t> size = (*file)->Size();
    if (!size.ok()) return size.status();
    bytes += *size - std::min<uint64_t>(*size, kSegmentHeaderBytes);
  }
  return bytes;
}

// What an interrupted run may have left: half a segment, and names that are not yet durable.
absl::Status TidyDirectory(FileSystem* fs, const std::string& directory) {
  const absl::Status removed = fs->Remove(directory + "/" + kUnfinishedSegmentName);
  if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
  return fs->SyncDirectory(directory);
}

}  // namespace

absl::Status SegmentLog::Create(FileSystem* fs, const std::string& directory, const LedgerId& id,
                                const SegmentOptions& options) {
  if (absl::Status good = CheckOptions(options); !good.ok()) return good;
  if (absl::Status made = fs->MakeDirectory(directory); !made.ok()) return made;
  if (absl::Status synced = fs->SyncDirectory(ParentOf(directory)); !synced.ok()) return synced;
  absl::StatusOr<uint64_t> last = SegmentFiles(fs, directory, id).Last();
  if (!last.ok()) return last.status();
  if (*last != 0) {
    return absl::FailedPreconditionError(
        fmt::format("{}: there are {} segments already", directory, *last));
  }
  for (uint64_t number = 1; number <= kFirstSegments; ++number) {
    if (absl::Status made = PrepareSegment(fs, directory, id, options, number); !made.ok()) {
      return made;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<SegmentLog>> SegmentLog::Open(
    FileSystem* fs, const std::string& directory, const LedgerId& id, const SegmentOptions& options,
    const GroupPlace& from, const std::vector<GroupPlace>& witnesses, OpenReport* report) {
  if (absl::Status good = CheckOptions(options); !good.ok()) return good;
  auto files = std::make_unique<SegmentFiles>(fs, directory, id);
  if (absl::Status tidied = TidyDirectory(fs, directory); !tidied.ok()) return tidied;
  absl::StatusOr<LogEnd> end = FindEnd(files.get(), from, witnesses);
  if (!end.ok()) return end.status();
  if (absl::Status secured = SecureEnd(files.get(), *end); !secured.ok()) return secured;
  absl::StatusOr<SegmentPtr> current = files->Get(end->next.segment);
  if (!current.ok()) return current.status();
  absl::StatusOr<uint64_t> bytes_before = BytesBefore(files.get(), end->next.segment);
  if (!bytes_before.ok()) return bytes_before.status();
  if (report != nullptr) *report = {end->last, end->cut_bytes, end->cut_reason};
  return std::make_unique<SegmentLogOnDisk>(std::move(files), *std::move(current), *end, options,
                                            *bytes_before);
}

}  // namespace daybook::ledger
