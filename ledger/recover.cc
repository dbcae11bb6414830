#include "ledger/recover.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "ledger/data_files.h"
#include "ledger/file_copy.h"
#include "ledger/findings.h"
#include "ledger/index_check.h"
#include "ledger/lost_commits.h"
#include "ledger/manifest.h"
#include "ledger/segment_prepare.h"
#include "ledger/witness.h"

namespace daybook::ledger {
namespace {

using google::protobuf::util::TimeUtil;

// Appends lines to a file.
class LineFile {
 public:
  absl::Status Create(FileSystem* fs, const std::string& path) {
    auto file = fs->Open(path, /*create=*/true);
    if (!file.ok()) return file.status();
    file_ = *std::move(file);
    return file_->Truncate(0);
  }
  void Add(const google::protobuf::Message& message) {
    google::protobuf::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    std::string line;
    const auto printed = google::protobuf::util::MessageToJsonString(message, &line, options);
    if (!printed.ok()) status_.Update(absl::InternalError(printed.ToString()));
    line.push_back('\n');
    if (status_.ok()) status_.Update(file_->WriteAt(size_, line));
    size_ += line.size();
  }
  absl::Status Finish() {
    if (status_.ok()) status_.Update(file_->SyncWithMetadata());
    return status_;
  }

 private:
  std::unique_ptr<File> file_;
  uint64_t size_ = 0;
  absl::Status status_;
};

class Recovery {
 public:
  Recovery(const RecoverOptions& options, v1::RecoveryReport* report)
      : options_(options),
        fs_(options.file_system),
        names_(options.data_directory),
        report_(report) {}

  absl::Status Run() {
    if (absl::Status status = Open(); !status.ok()) return status;
    SegmentFiles files(fs_, names_.ledger.segments, identity_.id);
    if (absl::Status status = Plan(&files); !status.ok()) return status;
    if (!options_.accept_loss || cut_.problem.empty()) return absl::OkStatus();
    absl::Status status = MakeAside();
    if (status.ok()) status = HideIdentity();
    if (status.ok()) status = CutLastSegment();
    if (status.ok()) status = SetSegmentsAside();
    for (const std::string& path : {names_.ledger.index, names_.views, names_.ledger.witness}) {
      if (status.ok()) status = SetAside(path);
    }
    if (status.ok()) status = Continue();
    return status;
  }

 private:
  absl::Status Open() {
    if (!fs_->Exists(names_.ledger_directory)) {
      return absl::NotFoundError(options_.data_directory + " holds no ledger");
    }
    for (const std::string& path : {names_.lock, names_.ledger.lock}) {
      auto lock = fs_->Lock(path);
      if (!lock.ok()) return lock.status();
      locks_.push_back(*std::move(lock));
    }
    resumed_ =
        !fs_->Exists(names_.ledger.identity) && fs_->Exists(names_.ledger.unfinished_identity);
    const auto identity =
        ReadIdentity(fs_, resumed_ ? names_.ledger.unfinished_identity : names_.ledger.identity);
    if (absl::IsFailedPrecondition(identity.status())) return identity.status();
    if (!identity.ok()) {
      return absl::DataLossError(
          fmt::format("{}: put the ledger.id of a backup in its place, or restore a backup",
                      std::string(identity.status().message())));
    }
    identity_ = *identity;
    return absl::OkStatus();
  }

  absl::Status Plan(SegmentFiles* files) {
    auto cut = FindCut(files, identity_, [](const v1::LostCommit&) {});
    if (!cut.ok()) return cut.status();
    cut_ = *std::move(cut);
    FindWitnesses();
    if (resumed_ && cut_.problem.empty()) cut_.problem = "an earlier recovery was cut off";
    if (cut_.problem.empty()) return absl::OkStatus();
    if (cut_.last.group == GroupNumber()) {
      return absl::DataLossError(
          fmt::format("nothing at the ledger's beginning is sound, so nothing can be kept: restore "
                      "a backup ({})",
                      cut_.problem));
    }
    const auto like = OptionsLike(files, cut_.last.segment);
    if (!like.ok()) return like.status();
    segments_ = *like;
    return FillReport();
  }

