// What a commit says, checked against the ledger that it stands in: entities in their partition,
// request ids and source ids used once, events that this program knows and can read, ids as they
// must be, keys that the vault has.
//
// Not thread-safe. Memory: about 20 bytes for each request id of the ledger.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "absl/container/flat_hash_set.h"
#include "google/protobuf/message.h"
#include "ledger/findings.h"
#include "ledger/record.h"
#include "ledger/request_key.h"
#include "ledger/vault_check.h"

namespace daybook::ledger {

// The empty message of an event type; null for one that this program does not know.
using PayloadTypes =
    std::function<const google::protobuf::Message*(uint16_t type, uint16_t schema_version)>;

class CommitCheck {
 public:
  struct Requests {
    uint64_t requests = 0;
    uint64_t source_events = 0;
  };

  // `types` may be empty: payloads are not looked into. `vault` may be null; both outlive this.
  CommitCheck(uint32_t entity_partitions, const PayloadTypes& types, const VaultCheck* vault,
              Findings* findings);

  // Takes a valid commit, in log order. `registry`: the registry's last sequence so far.
  Requests Check(const CommitView& commit, const RecordPlace& place, Sequence registry);
  // After the last: what is said once for the whole ledger.
  void Finish();

 private:
  Requests CheckRequests(const CommitView& commit, const RecordPlace& place);
  void CheckEvent(const CommitView& commit, const RecordPlace& place, size_t index);
  // True if the id is the one that this ledger gives to an event there.
  bool IsOwnId(const CommitView& commit, size_t index) const;
  void CheckPayload(const CommitView& commit, const RecordPlace& place, const EventView& event);
  void CheckKeys(const CommitView& commit, const RecordPlace& place,
                 google::protobuf::Message* payload);
  void Damage(std::string_view check, const CommitView& commit, const RecordPlace& place,
              std::string text, std::string_view advice = {});

  const uint32_t entity_partitions_;
  const PayloadTypes types_;
  const VaultCheck* const vault_;
  Findings* const findings_;
  absl::flat_hash_set<RequestKey, RequestKeyHash> requests_;
  std::map<PartitionId, Sequence> registry_;  // of the last commit, by partition
  std::map<const google::protobuf::Message*, std::unique_ptr<google::protobuf::Message>> scratch_;
  uint64_t erased_values_ = 0;
  uint64_t foreign_ids_ = 0;
};

}  // namespace daybook::ledger
