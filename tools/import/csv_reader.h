// Records of a CSV file, by RFC 4180, with the text of each record as it stands in the file.
//
// A field that begins with a quote goes on to its closing quote, over line ends; two quotes inside
// are one. A quote anywhere else is an ordinary character. Lines end with LF or CRLF; the last
// needs no end. Empty lines are no records. A byte order mark at the beginning is skipped. What
// cannot be a record (a quote that never closes, text after a closing quote, more than
// kMaxRecordBytes) is given as one malformed record of one physical line, and reading goes on after
// it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "tools/import/byte_source.h"

namespace daybook::tools {

// Views into the reader: valid until its next Next.
struct CsvRecord {
  // Without the line end.
  std::string_view raw;
  std::vector<std::string_view> fields;
  // Number of the physical line at which it begins, from 1.
  uint64_t line = 0;
  // Number of the record, from 1; the header has one too.
  uint64_t row = 0;
  bool malformed = false;
};

// Splits one record that is in memory; the fields are views into `raw` or into `scratch`. False if
// it is malformed.
bool SplitCsv(std::string_view raw, char delimiter, std::vector<std::string_view>& fields,
              std::string& scratch);

// Lines of text that a record, as it stands in the file, reaches over.
uint64_t LinesOf(std::string_view raw);

// Not thread-safe.
class CsvReader {
 public:
  // A record is held in memory whole; an unclosed quote must not swallow a file.
  static constexpr size_t kMaxRecordBytes = 1024 * 1024;

  CsvReader(std::unique_ptr<ByteSource> source, char delimiter);

  // False at the end or if the source fails: see status().
  bool Next(CsvRecord& record);
  const absl::Status& status() const { return status_; }
  // Bytes of the file taken so far: for progress.
  uint64_t position() const { return source_->position(); }

 private:
  // Length of the record at begin_, without line end, and of the line end; false if more bytes are
  // needed.
  bool FindEnd(size_t& length, size_t& end_length, bool& closed);
  void Fill();
  // Drops what is left of a line that was given as malformed before its end had been seen.
  void SkipRestOfLine();

  std::unique_ptr<ByteSource> source_;
  const char delimiter_;
  std::string buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  bool source_ended_ = false;
  bool inside_line_ = false;
  uint64_t line_ = 1;
  uint64_t row_ = 0;
  std::string scratch_;
  absl::Status status_;
};

}  // namespace daybook::tools
