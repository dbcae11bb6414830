#include "ledger/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "ledger/read_only_file_system.h"

namespace daybook::ledger {
namespace {

// Ledgers hold personal data: nobody but their owner may read the files.
constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;

absl::Status ErrorFrom(int error, std::string_view call, const std::string& path) {
  const std::string text =
      fmt::format("{} {}: {}", call, path, std::generic_category().message(error));
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(text);
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(text);
    default:
      return absl::InternalError(text);
  }
}

class PosixFile : public File {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixFile() override { ::close(fd_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  absl::Status WriteAt(uint64_t offset, std::string_view data) override {
    while (!data.empty()) {
      const ssize_t written = ::pwrite(fd_, data.data(), data.size(), static_cast<off_t>(offset));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return ErrorFrom(errno, "write", path_);
      if (written == 0) return ErrorFrom(EIO, "write", path_);
      // What is left is tried again only to learn why it was left.
      data.remove_prefix(static_cast<size_t>(written));
      offset += static_cast<uint64_t>(written);
    }
    return absl::OkStatus();
  }

  absl::Status ReadAt(uint64_t offset, size_t length, std::string* out) const override {
    out->resize(length);
    size_t have = 0;
    while (have < length) {
      const ssize_t got =
          ::pread(fd_, out->data() + have, length - have, static_cast<off_t>(offset + have));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return ErrorFrom(errno, "read", path_);
      if (got == 0) break;
      have += static_cast<size_t>(got);
    }
    out->resize(have);
    return absl::OkStatus();
  }

  absl::Status Sync() override {
    return ::fdatasync(fd_) == 0 ? absl::OkStatus() : ErrorFrom(errno, "fdatasync", path_);
  }

  absl::Status SyncWithMetadata() override {
    return ::fsync(fd_) == 0 ? absl::OkStatus() : ErrorFrom(errno, "fsync", path_);
  }

  absl::StatusOr<uint64_t> Size() const override {
    struct stat info {};
    if (::fstat(fd_, &info) != 0) return ErrorFrom(errno, "stat", path_);
    return static_cast<uint64_t>(info.st_size);
  }

  absl::Status Truncate(uint64_t size) override {
    return ::ftruncate(fd_, static_cast<off_t>(size)) == 0 ? absl::OkStatus()
                                                           : ErrorFrom(errno, "truncate", path_);
  }

 private:
  const int fd_;
  const std::string path_;
};

// Takes the lock of `kind` on an open file, which it owns from now on.
absl::StatusOr<std::unique_ptr<File>> LockFile(int fd, const std::string& path, int kind) {
  auto locked = std::make_unique<PosixFile>(fd, path);
  if (::flock(fd, kind | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrorFrom(errno, "lock", path);
    return absl::FailedPreconditionError(
        fmt::format("{} is locked: another process has this ledger open", path));
  }
  return locked;
}

class PosixFileSystem : public FileSystem {
 public:
  absl::StatusOr<std::unique_ptr<File>> Open(const std::string& path, bool create) override {
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), kFileMode);
    if (fd < 0) return ErrorFrom(errno, "open", path);
    return std::make_unique<PosixFile>(fd, path);
  }

  absl::Status Rename(const std::string& from, const std::string& to) override {
    return ::rename(from.c_str(), to.c_str()) == 0 ? absl::OkStatus()
                                                   : ErrorFrom(errno, "rename", from);
  }

  absl::Status Remove(const std::string& path) override {
    return ::unlink(path.c_str()) == 0 ? absl::OkStatus() : ErrorFrom(errno, "remove", path);
  }

  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override {
    std::unique_ptr<DIR, int (*)(DIR*)> opened(::opendir(directory.c_str()), ::closedir);
    if (opened == nullptr) return ErrorFrom(errno, "list", directory);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(opened.get())) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
      errno = 0;
    }
    if (errno != 0) return ErrorFrom(errno, "list", directory);
    std::sort(names.begin(), names.end());
    return names;
  }

  bool Exists(const std::string& path) override { return ::access(path.c_str(), F_OK) == 0; }

  absl::Status MakeDirectory(const std::string& path) override {
    if (::mkdir(path.c_str(), kDirectoryMode) == 0) return absl::OkStatus();
    const int error = errno;
    struct stat info {};
    if (error == EEXIST && ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
      return absl::OkStatus();
    }
    return ErrorFrom(error, "make directory", path);
  }

  absl::StatusOr<uint64_t> FreeBytes(const std::string& directory) override {
    struct statvfs info {};
    if (::statvfs(directory.c_str(), &info) != 0) return ErrorFrom(errno, "statvfs", directory);
    return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
  }

  absl::Status SyncDirectory(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return ErrorFrom(errno, "open", path);
    const absl::Status synced =
        ::fsync(fd) == 0 ? absl::OkStatus() : ErrorFrom(errno, "fsync", path);
    ::close(fd);
    return synced;
  }

  absl::StatusOr<std::unique_ptr<File>> Lock(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_CREAT, kFileMode);
    if (fd < 0) return ErrorFrom(errno, "open", path);
    return LockFile(fd, path, LOCK_EX);
  }
};

class PosixReadOnlyFileSystem : public FileSystem {
 public:
  absl::StatusOr<std::unique_ptr<File>> Open(const std::string& path, bool create) override {
    if (create) return Refused("create", path);
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return ErrorFrom(errno, "open", path);
    return std::make_unique<PosixFile>(fd, path);
  }
  absl::Status Rename(const std::string& from, const std::string&) override {
    return Refused("rename", from);
  }
  absl::Status Remove(const std::string& path) override { return Refused("remove", path); }
  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override {
    return Posix()->List(directory);
  }
  bool Exists(const std::string& path) override { return Posix()->Exists(path); }
  absl::Status MakeDirectory(const std::string& path) override {
    return Refused("make directory", path);
  }
  absl::StatusOr<uint64_t> FreeBytes(const std::string& directory) override {
    return Posix()->FreeBytes(directory);
  }
  absl::Status SyncDirectory(const std::string& path) override { return Refused("sync", path); }
  absl::StatusOr<std::unique_ptr<File>> Lock(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return ErrorFrom(errno, "open", path);
    return LockFile(fd, path, LOCK_SH);
  }

 private:
  static absl::Status Refused(std::string_view call, const std::string& path) {
    return absl::FailedPreconditionError(
        fmt::format("{} {}: nothing may be changed here", call, path));
  }
};

}  // namespace

FileSystem* ReadOnlyFileSystem() {
  static PosixReadOnlyFileSystem* const file_system = new PosixReadOnlyFileSystem;
  return file_system;
}

FileSystem* FileSystem::Posix() {
  static PosixFileSystem* const file_system = new PosixFileSystem;
  return file_system;
}

}  // namespace daybook::ledger
