// An asset with its warranties and claims as rows: the one fold that decisions and the view
// `warranties` share, and what both read of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "projections/engine/event.h"
#include "projections/engine/rows.h"
#include "projections/warranty/rows.h"
#include "projections/warranty/rules.h"

namespace daybook::projections::warranty {

// Folds an event about an asset into its rows; ignores all others. Total: what is said of a
// warranty or claim that was not seen is kept on its row.
void ApplyToAsset(const Event& event, RowGroup& rows);

// True if the asset went from one owner to another; that the first one becomes known is no such
// change.
bool ChangesHands(const daybook::event::v1::AssetChanged& changed);

// The asset, or null if it is not known.
const AssetRow* FindAsset(const RowGroup& rows);
// Its warranties in the order of their issue. Copies: rows must not be looked up while a scan runs.
std::vector<WarrantyRow> WarrantiesOf(const RowGroup& rows);
// Its claims in the order of their submission.
std::vector<ClaimRow> ClaimsOf(const RowGroup& rows);

// A warranty's row that was issued; null if there is none of this id.
const WarrantyRow* FindWarranty(const RowGroup& rows, std::string_view warranty_id);
// A claim's row that was submitted; null if there is none of this id.
const ClaimRow* FindClaim(const RowGroup& rows, std::string_view claim_id);

// The state that an event brings a claim into; unspecified: it leaves it where it is.
daybook::v1::ClaimState StateAfter(const Event& event);
// The claim that an event is about; empty if it is about none.
std::string_view ClaimOf(const Event& event);

}  // namespace daybook::projections::warranty
