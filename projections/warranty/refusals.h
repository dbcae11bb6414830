// What several commands of warranties refuse.
#pragma once

#include "projections/engine/refusal.h"

namespace daybook::projections::warranty {

inline MaybeRefusal RefuseAssetUnknown() {
  return Refuse(daybook::v1::REASON_ASSET_UNKNOWN, "asset", "the asset is not known");
}
inline MaybeRefusal RefuseScrapped() {
  return Refuse(daybook::v1::REASON_ASSET_SCRAPPED, "asset", "the asset is no more");
}
inline MaybeRefusal RefuseWarrantyUnknown(const char* field) {
  return Refuse(daybook::v1::REASON_WARRANTY_UNKNOWN, field,
                "the asset has no warranty of this id");
}

}  // namespace daybook::projections::warranty
