#include "ledger/sealed_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "daybook/event/v1/sealed.pb.h"

namespace daybook::ledger {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr uint32_t kMaxSlot = 255;

bool IsSealed(const Descriptor* type) {
  return type->full_name() == event::v1::Sealed::descriptor()->full_name();
}

// Types may contain themselves, so what was visited is remembered.
bool Reaches(const Descriptor* type, absl::flat_hash_set<const Descriptor*>* visited) {
  if (IsSealed(type)) return true;
  if (!visited->insert(type).second) return false;
  for (int i = 0; i < type->field_count(); ++i) {
    const Descriptor* const below = type->field(i)->message_type();
    if (below != nullptr && Reaches(below, visited)) return true;
  }
  return false;
}

bool Reaches(const Descriptor* type) {
  absl::flat_hash_set<const Descriptor*> visited;
  return Reaches(type, &visited);
}

std::string ProblemOf(const SealedStep& step) {
  if (step.field->is_map()) {
    return fmt::format("{}: a map has no order by which its Sealed values could be numbered",
                       step.field->full_name());
  }
  if (!step.is_sealed) return {};
  if (!event::v1::RetentionClass_IsValid(static_cast<int>(step.retention_class)) ||
      step.retention_class == event::v1::RETENTION_CLASS_UNSPECIFIED || step.slot < 1 ||
      step.slot > kMaxSlot) {
    return fmt::format("{}: a Sealed field needs the option personal with a class and a slot",
                       step.field->full_name());
  }
  return {};
}

SealedPlan Make(const Descriptor* type) {
  SealedPlan plan;
  std::vector<const FieldDescriptor*> fields;
  for (int i = 0; i < type->field_count(); ++i) fields.push_back(type->field(i));
  std::sort(fields.begin(), fields.end(),
            [](const auto* a, const auto* b) { return a->number() < b->number(); });
  for (const FieldDescriptor* field : fields) {
    const Descriptor* const below = field->message_type();
    if (below == nullptr || !Reaches(below)) continue;
    const event::v1::Personal& personal = field->options().GetExtension(event::v1::personal);
    const SealedStep step{field, IsSealed(below), static_cast<uint32_t>(personal.retention_class()),
                          personal.slot()};
    plan.steps.push_back(step);
    if (plan.problem.empty()) plan.problem = ProblemOf(step);
  }
  return plan;
}

struct Plans {
  std::shared_mutex mutex;
  absl::flat_hash_map<const Descriptor*, std::unique_ptr<const SealedPlan>> by_type;
};

}  // namespace

const SealedPlan& SealedPlanOf(const Descriptor* type) {
  static Plans* const plans = new Plans;
  {
    const std::shared_lock lock(plans->mutex);
    const auto plan = plans->by_type.find(type);
    if (plan != plans->by_type.end()) return *plan->second;
  }
  auto made = std::make_unique<const SealedPlan>(Make(type));
  const std::unique_lock lock(plans->mutex);
  return *plans->by_type.try_emplace(type, std::move(made)).first->second;
}

bool HasSealedFields(const Descriptor* type) { return !SealedPlanOf(type).steps.empty(); }

}  // namespace daybook::ledger
