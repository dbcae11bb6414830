#include "ledger/restore.h"

#include <fmt/format.h>

#include "ledger/data_files.h"
#include "ledger/figures.h"
#include "ledger/file_copy.h"
#include "ledger/file_vault.h"
#include "ledger/findings.h"
#include "ledger/manifest.h"
#include "ledger/new_epoch.h"
#include "ledger/segment_prepare.h"
#include "ledger/vault_file.h"

namespace daybook::ledger {
namespace {

// What index, manifest and the file system itself take beside the files.
constexpr uint64_t kRoomBeside = 64 * 1024 * 1024;

class Restorer {
 public:
  Restorer(const RestoreOptions& options, v1::RestoreReport* report)
      : options_(options), fs_(options.file_system), to_(options.data_directory), report_(report) {}

  absl::Status Run() {
    auto manifest = ReadManifest(fs_, options_.backup);
    if (!manifest.ok()) return manifest.status();
    manifest_ = *std::move(manifest);
    absl::Status status = CheckPaths();
    if (status.ok()) status = MakeTarget();
    if (status.ok()) status = CheckRoom();
    if (status.ok()) status = CopyFiles();
    if (status.ok()) status = OpenVault();
    if (status.ok()) status = CheckLog();
    if (status.ok()) status = Continue();
    if (!status.ok()) return status;
    report_->set_backup(options_.backup);
    report_->set_data_dir(options_.data_directory);
    report_->set_last_group(manifest_.last_group());
    return absl::OkStatus();
  }

 private:
  // A manifest may come from anywhere: it must not lead outside the directory.
  absl::Status CheckPaths() {
    for (const v1::BackupFile& file : manifest_.files()) {
      const std::string& path = file.path();
      if (path == kIdentityPath || path == kVaultPath) continue;
      const uint64_t number =
          path.starts_with(kSegmentsPath)
              ? SegmentNumber(path.substr(std::string_view(kSegmentsPath).size()))
              : 0;
      if (number == 0) {
        return absl::DataLossError(fmt::format("the manifest names {}, which no backup has", path));
      }
      last_segment_ = std::max(last_segment_, number);
    }
    return absl::OkStatus();
  }

  absl::Status MakeTarget() {
    const std::string& data = options_.data_directory;
    if (fs_->Exists(data)) {
      const auto names = fs_->List(data);
      if (!names.ok()) return names.status();
      if (!names->empty()) {
        return absl::FailedPreconditionError(data +
                                             " is not empty: restore into an empty directory");
      }
    }
    // The segments' directory first: with it and without an identity no server takes this for a
    // place where a new ledger may be made.
    absl::Status status = MakeDirectories(fs_, to_.ledger.segments);
    if (status.ok()) status = MakeDirectories(fs_, to_.vault_directory);
    if (!status.ok()) return status;
    auto lock = fs_->Lock(to_.lock);
    if (!lock.ok()) return lock.status();
    lock_ = *std::move(lock);
    return absl::OkStatus();
  }

  absl::Status CheckRoom() {
    for (const v1::BackupFile& file : manifest_.files()) total_ += file.bytes();
    const uint64_t needed = total_ + 2 * manifest_.segment_bytes() + kRoomBeside;
    const auto free_bytes = fs_->FreeBytes(options_.data_directory);
    if (!free_bytes.ok()) return free_bytes.status();
    if (*free_bytes >= needed) return absl::OkStatus();
    return absl::ResourceExhaustedError(fmt::format("{}: {} bytes are free, the restore needs {}",
                                                    options_.data_directory, *free_bytes, needed));
  }

  absl::Status CopyFiles() {
    for (const v1::BackupFile& file : manifest_.files()) {
      if (absl::Status status = CopyOne(file); !status.ok()) return status;
    }
    const auto identity = ReadIdentity(fs_, to_.ledger.unfinished_identity);
    if (!identity.ok()) return identity.status();
    identity_ = *identity;
    SegmentFiles files(fs_, to_.ledger.segments, identity_.id);
    const auto options = OptionsLike(&files, last_segment_);
    if (!options.ok()) return options.status();
    segments_ = *options;
    absl::Status status =
        PrepareSegment(fs_, to_.ledger.segments, identity_.id, segments_, last_segment_ + 1);
    if (status.ok()) status = fs_->SyncDirectory(to_.vault_directory);
    return status.ok() ? fs_->SyncDirectory(to_.ledger_directory) : status;
  }

