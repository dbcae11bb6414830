#include "projections/engine/read_scope.h"

#include "projections/engine/fold_storage.h"

namespace daybook::projections {

using ledger::PartitionId;

namespace {

// A cursor names the last entity seen: partition (4 bytes, big-endian), then its group key.
std::string CursorOf(PartitionId partition, std::string_view group) {
  return StorageKey(partition, group, {}).substr(1);
}

std::string_view IdOf(std::string_view group) {
  const size_t tenant = static_cast<uint8_t>(group.at(0));
  return group.substr(4 + tenant);
}

class Scope : public ReadScope {
 public:
  Scope(const ScopeEnvironment& environment, const View* view) : env_(environment), view_(view) {}

  Timestamp at() const override { return env_.at; }
  const std::string& tenant() const override { return env_.tenant; }
  const RowGroup& entity() const override {
    CheckInvariant(entity_ != nullptr, "a tenant-wide query asked for its entity");
    return *entity_;
  }
  const Opener& opener() const override { return *env_.opener; }
  const PolicySet& policies() const override { return *env_.policies; }

  void ScanEntities(EntityKind kind, std::string_view after,
                    const std::function<bool(std::string_view, const RowGroup&, std::string_view)>&
                        visit) const override {
    CheckInvariant(env_.fold != nullptr, "a query without a view scans entities");
    std::string prefix;
    ledger::AppendEntityKey(env_.tenant, static_cast<uint16_t>(kind), "", &prefix);
    prefix.pop_back();  // the length of the id
    bool more = true;
    for (const PartitionId partition : env_.partitions) {
      if (!more) return;
      std::string from = prefix;
      if (!after.empty()) {
        const std::string begin = CursorOf(partition, prefix);
        if (after.substr(0, 4) > begin.substr(0, 4)) continue;  // an earlier partition is done with
        if (after.substr(0, 4) == begin.substr(0, 4))
          from = std::string(after.substr(4)).append(1, '\0');
      }
      more = historic() ? VisitHistoric(kind, partition, prefix, from, visit)
                        : VisitLive(partition, prefix, from, visit);
    }
  }

  void ScanIndex(std::string_view key,
                 const std::function<void(const RowGroup&)>& visit) const override {
    CheckInvariant(env_.fold != nullptr, "a query without a view scans an index");
    std::string group;
    ledger::AppendEntityKey(env_.tenant, 0, key, &group);
    for (const PartitionId partition : env_.partitions) {
      env_.fold->WithRows(partition, [&](RowTable& table) { visit(table.Group(group)); });
    }
  }

  bool historic() const { return env_.cut.as_of.has_value() || env_.cut.known_at.has_value(); }

  const RowGroup& Fold(const EntityRef& entity, RowTable& table) const {
    const absl::Status folded =
        FoldHistory(*env_.ledger, *env_.catalogue, *env_.secrets, *view_, entity, env_.cut, table);
    CheckInvariant(folded.ok(), "history cannot be folded");
    return table.Group(ledger::EntityKey(entity));
  }

  void set_entity(const RowGroup* entity) { entity_ = entity; }

 private:
  using Visit = std::function<bool(std::string_view, const RowGroup&, std::string_view)>;

  bool VisitLive(PartitionId partition, const std::string& prefix, const std::string& from,
                 const Visit& visit) const {
    bool more = true;
    env_.fold->WithRows(partition, [&](RowTable& table) {
      table.ScanGroups(from, [&](std::string_view group) {
        if (!group.starts_with(prefix)) return false;
        more = visit(IdOf(group), table.Group(group), CursorOf(partition, group));
        return more;
      });
    });
    return more;
  }

  // Folding reads the ledger: the view must not stand still meanwhile.
  bool VisitHistoric(EntityKind kind, PartitionId partition, const std::string& prefix,
                     std::string from, const Visit& visit) const {
    constexpr size_t kAtATime = 64;
    for (;;) {
      std::vector<std::string> groups;
      env_.fold->WithRows(partition, [&](RowTable& table) {
        table.ScanGroups(from, [&](std::string_view group) {
          if (group.starts_with(prefix)) groups.emplace_back(group);
          return group.starts_with(prefix) && groups.size() < kAtATime;
        });
      });
      for (const std::string& group : groups) {
        RowTable folded(nullptr);
        const RowGroup& rows =
            Fold({env_.tenant, static_cast<uint16_t>(kind), std::string(IdOf(group))}, folded);
        if (!visit(IdOf(group), rows, CursorOf(partition, group))) return false;
      }
      if (groups.size() < kAtATime) return true;
      from = groups.back() + '\0';
    }
  }

  const ScopeEnvironment& env_;
  const View* view_;
  const RowGroup* entity_ = nullptr;
};

const View* FindView(const Catalogue& catalogue, std::string_view name) {
  for (const View* view : catalogue.views()) {
    if (view->name() == name) return view;
  }
  return nullptr;
}

}  // namespace

MaybeRefusal ReadThroughScope(const ScopeEnvironment& environment, const QuerySpec& spec,
                              const google::protobuf::Message& request,
                              google::protobuf::Message* response) {
  const View* view = FindView(*environment.catalogue, spec.view);
  Scope scope(environment, view);
  const EntityRef& entity = environment.entity;
  if (view == nullptr || entity.id.empty()) return spec.read(scope, request, response);
  if (scope.historic()) {
    RowTable folded(nullptr);
    scope.set_entity(&scope.Fold(entity, folded));
    return spec.read(scope, request, response);
  }
  CheckInvariant(environment.fold != nullptr, "a view is asked before it serves");
  MaybeRefusal refusal;
  environment.fold->WithRows(environment.partitions.front(), [&](RowTable& table) {
    scope.set_entity(&table.Group(ledger::EntityKey(entity)));
    refusal = spec.read(scope, request, response);
  });
  return refusal;
}

}  // namespace daybook::projections
