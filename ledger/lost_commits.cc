#include "ledger/lost_commits.h"

#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "ledger/findings.h"
#include "ledger/request_walk.h"

namespace daybook::ledger {
namespace {

using google::protobuf::util::TimeUtil;

v1::LostCommit Describe(const CommitView& commit, const RecordPlace& place) {
  v1::LostCommit lost;
  lost.set_partition(commit.header().partition.value());
  lost.set_sequence(commit.header().sequence.value());
  *lost.mutable_recorded_at() =
      TimeUtil::MicrosecondsToTimestamp(commit.header().recorded_at.micros);
  lost.set_tenant(std::string(commit.tenant()));
  lost.set_file(SegmentFileOf(place.segment));
  lost.set_offset(place.offset);
  WalkRequests(commit.requests(), [&](const RequestNames& names, uint32_t) {
    v1::LostRequest* const request = lost.add_requests();
    request->set_entity_kind(static_cast<event::v1::EntityKind>(names.entity_kind));
    request->set_entity_id(std::string(names.entity_id));
    request->set_request_id(std::string(names.request_id));
    request->set_source(std::string(names.source));
    request->set_source_event_id(std::string(names.source_event_id));
  }).IgnoreError();
  for (const EventView& event : commit.events()) {
    const bool known =
        std::any_of(lost.entities().begin(), lost.entities().end(), [&](const auto& entity) {
          return entity.kind() == event.entity_kind && entity.id() == event.entity_id;
        });
    if (known) continue;
    v1::LostEntity* const entity = lost.add_entities();
    entity->set_kind(static_cast<event::v1::EntityKind>(event.entity_kind));
    entity->set_id(std::string(event.entity_id));
  }
  return lost;
}

class CutFinder {
 public:
  CutFinder(const LedgerIdentity& identity, const std::function<void(const v1::LostCommit&)>& lost)
      : lost_(lost), judge_(identity.id, identity.entity_partitions, identity.access_partitions) {
    cut_.states = judge_.states();
  }

  absl::StatusOr<CutLog> Find(SegmentFiles* files) {
    LogVisitor visitor;
    visitor.broken = [this](const LogBreak& found) {
      if (cut_.problem.empty()) {
        cut_.problem = found.what;
        cut_.next = found.expected;
      }
      return true;
    };
    visitor.group = [this](const GroupView& group, bool behind_break) {
      if (behind_break) judge_.SkipDamage();
      TakeGroup(group);
      return true;
    };
    const auto walked = WalkLog(files, {}, visitor);
    if (!walked.ok()) return walked.status();
    if (cut_.problem.empty()) cut_.next = walked->sound_next;
    cut_.last_segment = walked->last_segment;
    return std::move(cut_);
  }

 private:
  // A group is kept whole or not at all.
  void TakeGroup(const GroupView& group) {
    std::vector<std::pair<PartitionId, RecordHash>> hashes;
    std::vector<v1::LostCommit> commits;
    std::string problem;
    const absl::Status judged = judge_.Judge(group, [&](const JudgedRecord& record) {
      if (record.reason != nullptr && problem.empty()) {
        problem =
            fmt::format("invalid record at {}: {}",
                        DescribePlace(record.place.segment, record.place.offset), record.reason);
      }
      if (record.commit == nullptr) return true;
      hashes.emplace_back(record.header.partition, HashOfCommit(*record.commit));
      if (!cut_.problem.empty()) commits.push_back(Describe(*record.commit, record.place));
      return true;
    });
    if (problem.empty() && !judged.ok()) problem = std::string(judged.message());
    if (cut_.problem.empty() && !problem.empty()) {
      cut_.problem = problem;
      cut_.next = {group.place.segment, group.place.offset, group.place.group, {}};
    }
    if (cut_.problem.empty()) {
      for (const auto& [partition, hash] : hashes) cut_.trees[partition].Add(hash);
      cut_.states = judge_.states();
      cut_.last = group.place;
    }
    for (const v1::LostCommit& commit : commits) {
      CutLog::Readable& readable = cut_.readable[PartitionId(commit.partition())];
      ++readable.count;
      readable.last = std::max(readable.last, Sequence(commit.sequence()));
      lost_(commit);
    }
  }

  const std::function<void(const v1::LostCommit&)>& lost_;
  RecordJudge judge_;
  CutLog cut_;
};

}  // namespace

absl::StatusOr<CutLog> FindCut(SegmentFiles* files, const LedgerIdentity& identity,
                               const std::function<void(const v1::LostCommit&)>& lost) {
  return CutFinder(identity, lost).Find(files);
}

}  // namespace daybook::ledger
