#include "projections/engine/decision_state.h"

#include <algorithm>

namespace daybook::projections {

namespace {

// Key of a deadline in its entity: kind (2 bytes, big-endian), then its own key.
std::string DeadlineKey(uint16_t kind, std::string_view key) {
  std::string out;
  out.push_back(static_cast<char>(kind >> 8));
  out.push_back(static_cast<char>(kind & 0xff));
  out.append(key);
  return out;
}

// The due list is the index group of the empty tenant.
const std::string& DueGroupKey() {
  static const std::string key = [] {
    std::string out;
    ledger::AppendEntityKey("", 0, "due", &out);
    return out;
  }();
  return key;
}

class FoldedState : public EntityState {
 public:
  FoldedState(const Event& event, RowGroup& rows, DueList* due)
      : event_(event), rows_(rows), due_(due) {}

  RowGroup& rows() override { return rows_; }

  void Arm(const Deadline& deadline) override {
    const std::string key = DeadlineKey(deadline.kind, deadline.key);
    auto& row = rows_.Mutable<engine::DeadlineRow>(key);
    if (row.has_due_us() && row.due_us() == deadline.due.micros) return;
    if (row.has_due_us()) EraseDue({row.due_us()}, key);
    row.set_due_us(deadline.due.micros);
    if (due_ != nullptr) {
      auto& due_row = due_->rows.Mutable<engine::DueRow>(DueKey(deadline.due, key));
      due_row.set_tenant(std::string(event_.tenant));
      due_row.set_entity_kind(static_cast<uint32_t>(event_.entity_kind));
      due_row.set_entity_id(std::string(event_.entity_id));
      due_row.set_kind(deadline.kind);
      due_row.set_key(deadline.key);
      // Imported entities wait for their session; its end looks at the whole list again.
      if (!event_.context->historic())
        due_->earliest_new = std::min(due_->earliest_new, deadline.due);
    }
    changed_ = true;
  }

  void Disarm(uint16_t kind, std::string_view key) override {
    const std::string row_key = DeadlineKey(kind, key);
    const auto* row = rows_.Find<engine::DeadlineRow>(row_key);
    if (row == nullptr) return;
    EraseDue({row->due_us()}, row_key);
    rows_.Erase<engine::DeadlineRow>(row_key);
    changed_ = true;
  }

  bool deadlines_changed() const { return changed_; }

 private:
  std::string DueKey(Timestamp due, std::string_view deadline_key) const {
    std::string key = KeyOf(due);
    ledger::AppendEntityKey(event_.tenant, static_cast<uint16_t>(event_.entity_kind),
                            event_.entity_id, &key);
    key.append(deadline_key);
    return key;
  }
  void EraseDue(Timestamp due, std::string_view deadline_key) {
    if (due_ != nullptr) due_->rows.Erase<engine::DueRow>(DueKey(due, deadline_key));
  }

  const Event& event_;
  RowGroup& rows_;
  DueList* due_;
  bool changed_ = false;
};

}  // namespace

void FoldIntoDecisionState(const Catalogue& catalogue, const Event& event, RowGroup& entity,
                           DueList* due) {
  FoldedState state(event, entity, due);
  for (const Domain& domain : catalogue.domains()) {
    if (domain.apply) domain.apply(event, state);
  }
  auto& row = entity.Mutable<engine::EntityRow>();
  if (!row.has_high_water_us() || row.high_water_us() < event.occurred_at.micros) {
    row.set_high_water_us(event.occurred_at.micros);
  }
  if (!event.context->import_session().empty())
    row.set_import_session(event.context->import_session());
  if (state.deadlines_changed()) {
    row.clear_next_due_us();
    entity.Scan<engine::DeadlineRow>(
        {}, [&row](std::string_view, const engine::DeadlineRow& armed) {
          if (!row.has_next_due_us() || armed.due_us() < row.next_due_us())
            row.set_next_due_us(armed.due_us());
          return true;
        });
  }
}

RowGroup& DecisionState::Entity(const EntityRef& entity) {
  return table_.Group(ledger::EntityKey(entity));
}

DueList DecisionState::Due() { return {table_.Group(DueGroupKey())}; }

void DecisionState::Apply(const Event& event) {
  std::string key;
  ledger::AppendEntityKey(event.tenant, static_cast<uint16_t>(event.entity_kind), event.entity_id,
                          &key);
  DueList due = Due();
  FoldIntoDecisionState(*catalogue_, event, table_.Group(key), &due);
  NoteNew(due.earliest_new);
}

std::vector<Deadline> DecisionState::DueOf(const EntityRef& entity, Timestamp now) {
  std::vector<Deadline> due;
  const RowGroup& rows = Entity(entity);
  const auto* row = rows.Find<engine::EntityRow>();
  if (row == nullptr || !row->has_next_due_us() || row->next_due_us() > now.micros) return due;
  rows.Scan<engine::DeadlineRow>({}, [&](std::string_view key, const engine::DeadlineRow& armed) {
    const auto kind =
        static_cast<uint16_t>(static_cast<uint8_t>(key[0]) << 8 | static_cast<uint8_t>(key[1]));
    const DeadlineSpec* spec = catalogue_->FindDeadline(kind);
    if (spec != nullptr && armed.due_us() + spec->grace_micros <= now.micros) {
      due.push_back({kind, std::string(key.substr(2)), {armed.due_us()}});
    }
    return true;
  });
  std::stable_sort(due.begin(), due.end(),
                   [](const Deadline& a, const Deadline& b) { return a.due < b.due; });
  return due;
}

void DecisionState::ScanDue(Timestamp from, Timestamp now,
                            const std::function<bool(const ArmedDeadline&)>& visit) {
  Due().rows.Scan<engine::DueRow>(
      {}, KeyOf(from), ScanOrder::kAscending, [&](std::string_view key, const engine::DueRow& row) {
        const Timestamp due = InstantFromKey(key);
        if (due > now) return false;
        return visit({{row.tenant(), static_cast<uint16_t>(row.entity_kind()), row.entity_id()},
                      {static_cast<uint16_t>(row.kind()), row.key(), due}});
      });
}

std::optional<Timestamp> DecisionState::NextDue(Timestamp from) {
  std::optional<Timestamp> next;
  Due().rows.Scan<engine::DueRow>({}, KeyOf(from), ScanOrder::kAscending,
                                  [&next](std::string_view key, const engine::DueRow&) {
                                    next = InstantFromKey(key);
                                    return false;
                                  });
  return next;
}

Timestamp DecisionState::HighWater(const EntityRef& entity) {
  const auto* row = Entity(entity).Find<engine::EntityRow>();
  return row == nullptr || !row->has_high_water_us() ? ledger::kDistantPast
                                                     : Timestamp{row->high_water_us()};
}

std::string DecisionState::ImportSession(const EntityRef& entity) {
  const auto* row = Entity(entity).Find<engine::EntityRow>();
  return row == nullptr ? std::string() : row->import_session();
}

}  // namespace daybook::projections
