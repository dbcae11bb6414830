#include "projections/engine/access_log.h"

#include <algorithm>
#include <chrono>
#include <future>

#include "fmt/format.h"
#include "projections/engine/limits.h"
#include "spdlog/spdlog.h"

namespace daybook::projections {

namespace ev = daybook::event::v1;
using ledger::AppendOutcome;
using ledger::PartitionId;

namespace {

// "customers/C", "households/H": the kind's name, and the id.
std::string SubjectName(const EntityRef& person) {
  constexpr size_t kPrefix = sizeof("ENTITY_KIND_") - 1;
  std::string kind = ev::EntityKind_Name(static_cast<EntityKind>(person.kind)).substr(kPrefix);
  std::transform(kind.begin(), kind.end(), kind.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return fmt::format("{}s/{}", kind, person.id);
}

void FillContext(const Caller& caller, EventContext* context) {
  auto* actor = context->mutable_actor();
  actor->set_kind(caller.actor_kind);
  actor->set_id(caller.actor_id);
  actor->set_on_behalf_of(caller.on_behalf_of);
  actor->set_role(caller.role);
  context->set_purpose(caller.purpose);
  context->set_legal_basis(caller.legal_basis);
}

// What two accesses have in common that are recorded as one.
std::string KeyOf(const EntityRef& entity, const ev::AccessRecorded& record,
                  const EventContext& context) {
  std::string key = ledger::EntityKey(entity);
  for (const std::string* part :
       {&record.method(), &record.reason(), &record.token_id(), &context.actor().id(),
        &context.actor().on_behalf_of(), &context.purpose(), &context.legal_basis()}) {
    key.append(*part).push_back('\0');
  }
  return key;
}

void AddTo(const ev::AccessRecorded& more, ev::AccessRecorded* record) {
  record->set_count(record->count() + more.count());
  record->set_fields(record->fields() + more.fields());
  for (const int retention_class : more.classes()) {
    auto* classes = record->mutable_classes();
    const auto place = std::lower_bound(classes->begin(), classes->end(), retention_class);
    if (place != classes->end() && *place == retention_class) continue;
    const auto index = place - classes->begin();
    classes->Add(retention_class);
    std::rotate(classes->begin() + index, classes->end() - 1, classes->end());
  }
}

}  // namespace

EntityRef AccessEntityOf(const EntityRef& person) {
  return {person.tenant, ev::ENTITY_KIND_ACCESS, person.id.empty() ? "-" : person.id};
}

PartitionId AccessPartitionOf(const EntityRef& access_entity, uint32_t access_partitions) {
  // The hash of entities, over partitions that are counted from elsewhere.
  const PartitionId hashed = ledger::PartitionOf(access_entity, access_partitions);
  return PartitionId(ledger::kFirstAccessPartition.value() + hashed.value() - 1);
}

AccessLog::AccessLog(const Environment& environment)
    : env_(environment), ids_(environment.secrets->EventIdKey()), thread_([this] { Run(); }) {}

AccessLog::~AccessLog() { Stop(); }

void AccessLog::OnGained(const ledger::Ownership& own) {
  const std::lock_guard lock(mutex_);
  partitions_[own.partition] = {own.term, own.writer, own.last, own.last_recorded_at};
}

void AccessLog::OnLost(PartitionId partition, const absl::Status& why) {
  spdlog::warn("access partition {} is not ours any more: {}", partition.value(),
               std::string(why.message()));
  const std::lock_guard lock(mutex_);
  partitions_.erase(partition);
}

bool AccessLog::RecordGiven(const Caller& caller, std::string_view method,
                            const PersonalReads& reads) {
  bool taken = true;
  for (const PersonalReads::Subject& subject : reads.subjects()) {
    ev::AccessRecorded record;
    record.set_subject(SubjectName(subject.person));
    record.set_method(std::string(method));
    record.set_outcome(ev::AccessRecorded::OUTCOME_GIVEN);
    for (int i = 1; i < ev::RetentionClass_ARRAYSIZE; ++i) {
      if ((subject.classes >> i & 1) != 0) record.add_classes(static_cast<ev::RetentionClass>(i));
    }
    record.set_fields(subject.fields);
    taken &= Add(caller, subject.person, std::move(record));
  }
  return taken;
}

bool AccessLog::RecordRefused(const Caller& caller, std::string_view method,
                              std::string_view reason) {
  ev::AccessRecorded record;
  record.set_method(std::string(method));
  record.set_outcome(ev::AccessRecorded::OUTCOME_REFUSED);
  record.set_reason(std::string(reason));
  return Add(caller, {caller.tenant, 0, ""}, std::move(record));
}

bool AccessLog::Add(const Caller& caller, const EntityRef& person, ev::AccessRecorded record) {
  Entry entry{AccessEntityOf(person), std::move(record), {}};
  FillContext(caller, &entry.context);
  entry.record.set_count(1);
  entry.record.set_request_id(caller.request_id);
  entry.record.set_token_id(caller.token_id);
  std::string key = KeyOf(entry.entity, entry.record, entry.context);
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (!broken_.ok() || stopping_) return false;
    const auto [found, added] = place_.try_emplace(std::move(key), waiting_.size());
    if (!added) {
      AddTo(entry.record, &waiting_[found->second].record);
    } else if (waiting_.size() + writing_ >= kMaxWaitingAccesses) {
      place_.erase(found);
      return false;
    } else {
      first = waiting_.empty();
      waiting_.push_back(std::move(entry));
    }
    ++taken_;
  }
  if (first) wake_.notify_one();
  return true;
}

absl::Status AccessLog::Flush() {
  std::unique_lock lock(mutex_);
  const uint64_t wanted = taken_;
  if (done_ >= wanted) return absl::OkStatus();
  flush_ = true;
  trouble_ = absl::OkStatus();
  wake_.notify_one();
  written_.wait(lock, [&] { return done_ >= wanted || !trouble_.ok() || !broken_.ok(); });
  if (done_ >= wanted) return absl::OkStatus();
  return broken_.ok() ? trouble_ : broken_;
}

void AccessLog::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void AccessLog::Run() {
  const auto gather = std::chrono::milliseconds(kAccessGatherMs);
  const auto retry = std::chrono::milliseconds(kAccessRetryMs);
  std::deque<Entry> entries;  // taken, not durable yet
  uint64_t upto = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto urgent = [this] {
      return stopping_ || flush_ || waiting_.size() >= kMaxGatheredAccesses;
    };
    if (entries.empty()) wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    wake_.wait_for(lock, entries.empty() ? gather : retry, urgent);
    flush_ = false;
    std::move(waiting_.begin(), waiting_.end(), std::back_inserter(entries));
    waiting_.clear();
    place_.clear();
    upto = taken_;
    writing_ = entries.size();
    const bool last = stopping_;
    lock.unlock();
    const absl::Status status = WriteSome(&entries);
    lock.lock();
    writing_ = entries.size();
    trouble_ = status;
    if (entries.empty()) done_ = upto;
    written_.notify_all();
    if (!status.ok()) {
      spdlog::error("{} accesses are not recorded: {}", entries.size(),
                    std::string(status.message()));
    }
    if (last || !broken_.ok()) break;
  }
  if (broken_.ok()) broken_ = absl::UnavailableError("the record of accesses has ended");
  written_.notify_all();
}

