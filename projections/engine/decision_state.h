// What decisions of one partition read: the rows of its entities and their armed deadlines. Folded
// by the domains' apply, by the engine's own rows, and by nothing else.
//
// Threads: the worker that owns the partition.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "projections/engine/catalogue.h"
#include "projections/engine/decision.h"
#include "projections/engine/event.h"
#include "projections/engine/rows.h"
#include "projections/engine/rows.pb.h"

namespace daybook::projections {

template <>
struct RowTag<engine::EntityRow> {
  static constexpr uint16_t value = 0x0001;
};
template <>
struct RowTag<engine::DeadlineRow> {
  static constexpr uint16_t value = 0x0002;
};
template <>
struct RowTag<engine::DueRow> {
  static constexpr uint16_t value = 0x0003;
};
template <>
struct RowTag<engine::FollowUpRow> {
  static constexpr uint16_t value = 0x0004;
};

// A deadline and the entity whose it is.
struct ArmedDeadline {
  EntityRef entity;
  Deadline deadline;
};

// Where the event stands that wants a follow-up.
struct FollowUpPlace {
  ledger::Sequence sequence;
  uint32_t index = 0;  // in the commit

  friend bool operator==(const FollowUpPlace&, const FollowUpPlace&) = default;
  friend bool operator<(const FollowUpPlace& a, const FollowUpPlace& b) {
    return std::tie(a.sequence, a.index) < std::tie(b.sequence, b.index);
  }
};

class DecisionState;

// Folds one event into the rows of its entity, by the domains' apply and the engine's own row, and
// into the lists of its partition. `lists` is null where nothing will ever fire or be sent (a dry
// run).
void FoldIntoDecisionState(const Catalogue& catalogue, const Event& event, RowGroup& entity,
                           DecisionState* lists);

class DecisionState {
 public:
  // `catalogue` and `source` must outlive it.
  DecisionState(const Catalogue* catalogue, const RowSource* source)
      : catalogue_(catalogue), table_(source) {}

  RowGroup& Entity(const EntityRef& entity);
  void Apply(const Event& event);

  // Armed deadlines of an entity with due + grace ≤ now, in due order.
  std::vector<Deadline> DueOf(const EntityRef& entity, Timestamp now);
  // Armed deadlines of all entities from `from` on with due ≤ now, in due order, until `visit` is
  // false.
  void ScanDue(Timestamp from, Timestamp now,
               const std::function<bool(const ArmedDeadline&)>& visit);
  // The earliest due instant ≥ `from` of the partition.
  std::optional<Timestamp> NextDue(Timestamp from);
  // Greatest occurred_at of the entity's events; kDistantPast if there are none.
  Timestamp HighWater(const EntityRef& entity);
  // The import session that last touched the entity; empty if none.
  std::string ImportSession(const EntityRef& entity);

  // The armed deadlines of the partition in due order.
  RowGroup& DueRows();
  // Earliest due instant armed by a live event since it was last taken: what a timer may have
  // passed already.
  void NoteArmed(Timestamp due) { earliest_new_ = std::min(earliest_new_, due); }
  Timestamp TakeEarliestNew() { return std::exchange(earliest_new_, ledger::kDistantFuture); }

  // The follow-ups of the partition that have no answer, in the order in which they were wanted.
  RowGroup& FollowUpRows();
  // From `from` on, until `visit` is false.
  void ScanFollowUps(const FollowUpPlace& from,
                     const std::function<bool(const FollowUpPlace&)>& visit);
  bool HasFollowUp(const FollowUpPlace& place);
  // True if one was wanted since it was last taken.
  void NoteFollowUp() { follow_up_wanted_ = true; }
  bool TakeFollowUpWanted() { return std::exchange(follow_up_wanted_, false); }

  RowTable& table() { return table_; }

 private:
  const Catalogue* catalogue_;
  RowTable table_;
  Timestamp earliest_new_ = ledger::kDistantFuture;
  bool follow_up_wanted_ = false;
};

}  // namespace daybook::projections
