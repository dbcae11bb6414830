// The valid commits of a ledger in memory, to be read as a store is read. For the simulated ledger.
//
// Not thread-safe.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/ledger.h"
#include "ledger/request_key.h"

namespace daybook::ledger {

class MemoryStore {
 public:
  // A group as it was read, perhaps without a single valid commit.
  struct Group {
    GroupPlace place;
    std::vector<CommitPtr> commits;
  };

  // Adds the next group; its commits are the next ones of their partitions.
  void Add(Group group);

  // Position and number of groups; they begin with number 1.
  const std::vector<Group>& groups() const { return groups_; }
  // All commits of a partition from sequence 1 on.
  const std::vector<CommitPtr>& Partition(PartitionId partition) const;
  // All commits with events of an entity.
  const std::vector<CommitPtr>& Entity(const EntityRef& entity) const;
  std::optional<RequestPlace> FindRequest(const RequestKey& key) const;

 private:
  void Index(const CommitPtr& commit);

  std::vector<Group> groups_;
  std::map<PartitionId, std::vector<CommitPtr>> partitions_;
  absl::flat_hash_map<std::string, std::vector<CommitPtr>> entities_;  // by entity key
  absl::flat_hash_map<RequestKey, RequestPlace, RequestKeyHash> requests_;
};

}  // namespace daybook::ledger
