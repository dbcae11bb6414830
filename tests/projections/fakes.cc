#include "tests/projections/fakes.h"

#include <algorithm>
#include <stdexcept>

#include "absl/time/time.h"
#include "daybook/event/v1/registry.pb.h"
#include "daybook/v1/common.pb.h"
#include "ledger/record.h"
#include "projections/engine/catalogue.h"
#include "projections/engine/validation.h"
#include "tests/projections/fake_fold.h"

namespace daybook::projections::testing {

using google::protobuf::Message;
namespace ev = daybook::event::v1;

Timestamp At(std::string_view rfc3339) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, std::string(rfc3339), &time, &error)) {
    throw std::invalid_argument(error);
  }
  return {absl::ToUnixMicros(time)};
}

EntityRef Customer(std::string_view id) {
  return {"main", static_cast<uint16_t>(ev::ENTITY_KIND_CUSTOMER), std::string(id)};
}

std::string Outcome(const MaybeRefusal& refusal) {
  if (!refusal) return "OK";
  std::string reason =
      daybook::v1::Reason_Name(refusal->reason).substr(std::string("REASON_").size());
  return refusal->field.empty() ? reason : reason + " " + refusal->field;
}

namespace {

// The value of a singular field of a request by name; false if it has no such field or it is not
// set.
template <typename T>
bool ReadField(const Message& message, const std::string& name, T read) {
  const auto* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr) return false;
  read(*message.GetReflection(), *field);
  return true;
}

bool ReadValidateOnly(const Message& request) {
  bool value = false;
  ReadField(request, "validate_only", [&](const auto& reflection, const auto& field) {
    value = reflection.GetBool(request, &field);
  });
  return value;
}

daybook::v1::Provenance ReadProvenance(const Message& request) {
  daybook::v1::Provenance value;
  ReadField(request, "provenance", [&](const auto& reflection, const auto& field) {
    value.CopyFrom(reflection.GetMessage(request, &field));
  });
  return value;
}

class StateOver : public EntityState {
 public:
  StateOver(RowGroup* rows, std::map<std::pair<uint16_t, std::string>, Timestamp>* deadlines)
      : rows_(rows), deadlines_(deadlines) {}
  RowGroup& rows() override { return *rows_; }
  void Arm(const Deadline& deadline) override {
    CheckInvariant(deadline.key.size() <= 64, "a deadline's key is longer than 64 bytes");
    (*deadlines_)[{deadline.kind, deadline.key}] = deadline.due;
  }
  void Disarm(uint16_t kind, std::string_view key) override {
    deadlines_->erase({kind, std::string(key)});
  }

 private:
  RowGroup* rows_;
  std::map<std::pair<uint16_t, std::string>, Timestamp>* deadlines_;
};

}  // namespace

// Applies what is emitted to a group above the real one, which stays as it is until Commit.
class FakeDecision : public Decision {
 public:
  FakeDecision(World* world, EntityRef entity, const DecisionContext& context)
      : world_(world),
        entity_(std::move(entity)),
        context_(context),
        base_(&world->state_->Group(entity_)),
        source_(base_),
        rows_(base_->key(), &source_),
        deadlines_(world->deadlines_[EntityKey(entity_)]) {}

  const DecisionContext& context() const override { return context_; }
  const EntityRef& entity() const override { return entity_; }
  const RowGroup& state() const override { return rows_; }
  std::string OpenSealed(const ev::Sealed& value, bool* erased) const override {
    *erased = value.has_erased() || world_->IsErased(entity_);
    return *erased ? std::string() : value.clear();
  }
  void EmitAt(const Message& payload, Timestamp occurred_at) override {
    const EventSpec* spec = world_->catalogue_.FindByMessage(payload.GetDescriptor());
    if (spec == nullptr) throw std::logic_error("no domain has " + payload.GetTypeName());
    auto stored = std::make_unique<StoredEvent>();
    stored->entity = entity_;
    stored->payload.reset(payload.New());
    stored->payload->CopyFrom(payload);
    stored->context.set_historic(context_.historic);
    Event& event = stored->event;
    event.type = spec->type;
    event.tenant = stored->entity.tenant;
    event.entity_kind = static_cast<EntityKind>(entity_.kind);
    event.entity_id = stored->entity.id;
    event.occurred_at = occurred_at;
    event.recorded_at = context_.recorded_at;
    event.partition = ledger::PartitionId(entity_.kind == ev::ENTITY_KIND_TENANT ? 0 : 1);
    event.sequence = ledger::Sequence(world_->next_sequence_);
    event.index = static_cast<uint32_t>(events_.size());
    for (int i = 0; i < 8; ++i) {
      event.id[8 + i] = static_cast<uint8_t>(world_->next_sequence_ >> (8 * (7 - i)));
    }
    event.id[7] = static_cast<uint8_t>(event.index);
    event.id[6] = static_cast<uint8_t>(event.index >> 8);
    event.message = stored->payload.get();
    event.context = &stored->context;
    events_.push_back(std::move(stored));
    const Event emitted = event;
    world_->ApplyToState(emitted, &rows_, &deadlines_);
    for (const Domain& domain : world_->domains_) {
      for (const ReactionSpec& reaction : domain.reactions) {
        if (reaction.on == emitted.type) reaction.react(emitted, *this);
      }
    }
  }
  void UsesPolicy(std::string_view policy, uint32_t version) override {
    ev::PolicyReference reference;
    reference.set_policy(std::string(policy));
    reference.set_version(version);
    policies_.push_back(reference);
  }

