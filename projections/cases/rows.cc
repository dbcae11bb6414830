#include "projections/cases/rows.h"

#include "projections/engine/validation.h"

namespace daybook::projections::cases {

namespace ev = daybook::event::v1;

namespace {

constexpr size_t kUrgencyBytes = 8 + 1 + 8;

}  // namespace

std::string EventKey(const Event& event) {
  std::string key;
  key.reserve(24);
  AppendKey(event.occurred_at, &key);
  AppendKey(event.sequence.value(), &key);
  AppendKey(uint64_t{event.index}, &key);
  return key;
}

std::string CasePrefix(std::string_view case_id) {
  std::string prefix(1, static_cast<char>(case_id.size()));
  prefix += case_id;
  return prefix;
}

const ev::CaseClock* NextClock(const CaseRow& row) {
  const ev::CaseClock* next = nullptr;
  for (const ev::CaseClock& clock : row.clocks()) {
    if (clock.has_stopped_at() || !clock.has_due_at()) continue;
    if (next == nullptr || FromProto(clock.due_at()) < FromProto(next->due_at())) next = &clock;
  }
  return next;
}

std::string UrgencyKey(const CaseRow& row, std::string_view customer, std::string_view case_id) {
  const ev::CaseClock* next = NextClock(row);
  std::string key;
  AppendKey(next == nullptr ? ledger::kDistantFuture : FromProto(next->due_at()), &key);
  key.push_back(static_cast<char>(ev::CasePriority_MAX - row.priority()));
  AppendKey(Timestamp{row.opened_at_us()}, &key);
  key.append(customer).append(1, '\0').append(case_id);
  return key;
}

std::string_view CustomerOfUrgencyKey(std::string_view key) {
  key.remove_prefix(kUrgencyBytes);
  return key.substr(0, key.find('\0'));
}

std::string_view CaseOfUrgencyKey(std::string_view key) {
  key.remove_prefix(kUrgencyBytes);
  return key.substr(key.find('\0') + 1);
}

}  // namespace daybook::projections::cases
