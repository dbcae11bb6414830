#include "tools/common/date_format.h"

#include <array>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "fmt/format.h"
#include "tools/common/views.h"

namespace daybook::tools {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};

// What has been read so far.
struct Fields {
  int64_t year = 1970;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  absl::Duration fraction;
  std::optional<bool> afternoon;
  std::optional<absl::Duration> offset;
  std::optional<int64_t> unix_seconds;
};

// Takes 1 to `most` digits, `least` at least.
bool TakeNumber(std::string_view& text, int least, int most, int64_t& value) {
  int64_t result = 0;
  int taken = 0;
  while (taken < most && static_cast<size_t>(taken) < text.size() &&
         absl::ascii_isdigit(static_cast<unsigned char>(text[taken]))) {
    result = result * 10 + (text[taken++] - '0');
  }
  if (taken < least) return false;
  text.remove_prefix(taken);
  value = result;
  return true;
}

bool TakeInt(std::string_view& text, int most, int& value) {
  int64_t number = 0;
  if (!TakeNumber(text, 1, most, number)) return false;
  value = static_cast<int>(number);
  return true;
}

bool TakeMonth(std::string_view& text, int& month) {
  for (size_t i = 0; i < kMonths.size(); ++i) {
    for (const size_t length : {kMonths[i].size(), size_t{3}}) {
      if (absl::StartsWithIgnoreCase(ToAbsl(text), ToAbsl(kMonths[i].substr(0, length)))) {
        text.remove_prefix(length);
        month = static_cast<int>(i) + 1;
        return true;
      }
    }
  }
  return false;
}

bool TakeOffset(std::string_view& text, std::optional<absl::Duration>& offset) {
  if (text.empty()) return false;
  const char sign = text[0];
  text.remove_prefix(1);
  offset = absl::ZeroDuration();
  if (sign == 'Z' || sign == 'z') return true;
  int64_t hours = 0;
  int64_t minutes = 0;
  if ((sign != '+' && sign != '-') || !TakeNumber(text, 2, 2, hours)) return false;
  if (!text.empty() && text[0] == ':') text.remove_prefix(1);
  if (!TakeNumber(text, 2, 2, minutes) || hours > 14 || minutes > 59) return false;
  offset = (absl::Hours(hours) + absl::Minutes(minutes)) * (sign == '-' ? -1 : 1);
  return true;
}

bool TakeSecond(std::string_view& text, Fields& fields) {
  if (!TakeInt(text, 2, fields.second)) return false;
  if (text.size() < 2 || text[0] != '.' ||
      !absl::ascii_isdigit(static_cast<unsigned char>(text[1]))) {
    return true;
  }
  text.remove_prefix(1);
  absl::Duration unit = absl::Seconds(1);
  int64_t digit = 0;
  while (TakeNumber(text, 1, 1, digit)) {
    unit /= 10;
    fields.fraction += digit * unit;
  }
  return true;
}

bool Take(char directive, std::string_view& text, Fields& fields) {
  switch (directive) {
    case 'Y':
      return TakeNumber(text, 4, 4, fields.year);
    case 'y':
      if (!TakeNumber(text, 2, 2, fields.year)) return false;
      fields.year += fields.year < 69 ? 2000 : 1900;
      return true;
    case 'm':
      return TakeInt(text, 2, fields.month);
    case 'd':
      return TakeInt(text, 2, fields.day);
    case 'b':
    case 'B':
      return TakeMonth(text, fields.month);
    case 'H':
    case 'I':
      return TakeInt(text, 2, fields.hour);
    case 'M':
      return TakeInt(text, 2, fields.minute);
    case 'S':
      return TakeSecond(text, fields);
    case 'z':
      return TakeOffset(text, fields.offset);
    case 'p':
      if (text.size() < 2 || absl::ascii_tolower(static_cast<unsigned char>(text[1])) != 'm')
        return false;
      fields.afternoon = absl::ascii_tolower(static_cast<unsigned char>(text[0])) == 'p';
      if (!*fields.afternoon && absl::ascii_tolower(static_cast<unsigned char>(text[0])) != 'a')
        return false;
      text.remove_prefix(2);
      return true;
    case 's': {
      int64_t seconds = 0;
      if (!TakeNumber(text, 1, 12, seconds)) return false;
      fields.unix_seconds = seconds;
      return true;
    }
    default:
      return false;
  }
}

