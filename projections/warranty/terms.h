// A version of warranty terms in the form that decisions use.
#pragma once

#include <string_view>

#include "daybook/event/v1/warranty.pb.h"
#include "projections/engine/decision.h"
#include "projections/engine/policies.h"

namespace daybook::projections::warranty {

class Terms : public Policy {
 public:
  explicit Terms(const daybook::event::v1::WarrantyTermsPublished& published);
  const daybook::event::v1::WarrantyTermsPublished& published() const { return published_; }

 private:
  const daybook::event::v1::WarrantyTermsPublished published_;
};

// The version in force for the decision's tenant and effective instant; null if there is none.
const Terms* TermsInForce(const Decision& decision, std::string_view terms_id);

// The first thing that is wrong with terms to be published, with its path from them on:
// POLICY_INVALID. `version` must be 0.
MaybeRefusal CheckTerms(const daybook::event::v1::WarrantyTermsPublished& terms);

// A day of the calendar between 1900 and 9000. FIELD_INVALID.
MaybeRefusal CheckDate(std::string_view field, const daybook::event::v1::LocalDate& date);

}  // namespace daybook::projections::warranty