  // What was emitted, with the policies that the decision used.
  std::vector<std::unique_ptr<StoredEvent>> Take() {
    for (auto& stored : events_) {
      *stored->context.mutable_policies() = {policies_.begin(), policies_.end()};
    }
    return std::move(events_);
  }
  bool emitted() const { return !events_.empty(); }

 private:
  World* world_;
  EntityRef entity_;
  DecisionContext context_;
  RowGroup* base_;
  GroupSource source_;
  RowGroup rows_;
  World::Deadlines deadlines_;
  std::vector<std::unique_ptr<StoredEvent>> events_;
  std::vector<ev::PolicyReference> policies_;
};

World::World(std::vector<Domain> domains)
    : domains_(std::move(domains)),
      registry_(domains_),
      now_(At("2024-01-01T00:00:00Z")),
      state_(std::make_unique<Fold>()) {
  catalogue_.Add(FollowUpAnsweredSpec());
  for (const Domain& domain : domains_) {
    for (const EventSpec& spec : domain.events) catalogue_.Add(spec);
    for (const auto& view : domain.views) {
      view_by_name_.emplace(std::string(view->name()), view.get());
      views_.emplace(std::string(view->name()), std::make_unique<Fold>());
    }
  }
}

World::~World() = default;

const CommandSpec& World::FindCommand(const Message& request) const {
  for (const Domain& domain : domains_) {
    for (const CommandSpec& spec : domain.commands) {
      if (spec.request->GetDescriptor() == request.GetDescriptor()) return spec;
    }
  }
  throw std::logic_error("no domain takes " + request.GetTypeName());
}

const DeadlineSpec& World::FindDeadline(uint16_t kind) const {
  for (const Domain& domain : domains_) {
    for (const DeadlineSpec& spec : domain.deadlines) {
      if (spec.kind == kind) return spec;
    }
  }
  throw std::logic_error("no domain has this kind of deadline");
}

DecisionContext World::ContextAt(Timestamp now, Timestamp effective, bool historic) const {
  DecisionContext context;
  context.now = now;
  context.effective = effective;
  context.recorded_at = now_;
  context.historic = historic;
  context.ledger_has_commits = has_commits_;
  return context;
}

MaybeRefusal World::Do(const Message& request, Message* response) {
  if (response != nullptr) response->Clear();
  const CommandSpec& spec = FindCommand(request);
  EntityRef entity{"main", 0, ""};
  if (auto refusal = spec.validate(request, &entity)) return refusal;
  const daybook::v1::Provenance provenance = ReadProvenance(request);
  const bool historic = !provenance.import_session().empty();
  const Timestamp effective =
      provenance.has_occurred_at() ? FromProto(provenance.occurred_at()) : now_;
  const Timestamp now = historic ? effective : now_;
  entities_.emplace(EntityKey(entity), entity);
  FireDue(EntityKey(entity), now, historic);

  const auto policies = registry_.Current();
  DecisionContext context = ContextAt(now, effective, historic);
  context.policies = policies.get();
  FakeDecision decision(this, entity, context);
  if (auto refusal = spec.decide(request, decision)) {
    if (decision.emitted()) throw std::logic_error("refused after the first event");
    return refusal;
  }
  auto events = decision.Take();
  Recorded recorded{entity, {}, spec.dry_run || ReadValidateOnly(request)};
  for (const auto& stored : events) recorded.events.push_back(stored->event);
  if (response != nullptr) spec.answer(recorded, response);
  if (!recorded.validate_only) {
    Commit(std::move(events));
    FollowUp();
  }
  return std::nullopt;
}

// What the events since the last time want is carried out at once, in order.
void World::FollowUp() {
  while (followed_up_ < events_.size()) {
    const StoredEvent& wanted = *events_[followed_up_++];
    for (const Domain& domain : domains_) {
      for (const FollowUpSpec& spec : domain.follow_ups) {
        if (spec.on != wanted.event.type) continue;
        const std::unique_ptr<Message> request = spec.command(wanted.event);
        const Timestamp now = std::exchange(now_, wanted.event.occurred_at);
        const MaybeRefusal refusal = Do(*request);
        now_ = now;
        ev::FollowUpAnswered answer;
        answer.set_accepted(!refusal);
        if (refusal) answer.set_reason(Outcome(Refuse(refusal->reason, "", "")));
        const auto policies = registry_.Current();
        DecisionContext context = ContextAt(now_, now_, wanted.context.historic());
        context.policies = policies.get();
        FakeDecision decision(this, wanted.entity, context);
        decision.Emit(answer);
        spec.answered(wanted.event, answer, decision);
        Commit(decision.Take());
      }
    }
  }
}

