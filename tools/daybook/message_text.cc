#include "tools/daybook/message_text.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>

#include "absl/strings/str_split.h"
#include "daybook/event/v1/sealed.pb.h"
#include "daybook/event/v1/values.pb.h"
#include "fmt/format.h"
#include "tools/common/decimal.h"
#include "tools/common/field.h"
#include "tools/common/json.h"
#include "tools/common/views.h"

namespace daybook::tools {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
namespace event = daybook::event::v1;

std::string TimeText(const google::protobuf::Timestamp& instant, const TextStyle& style) {
  const absl::Time time =
      absl::FromUnixSeconds(instant.seconds()) + absl::Nanoseconds(instant.nanos());
  if (style.zone == absl::UTCTimeZone())
    return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, style.zone);
  return absl::FormatTime(absl::RFC3339_full, time, style.zone);
}

std::string SealedText(const event::Sealed& sealed) {
  switch (sealed.form_case()) {
    case event::Sealed::kClear:
      return sealed.clear();
    case event::Sealed::kErased:
      return "(erased)";
    case event::Sealed::kCiphertext:
      return "(sealed)";
    default:
      return "";
  }
}

// True for messages that are one value to a person.
bool IsValue(const google::protobuf::Descriptor* type) {
  return type == google::protobuf::Timestamp::descriptor() ||
         type == google::protobuf::Duration::descriptor() || type == event::Money::descriptor() ||
         type == event::UnitPrice::descriptor() || type == event::Sealed::descriptor() ||
         type == event::Period::descriptor() || type == event::LocalDate::descriptor() ||
         type->full_name() == "google.protobuf.Any";
}

std::string PeriodText(const event::Period& period) {
  std::string text;
  const auto add = [&](uint32_t number, const char* unit) {
    if (number > 0) text += fmt::format("{}{} {}", text.empty() ? "" : " ", number, unit);
  };
  add(period.years(), "years");
  add(period.months(), "months");
  add(period.days(), "days");
  return text.empty() ? "none" : text;
}

std::string NestedText(const Message& nested, const TextStyle& style) {
  const auto* type = nested.GetDescriptor();
  if (type == google::protobuf::Timestamp::descriptor()) {
    return TimeText(static_cast<const google::protobuf::Timestamp&>(nested), style);
  }
  if (type == google::protobuf::Duration::descriptor()) {
    return fmt::format("{} s", static_cast<const google::protobuf::Duration&>(nested).seconds());
  }
  if (type == event::Money::descriptor()) {
    const auto& money = static_cast<const event::Money&>(nested);
    const uint32_t places = MinorUnitPlaces(money.currency());
    return fmt::format("{} {}", ToText(Decimal{money.minor_units(), places}), money.currency());
  }
  if (type == event::UnitPrice::descriptor()) {
    const auto& price = static_cast<const event::UnitPrice&>(nested);
    return ToText(Decimal{price.units(), price.scale()});
  }
  if (type == event::Sealed::descriptor())
    return SealedText(static_cast<const event::Sealed&>(nested));
  if (type == event::LocalDate::descriptor()) {
    const auto& date = static_cast<const event::LocalDate&>(nested);
    return fmt::format("{:04}-{:02}-{:02}", date.year(), date.month(), date.day());
  }
  if (type == event::Period::descriptor())
    return PeriodText(static_cast<const event::Period&>(nested));
  return ToJson(nested);
}

// Opaque to people, long, and in the JSON for whoever needs them.
bool IsToken(const FieldDescriptor* field) {
  return field->name() == "position_token" || field->name() == "next_page_token";
}

// A number of zero says something, unless it is one that can be absent; an empty text or a message
// that is not there does not.
bool IsWorthShowing(const Message& message, const FieldDescriptor* field) {
  const Reflection* reflection = message.GetReflection();
  if (field->is_repeated()) return reflection->FieldSize(message, field) > 0;
  if (field->has_presence()) return reflection->HasField(message, field);
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64 ||
      field->cpp_type() == FieldDescriptor::CPPTYPE_UINT64 ||
      field->cpp_type() == FieldDescriptor::CPPTYPE_INT32 ||
      field->cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
    return true;
  }
  return reflection->HasField(message, field);
}

