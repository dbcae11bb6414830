// The record hash: the RFC 9162 leaf hash over what FORMAT.md calls the leaf entry.
#include "ledger/check.h"
#include "ledger/record.h"
#include "ledger/sha256.h"

namespace daybook::ledger {
namespace {

// Kept apart from the hasher inside Sha256Of, which runs while this one is under way.
Sha256& StartLeaf(std::string_view header) {
  static constexpr char kLeafPrefix = 0x00;
  thread_local Sha256 leaf;
  leaf.Start();
  leaf.Add({&kLeafPrefix, 1});
  leaf.Add(header);
  return leaf;
}

}  // namespace

RecordHash HashOfCommit(const CommitView& commit) {
  Sha256& leaf = StartLeaf(commit.record_.substr(0, kHeaderBytes));
  leaf.Add(AsView(Sha256Of(commit.common_)));
  for (const EventView& event : commit.events_) leaf.Add(AsView(Sha256Of(event.bytes)));
  return leaf.Finish();
}

RecordHash HashOfControlRecord(std::string_view record) {
  DAYBOOK_CHECK(record.size() >= kHeaderBytes, "a record is not shorter than its header");
  Sha256& leaf = StartLeaf(record.substr(0, kHeaderBytes));
  leaf.Add(AsView(Sha256Of(record.substr(kHeaderBytes))));
  return leaf.Finish();
}

}  // namespace daybook::ledger
