#include "tools/import/intake.h"

#include <xxhash.h>

#include <algorithm>
#include <numeric>

#include "fmt/format.h"
#include "tools/import/packing.h"

namespace daybook::tools {
namespace {

// Progress is worth a look at the clock only now and then.
constexpr uint64_t kLinesPerReport = 4096;

std::string PackLine(const GroupLine& line) {
  std::string bytes;
  PackLine(line, bytes);
  return bytes;
}

absl::StatusOr<FileLayout> ReadHeader(const Mapping& mapping, CsvReader& reader,
                                      const std::string& path) {
  CsvRecord record;
  if (!reader.Next(record)) {
    if (!reader.status().ok()) return reader.status();
    return absl::InvalidArgumentError(path + ": is empty, a header is needed");
  }
  return LayOut(mapping, record, path);
}

}  // namespace

absl::Status CheckHeader(const Mapping& mapping, const std::string& path) {
  auto source = OpenFile(path);
  if (!source.ok()) return source.status();
  CsvReader reader(*std::move(source), mapping.delimiter);
  return ReadHeader(mapping, reader, path).status();
}

Intake::Intake(const Mapping& mapping, const Options& options, RefusedLines& refused)
    : mapping_(mapping),
      latest_us_(options.latest_us),
      refused_(refused),
      row_(mapping.columns, mapping.encoding),
      by_key_(options.memory_bytes / 2, options.temp_directory),
      by_time_(options.memory_bytes / 2, options.temp_directory) {
  for (const CommandRule& rule : mapping.commands) {
    const google::protobuf::Message* prototype =
        rule.lines == nullptr ? nullptr
                              : google::protobuf::MessageFactory::generated_factory()->GetPrototype(
                                    rule.lines->message_type());
    elements_.emplace_back(prototype == nullptr ? nullptr : prototype->New());
  }
}

absl::Status Intake::ReadFile(const std::string& path,
                              const std::function<void(uint64_t)>& progress) {
  auto source = OpenFile(path);
  if (!source.ok()) return source.status();
  return Read(*std::move(source), path, progress);
}

absl::Status Intake::Read(std::unique_ptr<ByteSource> source, const std::string& path,
                          const std::function<void(uint64_t)>& progress) {
  CsvReader reader(std::move(source), mapping_.delimiter);
  absl::StatusOr<FileLayout> layout = ReadHeader(mapping_, reader, path);
  if (!layout.ok()) return layout.status();
  CsvRecord record;
  const auto file = static_cast<uint32_t>(files_.size());
  files_.push_back({path, *std::move(layout)});
  while (reader.Next(record)) {
    if (absl::Status status = TakeLine(record, file); !status.ok()) return status;
    lines_read_ += LinesOf(record.raw);
    if (record.row % kLinesPerReport == 0 && progress) progress(reader.position());
  }
  return reader.status();
}

absl::Status Intake::TakeLine(const CsvRecord& record, uint32_t file) {
  File& from = files_[file];
  std::optional<Refusal> refusal = CheckLine(record, from);
  GroupLine line{0, file, record.line, record.row, {}, record.raw};
  absl::Status status;
  if (!refusal) {
    const bool skipped =
        std::any_of(mapping_.skip.begin(), mapping_.skip.end(),
                    [&](const auto& conditions) { return HoldAll(conditions, row_); });
    if (skipped) {
      lines_skipped_ += LinesOf(record.raw);
      return absl::OkStatus();
    }
    refusal = ReadTime(line.time_us);
  }
  bool taken = false;
  for (size_t i = 0; i < mapping_.commands.size() && !refusal && status.ok(); ++i) {
    if (!HoldAll(mapping_.commands[i].when, row_)) continue;
    refusal = TakeCommand(i, line, status);
    taken = true;
    if (!mapping_.commands[i].go_on) break;
  }
  if (!taken && !refusal)
    refusal = Refusal{"NO_COMMAND", "", "no command of the mapping takes the line"};
  if (refusal) {
    refused_.Add(file, from.path, record.line, *refusal, record.raw);
  } else {
    from.earliest_us = std::min(from.earliest_us, line.time_us);
  }
  return status;
}

std::optional<Refusal> Intake::CheckLine(const CsvRecord& record, const File& file) {
  if (record.malformed) {
    return Refusal{"CSV_MALFORMED", "", "a quote does not close, or text follows a closing quote"};
  }
  const std::optional<size_t> broken = row_.Load(record, file.layout);
  for (const Mapping::Required& required : mapping_.required) {
    if (Trim(row_[required.slot]).empty() && broken != required.slot) {
      const std::string& column = mapping_.columns[required.slot].name;
      return Refusal{required.reason, column, column + " is empty"};
    }
  }
  if (record.fields.size() != file.layout.columns) {
    return Refusal{
        "COLUMN_COUNT", "",
        fmt::format("{} columns instead of {}", record.fields.size(), file.layout.columns)};
  }
  if (broken) {
    return Refusal{"TEXT_ENCODING", mapping_.columns[*broken].name, "the bytes are not UTF-8"};
  }
  return std::nullopt;
}

std::optional<Refusal> Intake::ReadTime(int64_t& time_us) {
  if (!mapping_.time) return std::nullopt;
  const std::string_view text = mapping_.time->text.Render(row_, scratch_);
  if (text == last_time_text_ && !text.empty()) {
    time_us = last_time_us_;
    return std::nullopt;
  }
  absl::StatusOr<absl::Time> time = absl::InvalidArgumentError("");
  for (const DateFormat& format : mapping_.time->formats) {
    time = format.Parse(text, mapping_.time->zone);
    if (time.ok()) break;
  }
  if (!time.ok()) {
    return Refusal{"FIELD_INVALID", "provenance.occurred_at", std::string(time.status().message())};
  }
  // Beyond what fits into the number it is the nearest one that does.
  time_us = absl::ToUnixMicros(*time);
  if (time_us < kFirstInstantUs || time_us > kLastInstantUs) {
    return Refusal{"INSTANT_OUT_OF_RANGE", "provenance.occurred_at",
                   "is not an instant from 1900-01-01 to 9999-12-31"};
  }
  if (time_us > latest_us_) {
    return Refusal{"INSTANT_OUT_OF_RANGE", "provenance.occurred_at", "lies in the future"};
  }
  last_time_text_ = text;
  last_time_us_ = time_us;
  return std::nullopt;
}

std::optional<Refusal> Intake::TakeCommand(size_t command, GroupLine& line, absl::Status& status) {
  const CommandRule& rule = mapping_.commands[command];
  element_bytes_.clear();
  if (google::protobuf::Message* element = elements_[command].get()) {
    element->Clear();
    if (auto refusal = Apply(rule.line_fields, row_, *element)) {
      // Without the element's number: it is not known before the group is complete.
      refusal->field =
          fmt::format("{}.{}[].{}", rule.command->name(), rule.lines->name(), refusal->field);
      return refusal;
    }
    element->AppendToString(&element_bytes_);
  }
  // The hash in front makes most comparisons of the sort one of eight bytes.
  key_.assign(sizeof(uint64_t) + sizeof(uint16_t), '\0');
  for (size_t i = 0; i < rule.group_by.size(); ++i) {
    if (i > 0) key_ += kKeySeparator;
    key_ += rule.group_by[i].Render(row_, scratch_);
  }
  PutBigEndian(static_cast<uint16_t>(command), key_.data() + sizeof(uint64_t));
  PutBigEndian(static_cast<uint64_t>(
                   XXH3_64bits(key_.data() + sizeof(uint64_t), key_.size() - sizeof(uint64_t))),
               key_.data());
  line.element = element_bytes_;
  payload_.clear();
  PackLine(line, payload_);
  status = by_key_.Add(key_, payload_);
  return std::nullopt;
}

void Intake::RankFiles() {
  std::vector<uint32_t> order(files_.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return files_[a].earliest_us < files_[b].earliest_us;
  });
  for (uint32_t rank = 0; rank < order.size(); ++rank) files_[order[rank]].rank = rank;
}

