#include "projections/cases/holders.h"

#include <algorithm>

#include "projections/cases/rules.h"
#include "projections/engine/tally.h"

namespace daybook::projections::cases {
namespace {

// A case that is passed round for ever must not fill the answer.
constexpr int kMaxHolders = 100;
constexpr int64_t kMicrosPerSecond = 1'000'000;

bool IsHeld(const CaseRow& row) { return row.seen() && IsOpen(row.status()); }

std::string HolderKey(std::string_view case_id, std::string_view queue, std::string_view assignee) {
  std::string key = CasePrefix(case_id);
  key.append(queue).append(1, '\0').append(assignee);
  return key;
}

// Who is not among the first hundred shares a row with all others.
CaseHolderRow& RowOf(const std::string& case_id, const CaseRow& row, RowGroup& rows) {
  const std::string key = HolderKey(case_id, row.queue(), row.assignee());
  if (rows.Find<CaseHolderRow>(key) != nullptr) return rows.Mutable<CaseHolderRow>(key);
  int holders = 0;
  rows.Scan<CaseHolderRow>(CasePrefix(case_id), [&holders](std::string_view, const auto&) {
    return ++holders < kMaxHolders;
  });
  if (holders < kMaxHolders) return rows.Mutable<CaseHolderRow>(key);
  return rows.Mutable<CaseHolderRow>(HolderKey(case_id, kOtherValue, kOtherValue));
}

}  // namespace

void NoteHolder(Timestamp at, const CaseStep& step, RowGroup& rows) {
  const bool held = IsHeld(step.before);
  const bool holds = IsHeld(step.after);
  if (held && holds && step.before.queue() == step.after.queue() &&
      step.before.assignee() == step.after.assignee()) {
    return;
  }
  int64_t from = at.micros;
  if (held) {
    CaseHolderRow& row = RowOf(step.case_id, step.before, rows);
    // What is told later does not take time away from anybody.
    from = std::max(from, row.since_us());
    if (row.has_since_us()) row.set_held_us(row.held_us() + from - row.since_us());
    row.clear_since_us();
  }
  if (holds) RowOf(step.case_id, step.after, rows).set_since_us(from);
}

void FillHolders(const RowGroup& rows, std::string_view case_id, Timestamp at,
                 google::protobuf::RepeatedPtrField<daybook::v1::CaseHolder>* holders) {
  const std::string prefix = CasePrefix(case_id);
  rows.Scan<CaseHolderRow>(prefix, [&](std::string_view key, const CaseHolderRow& row) {
    key.remove_prefix(prefix.size());
    daybook::v1::CaseHolder& holder = *holders->Add();
    holder.set_queue(std::string(key.substr(0, key.find('\0'))));
    holder.set_assignee(std::string(key.substr(key.find('\0') + 1)));
    holder.set_current(row.has_since_us());
    int64_t held = row.held_us();
    if (row.has_since_us()) held += std::max<int64_t>(0, at.micros - row.since_us());
    holder.mutable_held()->set_seconds(held / kMicrosPerSecond);
    holder.mutable_held()->set_nanos(static_cast<int32_t>(held % kMicrosPerSecond * 1000));
    return true;
  });
}

}  // namespace daybook::projections::cases
