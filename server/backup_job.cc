#include "server/backup_job.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>

#include "ledger/backup.h"
#include "ledger/embedded_files.h"
#include "projections/engine/validation.h"

namespace daybook::server {

BackupJob::BackupJob(DataDirectory* data, std::string directory)
    : data_(data), directory_(std::move(directory)) {}

BackupJob::~BackupJob() { Stop(); }

void BackupJob::Stop() {
  std::thread thread;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    thread.swap(thread_);
  }
  if (thread.joinable()) thread.join();
}

absl::StatusOr<v1::Backup> BackupJob::Begin(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return absl::UnavailableError("the server is stopping");
  if (running_) return absl::UnavailableError("another backup is being made");
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::absolute(directory_, error) / name;
  if (!error) std::filesystem::create_directories(folder, error);
  if (error) {
    return absl::InvalidArgumentError(
        fmt::format("{} cannot be made: {}", folder.string(), error.message()));
  }
  if (thread_.joinable()) thread_.join();
  v1::Backup& backup = backups_[name];
  backup.Clear();
  backup.set_name("backups/" + name);
  backup.set_state(v1::Backup::STATE_RUNNING);
  backup.set_folder(folder.string());
  *backup.mutable_started_at() = projections::ToProto(ledger::SystemTime());
  running_ = true;
  thread_ = std::thread([this, name, path = folder.string()] { Run(name, path); });
  return backup;
}

absl::StatusOr<v1::Backup> BackupJob::Find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = backups_.find(name);
  if (found == backups_.end()) {
    return absl::NotFoundError("no backup of this name was begun since the server's start");
  }
  return found->second;
}

void BackupJob::Run(const std::string& name, const std::string& folder) {
  ledger::BackupSource source;
  source.directory = data_->directory();
  source.end = data_->ledger().DurableEnd();
  const auto made = ledger::MakeBackup(source, folder, [&](const ledger::BackupProgress& progress) {
    const std::lock_guard lock(mutex_);
    v1::Backup& backup = backups_[name];
    backup.set_bytes_total(progress.bytes_total);
    backup.set_bytes_done(progress.bytes_done);
    backup.set_bytes_copied(progress.bytes_copied);
    return !stopping_;
  });
  const std::lock_guard lock(mutex_);
  running_ = false;
  v1::Backup& backup = backups_[name];
  if (made.ok()) {
    backup.set_state(v1::Backup::STATE_FINISHED);
    backup.set_epoch(made->epoch());
    backup.set_last_group(made->last_group());
    spdlog::info("backup {}: {} bytes, {} of them copied", folder, backup.bytes_total(),
                 backup.bytes_copied());
  } else {
    backup.set_state(v1::Backup::STATE_FAILED);
    backup.set_problem(std::string(made.status().message()));
    spdlog::error("backup {} failed: {}", folder, backup.problem());
  }
}

}  // namespace daybook::server
