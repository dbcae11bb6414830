// What a subscription wants to see, and where it begins: a SubscribeRequest, checked.
//
// Immutable after Parse.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_set.h"
#include "daybook/v1/ledger.pb.h"
#include "ledger/ledger.h"
#include "ledger/signed_token.h"
#include "projections/engine/caller.h"
#include "projections/engine/refusal.h"

namespace daybook::server {

struct SubscriptionFilter {
  std::string tenant;
  projections::RoleSet roles;
  absl::flat_hash_set<uint16_t> types;  // empty: all
  // By partition, where entities are named; empty: all.
  absl::btree_map<ledger::PartitionId, std::vector<ledger::EntityRef>> entities;
  // Where to begin, by partition: after this sequence. Its keys are the partitions to read.
  absl::btree_map<ledger::PartitionId, ledger::Sequence> begin;
  uint32_t heartbeat_ms = 0;

  // Checks the request and fills this, or says what is wrong with it.
  projections::MaybeRefusal Parse(const v1::SubscribeRequest& request,
                                  const projections::Caller& caller, const ledger::Ledger& ledger,
                                  const ledger::TokenKeys& keys);

  // True for an event that the subscriber gets.
  bool Wants(ledger::PartitionId partition, const ledger::EventView& event) const;
  bool WantsAny(const ledger::CommitView& commit) const;

 private:
  projections::MaybeRefusal ParsePartitions(const v1::SubscribeRequest& request,
                                            const ledger::Ledger& ledger);
  projections::MaybeRefusal ParseEntities(const v1::SubscribeRequest& request,
                                          const ledger::Ledger& ledger);
  projections::MaybeRefusal ParseBegin(const v1::SubscribeRequest& request,
                                       const ledger::Ledger& ledger, const ledger::TokenKeys& keys);
};

}  // namespace daybook::server
