#include "server/subscription_filter.h"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/position.h"
#include "projections/engine/position_refusal.h"
#include "server/access_rules.h"
#include "server/entity_name.h"
#include "server/limits.h"

namespace daybook::server {

using ledger::PartitionId;
using ledger::Sequence;
using projections::MaybeRefusal;
using projections::Refuse;

namespace {

MaybeRefusal CheckCount(const char* field, int count, int most) {
  if (count <= most) return std::nullopt;
  return Refuse(v1::REASON_FIELD_INVALID, field, fmt::format("{} given, {} allowed", count, most));
}

}  // namespace

MaybeRefusal SubscriptionFilter::Parse(const v1::SubscribeRequest& request,
                                       const projections::Caller& caller,
                                       const ledger::Ledger& ledger,
                                       const ledger::TokenKeys& keys) {
  tenant = caller.tenant;
  roles = caller.roles;
  if (request.from_end() && !request.after().empty()) {
    return Refuse(v1::REASON_FIELDS_EXCLUSIVE, "from_end", "begin after a position or at the end");
  }
  if (auto refusal = CheckCount("types", request.types_size(), kMaxFilteredTypes)) return refusal;
  for (int i = 0; i < request.types_size(); ++i) {
    if (!event::v1::EventType_IsValid(request.types(i)) || request.types(i) == 0) {
      return Refuse(v1::REASON_FIELD_INVALID, fmt::format("types[{}]", i), "not an event type");
    }
    types.insert(static_cast<uint16_t>(request.types(i)));
  }
  heartbeat_ms = request.heartbeat_ms() == 0 ? kStandardHeartbeatMs : request.heartbeat_ms();
  if (heartbeat_ms < kMinHeartbeatMs || heartbeat_ms > kMaxHeartbeatMs) {
    return Refuse(v1::REASON_FIELD_INVALID, "heartbeat_ms",
                  fmt::format("{} to {} are allowed", kMinHeartbeatMs, kMaxHeartbeatMs));
  }
  if (auto refusal = ParsePartitions(request, ledger)) return refusal;
  if (auto refusal = ParseEntities(request, ledger)) return refusal;
  return ParseBegin(request, ledger, keys);
}

MaybeRefusal SubscriptionFilter::ParsePartitions(const v1::SubscribeRequest& request,
                                                 const ledger::Ledger& ledger) {
  const uint32_t last = ledger.info().entity_partitions;
  if (auto refusal = CheckCount("partitions", request.partitions_size(), kMaxFilteredPartitions)) {
    return refusal;
  }
  for (int i = 0; i < request.partitions_size(); ++i) {
    if (request.partitions(i) > last) {
      return Refuse(v1::REASON_NOT_FOUND, fmt::format("partitions[{}]", i),
                    fmt::format("partitions are 0 to {}", last));
    }
    begin[PartitionId(request.partitions(i))] = Sequence();
  }
  if (begin.empty()) {
    for (uint32_t i = 0; i <= last; ++i) begin[PartitionId(i)] = Sequence();
  }
  return std::nullopt;
}

MaybeRefusal SubscriptionFilter::ParseEntities(const v1::SubscribeRequest& request,
                                               const ledger::Ledger& ledger) {
  if (request.entities().empty()) return std::nullopt;
  if (auto refusal = CheckCount("entities", request.entities_size(), kMaxFilteredEntities)) {
    return refusal;
  }
  for (int i = 0; i < request.entities_size(); ++i) {
    ledger::EntityRef entity;
    if (auto refusal =
            ParseEntityName(fmt::format("entities[{}]", i), request.entities(i), tenant, &entity)) {
      return refusal;
    }
    const PartitionId partition = ledger::PartitionOf(entity, ledger.info().entity_partitions);
    if (begin.contains(partition)) entities[partition].push_back(std::move(entity));
  }
  // Partitions without a wanted entity need no reading.
  for (auto it = begin.begin(); it != begin.end();) {
    it = entities.contains(it->first) ? std::next(it) : begin.erase(it);
  }
  return std::nullopt;
}

MaybeRefusal SubscriptionFilter::ParseBegin(const v1::SubscribeRequest& request,
                                            const ledger::Ledger& ledger,
                                            const ledger::TokenKeys& keys) {
  if (request.from_end()) {
    for (auto& [partition, sequence] : begin) sequence = ledger.LastDurable(partition);
    return std::nullopt;
  }
  if (request.after().empty()) return std::nullopt;
  const auto token = ledger::PositionToken::Open(request.after(), keys);
  if (!token.ok() || token->ledger() != ledger.info().id) {
    return Refuse(v1::REASON_POSITION_TOKEN_INVALID, "after",
                  "not a position token of this ledger");
  }
  for (auto& [partition, sequence] : begin) {
    const auto position = token->Find(partition);
    if (!position) continue;
    if (auto refusal = projections::CheckPosition("after", ledger, *position)) return refusal;
    sequence = position->sequence;
  }
  return std::nullopt;
}

bool SubscriptionFilter::Wants(PartitionId partition, const ledger::EventView& event) const {
  if (!types.empty() && !types.contains(event.type)) return false;
  if (!roles.HasAnyOf(RolesForEvent(event.type))) return false;
  if (entities.empty()) return true;
  const auto named = entities.find(partition);
  return named != entities.end() &&
         std::any_of(named->second.begin(), named->second.end(), [&](const auto& entity) {
           return entity.kind == event.entity_kind && entity.id == event.entity_id;
         });
}

bool SubscriptionFilter::WantsAny(const ledger::CommitView& commit) const {
  return commit.tenant() == tenant &&
         std::any_of(commit.events().begin(), commit.events().end(),
                     [&](const auto& event) { return Wants(commit.header().partition, event); });
}

}  // namespace daybook::server
