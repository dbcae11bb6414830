#include "tools/import/byte_source.h"

#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "absl/status/status.h"
#include "fmt/format.h"

namespace daybook::tools {
namespace {

constexpr char kZstdMagic[] = {'\x28', '\xb5', '\x2f', '\xfd'};

// A file descriptor with the bytes that were looked at to tell the format.
class PlainFile : public ByteSource {
 public:
  PlainFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PlainFile() override {
    if (fd_ > STDIN_FILENO) close(fd_);
  }
  PlainFile(const PlainFile&) = delete;
  PlainFile& operator=(const PlainFile&) = delete;

  // The first bytes, which the next Read gives again.
  absl::StatusOr<std::string> Peek(size_t size) {
    while (peeked_.size() < size) {
      char bytes[sizeof kZstdMagic];
      const auto got = ReadFile(bytes, std::min(sizeof bytes, size - peeked_.size()));
      if (!got.ok()) return got.status();
      if (*got == 0) break;
      peeked_.append(bytes, *got);
    }
    return peeked_;
  }

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    if (peeked_.empty()) return ReadFile(buffer, size);
    const size_t taken = std::min(size, peeked_.size());
    std::memcpy(buffer, peeked_.data(), taken);
    peeked_.erase(0, taken);
    return taken;
  }

  uint64_t position() const override { return position_; }
  const std::string& path() const { return path_; }

 private:
  absl::StatusOr<size_t> ReadFile(char* buffer, size_t size) {
    ssize_t got;
    do {
      got = read(fd_, buffer, size);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return absl::InternalError(fmt::format("{}: {}", path_, std::strerror(errno)));
    position_ += static_cast<uint64_t>(got);
    return static_cast<size_t>(got);
  }

  const int fd_;
  const std::string path_;
  std::string peeked_;
  uint64_t position_ = 0;
};

// Frames that follow one another are one stream, as `zstd -d` has it.
class ZstdFile : public ByteSource {
 public:
  explicit ZstdFile(std::unique_ptr<PlainFile> file)
      : file_(std::move(file)),
        stream_(ZSTD_createDStream(), &ZSTD_freeDStream),
        input_(ZSTD_DStreamInSize()) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    ZSTD_outBuffer out{buffer, size, 0};
    while (out.pos == 0) {
      if (in_.pos == in_.size && !ended_) {
        const auto got = file_->Read(input_.data(), input_.size());
        if (!got.ok()) return got.status();
        in_ = {input_.data(), *got, 0};
        ended_ = *got == 0;
      }
      if (ended_ && frame_done_) return size_t{0};
      const size_t result = ZSTD_decompressStream(stream_.get(), &out, &in_);
      if (ZSTD_isError(result)) {
        return absl::DataLossError(fmt::format("{}: {}", file_->path(), ZSTD_getErrorName(result)));
      }
      frame_done_ = result == 0;
      if (ended_ && out.pos == 0 && !frame_done_) {
        return absl::DataLossError(file_->path() + ": breaks off inside a zstd frame");
      }
    }
    return out.pos;
  }

  uint64_t position() const override { return file_->position(); }

 private:
  std::unique_ptr<PlainFile> file_;
  std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream_;
  std::vector<char> input_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
  bool ended_ = false;
  bool frame_done_ = true;
};

class Memory : public ByteSource {
 public:
  Memory(std::string bytes, size_t step) : bytes_(std::move(bytes)), step_(step) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    const size_t taken = std::min({size, step_, bytes_.size() - static_cast<size_t>(position_)});
    std::memcpy(buffer, bytes_.data() + position_, taken);
    position_ += taken;
    return taken;
  }
  uint64_t position() const override { return position_; }

 private:
  const std::string bytes_;
  const size_t step_;
  uint64_t position_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ByteSource>> OpenFile(const std::string& path) {
  const int fd = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return absl::NotFoundError(fmt::format("{}: {}", path, std::strerror(errno)));
  auto file = std::make_unique<PlainFile>(fd, path);
  const auto first = file->Peek(sizeof kZstdMagic);
  if (!first.ok()) return first.status();
  if (*first == std::string_view(kZstdMagic, sizeof kZstdMagic)) {
    return std::make_unique<ZstdFile>(std::move(file));
  }
  return file;
}

std::unique_ptr<ByteSource> FromMemory(std::string bytes, size_t step) {
  return std::make_unique<Memory>(std::move(bytes), step);
}

}  // namespace daybook::tools
