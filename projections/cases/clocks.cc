#include "projections/cases/clocks.h"

#include <algorithm>

#include "projections/engine/validation.h"

namespace daybook::projections::cases {

namespace ev = daybook::event::v1;

namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;

int64_t MicrosOf(const google::protobuf::Duration& duration) {
  return duration.seconds() * kMicrosPerSecond + duration.nanos() / 1000;
}

bool Active(const ev::CaseClock& clock) {
  return clock.state() == ev::SLA_CLOCK_STATE_RUNNING ||
         clock.state() == ev::SLA_CLOCK_STATE_PAUSED ||
         (clock.state() == ev::SLA_CLOCK_STATE_BREACHED && !clock.has_stopped_at());
}

// A question of ours is an answer: the customer does not wait while we do.
bool StandsStill(const ev::SlaClockTarget& target, ev::CaseStatus status) {
  if (target.clock() == ev::SLA_CLOCK_NEXT_ANSWER &&
      status == ev::CASE_STATUS_WAITING_FOR_CUSTOMER) {
    return true;
  }
  return std::find(target.pauses().begin(), target.pauses().end(), status) != target.pauses().end();
}

}  // namespace

bool ClockBoard::IsActive(ev::SlaClock which) const {
  const ev::CaseClock* clock = FindClock(which, clocks_);
  return clock != nullptr && Active(*clock);
}

int64_t ClockBoard::LeftOf(const ev::CaseClock& clock) const {
  if (clock.state() == ev::SLA_CLOCK_STATE_PAUSED) return MicrosOf(clock.remaining());
  return agreed_->sla->calendar().Between(at_, FromProto(clock.due_at()));
}

void ClockBoard::Run(int64_t left_micros, ev::CaseClock* clock) const {
  const WorkingCalendar& calendar = agreed_->sla->calendar();
  const ev::SlaClockTarget& target = *agreed_->sla->Find(agreed_->target, clock->clock());
  clock->set_state(ev::SLA_CLOCK_STATE_RUNNING);
  clock->clear_remaining();
  *clock->mutable_due_at() = ToProto(calendar.After(at_, left_micros));
  clock->clear_escalates_at();
  if (target.escalate_before_minutes() == 0 || clock->escalated()) return;
  const int64_t before = target.escalate_before_minutes() * kMicrosPerMinute;
  *clock->mutable_escalates_at() = ToProto(calendar.After(at_, left_micros - before));
}

void ClockBoard::Pause(ev::CaseClock* clock) const {
  const int64_t left = LeftOf(*clock);
  clock->set_state(ev::SLA_CLOCK_STATE_PAUSED);
  clock->mutable_remaining()->set_seconds(left / kMicrosPerSecond);
  clock->mutable_remaining()->set_nanos(static_cast<int32_t>(left % kMicrosPerSecond * 1000));
  clock->clear_due_at();
  clock->clear_escalates_at();
}

void ClockBoard::Start(ev::SlaClock which) {
  const ev::SlaClockTarget* target =
      agreed_ == nullptr ? nullptr : agreed_->sla->Find(agreed_->target, which);
  if (target == nullptr) return;
  ev::CaseClock clock;
  clock.set_clock(which);
  *clock.mutable_started_at() = ToProto(at_);
  Run(target->minutes() * kMicrosPerMinute, &clock);
  SetClock(clock, &clocks_);
}

void ClockBoard::Stop(ev::SlaClock which) {
  ev::CaseClock* clock = FindClock(which, &clocks_);
  if (clock == nullptr || !Active(*clock)) return;
  const bool passed = clock->has_due_at() && FromProto(clock->due_at()) <= at_;
  const bool breached = clock->state() == ev::SLA_CLOCK_STATE_BREACHED || passed;
  clock->set_state(breached ? ev::SLA_CLOCK_STATE_BREACHED : ev::SLA_CLOCK_STATE_MET);
  *clock->mutable_stopped_at() = ToProto(at_);
  clock->clear_remaining();
  clock->clear_escalates_at();
}

void ClockBoard::StopAll() {
  for (const auto which :
       {ev::SLA_CLOCK_FIRST_ANSWER, ev::SLA_CLOCK_NEXT_ANSWER, ev::SLA_CLOCK_RESOLUTION}) {
    Stop(which);
  }
}

void ClockBoard::Retarget(const Agreed* agreed, const std::vector<ev::SlaClock>& wanted) {
  const Agreed* const old = agreed_;
  for (int i = clocks_.size() - 1; i >= 0; --i) {
    ev::CaseClock& clock = clocks_[i];
    const bool counts =
        clock.state() == ev::SLA_CLOCK_STATE_RUNNING || clock.state() == ev::SLA_CLOCK_STATE_PAUSED;
    const bool passed = clock.has_due_at() && FromProto(clock.due_at()) <= at_;
    if (!counts || passed || old == nullptr) continue;
    const ev::SlaClockTarget* target =
        agreed == nullptr ? nullptr : agreed->sla->Find(agreed->target, clock.clock());
    if (target == nullptr) {
      clocks_.DeleteSubrange(i, 1);
      continue;
    }
    const int64_t whole = old->sla->Find(old->target, clock.clock())->minutes() * kMicrosPerMinute;
    const int64_t gone = whole - LeftOf(clock);
    agreed_ = agreed;
    Run(std::max<int64_t>(0, target->minutes() * kMicrosPerMinute - gone), &clock);
    agreed_ = old;
  }
  agreed_ = agreed;
  for (const ev::SlaClock which : wanted) {
    if (FindClock(which, clocks_) == nullptr) Start(which);
  }
}

void ClockBoard::Follow(ev::CaseStatus status) {
  if (agreed_ == nullptr) return;
  for (ev::CaseClock& clock : clocks_) {
    const ev::SlaClockTarget* target = agreed_->sla->Find(agreed_->target, clock.clock());
    if (target == nullptr) continue;
    const bool still = StandsStill(*target, status);
    if (clock.state() == ev::SLA_CLOCK_STATE_RUNNING && still && at_ < FromProto(clock.due_at())) {
      Pause(&clock);
    } else if (clock.state() == ev::SLA_CLOCK_STATE_PAUSED && !still) {
      Run(LeftOf(clock), &clock);
    }
  }
}

Clocks ClockBoard::ChangedSince(const Clocks& before) const {
  Clocks changed;
  for (const ev::CaseClock& clock : clocks_) {
    const ev::CaseClock* old = FindClock(clock.clock(), before);
    if (old == nullptr || old->SerializeAsString() != clock.SerializeAsString()) {
      *changed.Add() = clock;
    }
  }
  for (const ev::CaseClock& clock : before) {
    if (FindClock(clock.clock(), clocks_) == nullptr) changed.Add()->set_clock(clock.clock());
  }
  return changed;
}

}  // namespace daybook::projections::cases
