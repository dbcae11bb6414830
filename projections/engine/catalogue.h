// Everything that the domains bring, found by number or message type. Made once at start, immutable
// afterwards.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "projections/engine/domain.h"
#include "projections/engine/string_map.h"

namespace daybook::projections {

// The event that the engine itself records.
inline EventSpec FollowUpAnsweredSpec() {
  return EventOf<daybook::event::v1::FollowUpAnswered>(
      daybook::event::v1::EVENT_TYPE_FOLLOW_UP_ANSWERED);
}

class Catalogue {
 public:
  explicit Catalogue(std::vector<Domain> domains);

  const std::vector<Domain>& domains() const { return domains_; }
  const EventCatalogue& events() const { return events_; }
  // Null if there is none.
  const CommandSpec* FindCommand(const google::protobuf::Descriptor* request) const;
  const QuerySpec* FindQuery(const google::protobuf::Descriptor* request) const;
  const DeadlineSpec* FindDeadline(uint16_t kind) const;
  const FollowUpSpec* FindFollowUp(EventType type) const;
  const std::vector<const ReactionSpec*>& ReactionsTo(EventType type) const;
  const std::vector<const View*>& views() const { return views_; }

 private:
  std::vector<Domain> domains_;
  EventCatalogue events_;
  absl::flat_hash_map<const google::protobuf::Descriptor*, const CommandSpec*> commands_;
  absl::flat_hash_map<const google::protobuf::Descriptor*, const QuerySpec*> queries_;
  absl::flat_hash_map<uint16_t, const DeadlineSpec*> deadlines_;
  absl::flat_hash_map<int, const FollowUpSpec*> follow_ups_;
  absl::flat_hash_map<int, std::vector<const ReactionSpec*>> reactions_;
  std::vector<const View*> views_;
};

}  // namespace daybook::projections
