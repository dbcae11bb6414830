#include "ledger/verify.h"

#include <fmt/format.h>

#include <algorithm>

#include <optional>

#include "ledger/data_files.h"
#include "ledger/identity.h"
#include "ledger/index_check.h"
#include "ledger/log_check.h"
#include "ledger/manifest.h"
#include "ledger/vault_check.h"
#include "ledger/witness.h"

namespace daybook::ledger {
namespace {

class Verification {
 public:
  Verification(const VerifyOptions& options, v1::VerifyReport* report, bool figures_only)
      : options_(options),
        fs_(options.file_system),
        names_(options.directory),
        findings_(report),
        report_(report),
        figures_only_(figures_only) {}

  absl::Status Run() {
    if (absl::Status status = Open(); !status.ok()) return status;
    if (!has_identity_) return absl::OkStatus();
    if (!ReadManifestIfAny()) return absl::OkStatus();
    has_vault_ = vault_.Run(fs_, options_.directory, identity_.id, options_.master, &findings_);
    if (!figures_only_) OpenIndex();
    commits_.emplace(identity_.entity_partitions,
                     figures_only_ ? PayloadTypes() : options_.payload_types,
                     has_vault_ && !figures_only_ ? &vault_ : nullptr, &findings_);
    if (absl::Status status = Walk(); !status.ok()) return status;
    FinishLog();
    if (!figures_only_) {
      FinishIndex();
      CheckWitness();
      log_->CheckClaimsBeyondEnd();
    }
    FillFigures();
    if (is_backup_ && !figures_only_) CheckManifestFigures();
    return absl::OkStatus();
  }

 private:
  absl::Status Open() {
    if (!fs_->Exists(names_.ledger_directory)) {
      if (!fs_->Exists(names_.unfinished)) {
        return absl::NotFoundError(options_.directory + " holds no ledger");
      }
      ReadManifestIfAny();  // a backup that had only just begun
      return absl::OkStatus();
    }
    auto locks = LockForReading(names_);
    if (!locks.ok()) return locks.status();
    locks_ = *std::move(locks);
    const auto identity = ReadIdentity(fs_, names_.ledger.identity);
    if (identity.ok()) {
      identity_ = *identity;
      has_identity_ = true;
      findings_.Checked("identity");
      return absl::OkStatus();
    }
    if (absl::IsFailedPrecondition(identity.status())) return identity.status();
    findings_.Damage("identity", kIdentityPath, std::string(identity.status().message()),
                     "A directory without this file is no whole ledger: put the one of a backup in "
                     "its place, or finish the restore or recovery that was cut off.");
    return absl::OkStatus();
  }

  // Of a backup: every file is what it was, and nothing is looked for behind the end that it names.
  // False if it is none yet: then the rest would only say the same in many ways.
  bool ReadManifestIfAny() {
    auto manifest = ReadManifest(fs_, options_.directory);
    if (absl::IsNotFound(manifest.status()) && !fs_->Exists(names_.unfinished)) return true;
    if (!manifest.ok()) {
      findings_.Damage("manifest", "manifest.json", std::string(manifest.status().message()),
                       "Make the backup again into the same folder, which copies only what it "
                       "lacks, or use another one.");
      return false;
    }
    is_backup_ = true;
    until_.group = GroupNumber(manifest->last_group());
    expected_chain_ = manifest->chain();
    manifest_ = *manifest;
    if (figures_only_) return true;
    findings_.Checked("manifest");
    for (const v1::BackupFile& file : manifest->files()) CheckFile(file);
    return true;
  }

  void CheckFile(const v1::BackupFile& file) {
    const auto found = DescribeFile(fs_, options_.directory, file.path(), {});
    std::string text;
    if (!found.ok()) {
      text = std::string(found.status().message());
    } else if (found->bytes() != file.bytes()) {
      text = fmt::format("has {} bytes, the manifest says {}", found->bytes(), file.bytes());
    } else if (found->sha256() != file.sha256()) {
      text = "its bytes are not those that were backed up (SHA-256)";
    }
    if (text.empty()) return;
    findings_.Damage("manifest", file.path(), text,
                     "Make the backup again, or use another one. One whole file may be put back "
                     "from wherever it is still whole.");
  }

  void OpenIndex() {
    auto index = IndexCheck::Open(names_.ledger.index, identity_.id);
    if (index.ok()) {
      index_ = *std::move(index);
      return;
    }
    if (absl::IsNotFound(index.status())) {
      findings_.NotChecked("index", "there is none; the next start makes it");
      return;
    }
    findings_.Damage("index", "ledger/index", std::string(index.status().message()),
                     kDeleteIndexAdvice);
  }

  absl::Status Walk() {
    CountSegments();
    SegmentFiles files(fs_, names_.ledger.segments, identity_.id);
    log_.emplace(identity_,
                 LogCheckParts{&options_, &findings_, &*commits_, index_.get(), &counter_});
    return log_->Run(&files, until_, segment_bytes_,
                     is_backup_ ? "Use another backup." : Findings::kMendSegment);
  }

  void CountSegments() {
    const auto names = fs_->List(names_.ledger.segments);
    if (!names.ok()) return;
    for (const std::string& name : *names) {
      if (SegmentNumber(name) == 0) continue;
      ++segments_;
      if (const auto file = fs_->Open(names_.ledger.segments + "/" + name, false); file.ok()) {
        segment_bytes_ += (*file)->Size().value_or(0);
      }
    }
  }

