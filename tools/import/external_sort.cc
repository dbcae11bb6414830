#include "tools/import/external_sort.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "fmt/format.h"

namespace daybook::tools {
namespace {

constexpr size_t kBlockBytes = 1024 * 1024;
constexpr size_t kFileBufferBytes = 128 * 1024;
// More would need more file handles than a process has; beyond it, runs are merged into one.
constexpr size_t kMaxRuns = 128;

// A record in memory and in a file: two lengths, key, payload.
struct Head {
  uint32_t key;
  uint32_t payload;
};

std::string_view KeyOf(const char* record) {
  Head head;
  std::memcpy(&head, record, sizeof head);
  return {record + sizeof head, head.key};
}

std::string_view PayloadOf(const char* record) {
  Head head;
  std::memcpy(&head, record, sizeof head);
  return {record + sizeof head + head.key, head.payload};
}

size_t SizeOf(const char* record) {
  Head head;
  std::memcpy(&head, record, sizeof head);
  return sizeof head + head.key + head.payload;
}

uint64_t PrefixOf(std::string_view key) {
  uint64_t prefix = 0;
  std::memcpy(&prefix, key.data(), std::min(key.size(), sizeof prefix));
  return __builtin_bswap64(prefix);
}

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

absl::Status Failed(std::string_view what) {
  const std::string text = fmt::format("temporary file: cannot {}: {}", what, std::strerror(errno));
  return errno == ENOSPC ? absl::ResourceExhaustedError(text) : absl::InternalError(text);
}

absl::StatusOr<File> NewTemporaryFile(const std::string& directory) {
  std::string path = directory + "/daybook-sort-XXXXXX";
  const int fd = mkostemp(path.data(), O_CLOEXEC);
  if (fd < 0) return Failed("create " + path);
  unlink(path.c_str());
  File file(fdopen(fd, "w+b"));
  if (file == nullptr) return Failed("open " + path);
  std::setvbuf(file.get(), nullptr, _IOFBF, kFileBufferBytes);
  return file;
}

}  // namespace

// A sorted sequence of records.
class ExternalSort::Run {
 public:
  explicit Run(size_t number) : number_(number) {}
  virtual ~Run() = default;

  // The next record into record(); false at the end.
  virtual absl::StatusOr<bool> Next() = 0;

  const char* record() const { return record_; }
  // True if this record comes after the other's: for a heap whose top is the smallest.
  bool After(const Run& other) const {
    const int order = KeyOf(record_).compare(KeyOf(other.record_));
    return order != 0 ? order > 0 : number_ > other.number_;
  }
  size_t number() const { return number_; }

 protected:
  const char* record_ = nullptr;

 private:
  // Earlier runs hold records that were added earlier.
  const size_t number_;
};

class ExternalSort::MemoryRun : public Run {
 public:
  MemoryRun(size_t number, const std::vector<Entry>& entries) : Run(number), entries_(entries) {}

  absl::StatusOr<bool> Next() override {
    if (at_ == entries_.size()) return false;
    record_ = entries_[at_++].record;
    return true;
  }

 private:
  const std::vector<Entry>& entries_;
  size_t at_ = 0;
};

class ExternalSort::FileRun : public Run {
 public:
  FileRun(size_t number, File file, uint64_t records)
      : Run(number), file_(std::move(file)), left_(records) {
    std::rewind(file_.get());
  }

  absl::StatusOr<bool> Next() override {
    if (left_ == 0) return false;
    --left_;
    Head head;
    if (std::fread(&head, sizeof head, 1, file_.get()) != 1) return Lost();
    bytes_.resize(sizeof head + head.key + head.payload);
    std::memcpy(bytes_.data(), &head, sizeof head);
    const size_t rest = bytes_.size() - sizeof head;
    if (std::fread(bytes_.data() + sizeof head, 1, rest, file_.get()) != rest) return Lost();
    record_ = bytes_.data();
    return true;
  }

 private:
  static absl::Status Lost() {
    return absl::DataLossError("temporary file: shorter than what was written");
  }

  File file_;
  uint64_t left_;
  std::string bytes_;
};

ExternalSort::ExternalSort(size_t memory_bytes, std::string directory)
    : memory_bytes_(memory_bytes), directory_(std::move(directory)) {}

ExternalSort::~ExternalSort() = default;

char* ExternalSort::Allocate(size_t size) {
  if (block_used_ + size > block_size_) {
    block_size_ = std::max(kBlockBytes, size);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(block_size_));
    block_used_ = 0;
  }
  char* bytes = blocks_.back().get() + block_used_;
  block_used_ += size;
  return bytes;
}

