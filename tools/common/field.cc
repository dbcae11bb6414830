#include "tools/common/field.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "daybook/event/v1/values.pb.h"
#include "fmt/format.h"
#include "tools/common/views.h"

namespace daybook::tools {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
namespace event = daybook::event::v1;

constexpr uint32_t kMaxPriceScale = 6;
// The longest list that a path may name an element of; repeated fields of requests are shorter.
constexpr int kMaxIndex = 2500;

bool IsTextual(const Descriptor* type) {
  return type == google::protobuf::Timestamp::descriptor() ||
         type == google::protobuf::Duration::descriptor() ||
         type == event::UnitPrice::descriptor() || type == event::Money::descriptor() ||
         type == event::LocalDate::descriptor();
}

// CONTACT_CHANNEL_ of ContactChannel.
std::string PrefixOf(const EnumDescriptor* type) {
  std::string prefix;
  for (const char c : type->name()) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  return prefix + '_';
}

absl::Status Wrong(std::string_view text, std::string_view what) {
  return absl::InvalidArgumentError(fmt::format("\"{}\" is not {}", text, what));
}

absl::StatusOr<Decimal> ReadDecimal(std::string_view text, const TextFormat& format) {
  absl::StatusOr<Decimal> decimal = ParseDecimal(text, format.decimal_mark);
  if (!decimal.ok()) return decimal;
  if (format.negate) decimal->units = -decimal->units;
  if (format.min && Compare(*decimal, *format.min) < 0) {
    return absl::OutOfRangeError(
        fmt::format("{} is less than {}", ToText(*decimal), ToText(*format.min)));
  }
  if (format.max && Compare(*decimal, *format.max) > 0) {
    return absl::OutOfRangeError(
        fmt::format("{} is more than {}", ToText(*decimal), ToText(*format.max)));
  }
  return decimal;
}

absl::StatusOr<int64_t> ReadInteger(std::string_view text, const TextFormat& format, int64_t least,
                                    int64_t most) {
  const absl::StatusOr<Decimal> decimal = ReadDecimal(text, format);
  if (!decimal.ok() && absl::IsOutOfRange(decimal.status())) return decimal.status();
  if (!decimal.ok() || decimal->scale != 0) return Wrong(text, "a whole number");
  if (decimal->units < least || decimal->units > most) {
    return absl::OutOfRangeError(fmt::format("{} is not between {} and {}", text, least, most));
  }
  return decimal->units;
}

absl::Status SetTimestamp(std::string_view text, const TextFormat& format, Message& message) {
  absl::StatusOr<absl::Time> time = absl::InvalidArgumentError("");
  for (const DateFormat& date : format.dates) {
    time = date.Parse(text, format.zone.value_or(absl::UTCTimeZone()));
    if (time.ok()) break;
  }
  if (format.dates.empty()) time = ParseInstant(text, format.zone ? &*format.zone : nullptr);
  if (!time.ok()) return time.status();
  auto& timestamp = static_cast<google::protobuf::Timestamp&>(message);
  const int64_t seconds = absl::ToUnixSeconds(*time);
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(*time - absl::FromUnixSeconds(seconds))));
  return absl::OkStatus();
}

