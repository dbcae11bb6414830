#include "projections/engine/query.h"

#include <algorithm>
#include <atomic>

#include "fmt/format.h"
#include "ledger/page_token.h"
#include "ledger/position.h"
#include "projections/engine/position_refusal.h"
#include "projections/engine/read_scope.h"
#include "projections/engine/validation.h"

namespace daybook::projections {

using ledger::PartitionId;
using ledger::Sequence;

// One query on its way.
struct QueryRunner::Call {
  std::string tenant;
  Disclosure disclosure = Disclosure::kRedacted;
  PersonalReads own_reads;
  PersonalReads* reads = &own_reads;
  const QuerySpec* spec = nullptr;
  std::unique_ptr<google::protobuf::Message> request;  // a copy: the page token becomes a cursor
  google::protobuf::Message* response = nullptr;
  Done done;
  EntityRef entity;
  daybook::v1::ReadOptions options;
  HistoryCut cut;
  std::vector<PartitionId> partitions;  // that the answer rests on
  ReadTargets targets;
  ledger::Bytes16 page_context{};  // hash of the query that a page token is bound to

  bool historic() const { return cut.as_of.has_value() || cut.known_at.has_value(); }
};

namespace {

const google::protobuf::FieldDescriptor* FieldOf(const google::protobuf::Message& message,
                                                 const char* name) {
  return message.GetDescriptor()->FindFieldByName(name);
}

MaybeRefusal FromStatus(const absl::Status& status) {
  const std::string message(status.message());
  switch (status.code()) {
    case absl::StatusCode::kDataLoss:
      return Refuse(daybook::v1::REASON_DATA_LOSS, "", message);
    case absl::StatusCode::kFailedPrecondition:
      return Refuse(daybook::v1::REASON_VIEW_STOPPED, "", message);
    case absl::StatusCode::kResourceExhausted:
      return Refuse(daybook::v1::REASON_OVERLOADED, "", message);
    case absl::StatusCode::kNotFound:
      return Refuse(daybook::v1::REASON_NOT_FOUND, "", message);
    case absl::StatusCode::kUnavailable:
      return Refuse(daybook::v1::REASON_SHUTTING_DOWN, "", message);
    default:
      return Refuse(daybook::v1::REASON_INTERNAL, "", message);
  }
}

}  // namespace

void QueryRunner::Run(const Caller& caller, const google::protobuf::Message& request,
                      google::protobuf::Message* response, PersonalReads* reads, Done done) {
  auto call = std::make_shared<Call>();
  call->tenant = caller.tenant;
  call->disclosure = caller.disclosure();
  if (reads != nullptr) call->reads = reads;
  call->response = response;
  call->done = std::move(done);
  call->spec = env_.catalogue->FindQuery(request.GetDescriptor());
  call->request.reset(request.New());
  call->request->CopyFrom(request);
  if (MaybeRefusal refusal = Prepare(*call)) {
    call->done(refusal);
    return;
  }
  if (call->cut.known_at) {
    // The same question must have the same answer for ever: nothing may still be recorded at or
    // before that instant.
    const Timestamp known_at = *call->cut.known_at;
    auto left = std::make_shared<std::atomic<size_t>>(call->partitions.size());
    auto refused = std::make_shared<std::atomic<bool>>(false);
    for (const PartitionId partition : call->partitions) {
      env_.seal_instant(partition, known_at,
                        [this, call, left, refused](const MaybeRefusal& refusal) {
                          if (refusal && !refused->exchange(true)) call->done(refusal);
                          if (left->fetch_sub(1) != 1 || refused->load()) return;
                          env_.go_on([this, call] {
                            // What the seal waited for belongs to the answer.
                            if (MaybeRefusal late = FindTargets(*call)) {
                              call->done(late);
                            } else {
                              WaitAndRead(call);
                            }
                          });
                        });
    }
    return;
  }
  WaitAndRead(call);
}

MaybeRefusal QueryRunner::Prepare(Call& call) {
  CheckInvariant(call.spec != nullptr, "no domain brings this query");
  call.entity.tenant = call.tenant;
  if (auto refusal = call.spec->validate(*call.request, &call.entity)) return refusal;
  const auto* field = FieldOf(*call.request, "read");
  if (field != nullptr) {
    call.options.CopyFrom(call.request->GetReflection()->GetMessage(*call.request, field));
  }
  const Timestamp now = env_.clock->Now();
  if (call.options.has_as_of()) {
    Timestamp instant;
    if (auto refusal = CheckInstant("read.as_of", call.options.as_of(), &instant)) return refusal;
    call.cut.as_of = instant;
  }
  if (call.options.has_known_at()) {
    Timestamp instant;
    if (auto refusal = CheckInstant("read.known_at", call.options.known_at(), &instant))
      return refusal;
    if (instant > now) {
      return Refuse(daybook::v1::REASON_INSTANT_OUT_OF_RANGE, "read.known_at",
                    "nobody knows what will be recorded");
    }
    call.cut.known_at = instant;
  }
  if (!daybook::v1::Freshness_IsValid(call.options.freshness())) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID, "read.freshness", "not a freshness");
  }
  if (!call.options.at_least().empty() &&
      call.options.freshness() != daybook::v1::FRESHNESS_UNSPECIFIED) {
    return Refuse(daybook::v1::REASON_FIELDS_EXCLUSIVE, "read.at_least",
                  "at_least says how fresh; freshness must be unset");
  }
  if (!call.entity.id.empty()) {
    call.partitions = {ledger::PartitionOf(call.entity, env_.ledger->info().entity_partitions)};
  } else {
    for (uint32_t i = 1; i <= env_.ledger->info().entity_partitions; ++i)
      call.partitions.emplace_back(i);
  }
  if (auto refusal = OpenPageToken(call)) return refusal;
  return FindTargets(call);
}

