// A version of a service level agreement in the form that decisions use.
#pragma once

#include <optional>
#include <string_view>

#include "daybook/event/v1/cases.pb.h"
#include "projections/cases/working_time.h"
#include "projections/engine/decision.h"
#include "projections/engine/policies.h"

namespace daybook::projections::cases {

// The agreement of cases that name none.
inline constexpr std::string_view kStandardSla = "main";

// Immutable; shared by all threads.
class Sla : public Policy {
 public:
  explicit Sla(const daybook::event::v1::SlaPublished& published);

  const daybook::event::v1::SlaPublished& published() const { return published_; }
  const WorkingCalendar& calendar() const;
  // Index of the first target that fits; nothing if none does.
  std::optional<uint32_t> TargetFor(daybook::event::v1::CasePriority priority,
                                    std::string_view queue, std::string_view product) const;
  // What target `target` says of a clock; null: nothing.
  const daybook::event::v1::SlaClockTarget* Find(uint32_t target,
                                                 daybook::event::v1::SlaClock clock) const;

 private:
  const daybook::event::v1::SlaPublished published_;
  const std::optional<WorkingCalendar> calendar_;  // none: this machine lacks the zone
};

// The version in force at the decision's instant; null if there is none.
const Sla* SlaInForce(const Decision& decision, std::string_view sla_id);

// What an agreement must be before it is published, with paths below "sla": POLICY_INVALID.
MaybeRefusal CheckSla(const daybook::event::v1::SlaPublished& sla);
// "08:30" → 510; "24:00" → 1,440; nothing for anything else.
std::optional<int> MinuteOfDay(std::string_view text);
// "2024-02-29" → days since 1970-01-01; nothing if there is no such day.
std::optional<int64_t> DayNumber(std::string_view text);

}  // namespace daybook::projections::cases
