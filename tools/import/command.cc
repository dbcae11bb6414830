#include "tools/import/command.h"

#include <charconv>

#include "daybook/v1/common.pb.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "tools/common/request_id.h"

namespace daybook::tools {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kMaxSourceEventId = 128;

void SetRequestId(Message& request, std::string id) {
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName("request_id");
  request.GetReflection()->SetString(&request, field, std::move(id));
}

v1::Provenance& ProvenanceOf(Message& request) {
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName("provenance");
  return static_cast<v1::Provenance&>(*request.GetReflection()->MutableMessage(&request, field));
}

}  // namespace

Message& RequestOf(v1::IngestItem& item) {
  const FieldDescriptor* field = item.GetReflection()->GetOneofFieldDescriptor(
      item, v1::IngestItem::descriptor()->oneof_decl(0));
  return *item.GetReflection()->MutableMessage(&item, field);
}

std::string SourceEventId(const CommandRule& rule, std::string_view key) {
  std::string id = rule.command->name();
  id += '/';
  for (const char c : key) id += c == kKeySeparator ? '/' : c;
  // A value with a slash of its own could make two keys one name.
  if (id.size() <= kMaxSourceEventId && key.find('/') == std::string_view::npos) return id;
  return rule.command->name() + '/' + DerivedRequestId(key);
}

std::string RequestId(const Mapping& mapping, const Command& command) {
  return DerivedRequestId(fmt::format("{}{}{}{}{}{}{}", mapping.source, kKeySeparator,
                                      command.rule->command->name(), kKeySeparator, command.key,
                                      kKeySeparator, fmt::join(command.dropped, ",")));
}

std::optional<size_t> ElementOf(const CommandRule& rule, std::string_view field) {
  if (rule.lines == nullptr) return std::nullopt;
  if (field.starts_with(rule.command->name() + "."))
    field.remove_prefix(rule.command->name().size() + 1);
  const std::string list = rule.lines->name() + "[";
  if (!field.starts_with(list)) return std::nullopt;
  field.remove_prefix(list.size());
  size_t element = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), element);
  if (error != std::errc() || end == field.data() + field.size() || *end != ']')
    return std::nullopt;
  return element;
}

CommandBuilder::CommandBuilder(const Mapping& mapping, const Intake& intake, std::string session,
                               RefusedLines& refused)
    : mapping_(mapping),
      intake_(intake),
      session_(std::move(session)),
      refused_(refused),
      row_(mapping.columns, mapping.encoding) {}

std::optional<Command> CommandBuilder::Build(const Group& group) {
  const CommandRule& rule = mapping_.commands[group.command];
  const GroupLine& first = group.lines.front();
  record_.raw = first.raw;
  record_.line = first.line;
  record_.row = first.row;
  SplitCsv(first.raw, mapping_.delimiter, record_.fields, scratch_);
  row_.Load(record_, intake_.layout(first.file));

  std::optional<Command> command(std::in_place);
  command->rule = &rule;
  command->key = group.key;
  Message& request = *command->item.GetReflection()->MutableMessage(&command->item, rule.command);
  if (auto refusal = Apply(rule.fields, row_, request)) {
    refusal->field = rule.command->name() + "." + refusal->field;
    for (const GroupLine& line : group.lines) {
      refused_.Add(line.file, intake_.path(line.file), line.line, *refusal, line.raw);
    }
    return std::nullopt;
  }
  for (const GroupLine& line : group.lines) {
    command->positions.push_back(command->lines.size());
    command->lines.push_back({line.file, line.line, std::string(line.raw)});
    if (rule.lines == nullptr) continue;
    Message* element = request.GetReflection()->AddMessage(&request, rule.lines);
    element->ParseFromArray(line.element.data(), static_cast<int>(line.element.size()));
  }
  v1::Provenance& provenance = ProvenanceOf(request);
  const std::optional<TimeRule>& time =
      rule.time && rule.time->time ? rule.time->time : mapping_.time;
  if (time) {
    google::protobuf::Timestamp& instant = *provenance.mutable_occurred_at();
    const int64_t seconds = absl::ToUnixSeconds(absl::FromUnixMicros(group.time_us));
    instant.set_seconds(seconds);
    instant.set_nanos(static_cast<int32_t>(group.time_us - seconds * 1'000'000) * 1000);
    provenance.set_zone(time->zone_name);
  }
  provenance.set_source(mapping_.source);
  provenance.set_source_event_id(SourceEventId(rule, group.key));
  provenance.set_import_session(session_);
  SetRequestId(request, RequestId(mapping_, *command));
  return command;
}

bool CommandBuilder::Drop(Command& command, size_t element) const {
  Message& request = RequestOf(command.item);
  google::protobuf::Reflection const* reflection = request.GetReflection();
  const int size = reflection->FieldSize(request, command.rule->lines);
  for (int i = static_cast<int>(element); i + 1 < size; ++i) {
    reflection->SwapElements(&request, command.rule->lines, i, i + 1);
  }
  reflection->RemoveLast(&request, command.rule->lines);
  command.dropped.push_back(command.positions[element]);
  command.lines.erase(command.lines.begin() + static_cast<std::ptrdiff_t>(element));
  command.positions.erase(command.positions.begin() + static_cast<std::ptrdiff_t>(element));
  SetRequestId(request, RequestId(mapping_, command));
  return !command.lines.empty();
}

}  // namespace daybook::tools
