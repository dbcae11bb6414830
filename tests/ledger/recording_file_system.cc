#include "recording_file_system.h"

#include <algorithm>
#include <set>

namespace daybook::ledger {
namespace {

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

uint64_t Below(std::mt19937_64* random, uint64_t bound) { return (*random)() % bound; }

}  // namespace

// A descriptor: keeps its file alive whatever happens to the name.
class RecordedFile : public File {
 public:
  RecordedFile(RecordingFileSystem* fs, RecordingFileSystem::InodePtr inode)
      : fs_(fs), inode_(std::move(inode)) {}

  absl::Status WriteAt(uint64_t offset, std::string_view data) override {
    std::lock_guard lock(fs_->mutex_);
    return fs_->WriteCall(inode_.get(), offset, data);
  }
  absl::Status ReadAt(uint64_t offset, size_t length, std::string* out) const override {
    std::lock_guard lock(fs_->mutex_);
    bool dying = false;
    if (absl::Status counted = fs_->Count(&dying); !counted.ok()) return counted;
    const std::string& cache = inode_->cache;
    *out = offset < cache.size() ? cache.substr(offset, length) : std::string();
    return absl::OkStatus();
  }
  absl::Status Sync() override {
    std::lock_guard lock(fs_->mutex_);
    return fs_->SyncCall(inode_.get());
  }
  absl::Status SyncWithMetadata() override { return Sync(); }
  absl::StatusOr<uint64_t> Size() const override {
    std::lock_guard lock(fs_->mutex_);
    bool dying = false;
    if (absl::Status counted = fs_->Count(&dying); !counted.ok()) return counted;
    return inode_->cache.size();
  }
  absl::Status Truncate(uint64_t size) override {
    std::lock_guard lock(fs_->mutex_);
    bool dying = false;
    if (absl::Status counted = fs_->Count(&dying); !counted.ok()) return counted;
    inode_->cache.resize(size);
    return absl::OkStatus();
  }

