// The views of contacts and the questions to them.
//   contact_history   group: the customer; its contacts in order of time, as of any instant
//   contact_summary   index: counts of all contacts, and of each campaign, per partition
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "daybook/v1/contacts.pb.h"
#include "projections/contacts/rows.pb.h"
#include "projections/engine/domain.h"

namespace daybook::projections {

template <>
struct RowTag<contacts::ContactRow> {
  static constexpr uint16_t value = 0x0310;
};
template <>
struct RowTag<contacts::ContactPlaceRow> {
  static constexpr uint16_t value = 0x0311;
};
template <>
struct RowTag<contacts::ContactTotalsRow> {
  static constexpr uint16_t value = 0x0312;
};

namespace contacts {

inline constexpr std::string_view kHistoryView = "contact_history";
inline constexpr std::string_view kSummaryView = "contact_summary";

std::unique_ptr<View> MakeHistoryView();
std::unique_ptr<View> MakeSummaryView();

MaybeRefusal ValidateListContacts(const daybook::v1::ListContactsRequest& request,
                                  EntityRef* entity);
// Newest first; of one instant the greater id first. A page begins where the one before ended,
// whatever was recorded meanwhile. Nobody has contacts who is not known: an empty list.
MaybeRefusal ReadListContacts(const ReadScope& scope,
                              const daybook::v1::ListContactsRequest& request,
                              daybook::v1::ListContactsResponse* response);

// The question to contact_summary; always now. Of a campaign that nobody knows all counts are 0.
MaybeRefusal ValidateSummary(const daybook::v1::GetContactSummaryRequest& request,
                             EntityRef* entity);
MaybeRefusal ReadSummary(const ReadScope& scope,
                         const daybook::v1::GetContactSummaryRequest& request,
                         daybook::v1::GetContactSummaryResponse* response);

}  // namespace contacts
}  // namespace daybook::projections