// Names and values of all that is one value, with dotted names for what lies deeper.
void Flatten(const Message& message, const std::string& prefix, const TextStyle& style,
             std::vector<std::pair<std::string, std::string>>& out) {
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    if (IsToken(field) || !IsWorthShowing(message, field)) continue;
    const bool nested = field->message_type() != nullptr && !IsValue(field->message_type());
    if (!nested) {
      out.emplace_back(prefix + field->name(), ValueText(message, field, -1, style));
    } else if (!field->is_repeated()) {
      Flatten(message.GetReflection()->GetMessage(message, field), prefix + field->name() + ".",
              style, out);
    }
  }
}

void AddLists(const Message& message, const std::string& prefix, const TextStyle& style, bool bold,
              std::string& text) {
  std::vector<const FieldDescriptor*> fields;
  const Reflection* reflection = message.GetReflection();
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->message_type() == nullptr || IsValue(field->message_type())) continue;
    if (!field->is_repeated()) {
      AddLists(reflection->GetMessage(message, field), prefix + field->name() + ".", style, bold,
               text);
      continue;
    }
    std::vector<const Message*> elements;
    std::vector<std::string> columns;
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      elements.push_back(&reflection->GetRepeatedMessage(message, field, i));
      std::vector<std::pair<std::string, std::string>> cells;
      Flatten(*elements.back(), "", style, cells);
      for (const auto& [name, value] : cells) {
        if (std::find(columns.begin(), columns.end(), name) == columns.end())
          columns.push_back(name);
      }
    }
    text += fmt::format("\n{}{}\n{}", prefix, field->name(),
                        ToTable(elements, columns, style).ToText(bold));
    for (size_t i = 0; i < elements.size(); ++i) {
      AddLists(*elements[i], fmt::format("{}{}[{}].", prefix, field->name(), i), style, bold, text);
    }
  }
}

}  // namespace

std::string ValueText(const Message& message, const FieldDescriptor* field, int index,
                      const TextStyle& style) {
  const Reflection* reflection = message.GetReflection();
  if (field->is_repeated() && index < 0) {
    std::string list;
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      list += (i == 0 ? "" : ", ") + ValueText(message, field, i, style);
    }
    return list;
  }
  const bool element = index >= 0;
  const auto number = [](auto value) { return fmt::format("{}", value); };
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return element ? reflection->GetRepeatedString(message, field, index)
                     : reflection->GetString(message, field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(message, field) ? "yes" : "no";
    case FieldDescriptor::CPPTYPE_INT32:
      return number(reflection->GetInt32(message, field));
    case FieldDescriptor::CPPTYPE_INT64:
      return number(reflection->GetInt64(message, field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return number(element ? reflection->GetRepeatedUInt32(message, field, index)
                            : reflection->GetUInt32(message, field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return number(reflection->GetUInt64(message, field));
    case FieldDescriptor::CPPTYPE_ENUM:
      return ShortName(element ? reflection->GetRepeatedEnum(message, field, index)
                               : reflection->GetEnum(message, field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (element) return NestedText(reflection->GetRepeatedMessage(message, field, index), style);
      if (!reflection->HasField(message, field)) return "";
      return NestedText(reflection->GetMessage(message, field), style);
    default:
      return "";
  }
}

std::string TextAt(const Message& message, std::string_view path, const TextStyle& style) {
  const Message* at = &message;
  const std::vector<std::string> names = absl::StrSplit(ToAbsl(path), '.');
  for (size_t i = 0; i < names.size(); ++i) {
    const FieldDescriptor* field = at->GetDescriptor()->FindFieldByName(names[i]);
    if (field == nullptr) return "";
    if (i + 1 == names.size()) {
      const bool absent = field->has_presence() && !at->GetReflection()->HasField(*at, field);
      return absent ? "" : ValueText(*at, field, -1, style);
    }
    if (!at->GetReflection()->HasField(*at, field)) return "";
    at = &at->GetReflection()->GetMessage(*at, field);
  }
  return "";
}

Table ToTable(const std::vector<const Message*>& elements, const std::vector<std::string>& columns,
              const TextStyle& style) {
  Table table(columns);
  for (const Message* element : elements) {
    std::vector<std::string> cells;
    for (const std::string& column : columns) cells.push_back(TextAt(*element, column, style));
    table.Add(std::move(cells));
  }
  return table;
}

std::string MessageText(const Message& message, const TextStyle& style, bool bold) {
  std::vector<std::pair<std::string, std::string>> cells;
  Flatten(message, "", style, cells);
  Table table({"", ""});
  for (const auto& [name, value] : cells) table.Add({name, value});
  std::string text = table.ToText(false);
  AddLists(message, "", style, bold, text);
  return text;
}

}  // namespace daybook::tools