 private:
  RecordingFileSystem* const fs_;
  const RecordingFileSystem::InodePtr inode_;
};

void RecordingFileSystem::SetFault(Fault fault, uint64_t call, bool sticky) {
  std::lock_guard lock(mutex_);
  fault_ = fault;
  fault_call_ = call;
  fault_sticky_ = sticky;
  struck_ = false;
}

void RecordingFileSystem::ClearFault() {
  std::lock_guard lock(mutex_);
  fault_.reset();
}

uint64_t RecordingFileSystem::calls() const {
  std::lock_guard lock(mutex_);
  return calls_;
}

bool RecordingFileSystem::struck() const {
  std::lock_guard lock(mutex_);
  return struck_;
}

void RecordingFileSystem::SetCapacity(uint64_t bytes, bool honest) {
  std::lock_guard lock(mutex_);
  capacity_ = bytes;
  honest_ = honest;
}

absl::Status RecordingFileSystem::Count(bool* dying) {
  ++calls_;
  *dying = false;
  if (!fault_.has_value() || calls_ < fault_call_) return absl::OkStatus();
  if (calls_ == fault_call_) {
    struck_ = true;
    if (*fault_ == Fault::kDie) {
      *dying = true;
      return absl::OkStatus();
    }
  } else if (*fault_ != Fault::kDie && !fault_sticky_) {
    return absl::OkStatus();
  }
  if (*fault_ == Fault::kNoSpace) return absl::ResourceExhaustedError("no space (injected)");
  return absl::InternalError("input/output error (injected)");
}

std::string RecordingFileSystem::PageOf(const std::string& bytes, uint64_t page) {
  std::string contents;
  if (page * kPage < bytes.size()) contents = bytes.substr(page * kPage, kPage);
  contents.resize(kPage, '\0');
  return contents;
}

// Within the length that `bytes` has.
void RecordingFileSystem::PutPage(std::string* bytes, uint64_t page, std::string_view contents) {
  if (page * kPage >= bytes->size()) return;
  const size_t length = std::min<size_t>(kPage, bytes->size() - page * kPage);
  bytes->replace(page * kPage, length, contents.substr(0, length));
}

void RecordingFileSystem::Write(Inode* inode, uint64_t offset, std::string_view data) {
  if (data.empty()) return;
  if (inode->cache.size() < offset + data.size()) inode->cache.resize(offset + data.size());
  inode->cache.replace(offset, data.size(), data);
  for (uint64_t page = offset / kPage; page <= (offset + data.size() - 1) / kPage; ++page) {
    inode->dirty[page].push_back(PageOf(inode->cache, page));
  }
}

absl::Status RecordingFileSystem::WriteCall(Inode* inode, uint64_t offset, std::string_view data) {
  bool dying = false;
  absl::Status counted = Count(&dying);
  if (!counted.ok()) {
    // Parts of what a failed write was to do may be done; once the plug is out, nothing is.
    if (*fault_ != Fault::kDie)
      Write(inode, offset, data.substr(0, Below(&random_, data.size() + 1)));
    return counted;
  }
  const uint64_t growth =
      offset + data.size() - std::min<uint64_t>(offset + data.size(), inode->cache.size());
  if (capacity_.has_value() && growth > 0 && Used() + growth > *capacity_) {
    const uint64_t missing = Used() + growth - *capacity_;
    Write(inode, offset, data.substr(0, data.size() - std::min<uint64_t>(missing, data.size())));
    return absl::ResourceExhaustedError("no space");
  }
  Write(inode, offset, data);
  return absl::OkStatus();
}

absl::Status RecordingFileSystem::SyncCall(Inode* inode) {
  bool dying = false;
  absl::Status counted = Count(&dying);
  const bool plug_is_out = fault_ == Fault::kDie && struck_;
  if (dying) return absl::InternalError("the plug was pulled (injected)");
  if (plug_is_out) return counted;
  // What the disk got of a sync that failed: some pages, perhaps all, perhaps none.
  const uint64_t kept_of_4 = counted.ok() ? 4 : Below(&random_, 5);
  inode->disk.resize(inode->cache.size());
  for (const auto& [page, versions] : inode->dirty) {
    if (Below(&random_, 4) < kept_of_4) PutPage(&inode->disk, page, versions.back());
  }
  inode->dirty.clear();
  return counted;
}

void RecordingFileSystem::Change(const std::string& directory,
                                 std::vector<std::pair<std::string, InodePtr>> names) {
  for (const auto& [name, inode] : names) {
    if (inode == nullptr) {
      names_.erase(name);
    } else {
      names_[name] = inode;
    }
  }
  changes_.push_back({directory, std::move(names)});
}

uint64_t RecordingFileSystem::Used() const {
  uint64_t used = 0;
  for (const auto& [name, inode] : names_) used += inode->cache.size();
  return used;
}

absl::StatusOr<std::unique_ptr<File>> RecordingFileSystem::Open(const std::string& path,
                                                                bool create) {
  std::lock_guard lock(mutex_);
  bool dying = false;
  if (absl::Status counted = Count(&dying); !counted.ok()) return counted;
  auto found = names_.find(path);
  if (found == names_.end()) {
    if (!create) return absl::NotFoundError(path);
    Change(DirectoryOf(path), {{path, std::make_shared<Inode>()}});
    found = names_.find(path);
  }
  return std::make_unique<RecordedFile>(this, found->second);
}

absl::Status RecordingFileSystem::Rename(const std::string& from, const std::string& to) {
  std::lock_guard lock(mutex_);
  bool dying = false;
  if (absl::Status counted = Count(&dying); !counted.ok()) return counted;
  const auto found = names_.find(from);
  if (found == names_.end()) return absl::NotFoundError(from);
  Change(DirectoryOf(to), {{to, found->second}, {from, nullptr}});
  return absl::OkStatus();
}

absl::Status RecordingFileSystem::Remove(const std::string& path) {
  std::lock_guard lock(mutex_);
  bool dying = false;
  if (absl::Status counted = Count(&dying); !counted.ok()) return counted;
  if (names_.count(path) == 0) return absl::NotFoundError(path);
  Change(DirectoryOf(path), {{path, nullptr}});
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> RecordingFileSystem::List(const std::string& directory) {
  std::lock_guard lock(mutex_);
  bool dying = false;
  if (absl::Status counted = Count(&dying); !counted.ok()) return counted;
  if (names_.count(directory) == 0) return absl::NotFoundError(directory);
  std::vector<std::string> names;
  for (const auto& [path, inode] : names_) {
    if (path != directory && DirectoryOf(path) == directory) {
      names.push_back(path.substr(directory.size() + 1));
    }
  }
  return names;
}

bool RecordingFileSystem::Exists(const std::string& path) {
  std::lock_guard lock(mutex_);
  return names_.count(path) > 0;
}

absl::Status RecordingFileSystem::MakeDirectory(const std::string& path) {
  std::lock_guard lock(mutex_);
  bool dying = false;
  if (absl::Status counted = Count(&dying); !counted.ok()) return counted;
  if (names_.count(path) > 0) return absl::OkStatus();
  auto inode = std::make_shared<Inode>();
  inode->is_directory = true;
  Change(DirectoryOf(path), {{path, inode}});
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> RecordingFileSystem::FreeBytes(const std::string&) {
  std::lock_guard lock(mutex_);
  bool dying = false;
  if (absl::Status counted = Count(&dying); !counted.ok()) return counted;
  if (!capacity_.has_value() || !honest_) return uint64_t{1} << 40;
  return *capacity_ - std::min(*capacity_, Used());
}

absl::Status RecordingFileSystem::SyncDirectory(const std::string& path) {
  std::lock_guard lock(mutex_);
  bool dying = false;
  if (absl::Status counted = Count(&dying); !counted.ok()) return counted;
  if (dying) return absl::InternalError("the plug was pulled (injected)");
  std::vector<NameChange> others;
  for (NameChange& change : changes_) {
    if (change.directory != path) {
      others.push_back(std::move(change));
      continue;
    }
    for (const auto& [name, inode] : change.names) {
      if (inode == nullptr) {
        durable_names_.erase(name);
      } else {
        durable_names_[name] = inode;
      }
    }
  }
  changes_ = std::move(others);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<File>> RecordingFileSystem::Lock(const std::string& path) {
  return Open(path, /*create=*/true);
}

std::unique_ptr<RecordingFileSystem> RecordingFileSystem::Crash(std::mt19937_64* random) const {
  std::lock_guard lock(mutex_);
  enum Policy { kAllLost, kAllKept, kPagesAtRandom, kSectorsAtRandom, kPolicies };
  const auto policy = static_cast<Policy>(Below(random, kPolicies));
  // How many versions of a page, of `count`, made it: 0 is what the disk had before.
  const auto choose = [&](size_t count) -> size_t {
    if (policy == kAllLost) return 0;
    return policy == kAllKept ? count : Below(random, count + 1);
  };

  std::map<std::string, InodePtr> names = durable_names_;
  for (const NameChange& change : changes_) {
    if (choose(1) == 0) continue;
    for (const auto& [name, inode] : change.names) {
      if (inode == nullptr) {
        names.erase(name);
      } else {
        names[name] = inode;
      }
    }
  }

  auto after = std::make_unique<RecordingFileSystem>();
  after->random_.seed((*random)());
  std::map<const Inode*, InodePtr> copies;
  for (const auto& [name, inode] : names) {
    InodePtr& copy = copies[inode.get()];
    if (copy == nullptr) {
      copy = std::make_shared<Inode>();
      copy->is_directory = inode->is_directory;
      copy->disk = inode->disk;
      if (choose(1) == 1) copy->disk.resize(inode->cache.size());
      for (const auto& [page, versions] : inode->dirty) {
        std::string contents = PageOf(copy->disk, page);
        const size_t step = policy == kSectorsAtRandom ? kSector : kPage;
        for (size_t at = 0; at < kPage; at += step) {
          const size_t version = choose(versions.size());
          if (version > 0) contents.replace(at, step, versions[version - 1], at, step);
        }
        PutPage(&copy->disk, page, contents);
      }
      copy->cache = copy->disk;
    }
    after->names_[name] = copy;
  }
  after->durable_names_ = after->names_;
  return after;
}

std::string RecordingFileSystem::Contents(const std::string& path) const {
  std::lock_guard lock(mutex_);
  return names_.at(path)->cache;
}

void RecordingFileSystem::SetContents(const std::string& path, std::string contents) {
  std::lock_guard lock(mutex_);
  InodePtr& inode = names_[path];
  if (inode == nullptr) inode = std::make_shared<Inode>();
  inode->cache = contents;
  inode->disk = std::move(contents);
  inode->dirty.clear();
  durable_names_[path] = inode;
}

void RecordingFileSystem::RemoveFile(const std::string& path) {
  std::lock_guard lock(mutex_);
  names_.erase(path);
  durable_names_.erase(path);
}

std::vector<std::string> RecordingFileSystem::Files() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> files;
  for (const auto& [name, inode] : names_) {
    if (!inode->is_directory) files.push_back(name);
  }
  return files;
}

}  // namespace daybook::ledger
