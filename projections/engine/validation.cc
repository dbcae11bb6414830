// Refusals never repeat a value that may be personal: an id that was refused for looking like a
// phone number would otherwise end in the client's log.
#include "projections/engine/validation.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/time/civil_time.h"
#include "fmt/format.h"

namespace daybook::projections {
namespace {

using daybook::v1::REASON_AMOUNT_TOO_LARGE;
using daybook::v1::REASON_CUSTOMER_MISSING;
using daybook::v1::REASON_FIELD_INVALID;
using daybook::v1::REASON_FIELD_REQUIRED;
using daybook::v1::REASON_ID_PERSONAL;
using daybook::v1::REASON_INSTANT_OUT_OF_RANGE;

constexpr size_t kMaxIdBytes = 64;
constexpr int64_t kMaxMinorUnits = 1'000'000'000'000'000;
constexpr int64_t kFirstSecond = -2'208'988'800;  // 1900-01-01T00:00:00Z
constexpr int64_t kLastSecond = 253'402'300'799;  // 9999-12-31T23:59:59Z
constexpr int64_t kMicrosPerSecond = 1'000'000;

MaybeRefusal Invalid(std::string_view field, std::string message) {
  return Refuse(REASON_FIELD_INVALID, std::string(field), std::move(message));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsCodeCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == ':' ||
         c == '-';
}

bool PassesLuhn(std::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (size_t i = digits.size(); i > 0; --i, twice = !twice) {
    const int digit = digits[i - 1] - '0';
    sum += !twice ? digit : digit < 5 ? 2 * digit : 2 * digit - 9;
  }
  return sum % 10 == 0;
}

// The digits of something printed as cards print their numbers: in one piece, or in groups of 3 to
// 7 of which the first has four. Empty for anything else, so a date with a counter behind it is no
// card.
std::string CardDigits(std::string_view text) {
  std::string digits;
  size_t group = 0;
  bool grouped = false;
  for (const char c : text) {
    if (IsDigit(c)) {
      digits.push_back(c);
      ++group;
    } else if (c == '-' || c == ' ') {
      if (group < 3 || group > 7 || (!grouped && group != 4)) return {};
      grouped = true;
      group = 0;
    } else {
      return {};
    }
  }
  if (grouped && (group < 3 || group > 7)) return {};
  return digits;
}

bool LooksLikeCard(std::string_view text) {
  const std::string digits = CardDigits(text);
  return digits.size() >= 13 && digits.size() <= 19 && PassesLuhn(digits);
}

bool LooksLikePhone(std::string_view text) {
  if (text.empty() || text[0] != '+') return false;
  size_t digits = 0;
  for (const char c : text) digits += IsDigit(c);
  return digits >= 6;
}

bool LooksLikeEmail(std::string_view text) {
  const size_t at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size();
}

// Length of the character that begins at `at`, 0 if it is not well-formed UTF-8 (RFC 3629); its
// code point in `point`.
size_t NextCharacter(std::string_view text, size_t at, uint32_t* point) {
  const auto byte = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(at);
  if (first < 0x80) {
    *point = first;
    return 1;
  }
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  constexpr std::array<uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  if (first < 0xc2 || first > 0xf4 || at + length > text.size()) return 0;
  *point = first & (0x7fu >> length);
  for (size_t i = at + 1; i < at + length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    *point = (*point << 6) | (byte(i) & 0x3fu);
  }
  const bool surrogate = *point >= 0xd800 && *point <= 0xdfff;
  return *point < kSmallest[length] || *point > 0x10ffff || surrogate ? 0 : length;
}

bool IsControl(uint32_t point, bool multiline) {
  if (multiline && (point == '\n' || point == '\t')) return false;
  return point < 0x20 || (point >= 0x7f && point < 0xa0);
}

// Takes "collection/id/" or "collection/id" off the front of `name`; false if it does not begin so.
bool TakeSegment(std::string_view collection, std::string_view* name, std::string_view* id) {
  if (!name->starts_with(collection)) return false;
  std::string_view rest = name->substr(collection.size());
  if (rest.empty() || rest[0] != '/') return false;
  rest.remove_prefix(1);
  const size_t end = rest.find('/');
  *id = rest.substr(0, end);
  *name = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return true;
}

// What comes first of any reason: a fact without a customer.
bool LacksCustomer(std::string_view name) {
  return name.empty() || name == "customers" || name == "customers/" ||
         name.starts_with("customers//");
}

MaybeRefusal CustomerMissing(std::string_view field) {
  return Refuse(REASON_CUSTOMER_MISSING, std::string(field),
                "a customer is required: customers/ID");
}

}  // namespace

MaybeRefusal CheckCode(std::string_view field, std::string_view value, Presence presence,
                       size_t max) {
  if (value.empty()) {
    if (presence == Presence::kOptional) return std::nullopt;
    return Refuse(REASON_FIELD_REQUIRED, std::string(field), "is required");
  }
  if (value.size() > max) return Invalid(field, fmt::format("is longer than {} characters", max));
  for (const char c : value) {
    if (!IsCodeCharacter(c)) return Invalid(field, "has a character outside [A-Za-z0-9._:-]");
  }
  return std::nullopt;
}

MaybeRefusal CheckEntityId(std::string_view field, std::string_view value) {
  // Before the shape: '@' and '+' are outside it, and the better reason is that the value is
  // personal.
  if (LooksLikeEmail(value) || LooksLikePhone(value) || LooksLikeCard(value)) {
    return Refuse(REASON_ID_PERSONAL, std::string(field),
                  "an id must not be an e-mail address, a phone number or a payment card number");
  }
  return CheckCode(field, value, Presence::kRequired, kMaxIdBytes);
}

MaybeRefusal CheckText(std::string_view field, std::string_view value, Presence presence,
                       size_t max_bytes, bool multiline) {
  if (value.empty()) {
    if (presence == Presence::kOptional) return std::nullopt;
    return Refuse(REASON_FIELD_REQUIRED, std::string(field), "is required");
  }
  if (value.size() > max_bytes)
    return Invalid(field, fmt::format("is longer than {} bytes", max_bytes));
  for (size_t at = 0; at < value.size();) {
    uint32_t point = 0;
    const size_t length = NextCharacter(value, at, &point);
    if (length == 0) return Invalid(field, fmt::format("is not UTF-8 at byte {}", at));
    if (IsControl(point, multiline)) {
      return Invalid(field, fmt::format("has a control character at byte {}", at));
    }
    at += length;
  }
  return std::nullopt;
}

MaybeRefusal ParseCustomer(std::string_view field, std::string_view name, std::string* customer) {
  if (LacksCustomer(name)) return CustomerMissing(field);
  std::string_view id;
  if (!TakeSegment("customers", &name, &id) || !name.empty()) {
    return Invalid(field, "is not of the form customers/ID");
  }
  *customer = std::string(id);
  return CheckEntityId(field, id);
}

MaybeRefusal ParseChild(std::string_view field, std::string_view name, std::string_view collection,
                        std::string* customer, std::string* child) {
  if (LacksCustomer(name)) return CustomerMissing(field);
  std::string_view customer_id;
  std::string_view child_id;
  if (!TakeSegment("customers", &name, &customer_id) ||
      !TakeSegment(collection, &name, &child_id) || !name.empty() || child_id.empty()) {
    return Invalid(field, fmt::format("is not of the form customers/ID/{}/ID", collection));
  }
  *customer = std::string(customer_id);
  *child = std::string(child_id);
  if (auto refusal = CheckEntityId(field, customer_id)) return refusal;
  return CheckCode(field, child_id, Presence::kRequired, kMaxIdBytes);
}

MaybeRefusal ParseProgramme(std::string_view field, std::string_view name, std::string* programme) {
  if (name.empty())
    return Refuse(REASON_FIELD_REQUIRED, std::string(field), "is required: programmes/ID");
  std::string_view id;
  if (!TakeSegment("programmes", &name, &id) || !name.empty() || id.empty()) {
    return Invalid(field, "is not of the form programmes/ID");
  }
  *programme = std::string(id);
  return CheckCode(field, id, Presence::kRequired, kMaxIdBytes);
}

MaybeRefusal CheckMoney(std::string_view field, const daybook::event::v1::Money& money,
                        int64_t minimum) {
  if (auto refusal = CheckCurrency(fmt::format("{}.currency", field), money.currency()))
    return refusal;
  const std::string units = fmt::format("{}.minor_units", field);
  if (money.minor_units() > kMaxMinorUnits || money.minor_units() < -kMaxMinorUnits) {
    return Refuse(REASON_AMOUNT_TOO_LARGE, units,
                  fmt::format("{} is beyond {} minor units", money.minor_units(), kMaxMinorUnits));
  }
  if (money.minor_units() < minimum) {
    return Invalid(units, fmt::format("{} is less than {}", money.minor_units(), minimum));
  }
  return std::nullopt;
}

MaybeRefusal CheckInstant(std::string_view field, const google::protobuf::Timestamp& instant,
                          ledger::Timestamp* out) {
  if (instant.nanos() < 0 || instant.nanos() > 999'999'999 || instant.seconds() < kFirstSecond ||
      instant.seconds() > kLastSecond) {
    return Refuse(REASON_INSTANT_OUT_OF_RANGE, std::string(field),
                  "is not an instant from 1900-01-01 to 9999-12-31");
  }
  *out = FromProto(instant);
  return std::nullopt;
}

MaybeRefusal CheckLocalDate(std::string_view field, std::string_view date, Presence presence) {
  if (date.empty()) {
    if (presence == Presence::kOptional) return std::nullopt;
    return Refuse(REASON_FIELD_REQUIRED, std::string(field), "is required");
  }
  bool shaped = date.size() == 10;
  for (size_t i = 0; i < date.size() && shaped; ++i) {
    shaped = i == 4 || i == 7 ? date[i] == '-' : IsDigit(date[i]);
  }
  absl::CivilDay day;
  // A day that there is not would be taken for one of the next month.
  const bool exists = shaped && absl::ParseCivilTime(std::string(date), &day) &&
                      absl::FormatCivilTime(day) == date && day.year() >= 1900;
  if (exists) return std::nullopt;
  return Invalid(field, "is not a day, YYYY-MM-DD");
}

MaybeRefusal CheckEnum(std::string_view field, int value, bool known, Presence presence) {
  if (value == 0 && presence == Presence::kRequired) {
    return Refuse(REASON_FIELD_REQUIRED, std::string(field), "is required");
  }
  return known ? std::nullopt : Invalid(field, "is not one of its values");
}

MaybeRefusal CheckPageSize(std::string_view field, int32_t page_size, int32_t standard, int32_t max,
                           int32_t* out) {
  if (page_size < 0 || page_size > max) {
    return Invalid(field, fmt::format("{} is not from 1 to {}", page_size, max));
  }
  *out = page_size == 0 ? standard : page_size;
  return std::nullopt;
}

google::protobuf::Timestamp ToProto(ledger::Timestamp instant) {
  int64_t seconds = instant.micros / kMicrosPerSecond;
  int64_t micros = instant.micros % kMicrosPerSecond;
  if (micros < 0) {
    micros += kMicrosPerSecond;
    --seconds;
  }
  google::protobuf::Timestamp out;
  out.set_seconds(seconds);
  out.set_nanos(static_cast<int32_t>(micros * 1000));
  return out;
}

ledger::Timestamp FromProto(const google::protobuf::Timestamp& instant) {
  return {instant.seconds() * kMicrosPerSecond + instant.nanos() / 1000};
}

}  // namespace daybook::projections