  void FinishLog() {
    for (const char* check : {"segments", "records"}) findings_.Checked(check);
    if (!figures_only_) {
      findings_.Checked("requests");
      if (options_.payload_types) findings_.Checked("events");
      if (options_.payload_types && has_vault_) findings_.Checked("keys");
      commits_->Finish();
    }
    if (log_->log().cut_bytes > 0) {
      findings_.Note("segments", SegmentFileOf(log_->log().sound_next.segment),
                     log_->log().cut_reason,
                     "Nobody was told that it is durable: the next start cuts it.");
    }
    if (!is_backup_) return;
    if (log_->log().last.group != until_.group ||
        HexOf(AsView(log_->log().last.chain)) != expected_chain_) {
      findings_.Damage("manifest", "manifest.json",
                       fmt::format("the log ends with group {}, or with another one than the "
                                   "manifest's group {}",
                                   log_->log().last.group.value(), until_.group.value()),
                       "Use another backup.");
    }
  }

  void FinishIndex() {
    if (index_ == nullptr) return;
    if (index_->reached().group > log_->log().last.group) {
      findings_.Damage("index", "ledger/index",
                       fmt::format("it has read group {}, and the log ends with {}",
                                   index_->reached().group.value(), log_->log().last.group.value()),
                       kLostEndAdvice);
      return;
    }
    if (log_->broken()) {
      findings_.NotChecked("index", "the log is damaged before where the index has come");
      return;
    }
    const auto faults = index_->Finish();
    if (!faults.ok()) {
      findings_.Damage("index", "ledger/index", std::string(faults.status().message()),
                       kDeleteIndexAdvice);
      return;
    }
    findings_.Checked("index");
    for (const std::string& fault : *faults) {
      findings_.Damage("index", "ledger/index", fault, kDeleteIndexAdvice);
    }
  }

  void CheckWitness() {
    const auto seen = WitnessFile::Read(fs_, names_.ledger.witness, identity_.id);
    if (!seen.ok()) {
      findings_.Damage("witness", "ledger/witness", std::string(seen.status().message()),
                       "What it had seen cannot be told any more. If the rest is sound, `daybook "
                       "ledger recover` sets it aside.");
      return;
    }
    if (!seen->has_value()) {
      findings_.NotChecked("witness", is_backup_ ? "a backup has none" : "there is none");
      return;
    }
    findings_.Checked("witness");
    if ((*seen)->group > log_->log().last.group) {
      findings_.Damage("witness", "ledger/witness",
                       fmt::format("it has seen group {}, and the log ends with {}",
                                   (*seen)->group.value(), log_->log().last.group.value()),
                       kLostEndAdvice);
    } else if ((*seen)->group == log_->log().last.group &&
               (*seen)->chain != log_->log().last.chain) {
      findings_.Damage(
          "witness", "ledger/witness",
          fmt::format("group {} is not the one that it has seen", (*seen)->group.value()),
          kLostEndAdvice);
    }
  }

  void FillFigures() {
    v1::LedgerFigures* const figures = report_->mutable_figures();
    figures->set_ledger_id(HexOf(AsView(identity_.id)));
    figures->set_entity_partitions(identity_.entity_partitions);
    figures->set_access_partitions(identity_.access_partitions);
    figures->set_segments(segments_);
    figures->set_segment_bytes(segment_bytes_);
    figures->set_keys(vault_.keys());
    figures->set_destroyed_keys(vault_.destroyed());
    counter_.Fill(log_->states(), figures);
  }

  // A restore goes by what the manifest says of the partitions.
  void CheckManifestFigures() {
    for (const v1::PartitionFigures& said : manifest_.partitions()) {
      const auto& found = report_->figures().partitions();
      const bool same = std::any_of(found.begin(), found.end(), [&said](const auto& one) {
        return one.partition() == said.partition() && one.last_sequence() == said.last_sequence() &&
               one.root() == said.root();
      });
      if (same) continue;
      findings_.Damage(
          "manifest", "manifest.json",
          fmt::format("what it says of partition {} is not what the log has", said.partition()),
          "Make the backup again into the same folder, which copies only what it "
          "lacks, or use another one.");
    }
  }

  const VerifyOptions& options_;
  FileSystem* const fs_;
  const DataFiles names_;
  Findings findings_;
  v1::VerifyReport* const report_;
  const bool figures_only_;

  std::vector<std::unique_ptr<File>> locks_;
  LedgerIdentity identity_;
  bool has_identity_ = false;
  bool has_vault_ = false;
  bool is_backup_ = false;
  GroupPlace until_;
  std::string expected_chain_;
  v1::BackupManifest manifest_;
  VaultCheck vault_;
  std::unique_ptr<IndexCheck> index_;
  std::optional<CommitCheck> commits_;
  std::optional<LogCheck> log_;
  FigureCounter counter_;
  uint64_t segments_ = 0, segment_bytes_ = 0;
};

}  // namespace

absl::StatusOr<v1::VerifyReport> Verify(const VerifyOptions& options) {
  v1::VerifyReport report;
  const absl::Status status = Verification(options, &report, /*figures_only=*/false).Run();
  if (!status.ok()) return status;
  report.set_sound(report.damages() == 0);
  // What needs somebody comes first.
  std::stable_sort(report.mutable_findings()->begin(), report.mutable_findings()->end(),
                   [](const v1::Finding& a, const v1::Finding& b) {
                     return a.severity() == v1::Finding::SEVERITY_DAMAGE &&
                            b.severity() != v1::Finding::SEVERITY_DAMAGE;
                   });
  return report;
}

absl::StatusOr<v1::LedgerFigures> CountFigures(const VerifyOptions& options) {
  v1::VerifyReport report;
  const absl::Status status = Verification(options, &report, /*figures_only=*/true).Run();
  if (!status.ok()) return status;
  if (report.damages() > 0) {
    const v1::Finding& first = report.findings(0);
    return absl::DataLossError(fmt::format("{}: {}", first.file(), first.text()));
  }
  return std::move(*report.mutable_figures());
}

}  // namespace daybook::ledger
