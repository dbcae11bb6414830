#include "ledger/backup.h"

#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "ledger/data_files.h"
#include "ledger/figures.h"
#include "ledger/file_copy.h"
#include "ledger/identity.h"
#include "ledger/manifest.h"
#include "ledger/new_epoch.h"
#include "ledger/sha256.h"
#include "ledger/vault_file.h"

namespace daybook::ledger {
namespace {

using google::protobuf::util::TimeUtil;

// Beyond what is copied: manifest, and what the file system needs for itself.
constexpr uint64_t kRoomBeside = 16 * 1024 * 1024;

class Backup {
 public:
  Backup(const BackupSource& source, const std::string& folder,
         const std::function<bool(const BackupProgress&)>& progress)
      : source_(source),
        fs_(source.file_system),
        from_(source.directory),
        folder_(folder),
        to_(folder),
        progress_(progress) {}

  absl::StatusOr<v1::BackupManifest> Make() {
    absl::Status status = Open();
    if (status.ok()) status = CheckFolder();
    if (status.ok()) status = FindEnd();
    if (status.ok()) status = CheckRoom();
    if (status.ok()) status = BeginBackup(fs_, folder_);
    if (status.ok()) status = CopyAll();
    if (status.ok()) status = CheckCopy();
    if (!status.ok()) return status;
    *manifest_.mutable_finished_at() = TimeUtil::MicrosecondsToTimestamp(SystemTime().micros);
    if (status = WriteManifest(fs_, folder_, manifest_); !status.ok()) return status;
    return manifest_;
  }

 private:
  bool online() const { return source_.end.group != GroupNumber(); }

  absl::Status Open() {
    if (!online()) {
      auto locks = LockForReading(from_);
      if (!locks.ok()) return locks.status();
      locks_ = *std::move(locks);
    }
    const auto identity = ReadIdentity(fs_, from_.ledger.identity);
    if (!identity.ok()) return identity.status();
    identity_ = *identity;
    return absl::OkStatus();
  }

  // Nothing that is not ours is written over.
  absl::Status CheckFolder() {
    if (absl::Status made = MakeDirectories(fs_, folder_); !made.ok()) return made;
    const auto names = fs_->List(folder_);
    if (!names.ok()) return names.status();
    if (names->empty()) return absl::OkStatus();
    if (!fs_->Exists(to_.manifest) && !fs_->Exists(to_.unfinished)) {
      return absl::FailedPreconditionError(
          fmt::format("{} is not empty and holds no backup", folder_));
    }
    const auto there = ReadIdentity(fs_, to_.ledger.identity);
    if (absl::IsNotFound(there.status())) return absl::OkStatus();
    if (!there.ok()) return there.status();
    if (there->id == identity_.id) return absl::OkStatus();
    return absl::FailedPreconditionError(folder_ + " holds a backup of another ledger");
  }

  absl::Status FindEnd() {
    *manifest_.mutable_taken_at() = TimeUtil::MicrosecondsToTimestamp(SystemTime().micros);
    end_ = source_.end;
    if (online()) return absl::OkStatus();
    SegmentFiles files(fs_, from_.ledger.segments, identity_.id);
    const auto summary = SummariseLog(&files, identity_, {}, [this](uint64_t) { return Tell(0); });
    if (!summary.ok()) return summary.status();
    end_ = summary->log.last;
    return absl::OkStatus();
  }

  // Segments before the last whole, the last up to the end of its last group.
  absl::Status CheckRoom() {
    uint64_t missing = kRoomBeside;
    const auto add = [&](const std::string& from, const std::string& to, uint64_t most) {
      const uint64_t bytes = std::min(SizeOf(from), most);
      total_.bytes_total += bytes;
      const uint64_t there = SizeOf(to);
      if (bytes > there) missing += bytes - there;
    };
    for (uint64_t number = 1; number <= end_.segment; ++number) {
      add(SegmentPath(from_.ledger.segments, number), SegmentPath(to_.ledger.segments, number),
          LengthOf(number));
    }
    const auto vault = ReadVaultFile(fs_, from_.vault, identity_.id);
    if (!vault.ok()) return vault.status();
    add(from_.vault, to_.vault, vault->end);
    add(from_.ledger.identity, to_.ledger.identity, UINT64_MAX);
    const auto free_bytes = fs_->FreeBytes(folder_);
    if (!free_bytes.ok()) return free_bytes.status();
    if (*free_bytes >= missing) return absl::OkStatus();
    return absl::ResourceExhaustedError(
        fmt::format("{}: {} bytes are free, the backup needs {}", folder_, *free_bytes, missing));
  }