// Writes from the front, partition by partition, and takes out what is durable.
absl::Status AccessLog::WriteSome(std::deque<Entry>* entries) {
  const uint32_t count = env_.ledger->info().access_partitions;
  // One commit is of one tenant and one partition.
  std::map<std::pair<PartitionId, std::string>, std::vector<const Entry*>> by_commit;
  for (const Entry& entry : *entries) {
    by_commit[{AccessPartitionOf(entry.entity, count), entry.entity.tenant}].push_back(&entry);
  }
  absl::Status status;
  std::vector<const Entry*> durable;
  for (const auto& [key, all] : by_commit) {
    for (size_t from = 0; from < all.size() && status.ok();) {
      Partition partition;
      {
        const std::lock_guard lock(mutex_);
        const auto found = partitions_.find(key.first);
        if (found == partitions_.end()) {
          status = absl::UnavailableError("this server does not own the access partition");
          break;
        }
        partition = found->second;
      }
      std::vector<const Entry*> some(
          all.begin() + static_cast<ptrdiff_t>(from),
          all.begin() + static_cast<ptrdiff_t>(std::min(all.size(), from + kMaxAccessesInCommit)));
      ledger::CommitPtr commit = MakeCommit(key.first, partition, some);
      AppendOutcome outcome = AppendOutcome::kUnknown;
      status = AppendAndWait(commit, &outcome);
      const std::lock_guard lock(mutex_);
      if (outcome == AppendOutcome::kDurable) {
        const auto owned = partitions_.find(key.first);
        if (owned != partitions_.end() && owned->second.term == partition.term) {
          owned->second.last = commit->sequence();
          owned->second.last_recorded_at = commit->header().recorded_at;
        }
        durable.insert(durable.end(), some.begin(), some.end());
        from += some.size();
      } else if (outcome == AppendOutcome::kUnknown || !absl::IsResourceExhausted(status)) {
        broken_ = status;
      }
    }
  }
  std::sort(durable.begin(), durable.end());
  std::deque<Entry> left;
  for (Entry& entry : *entries) {
    if (!std::binary_search(durable.begin(), durable.end(), &entry)) {
      left.push_back(std::move(entry));
    }
  }
  *entries = std::move(left);
  return status;
}

