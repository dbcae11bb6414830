#include "projections/engine/catalogue.h"

namespace daybook::projections {

Catalogue::Catalogue(std::vector<Domain> domains) : domains_(std::move(domains)) {
  events_.Add(FollowUpAnsweredSpec());
  for (const Domain& domain : domains_) {
    for (const EventSpec& spec : domain.events) events_.Add(spec);
    for (const CommandSpec& spec : domain.commands) {
      const auto* descriptor = spec.request->GetDescriptor();
      CheckInvariant(commands_.emplace(descriptor, &spec).second,
                     "two domains bring the same command");
    }
    for (const QuerySpec& spec : domain.queries) {
      CheckInvariant(queries_.emplace(spec.request->GetDescriptor(), &spec).second,
                     "two domains bring the same query");
    }
    for (const DeadlineSpec& spec : domain.deadlines) {
      CheckInvariant(deadlines_.emplace(spec.kind, &spec).second,
                     "two domains bring the same kind of deadline");
    }
    for (const FollowUpSpec& spec : domain.follow_ups) {
      CheckInvariant(follow_ups_.emplace(static_cast<int>(spec.on), &spec).second,
                     "two domains bring a follow-up of the same event");
    }
    for (const ReactionSpec& spec : domain.reactions)
      reactions_[static_cast<int>(spec.on)].push_back(&spec);
    for (const auto& view : domain.views) views_.push_back(view.get());
  }
}

const CommandSpec* Catalogue::FindCommand(const google::protobuf::Descriptor* request) const {
  auto it = commands_.find(request);
  return it == commands_.end() ? nullptr : it->second;
}

const QuerySpec* Catalogue::FindQuery(const google::protobuf::Descriptor* request) const {
  auto it = queries_.find(request);
  return it == queries_.end() ? nullptr : it->second;
}

const DeadlineSpec* Catalogue::FindDeadline(uint16_t kind) const {
  auto it = deadlines_.find(kind);
  return it == deadlines_.end() ? nullptr : it->second;
}

const FollowUpSpec* Catalogue::FindFollowUp(EventType type) const {
  auto it = follow_ups_.find(static_cast<int>(type));
  return it == follow_ups_.end() ? nullptr : it->second;
}

const std::vector<const ReactionSpec*>& Catalogue::ReactionsTo(EventType type) const {
  static const std::vector<const ReactionSpec*> kNone;
  auto it = reactions_.find(static_cast<int>(type));
  return it == reactions_.end() ? kNone : it->second;
}

}  // namespace daybook::projections
