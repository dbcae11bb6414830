#include "tools/common/toml_message.h"

#include <google/protobuf/timestamp.pb.h>

#include <sstream>
#include <vector>

#include "absl/strings/ascii.h"
#include "fmt/format.h"
#include "tools/common/field.h"

namespace daybook::tools {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Timestamp;

class Reader {
 public:
  explicit Reader(TomlProblems& problems) : problems_(problems) {}

  void ReadZone(const toml::table& table) {
    const toml::node* node = table.get("zone");
    if (node == nullptr || !node->is_string()) return;
    if (const auto zone = LoadZone(*node->value<std::string>()); zone.ok()) format_.zone = *zone;
  }

  void Read(const toml::table& table, Message& message) {
    for (const auto& [key, node] : table) {
      const FieldDescriptor* field =
          message.GetDescriptor()->FindFieldByName(std::string(key.str()));
      if (field == nullptr) {
        problems_.Add(key.source(), fmt::format("unknown key \"{}\"", key.str()));
      } else if (field->is_repeated()) {
        ReadList(field, node, message);
      } else if (const toml::table* nested = node.as_table();
                 nested != nullptr && field->message_type() != nullptr) {
        Read(*nested, *message.GetReflection()->MutableMessage(&message, field));
      } else {
        ReadPlain(field, node, message);
      }
    }
  }

 private:
  void ReadList(const FieldDescriptor* field, const toml::node& node, Message& message) {
    const toml::array* array = node.as_array();
    if (array == nullptr) return problems_.Add(node, field->name() + ": must be a list");
    for (const toml::node& element : *array) {
      if (const toml::table* nested = element.as_table();
          nested != nullptr && field->message_type() != nullptr) {
        Read(*nested, *message.GetReflection()->AddMessage(&message, field));
      } else {
        ReadPlain(field, element, message);
      }
    }
  }

  void ReadPlain(const FieldDescriptor* field, const toml::node& node, Message& message) {
    const std::optional<std::string> text = PlainText(node);
    const auto path = FieldPath::Compile(message.GetDescriptor(), field->name());
    if (!path.ok()) return problems_.Add(node, field->name() + ": must be a table");
    if (!text) return problems_.Add(node, field->name() + ": must be a plain value");
    const bool is_text = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    if (is_text != node.is_string() && field->cpp_type() != FieldDescriptor::CPPTYPE_ENUM &&
        field->message_type() == nullptr) {
      return problems_.Add(node,
                           field->name() + (is_text ? ": must be text" : ": must not be text"));
    }
    if (const absl::Status status = path->Set(message, *text, format_); !status.ok()) {
      problems_.Add(node, fmt::format("{}: {}", field->name(), std::string(status.message())));
    }
  }

  TomlProblems& problems_;
  TextFormat format_;
};

std::string Quoted(const std::string& text) {
  std::ostringstream out;
  out << toml::value<std::string>(text);
  return out.str();
}

// Element `index` of a list, or the single value where it is -1.
std::string Value(const Message& message, const FieldDescriptor* field, int index);

std::string InlineTable(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  std::string text;
  for (const FieldDescriptor* field : fields) {
    text += fmt::format("{} {} = {}", text.empty() ? "" : ",", field->name(),
                        Value(message, field, -1));
  }
  return "{" + text + " }";
}

std::string Value(const Message& message, const FieldDescriptor* field, int index) {
  const Reflection* reflection = message.GetReflection();
  if (index < 0 && field->is_repeated()) {
    std::string list;
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      list += (i == 0 ? "" : ", ") + Value(message, field, i);
    }
    return "[" + list + "]";
  }
  const bool element = index >= 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return Quoted(element ? reflection->GetRepeatedString(message, field, index)
                            : reflection->GetString(message, field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(message, field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_INT64:
      return std::to_string(reflection->GetInt64(message, field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return std::to_string(reflection->GetUInt64(message, field));
    case FieldDescriptor::CPPTYPE_INT32:
      return std::to_string(reflection->GetInt32(message, field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return std::to_string(reflection->GetUInt32(message, field));
    case FieldDescriptor::CPPTYPE_ENUM:
      return Quoted(absl::AsciiStrToLower(ShortName(reflection->GetEnum(message, field))));
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const Message& nested = element ? reflection->GetRepeatedMessage(message, field, index)
                                      : reflection->GetMessage(message, field);
      if (nested.GetDescriptor() != Timestamp::descriptor()) return InlineTable(nested);
      const auto& instant = static_cast<const Timestamp&>(nested);
      return absl::FormatTime(
          absl::RFC3339_full,
          absl::FromUnixSeconds(instant.seconds()) + absl::Nanoseconds(instant.nanos()),
          absl::UTCTimeZone());
    }
    default:
      return "\"\"";
  }
}

}  // namespace

void FromToml(const toml::table& table, Message& message, TomlProblems& problems) {
  Reader reader(problems);
  reader.ReadZone(table);
  reader.Read(table, message);
}

std::string ToToml(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  const Reflection* reflection = message.GetReflection();
  reflection->ListFields(message, &fields);
  std::string plain;
  std::string lists;
  for (const FieldDescriptor* field : fields) {
    if (!field->is_repeated() || field->message_type() == nullptr) {
      plain += fmt::format("{} = {}\n", field->name(), Value(message, field, -1));
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      lists += fmt::format("\n[[{}]]\n{}", field->name(),
                           ToToml(reflection->GetRepeatedMessage(message, field, i)));
    }
  }
  return plain + lists;
}

}  // namespace daybook::tools
