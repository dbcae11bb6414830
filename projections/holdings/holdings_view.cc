// The view holdings and its question.
#include "daybook/event/v1/holdings.pb.h"
#include "projections/customers/rules.h"
#include "projections/engine/validation.h"
#include "projections/holdings/decide.h"
#include "projections/holdings/holding_fold.h"
#include "projections/holdings/views.h"
#include "projections/page.h"

namespace daybook::projections::holdings {

namespace ev = daybook::event::v1;

namespace {

constexpr int32_t kStandardPage = 50;
constexpr int32_t kLargestPage = 1000;

class HoldingsView : public View {
 public:
  std::string_view name() const override { return kHoldingsView; }
  uint32_t version() const override { return 1; }
  bool Wants(EventType type) const override { return type == ev::EVENT_TYPE_HOLDING_CHANGED; }
  void Apply(const Event& event, ViewState& state) const override {
    FoldHolding(event, state.entity());
  }
};

void Fill(std::string_view customer, std::string_view holding_id, const HoldingRow& row,
          daybook::v1::Holding* out) {
  out->set_name(HoldingName(customer, holding_id));
  out->set_kind(row.kind());
  out->set_product(row.product());
  out->set_role(row.role());
  if (row.has_balance()) {
    *out->mutable_balance() = row.balance();
    *out->mutable_balance_at() = ToProto({row.balance_at_us()});
  }
  out->set_ends_on(row.ends_on());
  *out->mutable_opened_at() = ToProto({row.opened_at_us()});
  if (row.has_closed_at_us()) *out->mutable_closed_at() = ToProto({row.closed_at_us()});
}

}  // namespace

std::unique_ptr<View> MakeHoldingsView() { return std::make_unique<HoldingsView>(); }

MaybeRefusal ValidateListHoldings(const daybook::v1::ListHoldingsRequest& request,
                                  EntityRef* entity) {
  if (auto r = customers::NameCustomer("customer", request.customer(), entity)) return r;
  int32_t ignored = 0;
  return CheckPageSize("page_size", request.page_size(), kStandardPage, kLargestPage, &ignored);
}

MaybeRefusal ReadHoldings(const ReadScope& scope, const daybook::v1::ListHoldingsRequest& request,
                          daybook::v1::ListHoldingsResponse* response) {
  EntityRef customer;
  if (auto r = customers::NameCustomer("customer", request.customer(), &customer)) return r;
  Page page(request.page_size() == 0 ? kStandardPage : request.page_size());
  std::string last;
  scope.entity().Scan<HoldingRow>({}, request.page_token(), ScanOrder::kAscending,
                                  [&](std::string_view key, const HoldingRow& row) {
                                    if (key == request.page_token() || !row.seen()) return true;
                                    if (!request.include_closed() && !IsOpen(row)) return true;
                                    if (page.full()) {
                                      response->set_next_page_token(last);
                                      return false;
                                    }
                                    daybook::v1::Holding* holding = response->add_holdings();
                                    Fill(customer.id, key, row, holding);
                                    page.Add(*holding);
                                    last = std::string(key);
                                    return true;
                                  });
  return std::nullopt;
}

}  // namespace daybook::projections::holdings