absl::Status Intake::Finish() {
  RankFiles();
  if (absl::Status status = by_key_.Finish(); !status.ok()) return status;
  std::string group_key;
  std::vector<std::string> payloads;
  while (true) {
    std::string_view key;
    std::string_view payload;
    const absl::StatusOr<bool> more = by_key_.Next(key, payload);
    if (!more.ok()) return more.status();
    if ((!*more || key != group_key) && !payloads.empty()) {
      if (absl::Status status = TakeGroup(group_key, payloads); !status.ok()) return status;
      payloads.clear();
    }
    if (!*more) return by_time_.Finish();
    group_key = key;
    const size_t command = GetBigEndian<uint16_t>(key.data() + sizeof(uint64_t));
    if (payloads.size() < mapping_.commands[command].max_lines) {
      payloads.emplace_back(payload);
    } else {
      const GroupLine line = UnpackLine(payload);
      refused_.Add(line.file, path(line.file), line.line,
                   {"GROUP_TOO_LARGE", "", "the command has its most lines already"}, line.raw);
    }
  }
}

absl::Status Intake::TakeGroup(std::string_view key, std::vector<std::string>& payloads) {
  std::vector<GroupLine> lines;
  lines.reserve(payloads.size());
  for (const std::string& payload : payloads) lines.push_back(UnpackLine(payload));
  std::stable_sort(lines.begin(), lines.end(), [&](const GroupLine& a, const GroupLine& b) {
    return std::pair(files_[a.file].rank, a.line) < std::pair(files_[b.file].rank, b.line);
  });
  int64_t time_us = lines.front().time_us;
  for (const GroupLine& line : lines) time_us = std::min(time_us, line.time_us);

  std::string order(sizeof(uint64_t) + sizeof(uint32_t) + sizeof(uint64_t) + sizeof(uint16_t),
                    '\0');
  char* at = order.data();
  // With the sign bit turned, numbers sort as their bytes do.
  at = PutBigEndian(static_cast<uint64_t>(time_us) ^ (uint64_t{1} << 63), at);
  at = PutBigEndian(files_[lines.front().file].rank, at);
  at = PutBigEndian(lines.front().line, at);
  PutBigEndian(GetBigEndian<uint16_t>(key.data() + sizeof(uint64_t)), at);

  payload_.clear();
  PackText(key.substr(sizeof(uint64_t)), payload_);
  for (const GroupLine& line : lines) PackText(PackLine(line), payload_);
  return by_time_.Add(order, payload_);
}

absl::StatusOr<bool> Intake::NextGroup(Group& group) {
  std::string_view key;
  std::string_view payload;
  const absl::StatusOr<bool> more = by_time_.Next(key, payload);
  if (!more.ok() || !*more) return more;
  const std::string_view group_key = UnpackText(payload);
  group.command = GetBigEndian<uint16_t>(group_key.data());
  group.key = group_key.substr(sizeof(uint16_t));
  group.lines.clear();
  while (!payload.empty()) group.lines.push_back(UnpackLine(UnpackText(payload)));
  group.time_us = static_cast<int64_t>(GetBigEndian<uint64_t>(key.data()) ^ (uint64_t{1} << 63));
  return true;
}

}  // namespace daybook::tools
