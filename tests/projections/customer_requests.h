// Requests about customers in a line each, for tests of every domain.
#pragma once

#include <string>
#include <vector>

#include "daybook/v1/customers.pb.h"
#include "tests/projections/fakes.h"

namespace daybook::projections::testing {

daybook::v1::RegisterCustomerRequest Register(const std::string& id);
daybook::v1::IdentifierInput Identifier(daybook::event::v1::IdentifierKind kind,
                                        const std::string& value);
daybook::v1::ChangeIdentifierRequest Change(const std::string& id,
                                            const daybook::v1::IdentifierInput& identifier,
                                            daybook::event::v1::IdentifierAction action);
daybook::v1::AttributeInput Attribute(const std::string& path, const std::string& value);
daybook::v1::ChangeAttributesRequest Set(
    const std::string& id, const std::vector<daybook::v1::AttributeInput>& attributes);
daybook::v1::ChangeLifecycleRequest Move(const std::string& id,
                                         daybook::event::v1::LifecycleStage stage);

// Publishes, effective from 2000 on: city (TEXT), birthday (DATE), both personal; visits (INTEGER),
// plain. Call it before the first fact.
void PublishSchema(World& world);
// The profile now; fails the test if the customer is not known.
daybook::v1::Customer Profile(World& world, const std::string& id);
// Ids of the candidates, best first.
std::vector<std::string> Lookup(World& world, const daybook::v1::IdentifierInput& identifier);

}  // namespace daybook::projections::testing
