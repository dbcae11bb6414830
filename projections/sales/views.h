// What people ask of sales. `orders`: each customer's orders with what came back of them.
// `sales_summary`: totals of a tenant, kept per partition and added up when read.
#pragma once

#include <memory>

#include "daybook/v1/sales.pb.h"
#include "projections/engine/domain.h"

namespace daybook::projections::sales {

inline constexpr char kOrdersView[] = "orders";
inline constexpr char kSummaryView[] = "sales_summary";

std::unique_ptr<View> MakeOrdersView();
std::unique_ptr<View> MakeSummaryView();

// Questions to `orders`. GetOrder refuses with ORDER_UNKNOWN; a customer without orders has an
// empty list.
MaybeRefusal ValidateGetOrder(const daybook::v1::GetOrderRequest& request, EntityRef* entity);
MaybeRefusal ReadOrder(const ReadScope& scope, const daybook::v1::GetOrderRequest& request,
                       daybook::v1::GetOrderResponse* response);
MaybeRefusal ValidateListOrders(const daybook::v1::ListOrdersRequest& request, EntityRef* entity);
MaybeRefusal ReadOrders(const ReadScope& scope, const daybook::v1::ListOrdersRequest& request,
                        daybook::v1::ListOrdersResponse* response);

// The question to `sales_summary`; always now.
MaybeRefusal ValidateSummary(const daybook::v1::GetSalesSummaryRequest& request, EntityRef* entity);
MaybeRefusal ReadSummary(const ReadScope& scope, const daybook::v1::GetSalesSummaryRequest& request,
                         daybook::v1::GetSalesSummaryResponse* response);

}  // namespace daybook::projections::sales
