#include "projections/customers/phone_numbers.h"

#include <phonenumbers/phonenumberutil.h>

#include <set>

namespace daybook::projections::customers {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace {

// libphonenumber's word for "no region": only numbers with a country code parse.
constexpr const char* kNoRegion = "ZZ";

MaybeRefusal Invalid(std::string_view field, const char* message) {
  return Refuse(daybook::v1::REASON_IDENTIFIER_INVALID, std::string(field), message);
}

}  // namespace

bool IsPhoneRegion(std::string_view region) {
  // Asked once: the library makes a new set of 245 strings at each call. Never destroyed: used by
  // late threads.
  static const auto* const regions = [] {
    auto* set = new std::set<std::string>;
    PhoneNumberUtil::GetInstance()->GetSupportedRegions(set);
    return set;
  }();
  return regions->contains(std::string(region));
}

MaybeRefusal NormalisePhone(std::string_view field, std::string_view value, std::string_view region,
                            std::string* e164) {
  const PhoneNumberUtil& phones = *PhoneNumberUtil::GetInstance();
  PhoneNumber number;
  const bool has_region = !region.empty() && IsPhoneRegion(region);
  switch (phones.Parse(std::string(value), has_region ? std::string(region) : kNoRegion, &number)) {
    case PhoneNumberUtil::NO_PARSING_ERROR:
      break;
    case PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR:
      return Invalid(field, has_region ? "has an unknown country code"
                                       : "has no country code, and no region says which it is");
    default:
      return Invalid(field, "is not a phone number");
  }
  // A digit too many is the commonest rubbish in customer lists; "possible" would let most of it
  // pass.
  if (!phones.IsValidNumber(number)) return Invalid(field, "is not a valid phone number");
  number.clear_extension();
  phones.Format(number, PhoneNumberUtil::E164, e164);
  return std::nullopt;
}

}  // namespace daybook::projections::customers
