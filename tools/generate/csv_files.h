// Commands as CSV files that `daybook import` reads with tools/examples/generated_shop.toml.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "daybook/v1/ingest.pb.h"

namespace daybook::tools {

// Writes shop-001.csv, shop-002.csv, ... into a folder; a new file every million lines. One line
// for each command or, of orders and returns, for each of their lines; columns that a command does
// not have are empty. Not thread-safe.
class CsvFiles {
 public:
  static constexpr uint64_t kLinesPerFile = 1'000'000;

  // The folder comes into being if it is not there.
  explicit CsvFiles(std::string folder) : folder_(std::move(folder)) {}
  CsvFiles(const CsvFiles&) = delete;
  CsvFiles& operator=(const CsvFiles&) = delete;

  // InvalidArgument for a command that the shop does not make, Internal if the file cannot be
  // written.
  absl::Status Write(const v1::IngestItem& item);
  absl::Status Close();

  uint64_t lines() const { return lines_; }
  uint64_t files() const { return files_; }

 private:
  struct FileCloser {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  absl::Status NextFile();

  const std::string folder_;
  std::unique_ptr<std::FILE, FileCloser> file_;
  uint64_t files_ = 0;
  uint64_t lines_ = 0;
};

}  // namespace daybook::tools
