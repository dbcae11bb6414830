#include "server/subscription_reader.h"

#include <algorithm>
#include <map>

#include "ledger/position.h"
#include "server/limits.h"

namespace daybook::server {

using ledger::CommitPtr;
using ledger::PartitionId;
using ledger::Sequence;

namespace {

// Beyond this many commits to look at it is cheaper to ask the index for the entities' own.
constexpr uint64_t kSparseCommits = 1000;
// Commits that are held while those of several entities are put in order.
constexpr size_t kMaxHeldCommits = 4096;

}  // namespace

SubscriptionReader::SubscriptionReader(const Environment& environment, SubscriptionFilter filter,
                                       const EventReader& reader)
    : env_(environment), filter_(std::move(filter)), event_reader_(reader) {
  for (const auto& [partition, sequence] : filter_.begin) cursors_[partition].read = sequence;
}

bool SubscriptionReader::Behind() const {
  return std::any_of(cursors_.begin(), cursors_.end(), [this](const auto& entry) {
    return env_.ledger->LastDurable(entry.first) > entry.second.read;
  });
}

absl::Status SubscriptionReader::Read(std::vector<v1::SubscribeResponse>* messages, bool* more) {
  Budget budget{kMaxReadAheadCommits, kMaxReadAheadBytes, kMaxScannedCommits};
  absl::Status status;
  auto it = cursors_.lower_bound(turn_);
  for (size_t i = 0; i < cursors_.size() && status.ok() && !budget.spent(); ++i, ++it) {
    if (it == cursors_.end()) it = cursors_.begin();
    status = ReadOn(it->first, &it->second, &budget, messages);
    turn_ = PartitionId(it->first.value() + 1);
  }
  *more = Behind();
  if (!*more && !messages->empty()) messages->back().set_caught_up(true);
  return status;
}

absl::Status SubscriptionReader::ReadOn(PartitionId partition, Cursor* cursor, Budget* budget,
                                        std::vector<v1::SubscribeResponse>* messages) {
  const Sequence end = env_.ledger->LastDurable(partition);
  if (end <= cursor->read) return absl::OkStatus();
  if (!filter_.entities.empty() && end.value() - cursor->read.value() > kSparseCommits) {
    return ReadEntities(partition, end, cursor, budget, messages);
  }
  absl::Status problem;
  const absl::Status read =
      env_.ledger->ReadPartition(partition, cursor->read.next(), [&](const CommitPtr& commit) {
        problem = Deliver(commit, cursor, budget, messages);
        if (!problem.ok()) return false;
        cursor->read = commit->sequence();
        --budget->scanned;
        return !budget->spent();
      });
  return problem.ok() ? read : problem;
}

// The entities' commits up to `end`, put in order. Of an entity with many, only the first are read:
// then what lies behind its last one waits for the next turn.
absl::Status SubscriptionReader::ReadEntities(PartitionId partition, Sequence end, Cursor* cursor,
                                              Budget* budget,
                                              std::vector<v1::SubscribeResponse>* messages) {
  const auto& entities = filter_.entities.at(partition);
  const size_t most = std::max<size_t>(1, kMaxHeldCommits / entities.size());
  std::map<Sequence, CommitPtr> found;
  Sequence horizon = end;
  for (const ledger::EntityRef& entity : entities) {
    size_t count = 0;
    const absl::Status read =
        env_.ledger->ReadEntity(entity, cursor->read, [&](const CommitPtr& commit) {
          if (commit->sequence() > horizon) return false;
          found[commit->sequence()] = commit;
          if (++count < most) return true;
          horizon = commit->sequence();
          return false;
        });
    if (!read.ok()) return read;
  }
  for (const auto& [sequence, commit] : found) {
    if (sequence > horizon) break;
    if (absl::Status status = Deliver(commit, cursor, budget, messages); !status.ok()) {
      return status;
    }
    cursor->read = sequence;
    if (budget->spent()) return absl::OkStatus();
  }
  cursor->read = horizon;
  return absl::OkStatus();
}

absl::Status SubscriptionReader::Deliver(const CommitPtr& commit, Cursor* cursor, Budget* budget,
                                         std::vector<v1::SubscribeResponse>* messages) {
  if (!filter_.WantsAny(commit->view())) return absl::OkStatus();
  v1::SubscribeResponse message;
  const absl::Status status = env_.events->Append(
      commit->view(), 0,
      [&](const ledger::EventView& event) { return filter_.Wants(commit->partition(), event); },
      event_reader_, message.mutable_events());
  if (!status.ok()) return status;
  message.set_partition(commit->partition().value());
  message.set_sequence(commit->sequence().value());
  message.set_previous_sequence(cursor->delivered.value());
  cursor->delivered = commit->sequence();
  cursor->read = commit->sequence();
  message.set_position_token(Token());
  --budget->commits;
  budget->bytes -= std::min(budget->bytes, commit->view().record().size());
  messages->push_back(std::move(message));
  return absl::OkStatus();
}

v1::SubscribeResponse SubscriptionReader::Heartbeat() const {
  v1::SubscribeResponse message;
  message.set_position_token(Token());
  message.set_caught_up(!Behind());
  return message;
}

std::string SubscriptionReader::Token() const {
  const ledger::LedgerInfo info = env_.ledger->info();
  ledger::PositionToken token(info.id);
  for (const auto& [partition, cursor] : cursors_) {
    if (cursor.read.value() > 0) token.Raise({info.epoch, partition, cursor.read});
  }
  return token.Seal(*env_.keys);
}

}  // namespace daybook::server
