// The daybookd that is measured: a child process with a data directory of its own.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace daybook::tools {

// A directory that goes away with its owner. `parent` decides which disk is measured.
class TemporaryDirectory {
 public:
  // Errors: Internal if it cannot be made.
  static absl::StatusOr<std::unique_ptr<TemporaryDirectory>> Make(const std::string& parent);
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}
  const std::string path_;
};

// Starts and ends one server over a data directory, as often as wanted. Killed by the destructor.
// One thread uses it.
class ServerProcess {
 public:
  // `program` is the path of daybookd; `directory` gets DATA, the port file and the server's log,
  // and outlives this.
  ServerProcess(std::string program, std::string directory,
                std::vector<std::string> more_arguments = {});
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Returns once the server says its port. Errors: Unavailable naming the log if it ends before.
  absl::Status Start();
  // Waits until the process is gone. Errors: Internal if it did not end with 0.
  absl::Status Stop();
  void Kill();

  const std::string& address() const { return address_; }
  std::string data_directory() const { return directory_ + "/data"; }

  // User and system time of all threads so far; the kernel counts in ticks of 10 ms.
  std::chrono::microseconds CpuTime() const;
  uint64_t ResidentBytes() const;

 private:
  int Wait();

  const std::string program_;
  const std::string directory_;
  const std::vector<std::string> more_arguments_;
  std::string address_;
  pid_t pid_ = -1;
};

// User and system time of this process so far.
std::chrono::microseconds OwnCpuTime();

// Bytes that the files of a directory take on disk; 0 if there is none.
uint64_t DirectoryBytes(const std::string& path);

// daybookd beside the program that runs. Errors: NotFound.
absl::StatusOr<std::string> FindServerProgram();

}  // namespace daybook::tools
