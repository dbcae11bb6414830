// Verifies the log itself, from the bytes of its segments: groups, chain, records, what commits
// say, and what others (the index, views) say of places in it.
//
// One use, one thread. Changes nothing.
#pragma once

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "ledger/commit_check.h"
#include "ledger/figures.h"
#include "ledger/identity.h"
#include "ledger/index_check.h"
#include "ledger/log_walk.h"
#include "ledger/record_judge.h"
#include "ledger/verify.h"

namespace daybook::ledger {

// What the log is held against; all but `index` are there, and outlive the check.
struct LogCheckParts {
  const VerifyOptions* options;
  Findings* findings;
  CommitCheck* commits;
  IndexCheck* index;  // null: there is none
  FigureCounter* counter;
};

class LogCheck {
 public:
  LogCheck(const LedgerIdentity& identity, const LogCheckParts& parts);

  // Reads to the end, or to `until`: see WalkLog. `total_bytes` is for the progress, `advice` for
  // damaged segments. Errors: those of WalkLog.
  absl::Status Run(SegmentFiles* files, const GroupPlace& until, uint64_t total_bytes,
                   std::string_view advice);

  // After Run:
  const WalkedLog& log() const { return log_; }
  const std::vector<NamedPartitionState>& states() const { return judge_.states(); }
  // True if records lie behind damage.
  bool broken() const { return broken_; }
  // What views say of places behind the end.
  void CheckClaimsBeyondEnd();

 private:
  void OnBreak(const LogBreak& found);
  void OnGroup(const GroupView& group, bool behind_break);
  void OnRecord(const JudgedRecord& record, const GroupPlace& group);
  void CheckPlaces(const GroupPlace& place);
  void CheckClaims(const CommitView& commit, const RecordHash& hash);

  const LogCheckParts parts_;
  RecordJudge judge_;
  std::multimap<std::pair<PartitionId, Sequence>, const ClaimedPosition*> claims_;
  WalkedLog log_;
  std::string_view advice_;
  bool broken_ = false;
  uint64_t done_ = 0;
  uint64_t total_ = 0;
};

// What to do about the log's end, or about views, when they disagree.
inline constexpr std::string_view kLostEndAdvice =
    "Acknowledged commits are missing at the log's end: restore the newest backup that has them, "
    "or "
    "see what `daybook ledger recover` would keep.";
inline constexpr std::string_view kDeleteIndexAdvice =
    "Delete the folder ledger/index while no server runs: the next start makes it anew.";

}  // namespace daybook::ledger
