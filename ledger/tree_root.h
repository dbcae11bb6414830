// The root of an RFC 9162 Merkle tree whose leaves come one after the other: the hash that stands
// for all commits of a partition, computed in memory that grows with the logarithm of their number.
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "ledger/types.h"

namespace daybook::ledger {

class TreeRoot {
 public:
  // `leaf`: the record hash of the next commit.
  void Add(const RecordHash& leaf);
  uint64_t size() const { return size_; }
  // Of the tree as it is; SHA-256 of nothing for an empty one.
  Bytes32 Root() const;

 private:
  uint64_t size_ = 0;
  // Roots of the full subtrees that make up the tree, largest first: one for each bit of size_.
  std::vector<Bytes32> subtrees_;
};

}  // namespace daybook::ledger
