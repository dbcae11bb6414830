#include "ledger/log_check.h"

#include <fmt/format.h>

namespace daybook::ledger {
namespace {

constexpr std::string_view kDeleteViews =
    "Delete the folder views while no server runs: the next start builds them anew.";

}  // namespace

LogCheck::LogCheck(const LedgerIdentity& identity, const LogCheckParts& parts)
    : parts_(parts), judge_(identity.id, identity.entity_partitions, identity.access_partitions) {
  for (const ClaimedPosition& claim : parts_.options->positions) {
    if (claim.sequence.value() > 0) {
      claims_.emplace(std::pair(claim.partition, claim.sequence), &claim);
    }
  }
}

absl::Status LogCheck::Run(SegmentFiles* files, const GroupPlace& until, uint64_t total_bytes,
                           std::string_view advice) {
  total_ = total_bytes;
  advice_ = advice;
  LogVisitor visitor;
  visitor.group = [this](const GroupView& group, bool behind_break) {
    OnGroup(group, behind_break);
    return true;
  };
  visitor.broken = [this](const LogBreak& found) {
    OnBreak(found);
    return true;
  };
  auto walked = WalkLog(files, until, visitor);
  if (!walked.ok()) return walked.status();
  log_ = *std::move(walked);
  return absl::OkStatus();
}

void LogCheck::OnBreak(const LogBreak& found) {
  std::string text = found.what;
  if (found.resumed.has_value()) {
    text +=
        fmt::format("; groups go on with number {} in segment {} at offset {}",
                    found.resumed->number.value(), found.resumed->segment, found.resumed->offset);
  }
  parts_.findings
      ->Damage("segments", SegmentFileOf(found.expected.segment), std::move(text), advice_)
      ->set_offset(found.expected.offset);
}

void LogCheck::OnGroup(const GroupView& group, bool behind_break) {
  if (behind_break) {
    judge_.SkipDamage();
    broken_ = true;
  }
  done_ += group.place.length;
  if (parts_.options->progress) parts_.options->progress(done_, total_);
  parts_.counter->AddGroup(group);
  CheckPlaces(group.place);
  const absl::Status judged = judge_.Judge(group, [&](const JudgedRecord& record) {
    OnRecord(record, group.place);
    return true;
  });
  if (judged.ok()) return;
  parts_.findings
      ->Damage("records", SegmentFileOf(group.place.segment), std::string(judged.message()),
               advice_)
      ->set_offset(group.place.offset);
}

void LogCheck::OnRecord(const JudgedRecord& record, const GroupPlace& group) {
  const RecordHeader& header = record.header;
  if (record.last_before_gap.has_value() && header.kind == RecordKind::kCommit &&
      header.sequence.value() > record.last_before_gap->value() + 1) {
    parts_.findings->OfCommit(
        "records", header.partition, header.sequence, record.place,
        fmt::format("commits {} to {} are missing or damaged", record.last_before_gap->value() + 1,
                    header.sequence.value() - 1),
        advice_);
  }
  if (record.reason != nullptr) {
    parts_.findings->OfCommit("records", header.partition, header.sequence, record.place,
                              fmt::format("the record is not valid: {}", record.reason),
                              "Keep a copy of the ledger as it is and report it as a defect.");
    return;
  }
  const RecordHash hash = record.commit != nullptr ? HashOfCommit(*record.commit) : RecordHash{};
  parts_.counter->AddRecord(record, hash);
  if (record.commit == nullptr) return;
  CheckClaims(*record.commit, hash);
  const CommitCheck::Requests requests =
      parts_.commits->Check(*record.commit, record.place, judge_.states().front().state.last);
  parts_.counter->AddRequests(requests.requests, requests.source_events);
  if (parts_.index == nullptr || group.group > parts_.index->reached().group) return;
  if (const absl::Status added = parts_.index->Add(*record.commit, record.place); !added.ok()) {
    parts_.findings->OfCommit("requests", header.partition, header.sequence, record.place,
                              std::string(added.message()));
  }
}

void LogCheck::CheckPlaces(const GroupPlace& place) {
  if (parts_.index != nullptr && place.group == parts_.index->reached().group &&
      place.chain != parts_.index->reached().chain) {
    parts_.findings->Damage("index", "ledger/index", "it was made from another log",
                            kDeleteIndexAdvice);
  }
  for (const ClaimedPlace& claim : parts_.options->places) {
    if (claim.place.group != place.group || claim.place.chain == place.chain) continue;
    parts_.findings->Damage("views", claim.who,
                            fmt::format("group {} is not the one that it has read: this log was "
                                        "replaced",
                                        place.group.value()),
                            kLostEndAdvice);
  }
}

void LogCheck::CheckClaims(const CommitView& commit, const RecordHash& hash) {
  const auto [first, last] =
      claims_.equal_range(std::pair(commit.header().partition, commit.header().sequence));
  for (auto it = first; it != last; ++it) {
    if (it->second->hash == hash) continue;
    v1::Finding* const finding = parts_.findings->Damage(
        "views", it->second->who, "stands on another commit of this number", kDeleteViews);
    finding->set_partition(commit.header().partition.value());
    finding->set_sequence(commit.header().sequence.value());
  }
}

void LogCheck::CheckClaimsBeyondEnd() {
  for (const ClaimedPlace& claim : parts_.options->places) {
    if (claim.place.group <= log_.last.group) continue;
    parts_.findings->Damage("views", claim.who,
                            fmt::format("it has read group {}, and the log ends with {}",
                                        claim.place.group.value(), log_.last.group.value()),
                            kLostEndAdvice);
  }
  for (const ClaimedPosition& claim : parts_.options->positions) {
    Sequence last;
    for (const NamedPartitionState& state : judge_.states()) {
      if (state.partition == claim.partition) last = state.state.last;
    }
    if (claim.sequence <= last) continue;
    v1::Finding* const finding =
        parts_.findings->Damage("views", claim.who,
                                fmt::format("it has read commit {}, and the partition ends with {}",
                                            claim.sequence.value(), last.value()),
                                kLostEndAdvice);
    finding->set_partition(claim.partition.value());
    finding->set_sequence(claim.sequence.value());
  }
}

}  // namespace daybook::ledger