absl::Status SetDuration(std::string_view text, const TextFormat& format, Message& message) {
  const auto seconds = ReadInteger(text, format, 0, 315'576'000'000);
  if (!seconds.ok()) return seconds.status();
  static_cast<google::protobuf::Duration&>(message).set_seconds(*seconds);
  return absl::OkStatus();
}

absl::Status SetUnitPrice(std::string_view text, const TextFormat& format, Message& message) {
  const absl::StatusOr<Decimal> decimal = ReadDecimal(text, format);
  if (!decimal.ok()) return decimal.status();
  if (decimal->scale > kMaxPriceScale) {
    return absl::OutOfRangeError(
        fmt::format("{} has more than {} decimal places", text, kMaxPriceScale));
  }
  auto& price = static_cast<event::UnitPrice&>(message);
  price.set_units(decimal->units);
  price.set_scale(decimal->scale);
  return absl::OkStatus();
}

absl::Status SetMoney(std::string_view text, const TextFormat& format, Message& message) {
  std::string_view currency = format.currency;
  if (const size_t blank = text.rfind(' '); blank != std::string_view::npos) {
    currency = text.substr(blank + 1);
    text = text.substr(0, blank);
  }
  if (currency.empty()) return Wrong(text, "an amount with its currency, as in \"2.55 GBP\"");
  const absl::StatusOr<Decimal> decimal = ReadDecimal(text, format);
  if (!decimal.ok()) return decimal.status();
  const absl::StatusOr<int64_t> minor = ToMinorUnits(*decimal, currency);
  if (!minor.ok()) return minor.status();
  auto& money = static_cast<event::Money&>(message);
  money.set_minor_units(*minor);
  money.set_currency(currency.data(), currency.size());
  return absl::OkStatus();
}

absl::Status SetLocalDate(std::string_view text, Message& message) {
  absl::CivilDay day;
  if (!absl::ParseCivilTime(ToAbsl(text), &day)) return Wrong(text, "a day, as in 2024-02-29");
  auto& date = static_cast<event::LocalDate&>(message);
  date.set_year(static_cast<int32_t>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return absl::OkStatus();
}

absl::Status SetTextual(std::string_view text, const TextFormat& format, Message& message) {
  const Descriptor* type = message.GetDescriptor();
  if (type == google::protobuf::Timestamp::descriptor()) return SetTimestamp(text, format, message);
  if (type == google::protobuf::Duration::descriptor()) return SetDuration(text, format, message);
  if (type == event::UnitPrice::descriptor()) return SetUnitPrice(text, format, message);
  if (type == event::LocalDate::descriptor()) return SetLocalDate(text, message);
  return SetMoney(text, format, message);
}

absl::StatusOr<bool> ReadBool(std::string_view text) {
  const std::string lower = absl::AsciiStrToLower(ToAbsl(text));
  for (const char* yes : {"true", "yes", "y", "1"}) {
    if (lower == yes) return true;
  }
  for (const char* no : {"false", "no", "n", "0"}) {
    if (lower == no) return false;
  }
  return Wrong(text, "true or false");
}

// Sets or appends.
template <typename Value>
void Put(Message& message, const FieldDescriptor* field, Value value,
         void (Reflection::*set)(Message*, const FieldDescriptor*, Value) const,
         void (Reflection::*add)(Message*, const FieldDescriptor*, Value) const) {
  (message.GetReflection()->*(field->is_repeated() ? add : set))(&message, field, std::move(value));
}

absl::Status SetLeaf(Message& message, const FieldDescriptor* field, std::string_view text,
                     const TextFormat& format) {
  const auto integer = [&](auto value, auto set, auto add) -> absl::Status {
    using Value = decltype(value);
    const auto number =
        ReadInteger(text, format, static_cast<int64_t>(std::numeric_limits<Value>::min()),
                    sizeof(Value) == 8 ? std::numeric_limits<int64_t>::max()
                                       : static_cast<int64_t>(std::numeric_limits<Value>::max()));
    if (!number.ok()) return number.status();
    Put(message, field, static_cast<Value>(*number), set, add);
    return absl::OkStatus();
  };
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      Put(message, field, std::string(text), &Reflection::SetString, &Reflection::AddString);
      return absl::OkStatus();
    case FieldDescriptor::CPPTYPE_INT32:
      return integer(int32_t{}, &Reflection::SetInt32, &Reflection::AddInt32);
    case FieldDescriptor::CPPTYPE_UINT32:
      return integer(uint32_t{}, &Reflection::SetUInt32, &Reflection::AddUInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return integer(int64_t{}, &Reflection::SetInt64, &Reflection::AddInt64);
    case FieldDescriptor::CPPTYPE_UINT64:
      return integer(uint64_t{}, &Reflection::SetUInt64, &Reflection::AddUInt64);
    case FieldDescriptor::CPPTYPE_BOOL: {
      const absl::StatusOr<bool> value = ReadBool(text);
      if (!value.ok()) return value.status();
      Put(message, field, *value, &Reflection::SetBool, &Reflection::AddBool);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const EnumValueDescriptor* value = FindEnumValue(field->enum_type(), text);
      if (value == nullptr) return Wrong(text, "a value of " + field->enum_type()->name());
      Put(message, field, value, &Reflection::SetEnum, &Reflection::AddEnum);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const Reflection* reflection = message.GetReflection();
      return SetTextual(text, format,
                        field->is_repeated() ? *reflection->AddMessage(&message, field)
                                             : *reflection->MutableMessage(&message, field));
    }
    default:
      return Wrong(text, "a value of " + field->full_name());
  }
}

}  // namespace

absl::StatusOr<FieldPath> FieldPath::Compile(const Descriptor* root, std::string_view path) {
  FieldPath result;
  result.name_ = path;
  const auto wrong = [&](std::string_view why) {
    return absl::InvalidArgumentError(fmt::format("{} in \"{}\" of {}", why, path, root->name()));
  };
  const Descriptor* type = root;
  for (absl::string_view part : absl::StrSplit(ToAbsl(path), '.')) {
    if (type == nullptr) return wrong("nothing lies below a plain field");
    int index = -1;
    if (const size_t bracket = part.find('['); bracket != absl::string_view::npos) {
      if (part.back() != ']' ||
          !absl::SimpleAtoi(part.substr(bracket + 1, part.size() - bracket - 2), &index) ||
          index < 0 || index >= kMaxIndex) {
        return wrong("no element number");
      }
      part = part.substr(0, bracket);
    }
    const FieldDescriptor* field = type->FindFieldByName(std::string(part));
    if (field == nullptr) return wrong(fmt::format("no field \"{}\"", ToStd(part)));
    if (index >= 0 && (!field->is_repeated() || field->message_type() == nullptr)) {
      return wrong("an element number needs a list of messages");
    }
    result.steps_.push_back({field, index});
    const Descriptor* next = field->message_type();
    type = next == nullptr || IsTextual(next) ? nullptr : next;
    if (type != nullptr && field->is_repeated() && index < 0)
      return wrong("a list needs an element number");
  }
  if (type != nullptr) return wrong("a message is not a value");
  return result;
}

absl::Status FieldPath::Set(Message& root, std::string_view text, const TextFormat& format) const {
  Message* message = &root;
  for (size_t i = 0; i + 1 < steps_.size(); ++i) {
    const auto [field, index] = steps_[i];
    const Reflection* reflection = message->GetReflection();
    if (index < 0) {
      message = reflection->MutableMessage(message, field);
      continue;
    }
    while (reflection->FieldSize(*message, field) <= index) reflection->AddMessage(message, field);
    message = reflection->MutableRepeatedMessage(message, field, index);
  }
  return SetLeaf(*message, steps_.back().field, text, format);
}

const EnumValueDescriptor* FindEnumValue(const EnumDescriptor* type, std::string_view text) {
  std::string name = absl::AsciiStrToUpper(ToAbsl(text));
  for (char& c : name) {
    if (c == '-' || c == ' ') c = '_';
  }
  if (const EnumValueDescriptor* value = type->FindValueByName(name)) return value;
  return type->FindValueByName(PrefixOf(type) + name);
}

std::string ShortName(const EnumValueDescriptor* value) {
  const std::string prefix = PrefixOf(value->type());
  const std::string& name = value->name();
  return name.compare(0, prefix.size(), prefix) == 0 ? name.substr(prefix.size()) : name;
}

}  // namespace daybook::tools
