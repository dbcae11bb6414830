#include "tools/bench/server_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

extern char** environ;

namespace daybook::tools {

namespace fs = std::filesystem;
using std::chrono::microseconds;

namespace {

constexpr std::chrono::milliseconds kPortPoll(1);
constexpr std::chrono::seconds kStartTimeout(300);
constexpr int kReadyPolls = static_cast<int>(kStartTimeout / kPortPoll);

microseconds ToMicroseconds(const timeval& time) {
  return microseconds(int64_t{time.tv_sec} * 1'000'000 + time.tv_usec);
}

}  // namespace

absl::StatusOr<std::unique_ptr<TemporaryDirectory>> TemporaryDirectory::Make(
    const std::string& parent) {
  std::string path = parent + "/daybook-bench-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    return absl::InternalError(fmt::format("{}: cannot be made", path));
  }
  return std::unique_ptr<TemporaryDirectory>(new TemporaryDirectory(std::move(path)));
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code error;
  fs::remove_all(path_, error);
}

ServerProcess::ServerProcess(std::string program, std::string directory,
                             std::vector<std::string> more_arguments)
    : program_(std::move(program)),
      directory_(std::move(directory)),
      more_arguments_(std::move(more_arguments)) {}

ServerProcess::~ServerProcess() { Kill(); }

absl::Status ServerProcess::Start() {
  const std::string port_file = directory_ + "/port";
  const std::string log = directory_ + "/daybookd.log";
  ::unlink(port_file.c_str());
  std::vector<std::string> arguments = {program_,     "--listen",       "127.0.0.1:0",
                                        "--data-dir", data_directory(), "--port-file",
                                        port_file,    "--log-level",    "warning"};
  arguments.insert(arguments.end(), more_arguments_.begin(), more_arguments_.end());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  const int error = ::posix_spawn(&pid_, program_.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    pid_ = -1;
    return absl::UnavailableError(fmt::format("{}: cannot be started", program_));
  }
  for (int i = 0; i < kReadyPolls; ++i) {
    std::ifstream in(port_file);
    int port = 0;
    if (in >> port) {
      address_ = fmt::format("127.0.0.1:{}", port);
      return absl::OkStatus();
    }
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      std::ostringstream text;
      text << std::ifstream(log).rdbuf();
      return absl::UnavailableError(fmt::format("daybookd ended at once: {}", text.str()));
    }
    std::this_thread::sleep_for(kPortPoll);
  }
  Kill();
  return absl::UnavailableError("daybookd does not come up");
}

int ServerProcess::Wait() {
  int state = 0;
  ::waitpid(pid_, &state, 0);
  pid_ = -1;
  return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

absl::Status ServerProcess::Stop() {
  if (pid_ < 0) return absl::OkStatus();
  ::kill(pid_, SIGTERM);
  const int code = Wait();
  if (code == 0) return absl::OkStatus();
  return absl::InternalError(fmt::format("daybookd ended with {}", code));
}

void ServerProcess::Kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  Wait();
}

microseconds ServerProcess::CpuTime() const {
  std::ifstream in(fmt::format("/proc/{}/stat", pid_));
  std::string text;
  std::getline(in, text);
  // The name in brackets may hold blanks; user and system time are fields 14 and 15.
  const size_t bracket = text.rfind(')');
  if (bracket == std::string::npos) return microseconds(0);
  std::istringstream fields(text.substr(bracket + 1));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  int64_t user = 0;
  int64_t system = 0;
  fields >> user >> system;
  return microseconds((user + system) * (1'000'000 / ::sysconf(_SC_CLK_TCK)));
}

uint64_t ServerProcess::ResidentBytes() const {
  std::ifstream in(fmt::format("/proc/{}/status", pid_));
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("VmRSS:", 0) == 0) return std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  }
  return 0;
}

microseconds OwnCpuTime() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return ToMicroseconds(usage.ru_utime) + ToMicroseconds(usage.ru_stime);
}

uint64_t DirectoryBytes(const std::string& path) {
  uint64_t bytes = 0;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(path, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    struct stat info {};
    if (::lstat(entry->path().c_str(), &info) == 0 && S_ISREG(info.st_mode)) {
      bytes += static_cast<uint64_t>(info.st_blocks) * 512;
    }
  }
  return bytes;
}

absl::StatusOr<std::string> FindServerProgram() {
  std::error_code error;
  const fs::path own = fs::read_symlink("/proc/self/exe", error);
  const fs::path server = own.parent_path() / "daybookd";
  if (error || !fs::exists(server)) {
    return absl::NotFoundError(fmt::format("{}: there is no such program", server.string()));
  }
  return server.string();
}

}  // namespace daybook::tools
