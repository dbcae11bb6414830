// The views of holdings and the questions to them.
//   holdings         group: the customer; its holdings by id, as of any instant
//   holding_summary  index: counts of the tenant by kind and pair of kinds, per partition
#pragma once

#include <memory>

#include "daybook/v1/holdings.pb.h"
#include "projections/engine/domain.h"

namespace daybook::projections::holdings {

inline constexpr char kHoldingsView[] = "holdings";
inline constexpr char kSummaryView[] = "holding_summary";

std::unique_ptr<View> MakeHoldingsView();
std::unique_ptr<View> MakeSummaryView();

// The question to `holdings`; a customer without any has an empty list.
MaybeRefusal ValidateListHoldings(const daybook::v1::ListHoldingsRequest& request,
                                  EntityRef* entity);
MaybeRefusal ReadHoldings(const ReadScope& scope, const daybook::v1::ListHoldingsRequest& request,
                          daybook::v1::ListHoldingsResponse* response);

// The question to `holding_summary`; always now.
MaybeRefusal ValidateSummary(const daybook::v1::GetHoldingSummaryRequest& request,
                             EntityRef* entity);
MaybeRefusal ReadSummary(const ReadScope& scope,
                         const daybook::v1::GetHoldingSummaryRequest& request,
                         daybook::v1::GetHoldingSummaryResponse* response);

}  // namespace daybook::projections::holdings
