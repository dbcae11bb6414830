// Instants as files write them: a strptime-like format compiled once, read millions of times.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace daybook::tools {

// A compiled format. Immutable: any thread may read with it.
//   %Y year (4 digits)   %y year (2: 69-99 are 19..)   %m month   %d day   %b, %B month's English
//   name %H hour   %I hour of 12   %p AM or PM   %M minute   %S second, with a fraction if there is
//   one %z offset (+01:00, +0100, Z)   %s seconds since 1970   %% a percent sign
// Numbers other than %Y may lack leading zeros. A blank matches one blank or more. Everything else
// stands for itself.
class DateFormat {
 public:
  // InvalidArgument for an unknown directive, or without year, month and day (or %s).
  static absl::StatusOr<DateFormat> Compile(std::string_view format);

  // The instant that `text` means; local times are in `zone`. A local time that comes twice (clocks
  // go back) means the later instant; one that does not come (clocks go forward) is read with the
  // offset before the gap. InvalidArgument if the text is not in the format or the day does not
  // exist.
  absl::StatusOr<absl::Time> Parse(std::string_view text, absl::TimeZone zone) const;

 private:
  // One directive letter, or '\0' for the literal character `literal`.
  struct Step {
    char directive;
    char literal;
  };
  std::vector<Step> steps_;
};

// The instant of a civil second by the rule of DateFormat::Parse.
absl::Time ToInstant(absl::CivilSecond civil, absl::TimeZone zone);

// InvalidArgument if it is not an IANA zone that this machine knows.
absl::StatusOr<absl::TimeZone> LoadZone(std::string_view name);

// An instant as a person types it: RFC 3339, or a local "2011-12-05", "2011-12-05T00:00",
// "2011-12-05 00:00:00" in `zone`. InvalidArgument otherwise; a local time without a zone (nullptr)
// is refused too.
absl::StatusOr<absl::Time> ParseInstant(std::string_view text, const absl::TimeZone* zone);

}  // namespace daybook::tools
