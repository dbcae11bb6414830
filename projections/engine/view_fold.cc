#include "projections/engine/view_fold.h"

#include "projections/engine/limits.h"

namespace daybook::projections {

using ledger::PartitionId;
using ledger::Sequence;

namespace {

class FoldedViewState : public ViewState {
 public:
  FoldedViewState(const Event& event, const Secrets& secrets, RowTable& table)
      : event_(event), secrets_(secrets), table_(table) {}

  RowGroup& entity() override {
    if (entity_ == nullptr) {
      std::string key;
      ledger::AppendEntityKey(event_.tenant, static_cast<uint16_t>(event_.entity_kind),
                              event_.entity_id, &key);
      entity_ = &table_.Group(key);
    }
    return *entity_;
  }
  RowGroup& index(std::string_view key) override {
    std::string group;
    ledger::AppendEntityKey(event_.tenant, 0, key, &group);
    return table_.Group(group);
  }
  std::string HashPersonal(std::string_view text) override {
    return secrets_.HashPersonal(event_.tenant, text);
  }

 private:
  const Event& event_;
  const Secrets& secrets_;
  RowTable& table_;
  RowGroup* entity_ = nullptr;
};

}  // namespace

void ApplyToView(const View& view, const Event& event, Secrets& secrets, RowTable& table) {
  if (!view.Wants(event.type)) return;
  FoldedViewState state(event, secrets, table);
  if (!view.wants_clear() || !secrets.HasSealed(event.message->GetDescriptor())) {
    view.Apply(event, state);
    return;
  }
  std::unique_ptr<google::protobuf::Message> opened(event.message->New());
  opened->CopyFrom(*event.message);
  secrets.OpenAll(opened.get(), event.entity(), event.id);
  Event clear = event;
  clear.message = opened.get();
  view.Apply(clear, state);
}

ViewFold::ViewFold(const View* view, Secrets* secrets, std::unique_ptr<FoldStorage> storage,
                   FoldState state, const std::vector<PartitionId>& partitions, bool in_memory)
    : view_(view), secrets_(secrets), storage_(std::move(storage)), place_(state.place) {
  for (const PartitionId partition : partitions) {
    auto part = std::make_unique<Part>(in_memory ? nullptr : storage_->Source(partition));
    auto it = state.positions.find(partition);
    if (it != state.positions.end()) part->position.store(it->second.sequence.value());
    part->stored.store(part->position.load());
    parts_[partition] = std::move(part);
  }
}

bool ViewFold::WantsAny(const ledger::CommitView& commit) const {
  for (const ledger::EventView& event : commit.events()) {
    if (view_->Wants(static_cast<EventType>(event.type))) return true;
  }
  return false;
}

void ViewFold::Apply(const DecodedCommit& commit, PartitionId partition, Sequence sequence) {
  Part& part = *parts_.at(partition);
  if (sequence.value() <= part.position.load(std::memory_order_relaxed)) return;
  std::lock_guard lock(part.mutex);
  CheckInvariant(sequence.value() == part.position.load(std::memory_order_relaxed) + 1,
                 "a view would skip a commit");
  for (const Event& event : commit.events()) ApplyToView(*view_, event, *secrets_, part.table);
  part.table.Seal();
  part.position.store(sequence.value(), std::memory_order_release);
}

void ViewFold::Skip(PartitionId partition, Sequence sequence) {
  Part& part = *parts_.at(partition);
  if (sequence.value() <= part.position.load(std::memory_order_relaxed)) return;
  CheckInvariant(sequence.value() == part.position.load(std::memory_order_relaxed) + 1,
                 "a view would skip a commit");
  part.position.store(sequence.value(), std::memory_order_release);
}

Sequence ViewFold::Position(PartitionId partition) const {
  auto it = parts_.find(partition);
  return it == parts_.end() ? Sequence()
                            : Sequence(it->second->position.load(std::memory_order_acquire));
}

void ViewFold::WithRows(PartitionId partition, const std::function<void(RowTable&)>& read) {
  auto it = parts_.find(partition);
  if (it == parts_.end()) return;
  std::lock_guard lock(it->second->mutex);
  read(it->second->table);
  it->second->table.Seal();
}

size_t ViewFold::DirtyGroups() const {
  size_t groups = 0;
  for (const auto& [id, part] : parts_) {
    std::lock_guard lock(part->mutex);
    groups += part->table.dirty_groups();
  }
  return groups;
}

size_t ViewFold::ResidentRows() const {
  size_t rows = 0;
  for (const auto& [id, part] : parts_) {
    std::lock_guard lock(part->mutex);
    rows += part->table.resident_rows();
  }
  return rows;
}

FoldState ViewFold::StateNow(
    const ledger::GroupPlace& place, bool building, const ledger::LedgerId& ledger,
    const std::function<FoldPosition(PartitionId, Sequence)>& position) const {
  FoldState state;
  state.ledger = ledger;
  state.place = place;
  state.building = building;
  for (const auto& [id, part] : parts_) {
    const Sequence sequence(part->position.load());
    if (sequence.value() > 0) state.positions[id] = position(id, sequence);
  }
  return state;
}

absl::Status ViewFold::Flush(const ledger::GroupPlace& place, bool building,
                             const ledger::LedgerId& ledger,
                             const std::function<FoldPosition(PartitionId, Sequence)>& position) {
  const FoldState state = StateNow(place, building, ledger, position);
  // Readers wait: what is written must be what stands at the state's positions.
  std::vector<std::unique_lock<std::mutex>> locks;
  for (auto& [id, part] : parts_) locks.emplace_back(part->mutex);
  const absl::Status written = storage_->Write(
      [this](RowWriter& writer) {
        for (auto& [id, part] : parts_) WriteChanges(id, part->table, writer);
      },
      state);
  if (!written.ok()) return written;  // all of it is written with the next flush
  place_ = place;
  for (auto& [id, part] : parts_) {
    part->table.ChangesWritten();
    part->table.Evict();
    part->stored.store(part->position.load());
  }
  return written;
}

void ViewFold::Revert() {
  for (auto& [id, part] : parts_) {
    std::lock_guard lock(part->mutex);
    part->table.Clear();
    part->position.store(part->stored.load());
  }
}

absl::Status ViewFold::WriteSorted(
    const ledger::GroupPlace& place, bool building, const ledger::LedgerId& ledger,
    const std::function<FoldPosition(PartitionId, Sequence)>& position) {
  const absl::Status written = storage_->WriteSorted(
      [this](const std::function<void(PartitionId, std::string_view, std::string_view,
                                      std::string_view)>& put) {
        for (auto& [id, part] : parts_) {
          part->table.ForEachSorted(
              [&put, id = id](std::string_view group, std::string_view row,
                              std::string_view bytes) { put(id, group, row, bytes); });
        }
      },
      StateNow(place, building, ledger, position));
  if (written.ok()) place_ = place;
  return written;
}

}  // namespace daybook::projections
