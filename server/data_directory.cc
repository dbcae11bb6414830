#include "server/data_directory.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "ledger/data_files.h"
#include "ledger/file_vault.h"
#include "ledger/identity.h"
#include "projections/engine/fold_witness.h"
#include "projections/engine/limits.h"

namespace daybook::server {
namespace {

// Of a new ledger. Writing accesses is one thread's work; more of them would only let several
// machines share it.
constexpr uint32_t kAccessPartitions = 4;

// The same failure, saying what was being done.
absl::Status During(const char* what, const absl::Status& status) {
  return absl::Status(status.code(), fmt::format("{}: {}", what, std::string(status.message())));
}

bool HasCommits(const ledger::EmbeddedLedger& ledger) {
  for (uint32_t i = 0; i <= ledger.info().entity_partitions; ++i) {
    if (ledger.LastDurable(ledger::PartitionId(i)).value() > 0) return true;
  }
  return false;
}

// Parents too; readable by its owner only.
absl::Status MakePrivateDirectory(const std::string& path) {
  std::error_code error;
  const auto parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (!error && ::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    error = std::error_code(errno, std::generic_category());
  }
  if (!error && !std::filesystem::is_directory(path, error) && !error) {
    error = std::make_error_code(std::errc::not_a_directory);
  }
  if (!error) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("data directory {} cannot be made: {}", path, error.message()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<DataDirectory>> DataDirectory::Open(const DataOptions& options) {
  std::unique_ptr<DataDirectory> data(new DataDirectory(options));
  if (absl::Status status = data->OpenAll(); !status.ok()) return status;
  return data;
}

absl::Status DataDirectory::OpenAll() {
  if (absl::Status status = MakePrivateDirectory(options_.directory); !status.ok()) return status;
  const ledger::DataFiles files(options_.directory);
  auto lock = ledger::FileSystem::Posix()->Lock(files.lock);
  if (!lock.ok()) {
    if (absl::IsFailedPrecondition(lock.status())) {
      return During("the data directory is in use", lock.status());
    }
    return absl::InvalidArgumentError(fmt::format("data directory {} cannot be written: {}",
                                                  options_.directory,
                                                  std::string(lock.status().message())));
  }
  lock_ = *std::move(lock);
  auto folds =
      projections::OpenFoldDatabase(files.views, options_.views_cache_bytes,
                                    options_.rows_bytes / projections::kBytesOfResidentRow);
  if (!folds.ok()) return During("views", folds.status());
  folds_ = *std::move(folds);
  if (absl::Status status = OpenLedger(); !status.ok()) return During("ledger", status);
  if (absl::Status status = OpenVault(ledger_->info().id); !status.ok()) {
    return During("vault", status);
  }
  return absl::OkStatus();
}

absl::Status DataDirectory::OpenLedger() {
  ledger::EmbeddedOptions options;
  options.directory = ledger::DataFiles(options_.directory).ledger_directory;
  options.entity_partitions = options_.entity_partitions;
  options.access_partitions = kAccessPartitions;
  options.segments.segment_bytes = options_.segment_bytes;
  options.index.cache_bytes = options_.index_cache_bytes;
  options.now = options_.now;
  options.before_group = [this] { return secrets_->Sync(); };
  const std::string identity_file = ledger::EmbeddedFiles(options.directory).identity;
  if (!options.file_system->Exists(identity_file)) {
    created_ = true;
    if (absl::Status status = ledger::EmbeddedLedger::Create(options); !status.ok()) return status;
  }
  const auto identity = ledger::ReadIdentity(options.file_system, identity_file);
  if (!identity.ok()) return identity.status();
  if (options_.must_have_entity_partitions &&
      identity->entity_partitions != options_.entity_partitions) {
    return absl::InvalidArgumentError(
        fmt::format("entity_partitions: {} asked for, but the ledger in {} was made with {}, which "
                    "is for its life",
                    options_.entity_partitions, options_.directory, identity->entity_partitions));
  }
  options.witnesses = projections::WitnessesOf(*folds_, identity->id);
  auto opened = ledger::EmbeddedLedger::Open(options, &report_);
  if (!opened.ok()) return opened.status();
  ledger_ = *std::move(opened);
  return absl::OkStatus();
}

// A ledger without commits may still get its vault (a first start that was interrupted); with
// commits a missing vault is a loss: everything sealed would be unreadable for ever.
absl::Status DataDirectory::OpenVault(const ledger::LedgerId& id) {
  ledger::FileSystem* const fs = ledger::FileSystem::Posix();
  ledger::RandomSource* const random = ledger::RandomSource::System();
  const std::string directory = ledger::DataFiles(options_.directory).vault_directory;
  ledger::FileMasterKey master(fs, directory, random);
  auto vault = ledger::OpenFileVault(fs, directory, id, &master, random);
  if (absl::IsNotFound(vault.status())) {
    if (HasCommits(*ledger_)) {
      return absl::DataLossError(
          fmt::format("{} is missing or incomplete, and the ledger has commits sealed by it: {}",
                      directory, std::string(vault.status().message())));
    }
    const absl::Status made = ledger::CreateFileVault(fs, directory, id, &master, random);
    if (!made.ok() && !absl::IsAlreadyExists(made)) return made;
    vault = ledger::OpenFileVault(fs, directory, id, &master, random);
  }
  if (!vault.ok()) return vault.status();
  vault_ = *std::move(vault);
  secrets_ = projections::Secrets::Make(vault_.get());
  return absl::OkStatus();
}

}  // namespace daybook::server
