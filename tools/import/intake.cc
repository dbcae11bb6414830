#include "tools/import/intake.h"

#include <xxhash.h>

#include <algorithm>
#include <numeric>

#include "absl/strings/numbers.h"
#include "fmt/format.h"
#include "tools/common/views.h"
#include "tools/import/packing.h"

namespace daybook::tools {
namespace {

// Progress is worth a look at the clock only now and then.
constexpr uint64_t kLinesPerReport = 4096;
// A century: what lies further back lies before every calendar that the server takes.
constexpr int64_t kMaxMinusDays = 36'600;

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
  const auto make = [](const google::protobuf::FieldDescriptor* field) {
    return google::protobuf::MessageFactory::generated_factory()
        ->GetPrototype(field->message_type())
        ->New();
  };
  for (const CommandRule& rule : mapping.commands) {
    elements_.emplace_back(rule.lines == nullptr ? nullptr : make(rule.lines));
    requests_.emplace_back(make(rule.command));
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
  layout->rows_before = rows_before_;
  files_.push_back({path, *std::move(layout)});
  while (reader.Next(record)) {
    ++rows_before_;
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
    refusal = ReadLineTime(line.time_us);
  }
  if (!refusal) refusal = ChooseCommands(line.time_us);
  for (size_t i = 0; i < chosen_.size() && !refusal && status.ok(); ++i) {
    refusal = TakeCommand(chosen_[i], line, status);
  }
  if (refusal) {
    refused_.Add(file, from.path, record.line, *refusal, record.raw);
  } else {
    from.earliest_us = std::min(from.earliest_us, line.time_us);
  }
  return status;
}

// A line that makes several commands makes all of them or none.
std::optional<Refusal> Intake::ChooseCommands(int64_t line_time_us) {
  chosen_.clear();
  for (size_t i = 0; i < mapping_.commands.size(); ++i) {
    if (!HoldAll(mapping_.commands[i].when, row_)) continue;
    chosen_.push_back(i);
    if (!mapping_.commands[i].go_on) break;
  }
  if (chosen_.empty()) {
    return Refusal{"NO_COMMAND", "", "no command of the mapping takes the line"};
  }
  if (chosen_.size() == 1) return std::nullopt;  // what does not fit is found when it is made
  for (const size_t command : chosen_) {
    int64_t ignored = 0;
    const std::optional<CommandTime>& time = mapping_.commands[command].time;
    if (time) {
      if (auto refusal = MoveTime(*time, line_time_us, ignored)) return refusal;
    }
    if (auto refusal = CheckFields(command)) return refusal;
    if (auto refusal = CheckElement(command)) return refusal;
  }
  return std::nullopt;
}

std::optional<Refusal> Intake::CheckFields(size_t command) {
  const CommandRule& rule = mapping_.commands[command];
  requests_[command]->Clear();
  std::optional<Refusal> refusal = Apply(rule.fields, row_, *requests_[command]);
  if (refusal) refusal->field = rule.command->name() + "." + refusal->field;
  return refusal;
}

// Leaves the element in its message.
std::optional<Refusal> Intake::CheckElement(size_t command) {
  const CommandRule& rule = mapping_.commands[command];
  google::protobuf::Message* element = elements_[command].get();
  if (element == nullptr) return std::nullopt;
  element->Clear();
  std::optional<Refusal> refusal = Apply(rule.line_fields, row_, *element);
  // Without the element's number: it is not known before the group is complete.
  if (refusal) {
    refusal->field =
        fmt::format("{}.{}[].{}", rule.command->name(), rule.lines->name(), refusal->field);
  }
  return refusal;
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

std::optional<Refusal> Intake::ReadLineTime(int64_t& time_us) {
  if (!mapping_.time) return std::nullopt;
  const std::string_view text = mapping_.time->text.Render(row_, scratch_);
  if (text == last_time_text_ && !text.empty()) {
    time_us = last_time_us_;
    return std::nullopt;
  }
  if (auto refusal = ReadTime(*mapping_.time, text, time_us)) return refusal;
  if (auto refusal = CheckTime(time_us)) return refusal;
  last_time_text_ = text;
  last_time_us_ = time_us;
  return std::nullopt;
}

std::optional<Refusal> Intake::ReadTime(const TimeRule& rule, std::string_view text,
                                        int64_t& time_us) {
  absl::StatusOr<absl::Time> time = absl::InvalidArgumentError("");
  for (const DateFormat& format : rule.formats) {
    time = format.Parse(text, rule.zone);
    if (time.ok()) break;
  }
  if (!time.ok()) {
    return Refusal{"FIELD_INVALID", "provenance.occurred_at", std::string(time.status().message())};
  }
  // Beyond what fits into the number it is the nearest one that does.
  time_us = absl::ToUnixMicros(*time);
  return std::nullopt;
}

std::optional<Refusal> Intake::CheckTime(int64_t time_us) const {
  if (time_us < kFirstInstantUs || time_us > kLastInstantUs) {
    return Refusal{"INSTANT_OUT_OF_RANGE", "provenance.occurred_at",
                   "is not an instant from 1900-01-01 to 9999-12-31"};
  }
  if (time_us > latest_us_) {
    return Refusal{"INSTANT_OUT_OF_RANGE", "provenance.occurred_at", "lies in the future"};
  }
  return std::nullopt;
}

std::optional<Refusal> Intake::MoveTime(const CommandTime& rule, int64_t line_time_us,
                                        int64_t& time_us) {
  time_us = line_time_us;
  if (rule.time && !rule.time->text.IsEmpty(row_)) {
    const std::string_view text = rule.time->text.Render(row_, scratch_);
    if (auto refusal = ReadTime(*rule.time, text, time_us)) return refusal;
  }
  if (rule.minus_days && !rule.minus_days->IsEmpty(row_)) {
    int64_t days = 0;
    const std::string_view text = rule.minus_days->Render(row_, scratch_);
    if (!absl::SimpleAtoi(ToAbsl(text), &days) || days < 0 || days > kMaxMinusDays) {
      return Refusal{"FIELD_INVALID", "provenance.occurred_at",
                     fmt::format("\"{}\" is not a number of days from 0 to 36,600", text)};
    }
    const absl::TimeZone zone = rule.time ? rule.time->zone : mapping_.time->zone;
    const absl::CivilSecond local = zone.At(absl::FromUnixMicros(time_us)).cs;
    const absl::CivilDay day = absl::CivilDay(local) - days;
    time_us = absl::ToUnixMicros(
        ToInstant(absl::CivilSecond(day.year(), day.month(), day.day(), local.hour(),
                                    local.minute(), local.second()),
                  zone));
  }
  if (rule.not_before_line) time_us = std::max(time_us, line_time_us);
  return CheckTime(time_us);
}

std::optional<Refusal> Intake::TakeCommand(size_t command, GroupLine line, absl::Status& status) {
  const CommandRule& rule = mapping_.commands[command];
  if (rule.time) {
    if (auto refusal = MoveTime(*rule.time, line.time_us, line.time_us)) return refusal;
  }
  element_bytes_.clear();
  if (auto refusal = CheckElement(command)) return refusal;
  if (elements_[command] != nullptr) elements_[command]->AppendToString(&element_bytes_);
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
