#include "ledger/position.h"

#include <algorithm>
#include <cstring>

#include "ledger/check.h"
#include "ledger/coding.h"
#include "ledger/limits.h"
#include "ledger/varint.h"

namespace daybook::ledger {
namespace {

constexpr std::string_view kUse = "position";

auto LowerBound(std::vector<Position>& positions, PartitionId partition) {
  return std::lower_bound(positions.begin(), positions.end(), partition,
                          [](const Position& a, PartitionId b) { return a.partition < b; });
}

bool TakePosition(std::string_view* in, const Position* previous, Position* out) {
  uint32_t step = 0, epoch = 0;
  uint64_t sequence = 0;
  if (!TakeVarint32(in, &step) || !TakeVarint32(in, &epoch) || !TakeVarint(in, &sequence)) {
    return false;
  }
  const uint64_t partition = uint64_t{step} + (previous ? previous->partition.value() : 0);
  if (partition > UINT32_MAX || (previous != nullptr && step == 0)) return false;
  *out = {Epoch(epoch), PartitionId(static_cast<uint32_t>(partition)), Sequence(sequence)};
  return true;
}

}  // namespace

std::optional<Position> PositionToken::Find(PartitionId partition) const {
  for (const Position& position : positions_) {
    if (position.partition == partition) return position;
  }
  return std::nullopt;
}

void PositionToken::Raise(const Position& position) {
  const auto at = LowerBound(positions_, position.partition);
  if (at == positions_.end() || at->partition != position.partition) {
    positions_.insert(at, position);
  } else if (IsAfter(position, *at)) {
    *at = position;
  }
}

absl::Status PositionToken::Merge(const PositionToken& other) {
  if (other.ledger_ != ledger_) {
    return absl::InvalidArgumentError("position tokens of different ledgers");
  }
  for (const Position& position : other.positions_) Raise(position);
  return absl::OkStatus();
}

std::string PositionToken::Seal(const TokenKeys& keys) const {
  DAYBOOK_CHECK(positions_.size() <= kMaxTokenPositions, "more positions than a token holds");
  std::string payload(AsView(ledger_));
  AppendVarint(positions_.size(), &payload);
  uint32_t previous = 0;
  for (const Position& position : positions_) {
    AppendVarint(position.partition.value() - previous, &payload);
    AppendVarint(position.epoch.value(), &payload);
    AppendVarint(position.sequence.value(), &payload);
    previous = position.partition.value();
  }
  return keys.Seal(kUse, payload);
}

absl::StatusOr<PositionToken> PositionToken::Open(std::string_view text, const TokenKeys& keys) {
  const auto payload = keys.Open(kUse, text);
  if (!payload.ok()) return payload.status();
  std::string_view in(*payload);
  std::string_view ledger;
  uint64_t count = 0;
  PositionToken token{LedgerId{}};
  bool good = TakeBytes(&in, token.ledger_.size(), &ledger) && TakeVarint(&in, &count) &&
              count <= kMaxTokenPositions;
  if (good) std::memcpy(token.ledger_.data(), ledger.data(), ledger.size());
  for (uint64_t i = 0; good && i < count; ++i) {
    Position position;
    good = TakePosition(&in, i == 0 ? nullptr : &token.positions_.back(), &position);
    token.positions_.push_back(position);
  }
  if (!good || !in.empty()) return absl::InvalidArgumentError("not a position token");
  return token;
}

}  // namespace daybook::ledger
