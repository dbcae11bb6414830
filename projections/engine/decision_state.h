// What decisions of one partition read: the rows of its entities and their armed deadlines. Folded
// by the domains' apply, by the engine's own rows, and by nothing else.
//
// Threads: the worker that owns the partition.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
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

// A deadline and the entity whose it is.
struct ArmedDeadline {
  EntityRef entity;
  Deadline deadline;
};

// The armed deadlines of a partition in due order.
struct DueList {
  RowGroup& rows;
  // Earliest due instant armed by a live event since it was last reset: what a timer may have
  // passed already.
  Timestamp earliest_new = ledger::kDistantFuture;
};

// Folds one event into the rows of its entity: the domains' apply and the engine's own row. `due`
// is null where nothing will ever fire (a dry run).
void FoldIntoDecisionState(const Catalogue& catalogue, const Event& event, RowGroup& entity,
                           DueList* due);

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

  DueList Due();
  // See DueList; kept here between calls.
  void NoteNew(Timestamp due) { earliest_new_ = std::min(earliest_new_, due); }
  Timestamp TakeEarliestNew() { return std::exchange(earliest_new_, ledger::kDistantFuture); }

  RowTable& table() { return table_; }

 private:
  const Catalogue* catalogue_;
  RowTable table_;
  Timestamp earliest_new_ = ledger::kDistantFuture;
};

}  // namespace daybook::projections
