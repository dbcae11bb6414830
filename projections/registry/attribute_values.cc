// CanonicalValue of attribute_schema.h. Numbers stay texts: a decimal of 18 digits fits no double.
#include <charconv>

#include "absl/time/civil_time.h"
#include "fmt/format.h"
#include "projections/engine/validation.h"
#include "projections/registry/attribute_schema.h"

namespace daybook::projections::registry {

namespace ev = daybook::event::v1;

namespace {

constexpr size_t kMaxTextBytes = 1024;
constexpr size_t kMaxDecimalDigits = 18;
constexpr size_t kMaxDecimalPlaces = 6;

bool IsDigits(std::string_view text) {
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return !text.empty();
}

// Takes a sign off the front; true for minus.
bool TakeSign(std::string_view* text) {
  if (text->empty() || ((*text)[0] != '-' && (*text)[0] != '+')) return false;
  const bool minus = (*text)[0] == '-';
  text->remove_prefix(1);
  return minus;
}

std::string_view WithoutLeadingZeros(std::string_view digits) {
  while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
  return digits;
}

std::optional<std::string> CanonicalInteger(std::string_view text) {
  const bool minus = TakeSign(&text);
  if (!IsDigits(text)) return std::nullopt;
  const std::string_view digits = WithoutLeadingZeros(text);
  std::string out = (minus && digits != "0" ? "-" : "") + std::string(digits);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(out.data(), out.data() + out.size(), value);
  if (error != std::errc() || end != out.data() + out.size()) return std::nullopt;
  return out;
}

std::optional<std::string> CanonicalDecimal(std::string_view text) {
  const bool minus = TakeSign(&text);
  const size_t point = text.find('.');
  std::string_view places = point == std::string_view::npos ? "0" : text.substr(point + 1);
  if (!IsDigits(text.substr(0, point)) || !IsDigits(places)) return std::nullopt;
  const std::string_view whole = WithoutLeadingZeros(text.substr(0, point));
  while (!places.empty() && places.back() == '0') places.remove_suffix(1);
  const size_t whole_digits = whole == "0" ? 0 : whole.size();
  if (places.size() > kMaxDecimalPlaces || whole_digits + places.size() > kMaxDecimalDigits) {
    return std::nullopt;
  }
  const bool zero = whole == "0" && places.empty();
  return fmt::format("{}{}{}{}", minus && !zero ? "-" : "", whole, places.empty() ? "" : ".",
                     places);
}

std::optional<std::string> CanonicalDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  int parts[3] = {};
  const std::string_view fields[3] = {text.substr(0, 4), text.substr(5, 2), text.substr(8, 2)};
  for (int i = 0; i < 3; ++i) {
    if (!IsDigits(fields[i])) return std::nullopt;
    std::from_chars(fields[i].data(), fields[i].data() + fields[i].size(), parts[i]);
  }
  // A CivilDay turns 30 February into 1 or 2 March; a day that stays itself exists.
  const absl::CivilDay day(parts[0], parts[1], parts[2]);
  if (parts[0] == 0 || day.month() != parts[1] || day.day() != parts[2]) return std::nullopt;
  return std::string(text);
}

}  // namespace

std::optional<std::string> CanonicalValue(const ev::AttributeDefinition& definition,
                                          std::string_view text) {
  switch (definition.type()) {
    case ev::ATTRIBUTE_TYPE_TEXT:
      if (CheckText("", text, Presence::kRequired, kMaxTextBytes)) return std::nullopt;
      return std::string(text);
    case ev::ATTRIBUTE_TYPE_INTEGER:
      return CanonicalInteger(text);
    case ev::ATTRIBUTE_TYPE_DECIMAL:
      return CanonicalDecimal(text);
    case ev::ATTRIBUTE_TYPE_BOOLEAN:
      if (text != "true" && text != "false") return std::nullopt;
      return std::string(text);
    case ev::ATTRIBUTE_TYPE_DATE:
      return CanonicalDate(text);
    case ev::ATTRIBUTE_TYPE_CHOICE:
      for (const std::string& choice : definition.choices()) {
        if (choice == text) return choice;
      }
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace daybook::projections::registry