MaybeRefusal QueryRunner::FindTargets(Call& call) {
  if (!call.options.at_least().empty()) {
    call.targets.clear();
    auto token = ledger::PositionToken::Open(call.options.at_least(), env_.secrets->token_keys());
    if (!token.ok() || token->ledger() != env_.ledger->info().id) {
      return Refuse(daybook::v1::REASON_POSITION_TOKEN_INVALID, "read.at_least",
                    "not a position token of this ledger");
    }
    for (const ledger::Position& position : token->positions()) {
      if (auto refusal = CheckPosition("read.at_least", *env_.ledger, position)) return refusal;
      if (std::find(call.partitions.begin(), call.partitions.end(), position.partition) !=
          call.partitions.end()) {
        call.targets.emplace_back(position.partition, position.sequence);
      }
    }
    return std::nullopt;
  }
  if (call.options.freshness() == daybook::v1::FRESHNESS_ANY) return std::nullopt;
  call.targets.clear();
  for (const PartitionId partition : call.partitions) {
    Sequence target = env_.ledger->LastDurable(partition);
    if (call.options.freshness() == daybook::v1::FRESHNESS_LATEST) {
      auto end = env_.ledger->LatestEnd(partition);
      if (!end.ok()) return FromStatus(end.status());
      target = *end;
    }
    call.targets.emplace_back(partition, target);
  }
  return std::nullopt;
}

void QueryRunner::WaitAndRead(std::shared_ptr<Call> call) {
  // History is read from the ledger itself; policies from the registry, which is never behind.
  const bool reads_view =
      !call->spec->view.empty() && (!call->historic() || call->entity.id.empty());
  if (!reads_view) {
    call->done(Read(*call));
    return;
  }
  const ReadTargets targets = call->targets;
  env_.views->WhenApplied(call->spec->view, targets, [this, call](const absl::Status& status) {
    call->done(status.ok() ? Read(*call) : FromStatus(status));
  });
}

