#include "ledger/record_judge.h"

namespace daybook::ledger {

RecordJudge::RecordJudge(const LedgerId& ledger, uint32_t entity_partitions,
                         uint32_t access_partitions)
    : ledger_(ledger),
      rules_(ledger, entity_partitions, access_partitions),
      unsure_(rules_.size(), false) {}

void RecordJudge::SkipDamage() { unsure_.assign(rules_.size(), true); }

void RecordJudge::Reseat(const RecordHeader& header, JudgedRecord* judged) {
  const size_t slot = rules_.Slot(header.partition);
  if (!unsure_[slot]) return;
  unsure_[slot] = false;
  std::vector<NamedPartitionState> states = rules_.states();
  PartitionState& state = states[slot].state;
  judged->last_before_gap = state.last;
  if (header.kind == RecordKind::kGenesis) return;
  const bool opens_term = header.kind == RecordKind::kClaim || header.kind == RecordKind::kEpoch;
  state.opened = true;
  state.epoch = Epoch(header.epoch.value() - (header.kind == RecordKind::kEpoch ? 1 : 0));
  state.term = Term(header.term.value() - (opens_term ? 1 : 0));
  state.writer = header.writer;
  state.term_open = true;
  if (header.kind == RecordKind::kCommit && header.sequence > state.last) {
    state.last = Sequence(header.sequence.value() - 1);
  } else {
    // How many commits are missing shows with the next one.
    unsure_[slot] = header.kind != RecordKind::kCommit;
  }
  rules_.Restore(states);
}

absl::Status RecordJudge::Judge(const GroupView& group,
                                absl::FunctionRef<bool(const JudgedRecord&)> visit) {
  return WalkRecords(
      group, ledger_,
      [&](const RecordHeader& header, std::string_view bytes, const RecordPlace& place) {
        JudgedRecord judged{header, bytes, place, nullptr, nullptr, std::nullopt};
        CommitView commit;
        if (header.kind == RecordKind::kSourcePosition) return visit(judged);
        if (!rules_.Has(header.partition)) {
          judged.reason = "of a partition that the ledger does not have";
          return visit(judged);
        }
        Reseat(header, &judged);
        const char* reason = "";
        const Verdict verdict = rules_.Judge(header.partition, bytes, &reason);
        rules_.Keep();
        if (verdict != Verdict::kValid) {
          judged.reason = reason;
        } else if (header.kind == RecordKind::kCommit) {
          auto parsed = CommitView::Parse(header, bytes);
          if (parsed.ok()) {
            commit = *std::move(parsed);
            judged.commit = &commit;
          } else {
            judged.reason = "its parts do not add up to its length";
          }
        }
        return visit(judged);
      });
}

}  // namespace daybook::ledger
