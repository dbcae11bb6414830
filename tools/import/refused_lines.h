// The lines that did not go in: each with where it stands and why, in a CSV file of their own.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "absl/status/statusor.h"
#include "tools/import/mapping.h"

namespace daybook::tools {

// Columns: file, line, field, reason, message, text (the line as it was). A line counts once, with
// its first reason, however many commands it makes; a record that its quotes carry over line ends
// counts as so many lines. Not thread-safe.
class RefusedLines {
 public:
  // Creates or empties the file; an empty path writes nothing and only counts. PermissionDenied if
  // it cannot be written.
  static absl::StatusOr<std::unique_ptr<RefusedLines>> Create(const std::string& path);
  // Goes on after the first `bytes` bytes of the file, with what had been counted then.
  static absl::StatusOr<std::unique_ptr<RefusedLines>> Resume(
      const std::string& path, uint64_t bytes, std::map<std::string, uint64_t> by_reason);

  RefusedLines(const RefusedLines&) = delete;
  RefusedLines& operator=(const RefusedLines&) = delete;

  // `file_number` and `line` say whether it was refused before.
  void Add(uint32_t file_number, const std::string& file, uint64_t line, const Refusal& refusal,
           std::string_view text);

  // Bytes written, all of them handed to the system. Internal if that failed.
  absl::StatusOr<uint64_t> Flush();
  // Removes the file if it lists nothing. Internal if writing failed at any time.
  absl::Status Close();

  uint64_t count() const;
  const std::map<std::string, uint64_t>& by_reason() const { return by_reason_; }

 private:
  struct FileCloser {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  RefusedLines() = default;

  std::string path_;
  std::unique_ptr<std::FILE, FileCloser> file_;
  std::map<std::string, uint64_t> by_reason_;
  std::unordered_set<uint64_t> seen_;
};

}  // namespace daybook::tools