  absl::Status CopyOne(const v1::BackupFile& file) {
    std::string to = options_.data_directory + "/" + file.path();
    if (file.path() == kIdentityPath) to = to_.ledger.unfinished_identity;
    CopyOptions options;
    options.progress = [this](uint64_t piece) { return Tell(piece); };
    // The last one was copied up to its last group: what comes next must be zeros, written ahead.
    if (file.path() == SegmentFileOf(last_segment_)) options.pad_to = manifest_.segment_bytes();
    v1::BackupFile copied;
    const absl::Status status =
        CopyFile(fs_, options_.backup + "/" + file.path(), to, options, &copied);
    if (absl::IsNotFound(status)) return absl::DataLossError(status.message());
    if (!status.ok()) return status;
    report_->set_bytes(report_->bytes() + copied.bytes());
    if (copied.bytes() == file.bytes() && copied.sha256() == file.sha256()) {
      return absl::OkStatus();
    }
    return absl::DataLossError(
        fmt::format("{}/{} is not what was backed up: its size or SHA-256 is another",
                    options_.backup, file.path()));
  }

  bool Tell(uint64_t bytes) {
    done_ += bytes;
    if (options_.progress) options_.progress(done_, total_);
    return true;
  }

  // The vault must open before anything is begun; keys that were destroyed since are destroyed
  // again.
  absl::Status OpenVault() {
    const auto key = options_.master->Get(/*create=*/false);
    if (!key.ok()) return key.status();
    FileMasterKey kept(fs_, to_.vault_directory, RandomSource::System());
    if (absl::Status stored = kept.Keep(*key); !stored.ok()) return stored;
    if (absl::Status status = DestroyAgain(); !status.ok()) return status;
    return OpenFileVault(fs_, to_.vault_directory, identity_.id, &kept, RandomSource::System())
        .status();
  }

  absl::Status DestroyAgain() {
    if (options_.erasures_from.empty()) return absl::OkStatus();
    const auto later = ReadVaultFile(fs_, DataFiles(options_.erasures_from).vault, identity_.id);
    if (!later.ok()) return later.status();
    auto store = FileKeyStore::Open(fs_, to_.vault_directory, identity_.id);
    if (!store.ok()) return store.status();
    std::vector<KeyId> destroyed(later->destroyed.begin(), later->destroyed.end());
    for (const KeyId& id : destroyed) {
      if ((*store)->StateOf(id) != KeyState::kLive) continue;
      report_->set_destroyed_again(report_->destroyed_again() + 1);
    }
    return (*store)->Destroy(destroyed);
  }

  // What was copied is read once more: it must be the log that the manifest speaks of.
  absl::Status CheckLog() {
    SegmentFiles files(fs_, to_.ledger.segments, identity_.id);
    auto summary = SummariseLog(&files, identity_, {}, {});
    if (!summary.ok()) return summary.status();
    trees_ = std::move(summary->trees);
    bool same = summary->log.last.group.value() == manifest_.last_group() &&
                HexOf(AsView(summary->log.last.chain)) == manifest_.chain() &&
                manifest_.partitions_size() == static_cast<int>(summary->states.size());
    for (size_t i = 0; same && i < summary->states.size(); ++i) {
      const v1::PartitionFigures& said = manifest_.partitions(static_cast<int>(i));
      const NamedPartitionState& state = summary->states[i];
      same = said.partition() == state.partition.value() &&
             said.last_sequence() == state.state.last.value() &&
             said.root() == HexOf(AsView(trees_[state.partition].Root()));
    }
    return same ? absl::OkStatus()
                : absl::DataLossError("the log is not the one that the manifest speaks of");
  }

  absl::Status Continue() {
    NewEpoch epoch;
    epoch.file_system = fs_;
    epoch.directory = to_.ledger_directory;
    epoch.identity = identity_;
    epoch.cause = "restore";
    epoch.trees = trees_;
    epoch.at_least = options_.at_least;
    epoch.segments = segments_;
    const auto begun = BeginEpoch(epoch);
    if (!begun.ok()) return begun.status();
    report_->set_epoch(begun->value());
    const absl::Status named = fs_->Rename(to_.ledger.unfinished_identity, to_.ledger.identity);
    return named.ok() ? fs_->SyncDirectory(to_.ledger_directory) : named;
  }

  const RestoreOptions& options_;
  FileSystem* const fs_;
  const DataFiles to_;
  v1::RestoreReport* const report_;
  v1::BackupManifest manifest_;
  std::unique_ptr<File> lock_;
  LedgerIdentity identity_;
  Trees trees_;
  SegmentOptions segments_;
  uint64_t last_segment_ = 0;
  uint64_t total_ = 0;
  uint64_t done_ = 0;
};

}  // namespace

absl::StatusOr<v1::RestoreReport> Restore(const RestoreOptions& options) {
  v1::RestoreReport report;
  const bool fresh = !options.file_system->Exists(options.data_directory);
  const absl::Status status = Restorer(options, &report).Run();
  if (status.ok()) return report;
  if (!fresh || !options.file_system->Exists(options.data_directory)) return status;
  return absl::Status(status.code(),
                      fmt::format("{}; {} is no whole ledger: delete it before the next try",
                                  std::string(status.message()), options.data_directory));
}

}  // namespace daybook::ledger
