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

// The lists of a partition are index groups of the empty tenant.
std::string ListKey(std::string_view name) {
  std::string key;
  ledger::AppendEntityKey("", 0, name, &key);
  return key;
}

std::string FollowUpKey(const FollowUpPlace& place) {
  return KeyOf(place.sequence.value()) + KeyOf(uint64_t{place.index});
}

FollowUpPlace FollowUpPlaceFromKey(std::string_view key) {
  return {ledger::Sequence(NumberFromKey(key)),
          static_cast<uint32_t>(NumberFromKey(key.substr(sizeof(uint64_t))))};
}

class FoldedState : public EntityState {
 public:
  FoldedState(const Event& event, RowGroup& rows, DecisionState* lists)
      : event_(event), rows_(rows), lists_(lists) {}

  RowGroup& rows() override { return rows_; }

  void Arm(const Deadline& deadline) override {
    const std::string key = DeadlineKey(deadline.kind, deadline.key);
    auto& row = rows_.Mutable<engine::DeadlineRow>(key);
    if (row.has_due_us() && row.due_us() == deadline.due.micros) return;
    if (row.has_due_us()) EraseDue({row.due_us()}, key);
    row.set_due_us(deadline.due.micros);
    if (lists_ != nullptr) {
      auto& due_row = lists_->DueRows().Mutable<engine::DueRow>(DueKey(deadline.due, key));
      due_row.set_tenant(std::string(event_.tenant));
      due_row.set_entity_kind(static_cast<uint32_t>(event_.entity_kind));
      due_row.set_entity_id(std::string(event_.entity_id));
      due_row.set_kind(deadline.kind);
      due_row.set_key(deadline.key);
      // Imported entities wait for their session; its end looks at the whole list again.
      if (!event_.context->historic()) lists_->NoteArmed(deadline.due);
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
    if (lists_ != nullptr) lists_->DueRows().Erase<engine::DueRow>(DueKey(due, deadline_key));
  }

  const Event& event_;
  RowGroup& rows_;
  DecisionState* lists_;
  bool changed_ = false;
};

void FoldFollowUp(const Catalogue& catalogue, const Event& event, DecisionState& lists) {
  if (event.type == daybook::event::v1::EVENT_TYPE_FOLLOW_UP_ANSWERED) {
    const auto& answered = event.As<daybook::event::v1::FollowUpAnswered>();
    lists.FollowUpRows().Erase<engine::FollowUpRow>(
        FollowUpKey({ledger::Sequence(answered.sequence()), answered.index()}));
  } else if (catalogue.FindFollowUp(event.type) != nullptr) {
    lists.FollowUpRows().Mutable<engine::FollowUpRow>(FollowUpKey({event.sequence, event.index}));
    lists.NoteFollowUp();
  }
}

}  // namespace

void FoldIntoDecisionState(const Catalogue& catalogue, const Event& event, RowGroup& entity,
                           DecisionState* lists) {
  if (lists != nullptr) FoldFollowUp(catalogue, event, *lists);
  FoldedState state(event, entity, lists);
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

RowGroup& DecisionState::DueRows() {
  static const std::string key = ListKey("due");
  return table_.Group(key);
}

RowGroup& DecisionState::FollowUpRows() {
  static const std::string key = ListKey("follow-ups");
  return table_.Group(key);
}

void DecisionState::ScanFollowUps(const FollowUpPlace& from,
                                  const std::function<bool(const FollowUpPlace&)>& visit) {
  FollowUpRows().Scan<engine::FollowUpRow>({}, FollowUpKey(from), ScanOrder::kAscending,
                                           [&](std::string_view key, const engine::FollowUpRow&) {
                                             return visit(FollowUpPlaceFromKey(key));
                                           });
}

bool DecisionState::HasFollowUp(const FollowUpPlace& place) {
  return FollowUpRows().Find<engine::FollowUpRow>(FollowUpKey(place)) != nullptr;
}

void DecisionState::Apply(const Event& event) {
  std::string key;
  ledger::AppendEntityKey(event.tenant, static_cast<uint16_t>(event.entity_kind), event.entity_id,
                          &key);
  FoldIntoDecisionState(*catalogue_, event, table_.Group(key), this);
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
  DueRows().Scan<engine::DueRow>(
      {}, KeyOf(from), ScanOrder::kAscending, [&](std::string_view key, const engine::DueRow& row) {
        const Timestamp due = InstantFromKey(key);
        if (due > now) return false;
        return visit({{row.tenant(), static_cast<uint16_t>(row.entity_kind()), row.entity_id()},
                      {static_cast<uint16_t>(row.kind()), row.key(), due}});
      });
}

std::optional<Timestamp> DecisionState::NextDue(Timestamp from) {
  std::optional<Timestamp> next;
  DueRows().Scan<engine::DueRow>({}, KeyOf(from), ScanOrder::kAscending,
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