  uint64_t SizeOf(const std::string& path) const {
    const auto file = fs_->Open(path, /*create=*/false);
    return file.ok() ? (*file)->Size().value_or(0) : 0;
  }

  uint64_t LengthOf(uint64_t segment) const {
    return segment < end_.segment ? UINT64_MAX : uint64_t{end_.offset} + end_.length;
  }

  absl::Status CopyAll() {
    absl::Status status = MakeDirectories(fs_, to_.ledger.segments);
    if (status.ok()) status = MakeDirectories(fs_, to_.vault_directory);
    if (status.ok()) status = CopyIfOther(kIdentityPath, UINT64_MAX);
    for (uint64_t number = 1; status.ok() && number <= end_.segment; ++number) {
      status = CopyIfOther(kSegmentsPath + SegmentName(number), LengthOf(number));
    }
    if (status.ok()) status = RemoveLaterSegments();
    if (status.ok()) status = CopyVault();
    for (const std::string& directory :
         {to_.ledger.segments, to_.ledger_directory, to_.vault_directory}) {
      if (status.ok()) status = fs_->SyncDirectory(directory);
    }
    return status;
  }

  // What is there with the same bytes stays.
  absl::Status CopyIfOther(const std::string& path, uint64_t length) {
    const std::string from = source_.directory + "/" + path;
    const std::string to = folder_ + "/" + path;
    v1::BackupFile file;
    file.set_path(path);
    const uint64_t bytes = std::min(SizeOf(from), length);
    if (SizeOf(to) == bytes) {
      bool same = false;
      if (absl::Status compared = Compare(from, to, bytes, &file, &same); !compared.ok()) {
        return compared;
      }
      if (same) return Done(file, 0);
    }
    CopyOptions options;
    options.length = length;
    options.progress = [this](uint64_t piece) { return Tell(piece); };
    const uint64_t done = total_.bytes_done;
    if (absl::Status copied = CopyFile(fs_, from, to, options, &file); !copied.ok()) return copied;
    total_.bytes_done = done;  // counted piece by piece for whoever watches
    return Done(file, file.bytes());
  }

  absl::Status Compare(const std::string& from, const std::string& to, uint64_t bytes,
                       v1::BackupFile* file, bool* same) {
    auto a = fs_->Open(from, /*create=*/false);
    auto b = fs_->Open(to, /*create=*/false);
    if (!a.ok()) return a.status();
    if (!b.ok()) return b.status();
    Sha256 hash;
    hash.Start();
    std::string left, right;
    *same = true;
    for (uint64_t at = 0; at < bytes && *same; at += left.size()) {
      constexpr size_t kPieceBytes = 1024 * 1024;
      const size_t length = std::min<uint64_t>(kPieceBytes, bytes - at);
      absl::Status status = (*a)->ReadAt(at, length, &left);
      if (status.ok()) status = (*b)->ReadAt(at, length, &right);
      if (!status.ok()) return status;
      *same = left == right && !left.empty();
      hash.Add(left);
      if (!Tell(0)) return absl::CancelledError("given up");
    }
    file->set_bytes(bytes);
    file->set_sha256(HexOf(AsView(hash.Finish())));
    return absl::OkStatus();
  }

