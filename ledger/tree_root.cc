#include "ledger/tree_root.h"

#include <string>

#include "ledger/sha256.h"

namespace daybook::ledger {
namespace {

Bytes32 Node(const Bytes32& left, const Bytes32& right) {
  std::string bytes(1, '\x01');
  bytes.append(AsView(left));
  bytes.append(AsView(right));
  return Sha256Of(bytes);
}

}  // namespace

void TreeRoot::Add(const RecordHash& leaf) {
  subtrees_.push_back(leaf);
  // Each trailing one of the old size is a subtree that the new leaf makes twice as large.
  for (uint64_t bits = size_; (bits & 1) != 0; bits >>= 1) {
    const Bytes32 right = subtrees_.back();
    subtrees_.pop_back();
    subtrees_.back() = Node(subtrees_.back(), right);
  }
  ++size_;
}

Bytes32 TreeRoot::Root() const {
  if (subtrees_.empty()) return Sha256Of("");
  Bytes32 root = subtrees_.back();
  for (size_t i = subtrees_.size() - 1; i > 0; --i) root = Node(subtrees_[i - 1], root);
  return root;
}

}  // namespace daybook::ledger
