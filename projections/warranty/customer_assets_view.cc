// The view customer_assets: what a customer owns.
#include "projections/customers/rules.h"
#include "projections/warranty/names.h"
#include "projections/warranty/rows.h"
#include "projections/warranty/views.h"

namespace daybook::projections::warranty {

namespace ev = daybook::event::v1;

namespace {

constexpr int kMaxListed = 10'000;

class CustomerAssetsView : public View {
 public:
  std::string_view name() const override { return kCustomerAssetsView; }
  uint32_t version() const override { return 1; }
  bool Wants(EventType type) const override { return type == ev::EVENT_TYPE_ASSET_LINK_CHANGED; }
  void Apply(const Event& event, ViewState& state) const override {
    const auto& changed = event.As<ev::AssetLinkChanged>();
    if (changed.owned()) {
      state.entity().Mutable<OwnedAssetRow>(changed.asset()).set_since_us(event.occurred_at.micros);
    } else {
      state.entity().Erase<OwnedAssetRow>(changed.asset());
    }
  }
};

}  // namespace

std::unique_ptr<View> MakeCustomerAssetsView() { return std::make_unique<CustomerAssetsView>(); }

MaybeRefusal ValidateListCustomerAssets(const daybook::v1::ListCustomerAssetsRequest& request,
                                        EntityRef* entity) {
  return customers::NameCustomer("customer", request.customer(), entity);
}

MaybeRefusal ReadCustomerAssets(const ReadScope& scope,
                                const daybook::v1::ListCustomerAssetsRequest& /*request*/,
                                daybook::v1::ListCustomerAssetsResponse* response) {
  scope.entity().Scan<OwnedAssetRow>({}, [response](std::string_view key, const OwnedAssetRow&) {
    response->add_assets(AssetName(key));
    return response->assets_size() < kMaxListed;
  });
  return std::nullopt;
}

}  // namespace daybook::projections::warranty
