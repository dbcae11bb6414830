#include "ledger/group_draft.h"

#include <fmt/format.h>

namespace daybook::ledger {

absl::Status GroupDraft::Judge(PartitionId partition, Sequence sequence, std::string_view record) {
  if (!rules_->Has(partition)) {
    return absl::InvalidArgumentError(
        fmt::format("the ledger has no partition {}", partition.value()));
  }
  const char* reason = "";
  const Verdict verdict = rules_->Judge(partition, record, &reason);
  if (verdict == Verdict::kValid) return absl::OkStatus();
  const std::string text =
      fmt::format("partition {}: record with sequence {} cannot follow {}: {}", partition.value(),
                  sequence.value(), rules_->state(partition).last.value(), reason);
  return verdict == Verdict::kStop ? absl::InvalidArgumentError(text)
                                   : absl::FailedPreconditionError(text);
}

absl::Status GroupDraft::AddCommits(const std::vector<CommitPtr>& commits) {
  const size_t mark = rules_->Mark();
  const size_t records_before = records_.size();
  const size_t indexed_before = index_batch_.size();
  const size_t bytes_before = bytes_;
  for (const CommitPtr& commit : commits) {
    const std::string_view record = commit->view().record();
    absl::Status status = Judge(commit->partition(), commit->sequence(), record);
    if (status.ok()) {
      status = index_batch_.Add(commit->view(), records_.size());
      if (!status.ok()) status = absl::InvalidArgumentError(status.message());
    }
    if (!status.ok()) {
      rules_->TakeBack(mark);
      records_.resize(records_before);
      index_batch_.Truncate(indexed_before);
      bytes_ = bytes_before;
      return status;
    }
    records_.push_back(record);
    bytes_ += record.size();
  }
  commits_.insert(commits_.end(), commits.begin(), commits.end());
  return absl::OkStatus();
}

absl::Status GroupDraft::AddControl(PartitionId partition, std::string record) {
  const size_t mark = rules_->Mark();
  if (absl::Status status = Judge(partition, Sequence(), record); !status.ok()) {
    rules_->TakeBack(mark);
    return status;
  }
  records_.push_back(control_records_.emplace_back(std::move(record)));
  bytes_ += records_.back().size();
  return absl::OkStatus();
}

void GroupDraft::Clear() {
  records_.clear();
  commits_.clear();
  control_records_.clear();
  index_batch_.Clear();
  bytes_ = 0;
}

}  // namespace daybook::ledger
