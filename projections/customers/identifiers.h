// Identifiers as people write them, and the one form of each. Used by decisions and queries only:
// folds take what was recorded, so a later version of the phone number library changes no past
// fact.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daybook/v1/customers.pb.h"
#include "projections/engine/policies.h"
#include "projections/engine/refusal.h"

namespace daybook::projections::customers {

// Kind, value, issuer and region have their documented shapes. `field` is the path of the
// identifier.
MaybeRefusal CheckIdentifierShape(std::string_view field,
                                  const daybook::v1::IdentifierInput& input);

// The one form of an identifier that passed CheckIdentifierShape, or IDENTIFIER_INVALID:
// PHONE E.164, read as written in input.region, else `default_region` (may be empty: then a country
// code is needed); EMAIL and SOCIAL in lower case, the latter without a leading '@'; CARD letters
// and digits only, in capitals; DEVICE and EXTERNAL as they are, without spaces around.
MaybeRefusal NormaliseIdentifier(std::string_view field, const daybook::v1::IdentifierInput& input,
                                 std::string_view default_region, std::string* normalised);

// The region of a tenant's language ("en-GB" → "GB"), where its phone numbers are at home; empty if
// it names none.
std::string RegionOfLanguage(std::string_view language);

// True if two identifiers of this kind differ by their issuers, too.
bool HasIssuer(daybook::event::v1::IdentifierKind kind);

// What an index may hash: one text for equal identifiers.
std::string IdentityText(daybook::event::v1::IdentifierKind kind, std::string_view issuer,
                         std::string_view normalised);
// The same for the last eight digits of a phone number, however it is written; empty if it has
// fewer.
std::string PhoneTailText(std::string_view number);

}  // namespace daybook::projections::customers
