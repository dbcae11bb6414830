// Phone numbers through libphonenumber; nothing else of ours includes it.
#pragma once

#include <string>
#include <string_view>

#include "projections/engine/refusal.h"

namespace daybook::projections::customers {

// True for an ISO 3166 code in capitals whose numbering plan is known.
bool IsPhoneRegion(std::string_view region);

// "(020) 7946 0018" in GB → "+442079460018". IDENTIFIER_INVALID about `field` if it is no valid
// number, or has neither a country code nor a region. An extension is left out. Any thread.
MaybeRefusal NormalisePhone(std::string_view field, std::string_view value, std::string_view region,
                            std::string* e164);

}  // namespace daybook::projections::customers
