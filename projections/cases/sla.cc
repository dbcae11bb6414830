#include "projections/cases/sla.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "projections/engine/validation.h"

namespace daybook::projections::cases {

namespace ev = daybook::event::v1;

namespace {

std::optional<WorkingCalendar> MakeCalendar(const ev::SlaPublished& published) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(published.zone(), &zone)) return std::nullopt;
  std::array<std::vector<WorkingCalendar::Hours>, 7> week;
  for (const ev::WorkingHours& hours : published.hours()) {
    for (const int day : hours.days()) {
      week[static_cast<size_t>(day) - 1].push_back(
          {MinuteOfDay(hours.opens()).value_or(0), MinuteOfDay(hours.closes()).value_or(0)});
    }
  }
  std::set<int64_t> holidays;
  for (const std::string& day : published.holidays()) {
    if (const auto number = DayNumber(day)) holidays.insert(*number);
  }
  return WorkingCalendar(zone, std::move(week), std::move(holidays));
}

bool Lists(const google::protobuf::RepeatedPtrField<std::string>& list, std::string_view value) {
  return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

std::optional<int> MinuteOfDay(std::string_view text) {
  const auto digit = [&text](size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) {
    return std::nullopt;
  }
  const int hour = (text[0] - '0') * 10 + (text[1] - '0');
  const int minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (minute > 59 || hour * 60 + minute > 24 * 60) return std::nullopt;
  return hour * 60 + minute;
}

std::optional<int64_t> DayNumber(std::string_view text) {
  if (CheckLocalDate("", text, Presence::kRequired)) return std::nullopt;
  absl::CivilDay day;
  if (!absl::ParseCivilTime(std::string(text), &day)) return std::nullopt;
  return day - absl::CivilDay(1970, 1, 1);
}

Sla::Sla(const ev::SlaPublished& published)
    : Policy(published.version(), FromProto(published.effective_from())),
      published_(published),
      calendar_(MakeCalendar(published)) {}

const WorkingCalendar& Sla::calendar() const {
  CheckInvariant(calendar_.has_value(), "this machine does not know the agreement's zone");
  return *calendar_;
}

std::optional<uint32_t> Sla::TargetFor(ev::CasePriority priority, std::string_view queue,
                                       std::string_view product) const {
  for (int i = 0; i < published_.targets_size(); ++i) {
    const ev::SlaTarget& target = published_.targets(i);
    const bool any_priority = target.priority() == ev::CASE_PRIORITY_UNSPECIFIED;
    if ((any_priority || target.priority() == priority) && Lists(target.queues(), queue) &&
        Lists(target.products(), product)) {
      return static_cast<uint32_t>(i);
    }
  }
  return std::nullopt;
}

const ev::SlaClockTarget* Sla::Find(uint32_t target, ev::SlaClock clock) const {
  if (target >= static_cast<uint32_t>(published_.targets_size())) return nullptr;
  for (const ev::SlaClockTarget& of : published_.targets(static_cast<int>(target)).clocks()) {
    if (of.clock() == clock) return &of;
  }
  return nullptr;
}

const Sla* SlaInForce(const Decision& decision, std::string_view sla_id) {
  return decision.context().policies->InForce<Sla>(
      decision.entity().tenant, ev::EVENT_TYPE_SLA_PUBLISHED, sla_id, decision.context().effective);
}

}  // namespace daybook::projections::cases
