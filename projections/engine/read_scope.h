// What a query's read function sees: live rows under the view's lock, or rows folded for the
// occasion.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "projections/engine/domain.h"
#include "projections/engine/history.h"
#include "projections/engine/view_fold.h"

namespace daybook::projections {

struct ScopeEnvironment {
  const Catalogue* catalogue = nullptr;
  const ledger::Ledger* ledger = nullptr;
  Secrets* secrets = nullptr;      // folds history
  const Opener* opener = nullptr;  // as the caller may see it
  std::shared_ptr<const PolicySet> policies;
  std::shared_ptr<ViewFold> fold;  // null: the query reads policies only
  std::string tenant;
  EntityRef entity;  // id empty: tenant-wide
  std::vector<ledger::PartitionId> partitions;
  HistoryCut cut;
  Timestamp at;
};

// Calls the query's read function. Throws InvariantBroken where storage or ledger cannot be read.
MaybeRefusal ReadThroughScope(const ScopeEnvironment& environment, const QuerySpec& spec,
                              const google::protobuf::Message& request,
                              google::protobuf::Message* response);

}  // namespace daybook::projections
