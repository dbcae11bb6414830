// Bytes of a file, plain or compressed by zstd: the file's first bytes say which.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace daybook::tools {

// Not thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Puts up to `size` bytes into `buffer`; 0 at the end. DataLoss if the file breaks off inside a
  // zstd frame, Internal if the system cannot read.
  virtual absl::StatusOr<size_t> Read(char* buffer, size_t size) = 0;
  // Bytes of the file taken so far, compressed ones if it is compressed: for progress.
  virtual uint64_t position() const = 0;
};

// NotFound if it cannot be opened. "-" is standard input.
absl::StatusOr<std::unique_ptr<ByteSource>> OpenFile(const std::string& path);

// Bytes in memory, given out `step` at a time; for tests.
std::unique_ptr<ByteSource> FromMemory(std::string bytes, size_t step);

}  // namespace daybook::tools