  // Somebody who has seen more than the log has is as good as a damaged byte.
  void FindWitnesses() {
    const auto seen = WitnessFile::Read(fs_, names_.ledger.witness, identity_.id);
    if (!seen.ok()) {
      Blame(std::string(seen.status().message()));
    } else if (seen->has_value()) {
      Compare("the witness", (*seen)->group, (*seen)->chain);
    }
    const auto index = IndexCheck::Open(names_.ledger.index, identity_.id);
    if (index.ok()) {
      Compare("the index", (*index)->reached().group, (*index)->reached().chain);
      for (const NamedPartitionState& state : (*index)->states()) {
        Know(state.partition, state.state.last);
      }
    }
    for (const ClaimedPlace& claim : options_.places) {
      Compare(claim.who, claim.place.group, claim.place.chain);
    }
    for (const ClaimedPosition& claim : options_.positions) Know(claim.partition, claim.sequence);
  }

  void Blame(std::string problem) {
    if (cut_.problem.empty()) cut_.problem = std::move(problem);
  }

  void Compare(const std::string& who, GroupNumber group, const Bytes16& chain) {
    if (group > cut_.last.group) {
      Blame(fmt::format("{} has seen group {}, and the log ends with {}", who, group.value(),
                        cut_.last.group.value()));
    } else if (group == cut_.last.group && group != GroupNumber() && chain != cut_.last.chain) {
      Blame(fmt::format("group {} is not the one that {} has seen", group.value(), who));
    }
  }

  void Know(PartitionId partition, Sequence sequence) {
    Sequence& known = known_[partition];
    known = std::max(known, sequence);
  }

  absl::Status FillReport() {
    report_->set_problem(cut_.problem);
    report_->set_last_group(cut_.last.group.value());
    report_->set_last_file(SegmentFileOf(cut_.last.segment));
    report_->set_last_offset(uint64_t{cut_.last.offset} + cut_.last.length);
    const auto lost = CountLostBytes();
    if (!lost.ok()) return lost.status();
    report_->set_lost_bytes(*lost);
    for (const NamedPartitionState& state : cut_.states) {
      const CutLog::Readable& readable = cut_.readable[state.partition];
      const Sequence last = std::max({state.state.last, readable.last, known_[state.partition]});
      if (last == state.state.last) continue;
      v1::LostRange* const range = report_->add_lost();
      range->set_partition(state.partition.value());
      range->set_kept_sequence(state.state.last.value());
      range->set_last_known_sequence(last.value());
      range->set_readable(readable.count);
    }
    return absl::OkStatus();
  }

  // Bytes behind the cut that are not zero, in all segments from there on.
  absl::StatusOr<uint64_t> CountLostBytes() {
    uint64_t lost = 0;
    const auto names = fs_->List(names_.ledger.segments);
    if (!names.ok()) return names.status();
    for (const std::string& name : *names) {
      const uint64_t number = SegmentNumber(name);
      if (number < cut_.last.segment) continue;
      const bool is_last = number == cut_.last.segment;
      const auto bytes =
          CountBytes(names_.ledger.segments + "/" + name,
                     is_last ? report_->last_offset() : uint64_t{kSegmentHeaderBytes});
      if (!bytes.ok()) return bytes.status();
      if (is_last) dirty_behind_cut_ = *bytes > 0;
      lost += *bytes;
    }
    return lost;
  }

  absl::StatusOr<uint64_t> CountBytes(const std::string& path, uint64_t from) {
    const auto file = fs_->Open(path, /*create=*/false);
    if (!file.ok()) return file.status();
    constexpr size_t kPieceBytes = 1024 * 1024;
    uint64_t count = 0;
    std::string piece;
    do {
      if (absl::Status read = (*file)->ReadAt(from, kPieceBytes, &piece); !read.ok()) return read;
      count += piece.size() - static_cast<size_t>(std::count(piece.begin(), piece.end(), '\0'));
      from += piece.size();
    } while (piece.size() == kPieceBytes);
    return count;
  }

  // Report and list of what is lost come first: whatever happens then, they are there.
  absl::Status MakeAside() {
    aside_ = fmt::format("{}/set-aside-{}", options_.data_directory,
                         absl::FormatTime("%Y%m%dT%H%M%E3SZ", absl::Now(), absl::UTCTimeZone()));
    report_->set_set_aside(aside_);
    absl::Status status = MakeDirectories(fs_, aside_ + "/segments");
    if (status.ok()) status = WriteJsonFile(fs_, aside_ + "/report.json", *report_);
    LineFile lost;
    if (status.ok()) status = lost.Create(fs_, aside_ + "/lost.jsonl");
    if (!status.ok()) return status;
    SegmentFiles files(fs_, names_.ledger.segments, identity_.id);
    const auto read =
        FindCut(&files, identity_, [&](const v1::LostCommit& commit) { lost.Add(commit); });
    if (!read.ok()) return read.status();
    status = lost.Finish();
    return status.ok() ? fs_->SyncDirectory(aside_) : status;
  }

