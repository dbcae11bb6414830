// What a service level agreement must be before it is published.
#include <set>

#include "fmt/format.h"
#include "projections/cases/rules.h"
#include "projections/cases/sla.h"
#include "projections/engine/policy_checks.h"
#include "projections/engine/validation.h"

namespace daybook::projections::cases {

namespace ev = daybook::event::v1;

namespace {

constexpr int kMaxHours = 50;
constexpr int kMaxHolidays = 1000;
constexpr int kMaxTargets = 100;
constexpr int kMaxListed = 100;
constexpr size_t kMaxProductBytes = 128;
constexpr uint32_t kMaxMinutes = 129'600;
// With fewer a long target would lie in another century.
constexpr int kMinWeeklyMinutes = 300;

// That a list of enum values has known ones only, none twice.
template <typename Valid>
MaybeRefusal CheckValues(const std::string& field, const google::protobuf::RepeatedField<int>& list,
                         Valid valid) {
  std::set<int> seen;
  for (int i = 0; i < list.size(); ++i) {
    const std::string path = fmt::format("{}[{}]", field, i);
    if (!valid(list[i])) return PolicyInvalid(path, "is not one of the values allowed here");
    if (!seen.insert(list[i]).second) return PolicyInvalid(path, "stands twice");
  }
  return std::nullopt;
}

MaybeRefusal CheckHours(const std::string& field, const ev::WorkingHours& hours) {
  if (hours.days().empty()) return PolicyInvalid(field + ".days", "at least one is required");
  if (auto r = CheckValues(field + ".days", hours.days(), [](int day) {
        return day != ev::WEEKDAY_UNSPECIFIED && ev::Weekday_IsValid(day);
      })) {
    return r;
  }
  const std::optional<int> opens = MinuteOfDay(hours.opens());
  const std::optional<int> closes = MinuteOfDay(hours.closes());
  if (!opens) return PolicyInvalid(field + ".opens", "is not a time of day, HH:MM");
  if (!closes) return PolicyInvalid(field + ".closes", "is not a time of day, HH:MM");
  if (*opens >= *closes) return PolicyInvalid(field + ".closes", "is not later than `opens`");
  return std::nullopt;
}

MaybeRefusal CheckCalendar(const ev::SlaPublished& sla) {
  if (sla.hours().empty() || sla.hours_size() > kMaxHours) {
    return PolicyInvalid("hours", fmt::format("{} entries; 1 to 50 are allowed", sla.hours_size()));
  }
  for (int i = 0; i < sla.hours_size(); ++i) {
    if (auto r = CheckHours(fmt::format("hours[{}]", i), sla.hours(i))) return r;
  }
  if (sla.holidays_size() > kMaxHolidays) return PolicyInvalid("holidays", "are more than 1,000");
  for (int i = 0; i < sla.holidays_size(); ++i) {
    if (!DayNumber(sla.holidays(i))) {
      return PolicyInvalid(fmt::format("holidays[{}]", i), "is not a day, YYYY-MM-DD");
    }
  }
  if (Sla(sla).calendar().WeeklyMinutes() < kMinWeeklyMinutes) {
    return PolicyInvalid("hours", "are less than five in a week");
  }
  return std::nullopt;
}

MaybeRefusal CheckClock(const std::string& field, const ev::SlaClockTarget& clock) {
  if (clock.clock() == ev::SLA_CLOCK_UNSPECIFIED || !ev::SlaClock_IsValid(clock.clock())) {
    return PolicyInvalid(field + ".clock", "is not a clock");
  }
  if (clock.minutes() < 1 || clock.minutes() > kMaxMinutes) {
    return PolicyInvalid(field + ".minutes",
                         fmt::format("{} is not from 1 to 129,600", clock.minutes()));
  }
  if (clock.escalate_before_minutes() > clock.minutes()) {
    return PolicyInvalid(field + ".escalate_before_minutes",
                         "is more than the minutes of the clock");
  }
  return CheckValues(field + ".pauses", clock.pauses(), [](int status) {
    return ev::CaseStatus_IsValid(status) && IsOpen(static_cast<ev::CaseStatus>(status));
  });
}

using Words = google::protobuf::RepeatedPtrField<std::string>;

template <typename Check>
MaybeRefusal CheckWords(const std::string& field, const Words& words, Check check) {
  if (words.size() > kMaxListed) return PolicyInvalid(field, "are more than 100");
  for (int i = 0; i < words.size(); ++i) {
    if (auto r = check(fmt::format("{}[{}]", field, i), words[i])) return AsPolicy(r);
  }
  return std::nullopt;
}

MaybeRefusal CheckTarget(const std::string& field, const ev::SlaTarget& target) {
  if (!ev::CasePriority_IsValid(target.priority())) {
    return PolicyInvalid(field + ".priority", "is not a priority");
  }
  if (auto r = CheckWords(field + ".queues", target.queues(),
                          [](const std::string& path, const std::string& word) {
                            return CheckCode(path, word, Presence::kRequired);
                          })) {
    return r;
  }
  if (auto r = CheckWords(field + ".products", target.products(),
                          [](const std::string& path, const std::string& word) {
                            return CheckText(path, word, Presence::kRequired, kMaxProductBytes);
                          })) {
    return r;
  }
  if (target.clocks().empty()) return PolicyInvalid(field + ".clocks", "at least one is required");
  std::set<int> seen;
  for (int i = 0; i < target.clocks_size(); ++i) {
    const std::string path = fmt::format("{}.clocks[{}]", field, i);
    if (auto r = CheckClock(path, target.clocks(i))) return r;
    if (!seen.insert(target.clocks(i).clock()).second) return PolicyInvalid(path, "stands twice");
  }
  return std::nullopt;
}

}  // namespace

MaybeRefusal CheckSla(const ev::SlaPublished& sla) {
  if (auto r = CheckCode("sla_id", sla.sla_id(), Presence::kRequired)) return AsPolicy(r);
  if (sla.version() != 0) return PolicyInvalid("version", "is given by the server");
  // At once would be another instant in each partition.
  if (!sla.has_effective_from()) {
    return Refuse(daybook::v1::REASON_FIELD_REQUIRED, "effective_from", "is required");
  }
  Timestamp ignored;
  if (auto r = CheckInstant("effective_from", sla.effective_from(), &ignored)) return AsPolicy(r);
  if (auto r = CheckText("name", sla.name(), Presence::kRequired, 128)) return AsPolicy(r);
  if (auto r = CheckZone("zone", sla.zone(), Presence::kRequired)) return AsPolicy(r);
  if (auto r = CheckCalendar(sla)) return r;
  if (sla.targets().empty() || sla.targets_size() > kMaxTargets) {
    return PolicyInvalid("targets",
                         fmt::format("{} targets; 1 to 100 are allowed", sla.targets_size()));
  }
  for (int i = 0; i < sla.targets_size(); ++i) {
    if (auto r = CheckTarget(fmt::format("targets[{}]", i), sla.targets(i))) return r;
  }
  return std::nullopt;
}

}  // namespace daybook::projections::cases