absl::Status ExternalSort::Add(std::string_view key, std::string_view payload) {
  const Head head{static_cast<uint32_t>(key.size()), static_cast<uint32_t>(payload.size())};
  const size_t bytes = sizeof head + key.size() + payload.size();
  if (!entries_.empty() && used_bytes_ + bytes + sizeof(Entry) > memory_bytes_) {
    if (absl::Status status = Spill(); !status.ok()) return status;
  }
  char* record = Allocate(bytes);
  std::memcpy(record, &head, sizeof head);
  std::memcpy(record + sizeof head, key.data(), key.size());
  std::memcpy(record + sizeof head + key.size(), payload.data(), payload.size());
  entries_.push_back({PrefixOf(key), record});
  used_bytes_ += bytes + sizeof(Entry);
  ++size_;
  return absl::OkStatus();
}

void ExternalSort::SortEntries() {
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    return KeyOf(a.record) < KeyOf(b.record);
  });
}

absl::Status ExternalSort::StartHeap(std::vector<std::unique_ptr<Run>>& runs) {
  std::vector<std::unique_ptr<Run>> alive;
  for (auto& run : runs) {
    const absl::StatusOr<bool> more = run->Next();
    if (!more.ok()) return more.status();
    if (*more) alive.push_back(std::move(run));
  }
  runs = std::move(alive);
  const auto after = [](const auto& a, const auto& b) { return a->After(*b); };
  std::make_heap(runs.begin(), runs.end(), after);
  if (!runs.empty()) std::pop_heap(runs.begin(), runs.end(), after);
  return absl::OkStatus();
}

absl::Status ExternalSort::Advance(std::vector<std::unique_ptr<Run>>& runs) {
  const auto after = [](const auto& a, const auto& b) { return a->After(*b); };
  const absl::StatusOr<bool> more = runs.back()->Next();
  if (!more.ok()) return more.status();
  if (*more) {
    std::push_heap(runs.begin(), runs.end(), after);
  } else {
    runs.pop_back();
  }
  if (!runs.empty()) std::pop_heap(runs.begin(), runs.end(), after);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<ExternalSort::Run>> ExternalSort::WriteMerged(
    std::vector<std::unique_ptr<Run>> runs) {
  absl::StatusOr<File> file = NewTemporaryFile(directory_);
  if (!file.ok()) return file.status();
  const size_t number = runs.front()->number();
  uint64_t records = 0;
  if (absl::Status status = StartHeap(runs); !status.ok()) return status;
  while (!runs.empty()) {
    const char* record = runs.back()->record();
    const size_t bytes = SizeOf(record);
    if (std::fwrite(record, 1, bytes, file->get()) != bytes) return Failed("write");
    ++records;
    if (absl::Status status = Advance(runs); !status.ok()) return status;
  }
  if (std::fflush(file->get()) != 0) return Failed("write");
  ++spills_;
  return std::make_unique<FileRun>(number, *std::move(file), records);
}

absl::Status ExternalSort::Spill() {
  SortEntries();
  std::vector<std::unique_ptr<Run>> memory;
  memory.push_back(std::make_unique<MemoryRun>(spills_, entries_));
  absl::StatusOr<std::unique_ptr<Run>> run = WriteMerged(std::move(memory));
  if (!run.ok()) return run.status();
  runs_.push_back(*std::move(run));
  entries_.clear();
  blocks_.clear();
  block_size_ = block_used_ = used_bytes_ = 0;
  if (runs_.size() < kMaxRuns) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<Run>> merged = WriteMerged(std::move(runs_));
  if (!merged.ok()) return merged.status();
  runs_.clear();
  runs_.push_back(*std::move(merged));
  return absl::OkStatus();
}

absl::Status ExternalSort::Finish() {
  SortEntries();
  // After the files: what is in memory was added last.
  runs_.push_back(std::make_unique<MemoryRun>(spills_, entries_));
  return StartHeap(runs_);
}

absl::StatusOr<bool> ExternalSort::Next(std::string_view& key, std::string_view& payload) {
  if (started_ && !runs_.empty()) {
    if (absl::Status status = Advance(runs_); !status.ok()) return status;
  }
  started_ = true;
  if (runs_.empty()) return false;
  const char* record = runs_.back()->record();
  key = KeyOf(record);
  payload = PayloadOf(record);
  return true;
}

}  // namespace daybook::tools