  // From here on no server takes this directory for a ledger, until the end.
  absl::Status HideIdentity() {
    if (resumed_) return absl::OkStatus();
    const absl::Status hidden =
        fs_->Rename(names_.ledger.identity, names_.ledger.unfinished_identity);
    return hidden.ok() ? fs_->SyncDirectory(names_.ledger_directory) : hidden;
  }

  // The segment with the last sound group keeps its beginning; zeros follow. It is replaced by one
  // rename, so that at any instant the old or the new one is there.
  absl::Status CutLastSegment() {
    if (!dirty_behind_cut_) return absl::OkStatus();
    const std::string path = SegmentPath(names_.ledger.segments, cut_.last.segment);
    const std::string copy = SegmentPath(aside_ + "/segments", cut_.last.segment);
    const std::string unfinished = names_.ledger.segments + "/" + kUnfinishedSegmentName;
    CopyOptions beginning;
    beginning.length = report_->last_offset();
    beginning.pad_to = segments_.segment_bytes;
    absl::Status status = CopyFile(fs_, path, copy, {}, nullptr);
    if (status.ok()) status = fs_->SyncDirectory(aside_ + "/segments");
    if (status.ok()) status = CopyFile(fs_, path, unfinished, beginning, nullptr);
    if (status.ok()) status = fs_->Rename(unfinished, path);
    return status.ok() ? fs_->SyncDirectory(names_.ledger.segments) : status;
  }

  absl::Status SetSegmentsAside() {
    const auto names = fs_->List(names_.ledger.segments);
    if (!names.ok()) return names.status();
    for (auto name = names->rbegin(); name != names->rend(); ++name) {
      if (SegmentNumber(*name) <= cut_.last.segment) continue;
      const absl::Status moved =
          fs_->Rename(names_.ledger.segments + "/" + *name, aside_ + "/segments/" + *name);
      if (!moved.ok()) return moved;
    }
    absl::Status status = fs_->SyncDirectory(aside_ + "/segments");
    if (status.ok()) status = fs_->SyncDirectory(names_.ledger.segments);
    if (!status.ok()) return status;
    return PrepareSegment(fs_, names_.ledger.segments, identity_.id, segments_,
                          cut_.last.segment + 1);
  }

  // Index, views and witness have seen what is no longer there; the first two are made anew.
  absl::Status SetAside(const std::string& path) {
    if (!fs_->Exists(path)) return absl::OkStatus();
    absl::Status status = fs_->Rename(path, aside_ + path.substr(path.find_last_of('/')));
    if (status.ok()) status = fs_->SyncDirectory(names_.ledger_directory);
    if (status.ok()) status = fs_->SyncDirectory(options_.data_directory);
    return status.ok() ? fs_->SyncDirectory(aside_) : status;
  }

  absl::Status Continue() {
    NewEpoch epoch;
    epoch.file_system = fs_;
    epoch.directory = names_.ledger_directory;
    epoch.identity = identity_;
    epoch.cause = "recover";
    epoch.trees = cut_.trees;
    epoch.at_least = options_.at_least;
    epoch.segments = segments_;
    const auto begun = BeginEpoch(epoch);
    if (!begun.ok()) return begun.status();
    report_->set_epoch(begun->value());
    *report_->mutable_finished_at() = TimeUtil::MicrosecondsToTimestamp(SystemTime().micros);
    absl::Status status = WriteJsonFile(fs_, aside_ + "/report.json", *report_);
    if (status.ok()) {
      status = fs_->Rename(names_.ledger.unfinished_identity, names_.ledger.identity);
    }
    return status.ok() ? fs_->SyncDirectory(names_.ledger_directory) : status;
  }

  const RecoverOptions& options_;
  FileSystem* const fs_;
  const DataFiles names_;
  v1::RecoveryReport* const report_;
  std::vector<std::unique_ptr<File>> locks_;
  LedgerIdentity identity_;
  bool resumed_ = false;
  CutLog cut_;
  std::map<PartitionId, Sequence> known_;  // that somebody has seen
  SegmentOptions segments_;
  bool dirty_behind_cut_ = false;
  std::string aside_;
};

}  // namespace

absl::StatusOr<v1::RecoveryReport> Recover(const RecoverOptions& options) {
  v1::RecoveryReport report;
  if (absl::Status status = Recovery(options, &report).Run(); !status.ok()) return status;
  return report;
}

}  // namespace daybook::ledger
