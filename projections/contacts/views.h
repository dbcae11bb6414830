// The view of contacts and the question to it.
//   contact_history   group: the customer; its contacts in order of time, as of any instant
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

namespace contacts {

inline constexpr std::string_view kHistoryView = "contact_history";

std::unique_ptr<View> MakeHistoryView();

MaybeRefusal ValidateListContacts(const daybook::v1::ListContactsRequest& request,
                                  EntityRef* entity);
// Newest first; of one instant the greater id first. A page begins where the one before ended,
// whatever was recorded meanwhile. Nobody has contacts who is not known: an empty list.
MaybeRefusal ReadListContacts(const ReadScope& scope,
                              const daybook::v1::ListContactsRequest& request,
                              daybook::v1::ListContactsResponse* response);

}  // namespace contacts
}  // namespace daybook::projections
