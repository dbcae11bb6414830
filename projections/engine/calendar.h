// Days and periods in a time zone: when a local day begins, and what a span of calendar units makes
// of an instant. Used where something is decided; what comes out is recorded, so no fold ever asks
// a zone.
#pragma once

#include <compare>
#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "daybook/event/v1/values.pb.h"
#include "ledger/types.h"

namespace daybook::projections {

// A day of the (proleptic Gregorian) calendar; not an instant.
struct LocalDate {
  int year = 1970;
  int month = 1;  // 1 to 12
  int day = 1;    // 1 to the month's last
  friend constexpr auto operator<=>(const LocalDate&, const LocalDate&) = default;
};

// `date` plus years and months, the day clamped to the month's last, then plus days: 31 January + 1
// month is the last of February, 29 February + 1 year is 28 February.
LocalDate AddPeriod(LocalDate date, const daybook::event::v1::Period& period);

// True if the period has no length.
bool IsZero(const daybook::event::v1::Period& period);

// A time zone with its rules. Cheap to copy; safe to use from any thread.
class Zone {
 public:
  // Nothing if this machine does not know the IANA name. Reads the zone's file the first time a
  // name is asked for.
  static std::optional<Zone> Load(std::string_view name);

  LocalDate DateAt(ledger::Timestamp instant) const;
  // The first instant of a local day; where the clock skips midnight, the instant after the gap.
  ledger::Timestamp FirstInstantOf(LocalDate date) const;
  // The same local time of day on the date of `instant` plus `period`. A local time that comes
  // twice means the later instant; one that the clock skips means the first instant after the gap.
  ledger::Timestamp Plus(ledger::Timestamp instant, const daybook::event::v1::Period& period) const;
  // The first instant of the local day after the date of `instant` plus `period`: what lives until
  // the end of that day is over then.
  ledger::Timestamp EndOfLife(ledger::Timestamp instant,
                              const daybook::event::v1::Period& period) const;

 private:
  explicit Zone(absl::TimeZone zone) : zone_(zone) {}
  absl::TimeZone zone_;
};

}  // namespace daybook::projections
