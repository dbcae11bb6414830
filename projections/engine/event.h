// An event as folds see it: what it is about, when it happened, and its payload as a message.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "daybook/event/v1/envelope.pb.h"
#include "google/protobuf/arena.h"
#include "google/protobuf/message.h"
#include "ledger/record.h"
#include "ledger/types.h"

namespace daybook::projections {

using daybook::event::v1::EntityKind;
using daybook::event::v1::EventContext;
using daybook::event::v1::EventType;
using ledger::EntityRef;
using ledger::EventId;
using ledger::Timestamp;

// One event. A view of data that its DecodedCommit (or Decision) owns; copy it freely while that
// lives.
struct Event {
  EventType type = daybook::event::v1::EVENT_TYPE_UNSPECIFIED;
  std::string_view tenant;
  EntityKind entity_kind = daybook::event::v1::ENTITY_KIND_UNSPECIFIED;
  std::string_view entity_id;
  EventId id{};
  Timestamp occurred_at;
  Timestamp recorded_at;
  ledger::PartitionId partition;
  ledger::Sequence sequence;
  uint32_t index = 0;  // in the commit
  const google::protobuf::Message* message = nullptr;
  const EventContext* context = nullptr;  // commit's and event's, merged

  // The payload; the caller has looked at `type`.
  template <typename Payload>
  const Payload& As() const {
    return static_cast<const Payload&>(*message);
  }
  EntityRef entity() const {
    return {std::string(tenant), static_cast<uint16_t>(entity_kind), std::string(entity_id)};
  }
};

// What the program knows of an event type.
struct EventSpec {
  EventType type;
  uint16_t schema_version;  // that is written; older ones are upcast when read
  uint32_t ledger_level;    // from which it may be written
  const google::protobuf::Message* prototype;
};

// All event types by number.
class EventCatalogue {
 public:
  void Add(const EventSpec& spec);
  // Null if this program does not know the type: the reader stops.
  const EventSpec* Find(uint16_t type) const;
  const EventSpec* FindByMessage(const google::protobuf::Descriptor* descriptor) const;

 private:
  std::vector<EventSpec> by_type_;  // index is the number; unknown: prototype null
  absl::flat_hash_map<const google::protobuf::Descriptor*, uint16_t> by_message_;
};

// A commit with its payloads parsed. Immutable after Decode.
class DecodedCommit : public ledger::CommitAttachment {
 public:
  // Errors: FailedPrecondition (a type or version that this program does not know), DataLoss (does
  // not parse).
  static absl::StatusOr<std::shared_ptr<const DecodedCommit>> Decode(
      const ledger::CommitView& view, const EventCatalogue& catalogue);
  const std::vector<Event>& events() const { return events_; }

 private:
  friend class CommandDecision;
  // A block holds what most commits need.
  static google::protobuf::ArenaOptions ArenaOptions() {
    google::protobuf::ArenaOptions options;
    options.start_block_size = 2048;
    return options;
  }

  google::protobuf::Arena arena_{ArenaOptions()};  // payloads and contexts
  std::string tenant_;
  std::vector<std::string> entity_ids_;
  EventContext* context_ =  // the commit's
      google::protobuf::Arena::CreateMessage<EventContext>(&arena_);
  std::vector<Event> events_;
};

}  // namespace daybook::projections
