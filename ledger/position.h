// Positions in a ledger and the tokens by which clients keep them: "I have seen this much", to be
// handed back for a read that must not be older, or to go on with a subscription.
//
// Values; no locking of their own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/signed_token.h"
#include "ledger/types.h"

namespace daybook::ledger {

// A commit's place in its partition, also across continuations of the ledger.
struct Position {
  Epoch epoch{1};
  PartitionId partition;
  Sequence sequence;
  friend bool operator==(const Position&, const Position&) = default;
};

// True if `a` is further than `b`, of the same partition: the later epoch is, whatever the
// sequences.
inline bool IsAfter(const Position& a, const Position& b) {
  return a.epoch != b.epoch ? a.epoch > b.epoch : a.sequence > b.sequence;
}

// How far somebody has come in one ledger: at most one position a partition.
class PositionToken {
 public:
  explicit PositionToken(const LedgerId& ledger) : ledger_(ledger) {}

  const LedgerId& ledger() const { return ledger_; }
  // Sorted by partition.
  const std::vector<Position>& positions() const { return positions_; }
  std::optional<Position> Find(PartitionId partition) const;

  // Keeps the further of `position` and what is known of its partition.
  void Raise(const Position& position);
  // The same for all of another token. Errors: InvalidArgument if it is of another ledger.
  absl::Status Merge(const PositionToken& other);

  // The text that a client gets. At most kMaxTokenPositions positions.
  std::string Seal(const TokenKeys& keys) const;
  // The reverse. Errors: InvalidArgument for what is not such a text, changed, or signed by nobody
  // we know.
  static absl::StatusOr<PositionToken> Open(std::string_view text, const TokenKeys& keys);

  friend bool operator==(const PositionToken&, const PositionToken&) = default;

 private:
  LedgerId ledger_;
  std::vector<Position> positions_;
};

}  // namespace daybook::ledger
