// The engine without its machinery, for tests of domains: one thread, no disk, no partitions,
// nothing sealed. Commands are validated, decided, applied, reacted to and folded into the views in
// the order in which the engine does it.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/message.h"
#include "projections/engine/domain.h"
#include "projections/engine/registry.h"
#include "tests/projections/memory_source.h"

namespace daybook::projections::testing {

// An RFC 3339 instant: At("2024-02-29T00:00:00Z"). Fails the test if it is not one.
Timestamp At(std::string_view rfc3339);
// The customer `id` of tenant "main".
EntityRef Customer(std::string_view id);
// "OK", or the refusal's reason without its prefix and the field: "CUSTOMER_UNKNOWN customer".
std::string Outcome(const MaybeRefusal& refusal);

// An event as World keeps it.
struct StoredEvent {
  EntityRef entity;
  std::unique_ptr<google::protobuf::Message> payload;
  EventContext context;
  Event event;  // points into this object
};

// Domains in one vector, for World and Registry.
template <typename... D>
std::vector<Domain> DomainsOf(D... domains) {
  std::vector<Domain> out;
  (out.push_back(std::move(domains)), ...);
  return out;
}

class World {
 public:
  // `domains` decide, react and fold in this order. The clock stands at 2024-01-01T00:00:00Z.
  explicit World(std::vector<Domain> domains);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Timestamp now() const { return now_; }
  // Moves the clock; nothing fires by itself.
  void SetNow(Timestamp now) { now_ = now; }

  // Carries a command out. Reads occurred_at and import_session (then the command is historic) of
  // its provenance, and validate_only. Request ids are not looked at but by the domains.
  MaybeRefusal Do(const google::protobuf::Message& request,
                  google::protobuf::Message* response = nullptr);
  // Asks a view; honours read.as_of and read.known_at of queries about one entity. Page tokens are
  // bare cursors.
  MaybeRefusal Ask(const google::protobuf::Message& request, google::protobuf::Message* response);
  // Records an event that nobody decided.
  void Record(const EntityRef& entity, const google::protobuf::Message& payload,
              Timestamp occurred_at);
  // Fires, in due order, every armed deadline with due + grace <= now.
  void FireDue();
  // Writes all rows to the disk of the tests and forgets them in memory.
  void Flush();
  // From now on the person's sealed values read as erased, also in folds that are made later.
  void Erase(const EntityRef& person) { erased_.insert(EntityKey(person)); }

  const std::vector<std::unique_ptr<StoredEvent>>& events() const { return events_; }
  // Payloads of one type, in order of recording.
  template <typename Payload>
  std::vector<const Payload*> All() const {
    std::vector<const Payload*> out;
    for (const auto& stored : events_) {
      if (const auto* payload = dynamic_cast<const Payload*>(stored->payload.get())) {
        out.push_back(payload);
      }
    }
    return out;
  }
  const RowGroup& State(const EntityRef& entity);
  // Armed deadlines of an entity, by kind and key.
  std::vector<Deadline> Armed(const EntityRef& entity) const;
  std::shared_ptr<const PolicySet> policies() const { return registry_.Current(); }

  // All rows of a view (or, with an empty name, of decision state) as text, and the same folded
  // anew from the events.
  std::string Dump(std::string_view view);
  std::string DumpRebuilt(std::string_view view) const;

 private:
  friend class FakeDecision;
  friend class FakeScope;
  friend class FakeOpener;
  using DeadlineKey = std::pair<uint16_t, std::string>;
  using Deadlines = std::map<DeadlineKey, Timestamp>;
  struct Fold;  // rows of a view or of decision state

  const CommandSpec& FindCommand(const google::protobuf::Message& request) const;
  const QuerySpec& FindQuery(const google::protobuf::Message& request) const;
  const DeadlineSpec& FindDeadline(uint16_t kind) const;
  DecisionContext ContextAt(Timestamp now, Timestamp effective, bool historic) const;
  void FireDue(const std::string& entity_key, Timestamp now, bool historic);
  void Commit(std::vector<std::unique_ptr<StoredEvent>> events);
  void FollowUp();
  void ApplyToState(const Event& event, RowGroup* rows, Deadlines* deadlines) const;
  void ApplyToView(const StoredEvent& stored, const View& view, Fold* fold) const;
  void PublishPolicies(const std::vector<const StoredEvent*>& events);
  std::string HashPersonal(std::string_view tenant, std::string_view text) const;
  bool IsErased(const EntityRef& person) const { return erased_.contains(EntityKey(person)); }

  std::vector<Domain> domains_;
  EventCatalogue catalogue_;
  Registry registry_;
  ledger::Sequence registry_sequence_;
  Timestamp now_;
  uint64_t next_sequence_ = 1;
  bool has_commits_ = false;
  std::vector<std::unique_ptr<StoredEvent>> events_;
  std::unique_ptr<Fold> state_;
  std::map<std::string, std::unique_ptr<Fold>, std::less<>> views_;  // by name
  std::map<std::string, const View*, std::less<>> view_by_name_;
  std::map<std::string, EntityRef> entities_;   // by EntityKey
  std::map<std::string, Deadlines> deadlines_;  // by EntityKey
  std::set<std::string> erased_;
  size_t followed_up_ = 0;  // events whose follow-ups were carried out
};

}  // namespace daybook::projections::testing
