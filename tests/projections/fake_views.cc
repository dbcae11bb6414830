// The views' half of World.
#include <algorithm>
#include <stdexcept>

#include "daybook/v1/common.pb.h"
#include "ledger/sha256.h"
#include "projections/engine/validation.h"
#include "tests/projections/fake_fold.h"
#include "tests/projections/fakes.h"

namespace daybook::projections::testing {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
namespace ev = daybook::event::v1;

namespace {

// Marks every Sealed inside `message` as erased.
void EraseAll(Message* message) {
  if (message->GetDescriptor() == ev::Sealed::descriptor()) {
    static_cast<ev::Sealed*>(message)->mutable_erased();
    return;
  }
  const auto* reflection = message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      EraseAll(reflection->MutableMessage(message, field));
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
      EraseAll(reflection->MutableRepeatedMessage(message, field, i));
    }
  }
}

daybook::v1::ReadOptions ReadOptionsOf(const Message& request) {
  daybook::v1::ReadOptions options;
  const auto* field = request.GetDescriptor()->FindFieldByName("read");
  if (field != nullptr) options.CopyFrom(request.GetReflection()->GetMessage(request, field));
  return options;
}

}  // namespace

class FakeOpener : public Opener {
 public:
  explicit FakeOpener(const World* world) : world_(world) {}
  std::string Open(const ev::Sealed& value, const EntityRef& person, bool* erased) const override {
    *erased = value.has_erased() || world_->IsErased(person);
    return *erased ? std::string() : value.clear();
  }
  std::string HashPersonal(std::string_view tenant, std::string_view text) const override {
    return world_->HashPersonal(tenant, text);
  }

 private:
  const World* world_;
};

// Reads `fold` as of `at`.
class FakeScope : public ReadScope {
 public:
  FakeScope(const World* world, World::Fold* fold, EntityRef entity, Timestamp at)
      : fold_(fold),
        entity_(std::move(entity)),
        at_(at),
        opener_(world),
        policies_(world->policies()) {}
  Timestamp at() const override { return at_; }
  const std::string& tenant() const override { return entity_.tenant; }
  const RowGroup& entity() const override { return fold_->Group(entity_); }
  const Opener& opener() const override { return opener_; }
  const PolicySet& policies() const override { return *policies_; }
  void ScanEntities(EntityKind kind, std::string_view after,
                    const std::function<bool(std::string_view, const RowGroup&, std::string_view)>&
                        visit) const override {
    std::string prefix = World::Fold::GroupKey({tenant(), static_cast<uint16_t>(kind), ""});
    prefix.pop_back();  // the length of the id
    std::vector<std::string> groups;
    fold_->table.ScanGroups(prefix, [&](std::string_view group) {
      if (!group.starts_with(prefix)) return false;
      if (group > after) groups.emplace_back(group);
      return true;
    });
    for (const std::string& group : groups) {
      const std::string id = group.substr(prefix.size() + 1);
      if (!visit(id, fold_->table.Group(group), group)) return;
    }
  }
  void ScanIndex(std::string_view key,
                 const std::function<void(const RowGroup&)>& visit) const override {
    visit(fold_->Index(tenant(), key));
  }

 private:
  World::Fold* fold_;
  EntityRef entity_;
  Timestamp at_;
  FakeOpener opener_;
  std::shared_ptr<const PolicySet> policies_;
};

namespace {

class ViewStateOver : public ViewState {
 public:
  ViewStateOver(RowGroup* entity, std::function<RowGroup&(std::string_view)> index,
                std::function<std::string(std::string_view)> hash)
      : entity_(entity), index_(std::move(index)), hash_(std::move(hash)) {}
  RowGroup& entity() override { return *entity_; }
  RowGroup& index(std::string_view key) override { return index_(key); }
  std::string HashPersonal(std::string_view text) override { return hash_(text); }

 private:
  RowGroup* entity_;
  std::function<RowGroup&(std::string_view)> index_;
  std::function<std::string(std::string_view)> hash_;
};

}  // namespace

std::string World::HashPersonal(std::string_view tenant, std::string_view text) const {
  const auto hash = ledger::Sha256Of(std::string(tenant) + '\0' + std::string(text));
  return std::string(ledger::AsView(hash).substr(0, 16));
}

void World::ApplyToView(const StoredEvent& stored, const View& view, Fold* fold) const {
  if (!view.Wants(stored.event.type)) return;
  ViewStateOver state(
      &fold->Group(stored.entity),
      [&](std::string_view key) -> RowGroup& { return fold->Index(stored.entity.tenant, key); },
      [&](std::string_view text) { return HashPersonal(stored.entity.tenant, text); });
  Event event = stored.event;
  std::unique_ptr<Message> erased;
  if (view.wants_clear() && IsErased(stored.entity)) {
    erased.reset(stored.payload->New());
    erased->CopyFrom(*stored.payload);
    EraseAll(erased.get());
    event.message = erased.get();
  }
  view.Apply(event, state);
}

const QuerySpec& World::FindQuery(const Message& request) const {
  for (const Domain& domain : domains_) {
    for (const QuerySpec& spec : domain.queries) {
      if (spec.request->GetDescriptor() == request.GetDescriptor()) return spec;
    }
  }
  throw std::logic_error("no domain answers " + request.GetTypeName());
}

MaybeRefusal World::Ask(const Message& request, Message* response) {
  response->Clear();
  const QuerySpec& spec = FindQuery(request);
  EntityRef entity{"main", 0, ""};
  if (auto refusal = spec.validate(request, &entity)) return refusal;
  const daybook::v1::ReadOptions options = ReadOptionsOf(request);
  Timestamp at = now_;
  Fold occasional;
  Fold* fold = &occasional;
  if (!spec.view.empty()) {
    const View& view = *view_by_name_.at(spec.view);
    fold = views_.at(spec.view).get();
    if (options.has_as_of() || options.has_known_at()) {
      const Timestamp known =
          options.has_known_at() ? FromProto(options.known_at()) : ledger::kDistantFuture;
      const Timestamp as_of =
          options.has_as_of() ? FromProto(options.as_of()) : ledger::kDistantFuture;
      if (options.has_as_of()) at = as_of;
      fold = &occasional;
      for (const auto& stored : events_) {
        if (stored->entity == entity && stored->event.occurred_at <= as_of &&
            stored->event.recorded_at <= known) {
          ApplyToView(*stored, view, fold);
        }
      }
    }
  }
  const FakeScope scope(this, fold, entity, at);
  return spec.read(scope, request, response);
}

std::string World::Dump(std::string_view view) {
  Fold& fold = view.empty() ? *state_ : *views_.find(view)->second;
  fold.Flush();
  return fold.source.Dump();
}

std::string World::DumpRebuilt(std::string_view view) const {
  Fold fold;
  Deadlines ignored;
  for (const auto& stored : events_) {
    if (view.empty()) {
      ApplyToState(stored->event, &fold.Group(stored->entity), &ignored);
    } else {
      ApplyToView(*stored, *view_by_name_.find(view)->second, &fold);
    }
  }
  fold.Flush();
  return fold.source.Dump();
}

}  // namespace daybook::projections::testing
