#include "projections/engine/calendar.h"

#include <algorithm>
#include <string>

#include "absl/time/civil_time.h"

namespace daybook::projections {
namespace {

LocalDate FromCivil(absl::CivilDay day) {
  return {static_cast<int>(day.year()), day.month(), day.day()};
}

absl::CivilDay ToCivil(LocalDate date) { return absl::CivilDay(date.year, date.month, date.day); }

ledger::Timestamp FromAbsl(absl::Time time) { return {absl::ToUnixMicros(time)}; }

}  // namespace

LocalDate AddPeriod(LocalDate date, const daybook::event::v1::Period& period) {
  const absl::CivilMonth month = absl::CivilMonth(date.year, date.month) +
                                 (int64_t{period.years()} * 12 + int64_t{period.months()});
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  const absl::CivilDay day(month.year(), month.month(), std::min(date.day, last.day()));
  return FromCivil(day + int64_t{period.days()});
}

bool IsZero(const daybook::event::v1::Period& period) {
  return period.years() == 0 && period.months() == 0 && period.days() == 0;
}

std::optional<Zone> Zone::Load(std::string_view name) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(std::string(name), &zone)) return std::nullopt;
  return Zone(zone);
}

LocalDate Zone::DateAt(ledger::Timestamp instant) const {
  return FromCivil(absl::CivilDay(zone_.At(absl::FromUnixMicros(instant.micros)).cs));
}

ledger::Timestamp Zone::FirstInstantOf(LocalDate date) const {
  const absl::TimeZone::TimeInfo info = zone_.At(absl::CivilSecond(ToCivil(date)));
  // A midnight that comes twice begins the day the first time (`pre`).
  return FromAbsl(info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre);
}

ledger::Timestamp Zone::Plus(ledger::Timestamp instant,
                             const daybook::event::v1::Period& period) const {
  const absl::TimeZone::CivilInfo local = zone_.At(absl::FromUnixMicros(instant.micros));
  const absl::CivilDay day = ToCivil(AddPeriod(FromCivil(absl::CivilDay(local.cs)), period));
  const absl::CivilSecond wanted(day.year(), day.month(), day.day(), local.cs.hour(),
                                 local.cs.minute(), local.cs.second());
  const absl::TimeZone::TimeInfo info = zone_.At(wanted);
  switch (info.kind) {
    case absl::TimeZone::TimeInfo::SKIPPED:
      return FromAbsl(info.trans);
    case absl::TimeZone::TimeInfo::REPEATED:
      return FromAbsl(info.post + local.subsecond);
    default:
      return FromAbsl(info.pre + local.subsecond);
  }
}

ledger::Timestamp Zone::EndOfLife(ledger::Timestamp instant,
                                  const daybook::event::v1::Period& period) const {
  return FirstInstantOf(FromCivil(ToCivil(AddPeriod(DateAt(instant), period)) + 1));
}

}  // namespace daybook::projections