void World::Record(const EntityRef& entity, const Message& payload, Timestamp occurred_at) {
  const auto policies = registry_.Current();
  DecisionContext context = ContextAt(now_, occurred_at, false);
  context.policies = policies.get();
  FakeDecision decision(this, entity, context);
  decision.Emit(payload);
  // Reactions of other domains are decisions; here nothing was decided.
  auto events = decision.Take();
  events.resize(1);
  Commit(std::move(events));
}

void World::Commit(std::vector<std::unique_ptr<StoredEvent>> events) {
  if (events.empty()) return;
  std::vector<const StoredEvent*> registry_events;
  for (auto& stored : events) {
    const std::string key = EntityKey(stored->entity);
    entities_.emplace(key, stored->entity);
    ApplyToState(stored->event, &state_->Group(stored->entity), &deadlines_[key]);
    for (const auto& [name, view] : view_by_name_) ApplyToView(*stored, *view, views_[name].get());
    if (stored->entity.kind == ev::ENTITY_KIND_TENANT) {
      registry_events.push_back(stored.get());
    } else {
      has_commits_ = true;
    }
    events_.push_back(std::move(stored));
  }
  ++next_sequence_;
  if (!registry_events.empty()) PublishPolicies(registry_events);
}

void World::ApplyToState(const Event& event, RowGroup* rows, Deadlines* deadlines) const {
  StateOver state(rows, deadlines);
  for (const Domain& domain : domains_) {
    if (domain.apply) domain.apply(event, state);
  }
}

// Through the bytes of a commit, as the engine does it: PolicySet has no other door.
void World::PublishPolicies(const std::vector<const StoredEvent*>& events) {
  ledger::CommitBuilder builder(events[0]->entity.tenant, "", "");
  std::vector<std::string> payloads;
  payloads.reserve(events.size());
  for (const StoredEvent* stored : events) {
    payloads.push_back(stored->payload->SerializeAsString());
    ledger::EventToWrite event;
    event.type = static_cast<uint16_t>(stored->event.type);
    event.id = stored->event.id;
    event.occurred_at = stored->event.occurred_at;
    event.entity_kind = stored->entity.kind;
    event.entity_id = stored->entity.id;
    event.payload = payloads.back();
    builder.AddEvent(event);
  }
  registry_sequence_ = registry_sequence_.next();
  ledger::RecordHeader header;
  header.recorded_at = events[0]->event.recorded_at;
  header.sequence = registry_sequence_;
  const std::string record = builder.Finish(header, ledger::LedgerId{});
  ledger::RecordHeader read;
  if (ledger::DecodeHeader(record, ledger::LedgerId{}, &read) != ledger::HeaderVerdict::kOk) {
    throw std::logic_error("the registry's commit does not read back");
  }
  const auto view = ledger::CommitView::Parse(read, record);
  const auto decoded = DecodedCommit::Decode(view.value(), catalogue_);
  registry_.Apply(**decoded, registry_sequence_);
}

void World::FireDue() {
  std::vector<std::string> keys;
  for (const auto& [key, deadlines] : deadlines_) keys.push_back(key);
  for (const std::string& key : keys) FireDue(key, now_, false);
}

void World::FireDue(const std::string& entity_key, Timestamp now, bool historic) {
  for (;;) {
    const DeadlineSpec* spec = nullptr;
    Deadline next;
    for (const auto& [key, due] : deadlines_[entity_key]) {
      const DeadlineSpec& candidate = FindDeadline(key.first);
      if (due.micros > now.micros - candidate.grace_micros) continue;
      if (spec == nullptr || due < next.due) {
        spec = &candidate;
        next = {key.first, key.second, due};
      }
    }
    if (spec == nullptr) return;
    const auto policies = registry_.Current();
    DecisionContext context = ContextAt(now, next.due, historic);
    context.policies = policies.get();
    FakeDecision decision(this, entities_.at(entity_key), context);
    spec->fire(next, decision);
    Commit(decision.Take());
    // The engine disarms what has fired unless its events armed it anew.
    auto armed = deadlines_[entity_key].find({next.kind, next.key});
    if (armed != deadlines_[entity_key].end() && armed->second == next.due) {
      deadlines_[entity_key].erase(armed);
    }
  }
}

void World::Flush() {
  state_->Flush();
  for (auto& [name, fold] : views_) fold->Flush();
}

const RowGroup& World::State(const EntityRef& entity) { return state_->Group(entity); }

std::vector<Deadline> World::Armed(const EntityRef& entity) const {
  std::vector<Deadline> out;
  const auto found = deadlines_.find(EntityKey(entity));
  if (found == deadlines_.end()) return out;
  for (const auto& [key, due] : found->second) out.push_back({key.first, key.second, due});
  return out;
}

}  // namespace daybook::projections::testing
