// From files to commands, first half: reads lines, checks and converts them, and groups those that
// make one command wherever they stand; gives the groups in order of time. Memory is bounded; what
// does not fit goes to temporary files.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/import/csv_reader.h"
#include "tools/import/external_sort.h"
#include "tools/import/mapping.h"
#include "tools/import/refused_lines.h"

namespace daybook::tools {

// One line of a group. Views into the intake: valid until the next NextGroup.
struct GroupLine {
  int64_t time_us = 0;
  uint32_t file = 0;
  uint64_t line = 0;
  uint64_t row = 0;
  // The serialised element that the line adds to the command's list.
  std::string_view element;
  // The line as it stands in the file.
  std::string_view raw;
};

// Lines that make one command.
struct Group {
  size_t command = 0;  // Index into the mapping's commands.
  std::string_view key;
  int64_t time_us = 0;
  std::vector<GroupLine> lines;  // In order of files and lines.
};

// What a group's key is made of: the values of group_by with this character between them.
inline constexpr char kKeySeparator = '\x1f';

// 1900-01-01 to 9999-12-31: other instants no server takes. A line is judged by itself, because its
// command carries the earliest instant of all its lines.
inline constexpr int64_t kFirstInstantUs = int64_t{-2'208'988'800} * 1'000'000;
inline constexpr int64_t kLastInstantUs = int64_t{253'402'300'799} * 1'000'000 + 999'999;

// Whether the file is there and its header has what the mapping needs; fails as Intake::ReadFile.
absl::Status CheckHeader(const Mapping& mapping, const std::string& path);

// First ReadFile for every file, then Finish once, then NextGroup to the end. Not thread-safe.
class Intake {
 public:
  struct Options {
    size_t memory_bytes = size_t{256} * 1024 * 1024;
    std::string temp_directory = "/tmp";
    // The latest instant that a line may have: the server takes no facts from the future.
    int64_t latest_us = kLastInstantUs;
  };

  // `mapping` and `refused` must outlive the intake.
  Intake(const Mapping& mapping, const Options& options, RefusedLines& refused);

  // `progress` is called now and then with the bytes of the file taken so far. InvalidArgument if
  // the header lacks columns or names one twice; DataLoss, NotFound and Internal as ByteSource.
  absl::Status ReadFile(const std::string& path, const std::function<void(uint64_t)>& progress);
  absl::Status Read(std::unique_ptr<ByteSource> source, const std::string& path,
                    const std::function<void(uint64_t)>& progress);

  // Orders the groups: by the earliest time of their lines, then by their first line. Files count
  // in order of the earliest time in them, then of reading, so the order in which they are named
  // does not matter.
  absl::Status Finish();

  // False at the end.
  absl::StatusOr<bool> NextGroup(Group& group);

  // After Finish: groups that NextGroup gives in all.
  uint64_t groups() const { return by_time_.size(); }
  // Lines of text: a record whose quotes reach over line ends is several.
  uint64_t lines_read() const { return lines_read_; }
  uint64_t lines_skipped() const { return lines_skipped_; }
  // By number of the file.
  const std::string& path(uint32_t file) const { return files_[file].path; }
  const FileLayout& layout(uint32_t file) const { return files_[file].layout; }

 private:
  struct File {
    std::string path;
    FileLayout layout;
    int64_t earliest_us = std::numeric_limits<int64_t>::max();
    uint32_t rank = 0;
  };

  absl::Status TakeLine(const CsvRecord& record, uint32_t file);
  std::optional<Refusal> CheckLine(const CsvRecord& record, const File& file);
  std::optional<Refusal> ReadLineTime(int64_t& time_us);
  std::optional<Refusal> ReadTime(const TimeRule& rule, std::string_view text, int64_t& time_us);
  std::optional<Refusal> MoveTime(const CommandTime& rule, int64_t line_time_us, int64_t& time_us);
  std::optional<Refusal> CheckTime(int64_t time_us) const;
  std::optional<Refusal> ChooseCommands(int64_t line_time_us);
  std::optional<Refusal> CheckFields(size_t command);
  std::optional<Refusal> CheckElement(size_t command);
  std::optional<Refusal> TakeCommand(size_t command, GroupLine line, absl::Status& status);
  void RankFiles();
  absl::Status TakeGroup(std::string_view key, std::vector<std::string>& payloads);

  const Mapping& mapping_;
  const int64_t latest_us_;
  RefusedLines& refused_;
  Row row_;
  ExternalSort by_key_;
  ExternalSort by_time_;
  std::vector<File> files_;
  uint64_t lines_read_ = 0;
  uint64_t lines_skipped_ = 0;

  // Kept from line to line because making them costs more than using them.
  std::vector<std::unique_ptr<google::protobuf::Message>>
      elements_;  // By command; null without a list.
  std::vector<std::unique_ptr<google::protobuf::Message>> requests_;  // By command.
  std::vector<size_t> chosen_;  // Commands that take the line.
  uint64_t rows_before_ = 0;    // In the files read before.
  std::string last_time_text_;
  int64_t last_time_us_ = 0;
  std::string key_;
  std::string element_bytes_;
  std::string payload_;
  std::string scratch_;
};

}  // namespace daybook::tools
