#include "tests/ledger/memory_file_system.h"

#include <algorithm>

namespace daybook::ledger {
namespace {

constexpr size_t kSectorBytes = 512;

void Put(uint64_t offset, std::string_view bytes, std::string* file) {
  file->resize(std::max<size_t>(file->size(), offset + bytes.size()), '\0');
  file->replace(offset, bytes.size(), bytes);
}

std::string DirectoryOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

class MemoryFileSystem::OpenFile : public File {
 public:
  OpenFile(MemoryFileSystem* fs, std::shared_ptr<Node> node) : fs_(fs), node_(std::move(node)) {}

  absl::Status WriteAt(uint64_t offset, std::string_view data) override {
    const std::lock_guard lock(fs_->mutex_);
    const absl::Status status = fs_->Spend();
    if (!status.ok()) data = data.substr(0, fs_->half_done_ ? 0 : data.size() / 2);
    if (!status.ok()) fs_->half_done_ = true;
    Put(offset, data, &node_->seen);
    node_->unsynced.push_back({offset, std::string(data)});
    return status;
  }
  absl::Status ReadAt(uint64_t offset, size_t length, std::string* out) const override {
    const std::lock_guard lock(fs_->mutex_);
    *out = offset < node_->seen.size() ? node_->seen.substr(offset, length) : "";
    return absl::OkStatus();
  }
  absl::Status Sync() override {
    const std::lock_guard lock(fs_->mutex_);
    if (auto status = fs_->Spend(); !status.ok()) return status;
    node_->durable = node_->seen;
    node_->unsynced.clear();
    return absl::OkStatus();
  }
  absl::Status SyncWithMetadata() override { return Sync(); }
  absl::StatusOr<uint64_t> Size() const override {
    const std::lock_guard lock(fs_->mutex_);
    return node_->seen.size();
  }
  absl::Status Truncate(uint64_t size) override {
    const std::lock_guard lock(fs_->mutex_);
    if (auto status = fs_->Spend(); !status.ok()) return status;
    node_->seen.resize(size, '\0');
    return absl::OkStatus();
  }

 private:
  MemoryFileSystem* const fs_;
  const std::shared_ptr<Node> node_;
};

class MemoryFileSystem::HeldLock : public OpenFile {
 public:
  HeldLock(MemoryFileSystem* fs, std::string path)
      : OpenFile(fs, std::make_shared<Node>()), locked_(fs), path_(std::move(path)) {}
  ~HeldLock() override {
    const std::lock_guard lock(locked_->mutex_);
    locked_->locks_.erase(path_);
  }

 private:
  MemoryFileSystem* const locked_;
  const std::string path_;
};

absl::Status MemoryFileSystem::Spend() {
  ++calls_;
  if (fail_after_ > 0) {
    if (fail_after_ != std::numeric_limits<int>::max()) --fail_after_;
    return absl::OkStatus();
  }
  return error_;
}

void MemoryFileSystem::FailAfter(int calls, absl::Status error) {
  const std::lock_guard lock(mutex_);
  fail_after_ = calls;
  half_done_ = false;
  error_ = std::move(error);
}

absl::StatusOr<std::unique_ptr<File>> MemoryFileSystem::Open(const std::string& path, bool create) {
  const std::lock_guard lock(mutex_);
  auto node = names_.find(path);
  if (node == names_.end()) {
    if (!create) return absl::NotFoundError(path);
    if (auto status = Spend(); !status.ok()) return status;
    node = names_.emplace(path, std::make_shared<Node>()).first;
  }
  return std::make_unique<OpenFile>(this, node->second);
}

absl::Status MemoryFileSystem::Rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  if (auto status = Spend(); !status.ok()) return status;
  const auto node = names_.find(from);
  if (node == names_.end()) return absl::NotFoundError(from);
  names_[to] = node->second;
  names_.erase(from);
  return absl::OkStatus();
}

absl::Status MemoryFileSystem::Remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (auto status = Spend(); !status.ok()) return status;
  return names_.erase(path) == 1 ? absl::OkStatus() : absl::NotFoundError(path);
}

absl::StatusOr<std::vector<std::string>> MemoryFileSystem::List(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [path, node] : names_) {
    if (DirectoryOf(path) == directory) names.push_back(path.substr(directory.size() + 1));
  }
  return names;
}

bool MemoryFileSystem::Exists(const std::string& path) {
  const std::lock_guard lock(mutex_);
  return names_.count(path) > 0 || directories_.count(path) > 0;
}

absl::Status MemoryFileSystem::MakeDirectory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (auto status = Spend(); !status.ok()) return status;
  directories_.insert(path);
  return absl::OkStatus();
}

absl::Status MemoryFileSystem::SyncDirectory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (auto status = Spend(); !status.ok()) return status;
  for (auto name = durable_names_.begin(); name != durable_names_.end();) {
    name = DirectoryOf(name->first) == path ? durable_names_.erase(name) : std::next(name);
  }
  for (const auto& [name, node] : names_) {
    if (DirectoryOf(name) == path) durable_names_[name] = node;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<File>> MemoryFileSystem::Lock(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (!locks_.insert(path).second) return absl::FailedPreconditionError(path + " is locked");
  return std::make_unique<HeldLock>(this, path);
}

void MemoryFileSystem::Crash(SeededRandom* random) {
  Mend();
  const std::lock_guard lock(mutex_);
  if (random->Below(2) == 0) names_ = durable_names_;
  durable_names_ = names_;
  for (const auto& [path, node] : names_) {
    for (const Write& write : node->unsynced) {
      std::string_view bytes = write.bytes;
      for (uint64_t at = write.offset; !bytes.empty();) {
        const size_t sector = std::min<size_t>(bytes.size(), kSectorBytes - at % kSectorBytes);
        const uint64_t fate = random->Below(3);
        const size_t kept = fate == 0 ? 0 : fate == 1 ? sector : random->Below(sector);
        Put(at, bytes.substr(0, kept), &node->durable);
        bytes.remove_prefix(sector);
        at += sector;
      }
    }
    node->unsynced.clear();
    node->seen = node->durable;
  }
}

std::string MemoryFileSystem::Contents(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto node = names_.find(path);
  return node == names_.end() ? "" : node->second->seen;
}

void MemoryFileSystem::Damage(const std::string& path, uint64_t offset, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  Put(offset, bytes, &names_.at(path)->seen);
  Put(offset, bytes, &names_.at(path)->durable);
}

}  // namespace daybook::ledger
