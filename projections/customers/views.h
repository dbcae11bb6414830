// The views of customers and the questions to them.
//   customer_profile   group: the customer; who it is now, with all values that attributes have
//   from any instant on identifier_index   group: hash of an identifier, or of a phone number's
//   last digits; whom it may mean. Keeps no clear
//                      text, so it may see it
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "daybook/v1/customers.pb.h"
#include "projections/customers/rows.pb.h"
#include "projections/engine/domain.h"

namespace daybook::projections {

template <>
struct RowTag<customers::ProfileRow> {
  static constexpr uint16_t value = 0x0210;
};
template <>
struct RowTag<customers::ProfileIdentifierRow> {
  static constexpr uint16_t value = 0x0211;
};
template <>
struct RowTag<customers::ProfileAttributeRow> {
  static constexpr uint16_t value = 0x0212;
};
template <>
struct RowTag<customers::CandidateRow> {
  static constexpr uint16_t value = 0x0220;
};
template <>
struct RowTag<customers::IndexedRow> {
  static constexpr uint16_t value = 0x0221;
};

namespace customers {

inline constexpr std::string_view kProfileView = "customer_profile";
inline constexpr std::string_view kIdentifierIndex = "identifier_index";

std::unique_ptr<View> MakeProfileView();
std::unique_ptr<View> MakeIdentifierIndex();

MaybeRefusal ValidateGetCustomer(const daybook::v1::GetCustomerRequest& request, EntityRef* entity);
// CUSTOMER_UNKNOWN if it was not registered by the instant of the read.
MaybeRefusal ReadGetCustomer(const ReadScope& scope, const daybook::v1::GetCustomerRequest& request,
                             daybook::v1::GetCustomerResponse* response);

MaybeRefusal ValidateListCustomers(const daybook::v1::ListCustomersRequest& request,
                                   EntityRef* entity);
MaybeRefusal ReadListCustomers(const ReadScope& scope,
                               const daybook::v1::ListCustomersRequest& request,
                               daybook::v1::ListCustomersResponse* response);

MaybeRefusal ValidateLookupCustomers(const daybook::v1::LookupCustomersRequest& request,
                                     EntityRef* entity);
// Best fit first (rules.h); of equal fits the one that changed last, then the lesser id. A phone
// number whose country nobody says is looked up by its last digits.
MaybeRefusal ReadLookupCustomers(const ReadScope& scope,
                                 const daybook::v1::LookupCustomersRequest& request,
                                 daybook::v1::LookupCustomersResponse* response);

}  // namespace customers
}  // namespace daybook::projections
