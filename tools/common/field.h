// Fields of protobuf messages by name: text becomes the value of a field, whatever its type. The
// command line's options, the importer's mappings and TOML files all set requests through this.
#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/common/date_format.h"
#include "tools/common/decimal.h"

namespace daybook::tools {

// How the text of one field is to be read. The default reads what a person types.
struct TextFormat {
  // Of Timestamp fields: tried in order; empty: ParseInstant.
  std::vector<DateFormat> dates;
  // Of local times; absent: local times are refused by ParseInstant and read as UTC by `dates`.
  std::optional<absl::TimeZone> zone;
  // Of decimals, prices and amounts.
  char decimal_mark = '.';
  // Of numbers: the value with the other sign.
  bool negate = false;
  // Bounds of numbers, checked after `negate`.
  std::optional<Decimal> min;
  std::optional<Decimal> max;
  // Of Money: the currency, where the text has none.
  std::string currency;
};

// A compiled path such as "provenance.channel" or "attributes[0].path" from a message to a field
// that is not a message, or one of Timestamp, Duration (seconds), UnitPrice ("2.55") and Money
// ("2.55", "2.55 GBP"), LocalDate ("2024-02-29"). A repeated field at the end is appended to.
// Immutable: any thread may use it.
class FieldPath {
 public:
  // InvalidArgument if the path does not lead to such a field.
  static absl::StatusOr<FieldPath> Compile(const google::protobuf::Descriptor* root,
                                           std::string_view path);

  // Sets the field in `root`, which must be of the type the path was compiled for; messages and
  // elements on the way come into being. InvalidArgument or OutOfRange, with a sentence, if the
  // text is no value of the field's type. Enums are read in any case, with or without the prefix
  // that their type's name gives.
  absl::Status Set(google::protobuf::Message& root, std::string_view text,
                   const TextFormat& format) const;

  // "provenance.channel".
  const std::string& name() const { return name_; }
  const google::protobuf::FieldDescriptor* leaf() const { return steps_.back().field; }

 private:
  struct Step {
    const google::protobuf::FieldDescriptor* field;
    int index;  // -1: not an element.
  };
  std::string name_;
  std::vector<Step> steps_;
};

// The value of `type` that `text` names in any case, with or without prefix ("PHONE" for
// CONTACT_CHANNEL_PHONE); null if there is none.
const google::protobuf::EnumValueDescriptor* FindEnumValue(
    const google::protobuf::EnumDescriptor* type, std::string_view text);

// "PHONE" of CONTACT_CHANNEL_PHONE: the name without the prefix that its type's name gives.
std::string ShortName(const google::protobuf::EnumValueDescriptor* value);

}  // namespace daybook::tools
