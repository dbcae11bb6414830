#include <map>
#include <string>

#include "daybook/event/v1/sales.pb.h"
#include "projections/sales/rows.h"
#include "projections/sales/views.h"

namespace daybook::projections::sales {
namespace {

using daybook::event::v1::ItemsReturned;
using daybook::event::v1::OrderCompleted;
using daybook::event::v1::OrderLine;
using daybook::event::v1::ReturnLine;

constexpr char kTotalsIndex[] = "totals";

void CountOrder(const OrderCompleted& order, ViewState& state) {
  CountedCustomerRow& counted = state.entity().Mutable<CountedCustomerRow>();
  const bool first = !counted.has_orders();
  counted.set_has_orders(true);
  RowGroup& totals = state.index(kTotalsIndex);
  SalesTotalsRow& row = totals.Mutable<SalesTotalsRow>();
  row.set_orders(row.orders() + 1);
  row.set_order_lines(row.order_lines() + order.lines_size());
  if (first) row.set_customers_with_orders(row.customers_with_orders() + 1);
  CurrencyTotalRow& amount = totals.Mutable<CurrencyTotalRow>(order.total().currency());
  amount.set_order_amount_minor(
      SaturatingAdd(amount.order_amount_minor(), order.total().minor_units()));
}

void CountReturn(const ItemsReturned& returned, ViewState& state) {
  SalesTotalsRow& row = state.index(kTotalsIndex).Mutable<SalesTotalsRow>();
  row.set_returns(row.returns() + 1);
  row.set_return_lines(row.return_lines() + returned.lines_size());
  for (const ReturnLine& line : returned.lines()) {
    row.set_return_units(SaturatingAdd(row.return_units(), line.units()));
    row.set_unmatched_units(SaturatingAdd(row.unmatched_units(), line.unmatched_units()));
  }
}

class SummaryView : public View {
 public:
  std::string_view name() const override { return kSummaryView; }
  uint32_t version() const override { return 1; }
  bool Wants(EventType type) const override {
    return type == daybook::event::v1::EVENT_TYPE_CUSTOMER_REGISTERED ||
           type == daybook::event::v1::EVENT_TYPE_ORDER_COMPLETED ||
           type == daybook::event::v1::EVENT_TYPE_ITEMS_RETURNED;
  }
  void Apply(const Event& event, ViewState& state) const override {
    switch (event.type) {
      case daybook::event::v1::EVENT_TYPE_CUSTOMER_REGISTERED: {
        SalesTotalsRow& row = state.index(kTotalsIndex).Mutable<SalesTotalsRow>();
        row.set_customers(row.customers() + 1);
        return;
      }
      case daybook::event::v1::EVENT_TYPE_ORDER_COMPLETED:
        CountOrder(event.As<OrderCompleted>(), state);
        return;
      case daybook::event::v1::EVENT_TYPE_ITEMS_RETURNED:
        CountReturn(event.As<ItemsReturned>(), state);
        return;
      default:
        return;
    }
  }
};

}  // namespace

std::unique_ptr<View> MakeSummaryView() { return std::make_unique<SummaryView>(); }

MaybeRefusal ValidateSummary(const daybook::v1::GetSalesSummaryRequest& request,
                             EntityRef* entity) {
  entity->id.clear();
  if (request.read().has_as_of() || request.read().has_known_at()) {
    return Refuse(daybook::v1::REASON_FIELD_INVALID,
                  request.read().has_as_of() ? "read.as_of" : "read.known_at",
                  "the totals are those of the present");
  }
  return std::nullopt;
}

MaybeRefusal ReadSummary(const ReadScope& scope,
                         const daybook::v1::GetSalesSummaryRequest& /*request*/,
                         daybook::v1::GetSalesSummaryResponse* response) {
  SalesTotalsRow sum;
  std::map<std::string, int64_t> amounts;
  scope.ScanIndex(kTotalsIndex, [&](const RowGroup& rows) {
    if (const SalesTotalsRow* part = rows.Find<SalesTotalsRow>(); part != nullptr) {
      sum.set_orders(sum.orders() + part->orders());
      sum.set_order_lines(sum.order_lines() + part->order_lines());
      sum.set_returns(sum.returns() + part->returns());
      sum.set_return_lines(sum.return_lines() + part->return_lines());
      sum.set_return_units(SaturatingAdd(sum.return_units(), part->return_units()));
      sum.set_unmatched_units(SaturatingAdd(sum.unmatched_units(), part->unmatched_units()));
      sum.set_customers(sum.customers() + part->customers());
      sum.set_customers_with_orders(sum.customers_with_orders() + part->customers_with_orders());
    }
    rows.Scan<CurrencyTotalRow>({}, [&](std::string_view currency, const CurrencyTotalRow& part) {
      int64_t& amount = amounts[std::string(currency)];
      amount = SaturatingAdd(amount, part.order_amount_minor());
      return true;
    });
  });
  response->set_orders(sum.orders());
  response->set_order_lines(sum.order_lines());
  for (const auto& [currency, amount] : amounts) {
    daybook::v1::CurrencyTotal& total = *response->add_amounts();
    total.set_currency(currency);
    total.set_order_amount_minor(amount);
  }
  response->set_returns(sum.returns());
  response->set_return_lines(sum.return_lines());
  response->set_return_units(sum.return_units());
  response->set_unmatched_units(sum.unmatched_units());
  response->set_customers(sum.customers());
  response->set_customers_with_orders(sum.customers_with_orders());
  return std::nullopt;
}

}  // namespace daybook::projections::sales