MaybeRefusal QueryRunner::Read(Call& call) {
  ScopeEnvironment scope;
  scope.catalogue = env_.catalogue;
  scope.ledger = env_.ledger;
  scope.secrets = env_.secrets;
  const CallerOpener opener(env_.secrets, call.disclosure, call.reads);
  scope.opener = &opener;
  scope.policies = env_.registry->Current();
  scope.fold = call.spec->view.empty() ? nullptr : env_.views->Serving(call.spec->view);
  scope.tenant = call.tenant;
  scope.entity = call.entity;
  scope.partitions = call.partitions;
  scope.cut = call.cut;
  scope.at = call.cut.as_of.value_or(call.cut.known_at.value_or(env_.clock->Now()));
  try {
    MaybeRefusal refusal = ReadThroughScope(scope, *call.spec, *call.request, call.response);
    if (refusal) return refusal;
  } catch (const InvariantBroken& broken) {
    return Refuse(daybook::v1::REASON_INTERNAL, "", broken.what());
  }
  SealPageToken(call);
  FillPosition(call);
  return std::nullopt;
}

// A page token is good for the query that it came from: everything but the token, the size and the
// freshness.
MaybeRefusal QueryRunner::OpenPageToken(Call& call) {
  const auto* field = FieldOf(*call.request, "page_token");
  if (field == nullptr) return std::nullopt;
  const auto* reflection = call.request->GetReflection();
  const std::string token = reflection->GetString(*call.request, field);
  std::unique_ptr<google::protobuf::Message> bound(call.request->New());
  bound->CopyFrom(*call.request);
  reflection->ClearField(bound.get(), field);
  if (const auto* size = FieldOf(*bound, "page_size")) reflection->ClearField(bound.get(), size);
  if (const auto* read = FieldOf(*bound, "read")) {
    auto* options =
        static_cast<daybook::v1::ReadOptions*>(reflection->MutableMessage(bound.get(), read));
    options->clear_freshness();
    options->clear_at_least();
  }
  call.page_context = ledger::PageQuery(fmt::format(
      "{}|{}|{}", call.tenant, bound->GetDescriptor()->full_name(), bound->SerializeAsString()));
  if (token.empty()) return std::nullopt;
  auto cursor = ledger::OpenPageToken(env_.secrets->token_keys(), call.page_context, token);
  if (!cursor.ok()) {
    return Refuse(daybook::v1::REASON_PAGE_TOKEN_INVALID, "page_token",
                  "not a page token of this server for this query");
  }
  reflection->SetString(call.request.get(), field, *cursor);
  return std::nullopt;
}

void QueryRunner::SealPageToken(Call& call) {
  const auto* field = FieldOf(*call.response, "next_page_token");
  if (field == nullptr) return;
  const auto* reflection = call.response->GetReflection();
  const std::string cursor = reflection->GetString(*call.response, field);
  if (cursor.empty()) return;
  reflection->SetString(
      call.response, field,
      ledger::SealPageToken(env_.secrets->token_keys(), call.page_context, cursor));
}

void QueryRunner::FillPosition(Call& call) {
  const auto* field = FieldOf(*call.response, "position");
  if (field == nullptr || field->message_type() != daybook::v1::ReadPosition::descriptor()) return;
  auto* position = static_cast<daybook::v1::ReadPosition*>(
      call.response->GetReflection()->MutableMessage(call.response, field));
  const auto info = env_.ledger->info();
  ledger::PositionToken token(info.id);
  Timestamp newest_missing = ledger::kDistantPast;
  for (const PartitionId partition : call.partitions) {
    Sequence at = env_.ledger->LastDurable(partition);
    if (!call.spec->view.empty() && !call.historic()) {
      const auto fold = env_.views->Serving(call.spec->view);
      const Sequence applied = fold == nullptr ? Sequence() : fold->Position(partition);
      if (applied < at)
        newest_missing = std::max(newest_missing, env_.ledger->LastRecordedAt(partition));
      at = applied;
    }
    if (at.value() > 0) token.Raise({info.epoch, partition, at});
  }
  position->set_position_token(token.Seal(env_.secrets->token_keys()));
  position->set_redacted_fields(call.reads->redacted());
  if (newest_missing != ledger::kDistantPast) {
    position->set_age_ms(
        std::max<int64_t>(1, (env_.clock->Now().micros - newest_missing.micros) / 1000));
  }
}

}  // namespace daybook::projections
