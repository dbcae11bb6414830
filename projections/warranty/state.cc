#include "projections/warranty/state.h"

#include <algorithm>

#include "daybook/event/v1/warranty.pb.h"
#include "projections/engine/validation.h"
#include "projections/warranty/asset_fold.h"
#include "projections/warranty/decide.h"

namespace daybook::projections::warranty {

namespace ev = daybook::event::v1;

void Apply(const Event& event, EntityState& state) {
  ApplyToAsset(event, state.rows());
  switch (event.type) {
    case ev::EVENT_TYPE_WARRANTY_ISSUED: {
      const auto& payload = event.As<ev::WarrantyIssued>();
      state.Arm({kExpiryDeadline, payload.warranty_id(), FromProto(payload.until())});
      return;
    }
    case ev::EVENT_TYPE_WARRANTY_ENDED:
      state.Disarm(kExpiryDeadline, event.As<ev::WarrantyEnded>().warranty_id());
      return;
    case ev::EVENT_TYPE_ASSET_LINK_CHANGED: {
      const auto& payload = event.As<ev::AssetLinkChanged>();
      state.rows()
          .Mutable<AssetLinkRow>(payload.asset())
          .set_asset_sequence(payload.asset_sequence());
      return;
    }
    case ev::EVENT_TYPE_WARRANTY_TERMS_PUBLISHED: {
      const auto& payload = event.As<ev::WarrantyTermsPublished>();
      TermsRow& row = state.rows().Mutable<TermsRow>(payload.terms_id());
      row.set_version(std::max(row.version(), payload.version()));
      return;
    }
    default:
      return;
  }
}

}  // namespace daybook::projections::warranty
