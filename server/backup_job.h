// Backups of the running server: one at a time, each in a folder of its own below one directory, on
// a thread of its own. What a backup is and how it is made: ledger/backup.h.
//
// Thread-safe.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "daybook/v1/backups.pb.h"
#include "server/data_directory.h"

namespace daybook::server {

class BackupJob {
 public:
  // `data` outlives it. `directory` is made with the first backup.
  BackupJob(DataDirectory* data, std::string directory);
  // Stops.
  ~BackupJob();
  BackupJob(const BackupJob&) = delete;
  BackupJob& operator=(const BackupJob&) = delete;

  // Begins backup `name`, which is a name that may stand in a path. Errors: Unavailable (another is
  // being made, or the server stops), InvalidArgument (the directory cannot be made).
  absl::StatusOr<v1::Backup> Begin(const std::string& name);
  // Errors: NotFound (none of this name was begun since the start).
  absl::StatusOr<v1::Backup> Find(const std::string& name) const;
  // Gives up what is being made, and waits for that. Idempotent.
  void Stop();

 private:
  void Run(const std::string& name, const std::string& folder);

  DataDirectory* const data_;
  const std::string directory_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::map<std::string, v1::Backup> backups_;  // by name
  bool running_ = false;
  std::thread thread_;
};

}  // namespace daybook::server
