// Deciding: repeats, due deadlines, dry runs, and the way from a command to a commit.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "projections/engine/limits.h"
#include "projections/engine/receipt.h"
#include "projections/engine/worker.h"
#include "spdlog/spdlog.h"

namespace daybook::projections {

using ledger::Sequence;

namespace {

std::string RequestKey(const EntityRef& entity, std::string_view request_id) {
  return ledger::EntityKey(entity).append("r").append(request_id);
}

std::string SourceKey(const EntityRef& entity, std::string_view source, std::string_view id) {
  return ledger::EntityKey(entity).append("s").append(source).append(1, '\0').append(id);
}

// The scope of request and source ids is the entity that the request named.
EntityRef NamedEntity(const PendingCommand& command) {
  return {command.entity.tenant, static_cast<uint16_t>(command.record.entity_kind()),
          command.record.entity_id()};
}

}  // namespace

void Worker::Take(PendingCommand command) {
  Partition* partition = Find(command.partition.value_or(
      ledger::PartitionOf(command.entity, env_.ledger->info().entity_partitions)));
  CommandOutcome outcome;
  if (partition == nullptr) {
    outcome.refusal = Refuse(daybook::v1::REASON_SHUTTING_DOWN, "",
                             "this server does not own the entity's partition");
  } else if (!partition->stopped.empty()) {
    outcome.refusal = Refuse(daybook::v1::REASON_PARTITION_STOPPED, "", partition->stopped);
  } else if (partition->reload) {
    partition->held.push_back(std::move(command));
    return;
  } else if (const absl::Status writable = env_.ledger->writable(); !writable.ok()) {
    const bool full = absl::IsResourceExhausted(writable);
    outcome.refusal =
        Refuse(full ? daybook::v1::REASON_DISK_FULL : daybook::v1::REASON_LEDGER_READ_ONLY, "",
               std::string(writable.message()));
  } else if (command.not_before && partition->last_recorded_at > *command.not_before) {
    // Another commit was faster: nothing is left to be said, once it is durable.
    if (partition->last > partition->durable) {
      outcome.partition = partition->frame.partition;
      partition->completions.push_back(
          {partition->last, std::move(command), std::move(outcome), false});
      return;
    }
  } else {
    Decide(*partition, command);
    partition->state->table().Seal();
    return;
  }
  Finish(command, outcome);
}

void Worker::Decide(Partition& partition, PendingCommand& command) {
  const EntityRef named = NamedEntity(command);
  try {
    if (!command.record.request_id().empty() && !command.validate_only) {
      auto it = partition.in_flight.find(RequestKey(named, command.record.request_id()));
      if (it == partition.in_flight.end() && !command.record.source_event_id().empty()) {
        it = partition.in_flight.find(
            SourceKey(named, command.record.source(), command.record.source_event_id()));
      }
      if (it != partition.in_flight.end()) {
        const Sequence after = it->second;
        partition.completions.push_back(
            {std::max(after, partition.last), std::move(command), {}, true});
        return;
      }
      if (AnswerRepeat(partition, command)) return;
    }
    DecisionContext context = ContextAt(partition);
    if (command.follow_up) context.historic = command.context.historic();
    const std::string& session = command.context.import_session();
    if (!session.empty()) {
      const auto* state = policies_->ImportSession(command.entity.tenant, session);
      // A follow-up of history belongs to it, whenever it comes.
      const bool open = command.follow_up || (state != nullptr && state->open);
      CommandOutcome outcome;
      if (state == nullptr && !open) {
        outcome.refusal =
            Refuse(daybook::v1::REASON_IMPORT_SESSION_UNKNOWN, "provenance.import_session",
                   absl::StrCat("there is no import session ", session));
        Finish(command, outcome);
        return;
      }
      context.historic = true;
      context.now = command.occurred_at.value_or(context.now);
      command.context.set_historic(true);
      if (!open) {
        // What the session would not have taken either is refused as it was then: so a second run
        // of an import meets the same refusals.
        context.effective = context.now;
        outcome.refusal = Try(partition, command, context, nullptr);
        if (!outcome.refusal) {
          outcome.refusal =
              Refuse(daybook::v1::REASON_IMPORT_SESSION_CLOSED, "provenance.import_session",
                     absl::StrCat("import session ", session, " is closed"));
        }
        Finish(command, outcome);
        return;
      }
    }
    context.effective = command.occurred_at.value_or(context.now);
    if (command.validate_only || command.spec->dry_run) {
      DryRun(partition, command, context);
      return;
    }
    if (command.not_before)
      context.recorded_at.micros =
          std::max(context.recorded_at.micros, command.not_before->micros + 1);
    if (!command.entity.id.empty()) FireDueOf(partition, command.entity, context);
    // What fired was recorded after this context was made.
    context.recorded_at = std::max(context.recorded_at, partition.last_recorded_at);
    if (!context.historic) {
      context.now = std::max(context.now, context.recorded_at);
      context.effective = command.occurred_at.value_or(context.now);
    }
    if (!command.entity.id.empty() &&
        context.effective < partition.state->HighWater(command.entity)) {
      counters_.late_facts.fetch_add(1, std::memory_order_relaxed);
    }
    CommandOutcome outcome;
    outcome.partition = partition.frame.partition;
    outcome.refusal = DecideOn(partition, command, context, &outcome);
    if (command.follow_up && context.historic) LookAtTimersAnew(partition);
    // Also a refusal waits: it may rest on commits that are not durable yet.
    if (partition.last > partition.durable) {
      partition.completions.push_back(
          {partition.last, std::move(command), std::move(outcome), false});
    } else {
      Finish(command, outcome);
    }
  } catch (const InvariantBroken& broken) {
    // Nothing of this command may remain; what was decided before it is untouched.
    spdlog::error("partition {}: {} of {} broke an invariant: {}",
                  partition.frame.partition.value(), command.record.command(),
                  command.record.request_id(), broken.what());
    counters_.invariants_broken.fetch_add(1);
    partition.reload = true;
    CommandOutcome outcome;
    outcome.refusal = Refuse(daybook::v1::REASON_INTERNAL, "",
                             "a rule broke one of its own invariants; nothing was changed");
    Finish(command, outcome);
  }
}

DecisionContext Worker::ContextAt(Partition& partition) const {
  DecisionContext context;
  context.recorded_at = std::max(env_.clock->Now(), partition.last_recorded_at);
  context.now = context.recorded_at;
  context.effective = context.now;
  context.ledger_has_commits = ledger_has_commits_;
  context.policies = policies_.get();
  return context;
}

MaybeRefusal Worker::DecideOn(Partition& partition, PendingCommand& command,
                              const DecisionContext& context, CommandOutcome* outcome) {
  CommandDecision decision(*env_.catalogue, *env_.secrets, ids_, partition.frame,
                           partition.last.next(), context, command.entity, command.context,
                           partition.state->Entity(command.entity), partition.state.get());
  MaybeRefusal refusal = command.spec->decide(*command.request, decision);
  if (refusal) {
    CheckInvariant(decision.events().empty(),
                   "a command was refused after it had emitted an event");
    return refusal;
  }
  auto commit = decision.Finish(command.record);
  if (!commit.ok()) {
    // The events are in the state already; it is read anew without them.
    partition.reload = true;
    return Refuse(daybook::v1::REASON_COMMIT_TOO_LARGE, "", std::string(commit.status().message()));
  }
  Answer(command, decision.events(), partition.frame, (*commit)->header());
  outcome->sequence = (*commit)->sequence();
  outcome->events = static_cast<uint32_t>(decision.events().size());
  const EntityRef named = NamedEntity(command);
  auto remember = [&](std::string key) {
    partition.in_flight[key] = outcome->sequence;
    partition.in_flight_order.emplace_back(outcome->sequence, std::move(key));
  };
  if (!command.record.request_id().empty())
    remember(RequestKey(named, command.record.request_id()));
  if (!command.record.source_event_id().empty()) {
    remember(SourceKey(named, command.record.source(), command.record.source_event_id()));
  }
  Commit(partition, *std::move(commit));
  return std::nullopt;
}

void Worker::Answer(PendingCommand& command, const std::vector<Event>& events,
                    const CommitFrame& frame, const ledger::RecordHeader& header) {
  if (command.response == nullptr) return;
  command.spec->answer({command.entity, events, false}, command.response);
  FillReceipt(frame, events, header, env_.secrets->token_keys(), command.response);
}

MaybeRefusal Worker::Try(Partition& partition, PendingCommand& command,
                         const DecisionContext& context, google::protobuf::Message* response) {
  const RowGroup& live = partition.state->Entity(command.entity);
  const GroupSource source(&live);
  RowGroup copy(live.key(), &source);
  CommandDecision decision(*env_.catalogue, *env_.secrets, ids_, partition.frame,
                           partition.last.next(), context, command.entity, command.context, copy,
                           nullptr);
  MaybeRefusal refusal = command.spec->decide(*command.request, decision);
  if (!refusal && response != nullptr)
    command.spec->answer({command.entity, decision.events(), true}, response);
  return refusal;
}

void Worker::DryRun(Partition& partition, PendingCommand& command, const DecisionContext& context) {
  CommandOutcome outcome;
  outcome.partition = partition.frame.partition;
  outcome.refusal = Try(partition, command, context, command.response);
  Finish(command, outcome);
}

// True if the request id, or the source's own id, is in the ledger: then it is answered, or refused
// if the request is another one.
bool Worker::AnswerRepeat(Partition& partition, PendingCommand& command) {
  const EntityRef named = NamedEntity(command);
  CommandOutcome outcome;
  outcome.partition = partition.frame.partition;
  auto place = env_.ledger->FindRequest(named, command.record.request_id());
  bool by_source = false;
  if (place.ok() && !place->has_value() && !command.record.source_event_id().empty()) {
    place =
        env_.ledger->FindSource(named, command.record.source(), command.record.source_event_id());
    by_source = true;
  }
  if (!place.ok()) {
    outcome.refusal =
        Refuse(daybook::v1::REASON_DATA_LOSS, "", std::string(place.status().message()));
    Finish(command, outcome);
    return true;
  }
  if (!place->has_value()) return false;
  AnswerFromLedger(command, **place, by_source);
  return true;
}

void Worker::AnswerFromLedger(PendingCommand& command, const ledger::RequestPlace& place,
                              bool by_source) {
  CommandOutcome outcome;
  outcome.partition = place.partition;
  outcome.sequence = place.sequence;
  outcome.repeated = true;
  outcome.refusal = [&]() -> MaybeRefusal {
    auto commit = env_.ledger->Read(place.partition, place.sequence);
    if (!commit.ok())
      return Refuse(daybook::v1::REASON_DATA_LOSS, "", std::string(commit.status().message()));
    daybook::event::v1::CommitRequests requests;
    const std::string_view stored = (*commit)->view().requests();
    if (!requests.ParseFromArray(stored.data(), static_cast<int>(stored.size())) ||
        place.request_index >= static_cast<uint32_t>(requests.requests_size())) {
      return Refuse(daybook::v1::REASON_DATA_LOSS, "", "the recorded request does not parse");
    }
    const auto& record = requests.requests(static_cast<int>(place.request_index));
    auto same = command.follow_up
                    ? true
                    : env_.secrets->Matches(NamedEntity(command), *command.request, record);
    if (!same.ok())
      return Refuse(daybook::v1::REASON_DATA_LOSS, "", std::string(same.status().message()));
    if (!*same) {
      return by_source
                 ? Refuse(daybook::v1::REASON_SOURCE_EVENT_REUSED, "provenance.source_event_id",
                          "this source event id stands for another fact of this entity")
                 : Refuse(daybook::v1::REASON_REQUEST_ID_REUSED, "request_id",
                          "this request id was used for another request on this entity");
    }
    auto decoded = DecodedCommit::Decode((*commit)->view(), env_.catalogue->events());
    if (!decoded.ok())
      return Refuse(daybook::v1::REASON_DATA_LOSS, "", std::string(decoded.status().message()));
    const auto& all = (*decoded)->events();
    CheckInvariant(record.first_event() + record.event_count() <= all.size(),
                   "a recorded request names events that are not there");
    std::vector<Event> events(all.begin() + record.first_event(),
                              all.begin() + record.first_event() + record.event_count());
    const auto& header = (*commit)->header();
    CommitFrame frame;
    frame.ledger = env_.ledger->info().id;
    frame.epoch = header.epoch;
    frame.partition = header.partition;
    Answer(command, events, frame, header);
    return std::nullopt;
  }();
  Finish(command, outcome);
}

}  // namespace daybook::projections
