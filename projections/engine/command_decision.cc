#include "projections/engine/command_decision.h"

#include "absl/strings/str_cat.h"
#include "ledger/limits.h"

namespace daybook::projections {

CommandDecision::CommandDecision(const Catalogue& catalogue, Secrets& secrets,
                                 ledger::EventIdMaker& ids, const CommitFrame& frame,
                                 ledger::Sequence sequence, const DecisionContext& context,
                                 EntityRef entity, const EventContext& event_context,
                                 RowGroup& state, DecisionState* lists)
    : catalogue_(catalogue),
      secrets_(secrets),
      ids_(ids),
      frame_(frame),
      sequence_(sequence),
      context_(context),
      entity_(std::move(entity)),
      state_(state),
      lists_(lists),
      made_(std::make_shared<DecodedCommit>()) {
  made_->tenant_ = entity_.tenant;
  made_->entity_ids_.push_back(entity_.id);
  *made_->context_ = event_context;
}

std::string CommandDecision::OpenSealed(const daybook::event::v1::Sealed& value,
                                        bool* erased) const {
  return secrets_.Open(value, entity_, erased);
}

void CommandDecision::UsesPolicy(std::string_view policy, uint32_t version) {
  for (const auto& used : made_->context_->policies()) {
    if (used.policy() == policy && used.version() == version) return;
  }
  auto* used = made_->context_->add_policies();
  used->set_policy(std::string(policy));
  used->set_version(version);
}

void CommandDecision::EmitAt(const google::protobuf::Message& payload, Timestamp occurred_at) {
  const EventSpec* spec = catalogue_.events().FindByMessage(payload.GetDescriptor());
  CheckInvariant(spec != nullptr, "an event that no domain brings was emitted");
  CheckInvariant(spec->ledger_level <= context_.policies->ledger_level(),
                 "an event was emitted that the ledger level does not allow yet");
  CheckInvariant(made_->events_.size() < ledger::kMaxCommitEvents, "a commit has too many events");

  google::protobuf::Message* const message = payload.New(&made_->arena_);
  message->CopyFrom(payload);
  Event event;
  event.type = spec->type;
  event.tenant = made_->tenant_;
  event.entity_kind = static_cast<EntityKind>(entity_.kind);
  event.entity_id = made_->entity_ids_[0];
  event.occurred_at = occurred_at;
  event.recorded_at = context_.recorded_at;
  event.partition = frame_.partition;
  event.sequence = sequence_;
  event.index = static_cast<uint32_t>(made_->events_.size());
  event.id = ids_.Make(frame_.epoch, frame_.partition, sequence_,
                       static_cast<uint16_t>(event.index), context_.recorded_at);
  event.context = made_->context_;

  // A dry run seals nothing: it would make keys for a customer who may never be.
  const bool seals = lists_ != nullptr && secrets_.HasSealed(spec->prototype->GetDescriptor());
  if (seals) {
    const absl::Status sealed = secrets_.Seal(message, entity_, event.id);
    CheckInvariant(sealed.ok(), "a personal value could not be sealed");
  }
  payload_bytes_.push_back(message->SerializeAsString());
  if (seals) secrets_.HandOn(message, event.id);
  event.message = message;
  made_->events_.push_back(event);

  FoldIntoDecisionState(catalogue_, event, state_, lists_);
  for (const ReactionSpec* reaction : catalogue_.ReactionsTo(event.type))
    reaction->react(event, *this);
}

absl::StatusOr<ledger::CommitPtr> CommandDecision::Finish(
    const daybook::event::v1::RequestRecord& request) {
  daybook::event::v1::CommitRequests requests;
  auto* record = requests.add_requests();
  *record = request;
  record->set_first_event(0);
  record->set_event_count(static_cast<uint32_t>(made_->events_.size()));

  ledger::CommitBuilder builder(entity_.tenant, requests.SerializeAsString(),
                                made_->context_->SerializeAsString());
  for (size_t i = 0; i < made_->events_.size(); ++i) {
    const Event& event = made_->events_[i];
    ledger::EventToWrite out;
    out.type = static_cast<uint16_t>(event.type);
    out.schema_version = catalogue_.events().Find(out.type)->schema_version;
    out.id = event.id;
    out.occurred_at = event.occurred_at;
    out.entity_kind = static_cast<uint16_t>(event.entity_kind);
    out.entity_id = event.entity_id;
    out.payload = payload_bytes_[i];
    builder.AddEvent(out);
  }
  if (builder.size() > ledger::kMaxCommitBytes) {
    return absl::ResourceExhaustedError(absl::StrCat("the commit would have ", builder.size(),
                                                     " bytes, ", ledger::kMaxCommitBytes,
                                                     " are allowed"));
  }
  ledger::RecordHeader header;
  header.kind = ledger::RecordKind::kCommit;
  header.epoch = frame_.epoch;
  header.partition = frame_.partition;
  header.term = frame_.term;
  header.writer = frame_.writer;
  header.sequence = sequence_;
  header.recorded_at = context_.recorded_at;
  header.registry_sequence = context_.policies->registry_sequence();
  std::string bytes = builder.Finish(header, frame_.ledger);
  // Lengths and CRCs stand in the bytes only.
  ledger::HeaderVerdict verdict = ledger::DecodeHeader(bytes, frame_.ledger, &header);
  CheckInvariant(verdict == ledger::HeaderVerdict::kOk, "a commit's own header does not read back");
  return ledger::Commit::Make(header, std::move(bytes), made_);
}

}  // namespace daybook::projections
