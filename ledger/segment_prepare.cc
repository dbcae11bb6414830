#include "ledger/segment_prepare.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>

#include "ledger/check.h"
#include "ledger/segment_files.h"
#include "ledger/segment_format.h"

namespace daybook::ledger {
namespace {

constexpr size_t kZeroStride = 1024 * 1024;
// The device is busy with one such piece at a time, so a group's sync never waits behind a segment.
constexpr uint64_t kSyncStride = 8 * kZeroStride;

Salt DrawSalt() {
  Salt salt;
  DAYBOOK_CHECK(RAND_bytes(salt.data(), static_cast<int>(salt.size())) == 1,
                "the system has no randomness");
  return salt;
}

// Statvfs is only an estimate, but it spares writing a whole segment of zeros for each refused
// batch.
absl::Status CheckRoom(FileSystem* fs, const std::string& directory,
                       const SegmentOptions& options) {
  absl::StatusOr<uint64_t> free_bytes = fs->FreeBytes(directory);
  if (!free_bytes.ok()) return free_bytes.status();
  const uint64_t needed = options.segment_bytes + options.min_free_bytes;
  if (*free_bytes >= needed) return absl::OkStatus();
  return absl::ResourceExhaustedError(fmt::format(
      "{}: {} bytes are free, the next segment needs {}", directory, *free_bytes, needed));
}

absl::Status WriteSegment(File* file, const std::string& header, uint64_t segment_bytes) {
  const std::string zeros(std::min<uint64_t>(kZeroStride, segment_bytes), '\0');
  for (uint64_t offset = 0; offset < segment_bytes;) {
    const uint64_t length = std::min<uint64_t>(zeros.size(), segment_bytes - offset);
    if (absl::Status written = file->WriteAt(offset, {zeros.data(), length}); !written.ok()) {
      return written;
    }
    offset += length;
    if (offset % kSyncStride != 0) continue;
    if (absl::Status synced = file->Sync(); !synced.ok()) return synced;
  }
  if (absl::Status written = file->WriteAt(0, header); !written.ok()) return written;
  return file->SyncWithMetadata();
}

absl::Status WriteUnfinished(FileSystem* fs, const std::string& path, const std::string& header,
                             uint64_t segment_bytes) {
  // Never written over: after a failed sync the cache may show zeros there that the disk lacks.
  if (absl::Status removed = fs->Remove(path); !removed.ok() && !absl::IsNotFound(removed)) {
    return removed;
  }
  absl::StatusOr<std::unique_ptr<File>> file = fs->Open(path, /*create=*/true);
  if (!file.ok()) return file.status();
  return WriteSegment(file->get(), header, segment_bytes);
}

}  // namespace

absl::Status PrepareSegment(FileSystem* fs, const std::string& directory, const LedgerId& ledger_id,
                            const SegmentOptions& options, uint64_t number) {
  if (absl::Status room = CheckRoom(fs, directory, options); !room.ok()) return room;
  SegmentHeader header;
  header.ledger_id = ledger_id;
  header.number = number;
  header.salt = DrawSalt();
  header.alignment = options.alignment;
  header.largest_group = options.max_group_bytes;

  const std::string unfinished = directory + "/" + kUnfinishedSegmentName;
  absl::Status made =
      WriteUnfinished(fs, unfinished, EncodeSegmentHeader(header), options.segment_bytes);
  if (made.ok()) made = fs->Rename(unfinished, SegmentPath(directory, number));
  if (!made.ok()) {
    // Room on a full disk; if even this fails, the next attempt or start removes it.
    fs->Remove(unfinished).IgnoreError();
    return made;
  }
  return fs->SyncDirectory(directory);
}

SegmentPreparer::SegmentPreparer(FileSystem* fs, std::string directory, const LedgerId& ledger_id,
                                 const SegmentOptions& options, uint64_t ready)
    : fs_(fs),
      directory_(std::move(directory)),
      ledger_id_(ledger_id),
      options_(options),
      ready_(ready) {
  if (options_.prepare_ahead) thread_ = std::thread([this] { Run(); });
}

SegmentPreparer::~SegmentPreparer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void SegmentPreparer::Want(uint64_t number) {
  std::lock_guard lock(mutex_);
  if (number <= wanted_) return;
  wanted_ = number;
  changed_.notify_all();
}

absl::Status SegmentPreparer::Await(uint64_t number) {
  std::unique_lock lock(mutex_);
  if (!options_.prepare_ahead) {
    while (ready_ < number) {
      if (absl::Status made = Attempt(lock); !made.ok()) return made;
    }
    return absl::OkStatus();
  }
  const uint64_t attempts_before = attempts_begun_;
  while (ready_ < number && failed_attempt_ <= attempts_before) {
    // Again after each change: an attempt that was under way before the call takes the wish back
    // when it fails.
    if (wanted_ < number) {
      wanted_ = number;
      changed_.notify_all();
    }
    changed_.wait(lock);
  }
  return ready_ >= number ? absl::OkStatus() : failure_;
}

void SegmentPreparer::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || ready_ < wanted_; });
    if (stopping_) return;
    // A failed attempt takes the wish back; whoever needs the segment asks again.
    if (!Attempt(lock).ok()) wanted_ = ready_;
    changed_.notify_all();
  }
}

absl::Status SegmentPreparer::Attempt(std::unique_lock<std::mutex>& lock) {
  const uint64_t attempt = ++attempts_begun_;
  const uint64_t number = ready_ + 1;
  lock.unlock();
  absl::Status made = PrepareSegment(fs_, directory_, ledger_id_, options_, number);
  lock.lock();
  if (made.ok()) {
    ready_ = number;
  } else {
    failed_attempt_ = attempt;
    failure_ = made;
  }
  return made;
}

}  // namespace daybook::ledger