ledger::CommitPtr AccessLog::MakeCommit(PartitionId id, const Partition& partition,
                                        const std::vector<const Entry*>& entries) {
  const auto info = env_.ledger->info();
  ledger::RecordHeader header;
  header.kind = ledger::RecordKind::kCommit;
  header.epoch = info.epoch;
  header.partition = id;
  header.term = partition.term;
  header.writer = partition.writer;
  header.sequence = partition.last.next();
  header.recorded_at = std::max(env_.clock->Now(), partition.last_recorded_at);
  header.registry_sequence = env_.registry->Current()->registry_sequence();
  ledger::CommitBuilder builder(entries.front()->entity.tenant, "", "");
  for (size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = *entries[i];
    const std::string payload = entry.record.SerializeAsString();
    const std::string context = entry.context.SerializeAsString();
    ledger::EventToWrite event;
    event.type = ev::EVENT_TYPE_ACCESS_RECORDED;
    event.id =
        ids_.Make(info.epoch, id, header.sequence, static_cast<uint16_t>(i), header.recorded_at);
    event.occurred_at = header.recorded_at;
    event.entity_kind = ev::ENTITY_KIND_ACCESS;
    event.entity_id = entry.entity.id;
    event.context_override = context;
    event.payload = payload;
    builder.AddEvent(event);
  }
  std::string bytes = builder.Finish(header, info.id);
  const auto verdict = ledger::DecodeHeader(bytes, info.id, &header);
  CheckInvariant(verdict == ledger::HeaderVerdict::kOk, "a commit's own header does not read back");
  auto commit = ledger::Commit::Make(header, std::move(bytes));
  CheckInvariant(commit.ok(), "a commit of accesses does not read back");
  return *std::move(commit);
}

absl::Status AccessLog::AppendAndWait(ledger::CommitPtr commit, AppendOutcome* outcome) {
  std::promise<std::pair<AppendOutcome, absl::Status>> done;
  ledger::Batch batch;
  batch.commits.push_back(std::move(commit));
  batch.done = [&done](AppendOutcome result, const absl::Status& status) {
    done.set_value({result, status});
  };
  env_.ledger->Append(std::move(batch));
  auto [result, status] = done.get_future().get();
  *outcome = result;
  return status;
}

}  // namespace daybook::projections