std::optional<absl::Time> ToTime(Fields& fields, absl::TimeZone zone) {
  if (fields.unix_seconds) return absl::FromUnixSeconds(*fields.unix_seconds);
  if (fields.afternoon) {
    if (fields.hour < 1 || fields.hour > 12) return std::nullopt;
    fields.hour = fields.hour % 12 + (*fields.afternoon ? 12 : 0);
  }
  const absl::CivilSecond civil(fields.year, fields.month, fields.day, fields.hour, fields.minute,
                                fields.second);
  // absl carries 31 June over into July; a file that says so is wrong.
  if (civil.month() != fields.month || civil.day() != fields.day || civil.hour() != fields.hour ||
      civil.minute() != fields.minute || civil.second() != fields.second) {
    return std::nullopt;
  }
  if (fields.offset)
    return absl::FromCivil(civil, absl::UTCTimeZone()) - *fields.offset + fields.fraction;
  return ToInstant(civil, zone) + fields.fraction;
}

}  // namespace

absl::StatusOr<DateFormat> DateFormat::Compile(std::string_view format) {
  DateFormat result;
  std::string seen;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      result.steps_.push_back({'\0', format[i]});
      continue;
    }
    const char directive = ++i < format.size() ? format[i] : '\0';
    if (directive == '%') {
      result.steps_.push_back({'\0', '%'});
    } else if (directive != '\0' &&
               std::string_view("YymdbBHIpMSzs").find(directive) != std::string_view::npos) {
      result.steps_.push_back({directive, '\0'});
      seen += directive;
    } else {
      return absl::InvalidArgumentError(
          fmt::format("unknown directive %{} in the date format", directive));
    }
  }
  const auto has = [&](std::string_view any) {
    return seen.find_first_of(any) != std::string::npos;
  };
  if (!has("s") && !(has("Yy") && has("mbB") && has("d"))) {
    return absl::InvalidArgumentError("a date format needs year, month and day, or %s");
  }
  return result;
}

absl::StatusOr<absl::Time> DateFormat::Parse(std::string_view text, absl::TimeZone zone) const {
  std::string_view rest = text;
  Fields fields;
  bool fits = true;
  for (const Step& step : steps_) {
    if (step.directive != '\0') {
      fits = Take(step.directive, rest, fields);
    } else if (fits = !rest.empty() && rest[0] == step.literal; fits) {
      rest.remove_prefix(1);
      while (step.literal == ' ' && !rest.empty() && rest[0] == ' ') rest.remove_prefix(1);
    }
    if (!fits) break;
  }
  if (fits && rest.empty()) {
    if (const std::optional<absl::Time> time = ToTime(fields, zone)) return *time;
  }
  return absl::InvalidArgumentError(
      fmt::format("\"{}\" is not a time in the mapping's format", text));
}

absl::Time ToInstant(absl::CivilSecond civil, absl::TimeZone zone) {
  const absl::TimeZone::TimeInfo info = zone.At(civil);
  return info.kind == absl::TimeZone::TimeInfo::REPEATED ? info.post : info.pre;
}

absl::StatusOr<absl::TimeZone> LoadZone(std::string_view name) {
  absl::TimeZone zone;
  if (name.empty() || !absl::LoadTimeZone(ToAbsl(name), &zone)) {
    return absl::InvalidArgumentError(fmt::format("\"{}\" is not an IANA time zone", name));
  }
  return zone;
}

absl::StatusOr<absl::Time> ParseInstant(std::string_view text, const absl::TimeZone* zone) {
  static const std::vector<DateFormat>* const kAbsolute = new std::vector<DateFormat>{
      *DateFormat::Compile("%Y-%m-%dT%H:%M:%S%z"), *DateFormat::Compile("%Y-%m-%d %H:%M:%S%z")};
  static const std::vector<DateFormat>* const kLocal = new std::vector<DateFormat>{
      *DateFormat::Compile("%Y-%m-%d"), *DateFormat::Compile("%Y-%m-%dT%H:%M"),
      *DateFormat::Compile("%Y-%m-%d %H:%M"), *DateFormat::Compile("%Y-%m-%dT%H:%M:%S"),
      *DateFormat::Compile("%Y-%m-%d %H:%M:%S")};
  for (const DateFormat& format : *kAbsolute) {
    if (auto time = format.Parse(text, absl::UTCTimeZone()); time.ok()) return time;
  }
  for (const DateFormat& format : *kLocal) {
    const auto time = format.Parse(text, zone == nullptr ? absl::UTCTimeZone() : *zone);
    if (time.ok() && zone != nullptr) return time;
    if (time.ok()) {
      return absl::InvalidArgumentError(
          fmt::format("\"{}\" is a local time: say where with --zone, or give an offset", text));
    }
  }
  return absl::InvalidArgumentError(fmt::format(
      "\"{}\" is not a time; write 2011-12-05T00:00:00Z, or a local time with --zone", text));
}

}  // namespace daybook::tools
