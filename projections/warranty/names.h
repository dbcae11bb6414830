// Resource names of warranties.
#pragma once

#include <string>
#include <string_view>

#include "projections/engine/domain.h"

namespace daybook::projections::warranty {

// "assets/PRODUCT:SERIAL" → the entity. FIELD_REQUIRED, FIELD_INVALID.
MaybeRefusal NameAsset(std::string_view field, std::string_view name, EntityRef* entity);
// "warrantyTerms/T" → T.
MaybeRefusal ParseTerms(std::string_view field, std::string_view name, std::string* terms);
// C of "customers/C", or nothing of an empty name.
MaybeRefusal ParseOptionalCustomer(std::string_view field, std::string_view name,
                                   std::string* customer);

std::string AssetName(std::string_view asset);
std::string TermsName(std::string_view terms);
// "customers/C", or nothing of an empty id.
std::string OptionalCustomerName(std::string_view customer);

}  // namespace daybook::projections::warranty
