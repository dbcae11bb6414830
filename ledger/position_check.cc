#include "ledger/position_check.h"

namespace daybook::ledger {
namespace {

// The last commit of the partition that was recorded in `epoch` or before: epochs never decrease.
absl::StatusOr<Sequence> EndOfEpoch(const Ledger& ledger, PartitionId partition, Epoch epoch,
                                    Sequence last) {
  uint64_t good = 0;
  uint64_t later = last.value() + 1;
  while (later - good > 1) {
    const uint64_t middle = good + (later - good) / 2;
    const auto commit = ledger.Read(partition, Sequence(middle));
    if (!commit.ok()) return commit.status();
    ((*commit)->header().epoch <= epoch ? good : later) = middle;
  }
  return Sequence(good);
}

}  // namespace

absl::StatusOr<CheckedPosition> CheckPosition(const Ledger& ledger, const Position& position) {
  const Epoch now = ledger.info().epoch;
  const Sequence last = ledger.LastDurable(position.partition);
  if (position.epoch >= now) {
    const bool good = position.epoch == now && position.sequence <= last;
    return CheckedPosition{good ? PositionStanding::kGood : PositionStanding::kBeyondEnd, {}};
  }
  if (position.sequence == Sequence()) return CheckedPosition{};
  if (position.sequence <= last) {
    const auto commit = ledger.Read(position.partition, position.sequence);
    if (!commit.ok()) return commit.status();
    if ((*commit)->header().epoch <= position.epoch) return CheckedPosition{};
  }
  const auto end = EndOfEpoch(ledger, position.partition, position.epoch, last);
  if (!end.ok()) return end.status();
  return CheckedPosition{PositionStanding::kEpochEnded, *end};
}

}  // namespace daybook::ledger
