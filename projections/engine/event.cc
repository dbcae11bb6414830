#include "projections/engine/event.h"

#include "absl/strings/str_cat.h"

namespace daybook::projections {

void EventCatalogue::Add(const EventSpec& spec) {
  const auto number = static_cast<size_t>(spec.type);
  if (by_type_.size() <= number) by_type_.resize(number + 1, EventSpec{});
  by_type_[number] = spec;
  by_message_[spec.prototype->GetDescriptor()] = static_cast<uint16_t>(number);
}

const EventSpec* EventCatalogue::Find(uint16_t type) const {
  if (type >= by_type_.size() || by_type_[type].prototype == nullptr) return nullptr;
  return &by_type_[type];
}

const EventSpec* EventCatalogue::FindByMessage(
    const google::protobuf::Descriptor* descriptor) const {
  auto it = by_message_.find(descriptor);
  return it == by_message_.end() ? nullptr : &by_type_[it->second];
}

absl::StatusOr<std::shared_ptr<const DecodedCommit>> DecodedCommit::Decode(
    const ledger::CommitView& view, const EventCatalogue& catalogue) {
  auto commit = std::make_shared<DecodedCommit>();
  const auto& header = view.header();
  auto where = [&header](size_t index) {
    return absl::StrCat("partition ", header.partition.value(), " sequence ",
                        header.sequence.value(), " event ", index);
  };
  commit->tenant_ = view.tenant();
  commit->entity_ids_.reserve(view.events().size());
  commit->events_.reserve(view.events().size());
  if (!commit->context_->ParseFromArray(view.context().data(),
                                        static_cast<int>(view.context().size()))) {
    return absl::DataLossError(absl::StrCat("the context of ", where(0), " does not parse"));
  }
  for (const ledger::EventView& stored : view.events()) {
    const size_t index = commit->events_.size();
    const EventSpec* spec = catalogue.Find(stored.type);
    if (spec == nullptr || stored.schema_version > spec->schema_version ||
        stored.schema_version == 0) {
      return absl::FailedPreconditionError(absl::StrCat("event type ", stored.type, " version ",
                                                        stored.schema_version, " at ", where(index),
                                                        " is not known to this program"));
    }
    google::protobuf::Message* const payload = spec->prototype->New(&commit->arena_);
    if (!payload->ParseFromArray(stored.payload.data(), static_cast<int>(stored.payload.size()))) {
      return absl::DataLossError(absl::StrCat("the payload of ", where(index), " does not parse"));
    }
    const EventContext* context = commit->context_;
    if (!stored.context_override.empty()) {
      auto* merged = google::protobuf::Arena::CreateMessage<EventContext>(&commit->arena_);
      *merged = *context;
      if (!merged->MergeFromString(std::string(stored.context_override))) {
        return absl::DataLossError(
            absl::StrCat("the context of ", where(index), " does not parse"));
      }
      context = merged;
    }
    commit->entity_ids_.emplace_back(stored.entity_id);
    Event event;
    event.type = spec->type;
    event.tenant = commit->tenant_;
    event.entity_kind = static_cast<EntityKind>(stored.entity_kind);
    event.entity_id = commit->entity_ids_.back();
    event.id = stored.id;
    event.occurred_at = stored.occurred_at;
    event.recorded_at = header.recorded_at;
    event.partition = header.partition;
    event.sequence = header.sequence;
    event.index = static_cast<uint32_t>(index);
    event.message = payload;
    event.context = context;
    commit->events_.push_back(event);
  }
  return std::shared_ptr<const DecodedCommit>(std::move(commit));
}

}  // namespace daybook::projections