  // Of an unfinished backup whose log was longer: one of a ledger that was recovered since.
  absl::Status RemoveLaterSegments() {
    const auto names = fs_->List(to_.ledger.segments);
    if (!names.ok()) return names.status();
    for (const std::string& name : *names) {
      const uint64_t number = SegmentNumber(name);
      if (number != 0 && number <= end_.segment) continue;
      if (absl::Status removed = fs_->Remove(to_.ledger.segments + "/" + name); !removed.ok()) {
        return removed;
      }
    }
    return absl::OkStatus();
  }

  // While a server writes, a copy may meet a slot that is being overwritten, or hold the middle of
  // an append and miss its beginning: then it is made again. The length is taken before, so that
  // what is appended later does not count.
  absl::Status CopyVault() {
    constexpr int kAttempts = 10;
    absl::Status damage;
    for (int attempt = 0; attempt < (online() ? kAttempts : 1); ++attempt) {
      const auto before = ReadVaultFile(fs_, from_.vault, identity_.id);
      if (!before.ok()) return before.status();
      v1::BackupFile file;
      file.set_path(kVaultPath);
      CopyOptions options;
      options.length = before->end;
      if (absl::Status copied = CopyFile(fs_, from_.vault, to_.vault, options, &file);
          !copied.ok()) {
        return copied;
      }
      damage = CheckVault();
      if (damage.ok()) return Done(file, file.bytes());
    }
    return damage;
  }

  absl::Status CheckVault() const {
    const auto vault = ReadVaultFile(fs_, to_.vault, identity_.id);
    if (!vault.ok()) return vault.status();
    for (const VaultFileFault& fault : vault->faults) {
      if (!fault.mended_by_opening) return absl::DataLossError("vault: " + fault.what);
    }
    return absl::OkStatus();
  }

  bool Tell(uint64_t bytes) {
    total_.bytes_done += bytes;
    return !progress_ || progress_(total_);
  }

  absl::Status Done(const v1::BackupFile& file, uint64_t copied) {
    *manifest_.add_files() = file;
    total_.bytes_copied += copied;
    return Tell(file.bytes()) ? absl::OkStatus() : absl::CancelledError("given up");
  }

  // Reads back the log that was written: each checksum, the chain to the end, every record's
  // validity; and the vault.
  absl::Status CheckCopy() {
    SegmentFiles files(fs_, to_.ledger.segments, identity_.id);
    const auto summary =
        SummariseLog(&files, identity_, end_, [this](uint64_t) { return Tell(0); });
    if (!summary.ok()) return summary.status();
    if (summary->log.last.group != end_.group || summary->log.last.chain != end_.chain) {
      return absl::DataLossError("the copied log does not end where the ledger's does");
    }
    FillManifest(*summary);
    return absl::OkStatus();
  }

  void FillManifest(const LogSummary& summary) {
    manifest_.set_format(kManifestFormat);
    manifest_.set_ledger_id(HexOf(AsView(identity_.id)));
    manifest_.set_epoch(summary.states.front().state.epoch.value());
    manifest_.set_last_group(end_.group.value());
    manifest_.set_chain(HexOf(AsView(end_.chain)));
    manifest_.set_segment_bytes(SizeOf(SegmentPath(from_.ledger.segments, end_.segment)));
    for (const NamedPartitionState& state : summary.states) {
      const auto tree = summary.trees.find(state.partition);
      FillPartition(state, tree == summary.trees.end() ? TreeRoot() : tree->second,
                    manifest_.add_partitions());
    }
  }

  const BackupSource& source_;
  FileSystem* const fs_;
  const DataFiles from_;
  const std::string folder_;
  const DataFiles to_;
  const std::function<bool(const BackupProgress&)>& progress_;
  std::vector<std::unique_ptr<File>> locks_;
  LedgerIdentity identity_;
  GroupPlace end_;
  BackupProgress total_;
  v1::BackupManifest manifest_;
};

}  // namespace

absl::StatusOr<v1::BackupManifest> MakeBackup(
    const BackupSource& source, const std::string& folder,
    const std::function<bool(const BackupProgress&)>& progress) {
  return Backup(source, folder, progress).Make();
}

}  // namespace daybook::ledger
