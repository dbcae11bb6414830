// Follow-ups: commands to other entities that durable events want. Each is sent until it is
// answered, and the answer is recorded in the entity of the event.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "projections/engine/intake.h"
#include "projections/engine/limits.h"
#include "projections/engine/worker.h"
#include "spdlog/spdlog.h"

namespace daybook::projections {

namespace {

namespace ev = daybook::event::v1;

constexpr int64_t kFirstPauseMicros = 100'000;
constexpr int64_t kLongestPauseMicros = 60'000'000;
// From then on somebody should look at it.
constexpr int kAttemptsBeforeWarning = 8;

// Whether the target has decided: another attempt would be refused in the same way.
bool IsFinal(Reason reason) {
  const auto* value = daybook::v1::Reason_descriptor()->FindValueByNumber(reason);
  switch (value->options().GetExtension(daybook::v1::status_code)) {
    case 3:  // INVALID_ARGUMENT
    case 5:  // NOT_FOUND
    case 6:  // ALREADY_EXISTS
    case 9:  // FAILED_PRECONDITION
      return true;
    default:
      return false;
  }
}

std::string NameOf(Reason reason) {
  return daybook::v1::Reason_Name(reason).substr(std::string("REASON_").size());
}

}  // namespace

size_t Worker::SendFollowUps() {
  if (!env_.ledger->writable().ok()) return 0;
  const int64_t now = env_.clock->MonotonicMicros();
  size_t sent = 0;
  for (auto& [id, partition] : partitions_) {
    if (partition->stopped.empty() && !partition->reload) sent += SendFollowUpsOf(*partition, now);
  }
  return sent;
}

size_t Worker::SendFollowUpsOf(Partition& partition, int64_t now) {
  if (partition.state->TakeFollowUpWanted()) partition.follow_ups_wanted = true;
  size_t sent = 0;
  if (now >= partition.follow_ups_again_at) {
    partition.follow_ups_again_at = INT64_MAX;
    for (auto& [place, errand] : partition.follow_ups) {
      if (errand.on_its_way) continue;
      if (errand.again_at <= now) {
        SendFollowUp(partition, place, errand);
        ++sent;
      }
      if (!errand.on_its_way)
        partition.follow_ups_again_at = std::min(partition.follow_ups_again_at, errand.again_at);
    }
  }
  if (!partition.follow_ups_wanted) return sent;
  std::vector<FollowUpPlace> found;
  bool all = true;
  partition.state->ScanFollowUps(partition.follow_ups_from, [&](const FollowUpPlace& place) {
    all = place.sequence <= partition.durable && found.size() < kMaxFollowUpsPerStep &&
          partition.follow_ups.size() + found.size() < kMaxFollowUpsWithoutAnswer;
    if (all) found.push_back(place);
    return all;
  });
  partition.follow_ups_wanted = !all;
  for (const FollowUpPlace& place : found) {
    partition.follow_ups_from = {place.sequence, place.index + 1};
    auto [errand, is_new] = partition.follow_ups.try_emplace(place);
    if (!is_new) continue;  // on its way since before the state was read anew
    SendFollowUp(partition, place, errand->second);
    ++sent;
  }
  return sent;
}

// The event that wants a follow-up; the commit keeps it alive.
absl::StatusOr<Event> Worker::WantedBy(const Partition& partition, const FollowUpPlace& place,
                                       std::shared_ptr<const DecodedCommit>* commit) const {
  auto stored = env_.ledger->Read(partition.frame.partition, place.sequence);
  if (!stored.ok()) return stored.status();
  auto decoded = DecodeForFolds((*stored)->view(), env_.catalogue->events(), *env_.secrets);
  if (!decoded.ok()) return decoded.status();
  *commit = *std::move(decoded);
  CheckInvariant(place.index < (*commit)->events().size(), "a follow-up's event is not there");
  return (*commit)->events()[place.index];
}

void Worker::SendFollowUp(Partition& partition, const FollowUpPlace& place, Errand& errand) {
  const ledger::PartitionId id = partition.frame.partition;
  const ledger::Term term = partition.frame.term;
  auto answer = [this, id, term, place](const CommandOutcome& outcome) {
    {
      std::lock_guard lock(mutex_);
      inbox_.answers.push_back({id, term, place, outcome});
    }
    wake_.notify_one();
  };
  errand.on_its_way = true;
  ++errand.attempts;
  CommandOutcome unsent;
  try {
    std::shared_ptr<const DecodedCommit> commit;
    auto wanted = WantedBy(partition, place, &commit);
    if (!wanted.ok()) {
      unsent.refusal =
          Refuse(daybook::v1::REASON_DATA_LOSS, "", std::string(wanted.status().message()));
      return answer(unsent);
    }
    const FollowUpSpec* spec = env_.catalogue->FindFollowUp(wanted->type);
    CheckInvariant(spec != nullptr, "no domain brings this follow-up");
    std::shared_ptr<google::protobuf::Message> request = spec->command(*wanted);
    PendingCommand command;
    unsent.refusal = TakeInFollowUp(*env_.catalogue, *wanted, *request, &command);
    if (unsent.refusal) return answer(unsent);
    command.done = [request, answer](const CommandOutcome& outcome) { answer(outcome); };
    counters_.follow_ups_sent.fetch_add(1, std::memory_order_relaxed);
    if (env_.submit(std::move(command))) return;
    unsent.refusal = Refuse(daybook::v1::REASON_OVERLOADED, "", "too many commands wait");
  } catch (const InvariantBroken& broken) {
    unsent.refusal = Refuse(daybook::v1::REASON_INTERNAL, "", broken.what());
  }
  answer(unsent);
}

void Worker::HandleAnswer(const FollowUpAnswer& answer) {
  Partition* partition = Find(answer.partition);
  if (partition == nullptr || partition->frame.term != answer.term) return;
  auto it = partition->follow_ups.find(answer.place);
  if (it == partition->follow_ups.end()) return;
  Errand& errand = it->second;
  errand.on_its_way = false;
  const MaybeRefusal& refusal = answer.outcome.refusal;
  const bool can_record =
      partition->stopped.empty() && !partition->reload && env_.ledger->writable().ok();
  if (can_record && (!refusal || IsFinal(refusal->reason))) {
    if (!partition->state->HasFollowUp(answer.place) || RecordAnswer(*partition, answer)) {
      partition->follow_ups.erase(it);
      partition->follow_ups_wanted = true;  // there is room for another
      return;
    }
  }
  // Asked again, it is not carried out again: the target knows its id.
  const int doublings = std::min(errand.attempts - 1, 16);
  errand.again_at =
      env_.clock->MonotonicMicros() + std::min(kLongestPauseMicros, kFirstPauseMicros << doublings);
  partition->follow_ups_again_at = std::min(partition->follow_ups_again_at, errand.again_at);
  if (refusal && errand.attempts == kAttemptsBeforeWarning) {
    spdlog::warn("partition {}: the follow-up of sequence {} is not answered: {}",
                 answer.partition.value(), answer.place.sequence.value(), refusal->message);
  }
}

// When an answer is judged. One to imported history belongs to it: it happened when what wanted it
// happened, and nothing falls due by today's clock because of it.
DecisionContext Worker::AnswerContext(Partition& partition, const Event& wanted) const {
  DecisionContext context = ContextAt(partition);
  context.historic = wanted.context->historic();
  if (context.historic && !wanted.context->import_session().empty())
    context.now = wanted.occurred_at;
  context.effective = std::max(context.now, wanted.occurred_at);
  return context;
}

// False if a rule broke an invariant: then it is tried again later.
bool Worker::RecordAnswer(Partition& partition, const FollowUpAnswer& answer) {
  const auto& outcome = answer.outcome;
  try {
    std::shared_ptr<const DecodedCommit> commit;
    auto wanted = WantedBy(partition, answer.place, &commit);
    if (!wanted.ok()) return false;
    const EntityRef entity = wanted->entity();
    EventContext event_context = *wanted->context;
    event_context.clear_policies();
    event_context.set_causation_id(std::string(ledger::AsView(wanted->id)));
    DecisionContext context = AnswerContext(partition, *wanted);
    FireDueOf(partition, entity, context);
    context.recorded_at = std::max(context.recorded_at, partition.last_recorded_at);
    CommandDecision decision(*env_.catalogue, *env_.secrets, ids_, partition.frame,
                             partition.last.next(), context, entity, event_context,
                             partition.state->Entity(entity), partition.state.get());
    ev::FollowUpAnswered answered;
    answered.set_event_id(std::string(ledger::AsView(wanted->id)));
    answered.set_sequence(answer.place.sequence.value());
    answered.set_index(answer.place.index);
    answered.set_accepted(!outcome.refusal);
    if (outcome.refusal) answered.set_reason(NameOf(outcome.refusal->reason));
    answered.set_target_partition(outcome.partition.value());
    answered.set_target_sequence(outcome.sequence.value());
    decision.Emit(answered);
    env_.catalogue->FindFollowUp(wanted->type)->answered(*wanted, answered, decision);

    ev::RequestRecord record;
    // '~' cannot stand in a client's request id.
    record.set_request_id(absl::StrCat("~a~", ledger::FormatEventId(wanted->id)));
    record.set_entity_kind(static_cast<EntityKind>(entity.kind));
    record.set_entity_id(entity.id);
    record.set_command("FollowUpAnswer");
    auto made = decision.Finish(record);
    CheckInvariant(made.ok(), "a follow-up's answer is too large");
    Commit(partition, *std::move(made));
    if (context.historic) LookAtTimersAnew(partition);
    partition.state->table().Seal();
    (outcome.refusal ? counters_.follow_ups_refused : counters_.follow_ups_accepted)
        .fetch_add(1, std::memory_order_relaxed);
    return true;
  } catch (const InvariantBroken& broken) {
    spdlog::error("partition {}: the answer to the follow-up of sequence {} broke an invariant: {}",
                  partition.frame.partition.value(), answer.place.sequence.value(), broken.what());
    counters_.invariants_broken.fetch_add(1);
    partition.reload = true;
    return false;
  }
}

}  // namespace daybook::projections
