#include "tests/projections/customer_requests.h"

#include <stdexcept>

#include "daybook/v1/policies.pb.h"
#include "projections/engine/validation.h"

namespace daybook::projections::testing {

namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

namespace {

std::string Name(const std::string& id) { return "customers/" + id; }

void Must(const MaybeRefusal& refusal) {
  if (refusal) throw std::logic_error(Outcome(refusal) + ": " + refusal->message);
}

}  // namespace

v1::RegisterCustomerRequest Register(const std::string& id) {
  v1::RegisterCustomerRequest request;
  request.set_customer(Name(id));
  return request;
}

v1::IdentifierInput Identifier(ev::IdentifierKind kind, const std::string& value) {
  v1::IdentifierInput input;
  input.set_kind(kind);
  input.set_value(value);
  return input;
}

v1::ChangeIdentifierRequest Change(const std::string& id, const v1::IdentifierInput& identifier,
                                   ev::IdentifierAction action) {
  v1::ChangeIdentifierRequest request;
  request.set_customer(Name(id));
  *request.mutable_identifier() = identifier;
  request.set_action(action);
  return request;
}

v1::AttributeInput Attribute(const std::string& path, const std::string& value) {
  v1::AttributeInput input;
  input.set_path(path);
  input.set_value(value);
  return input;
}

v1::ChangeAttributesRequest Set(const std::string& id,
                                const std::vector<v1::AttributeInput>& attributes) {
  v1::ChangeAttributesRequest request;
  request.set_customer(Name(id));
  for (const auto& attribute : attributes) *request.add_attributes() = attribute;
  return request;
}

v1::ChangeLifecycleRequest Move(const std::string& id, ev::LifecycleStage stage) {
  v1::ChangeLifecycleRequest request;
  request.set_customer(Name(id));
  request.set_stage(stage);
  return request;
}

void PublishSchema(World& world) {
  v1::PublishAttributeSchemaRequest request;
  auto& schema = *request.mutable_attribute_schema();
  *schema.mutable_effective_from() = ToProto(At("2000-01-01T00:00:00Z"));
  const auto add = [&schema](const char* path, ev::AttributeType type, bool personal) {
    auto* definition = schema.add_attributes();
    definition->set_path(path);
    definition->set_type(type);
    definition->set_personal(personal);
    definition->set_purpose("test");
  };
  add("city", ev::ATTRIBUTE_TYPE_TEXT, true);
  add("birthday", ev::ATTRIBUTE_TYPE_DATE, true);
  add("visits", ev::ATTRIBUTE_TYPE_INTEGER, false);
  Must(world.Do(request));
}

v1::Customer Profile(World& world, const std::string& id) {
  v1::GetCustomerRequest request;
  request.set_customer(Name(id));
  v1::GetCustomerResponse response;
  Must(world.Ask(request, &response));
  return response.customer();
}

std::vector<std::string> Lookup(World& world, const v1::IdentifierInput& identifier) {
  v1::LookupCustomersRequest request;
  *request.mutable_identifier() = identifier;
  request.set_page_size(100);
  v1::LookupCustomersResponse response;
  Must(world.Ask(request, &response));
  std::vector<std::string> ids;
  for (const auto& candidate : response.candidates()) {
    ids.push_back(candidate.customer().substr(Name("").size()));
  }
  return ids;
}

}  // namespace daybook::projections::testing
