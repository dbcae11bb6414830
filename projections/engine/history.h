// What was true at an instant, and what was known at one: an entity's events, folded for the
// occasion through the same Apply as the live view. Thread-safe; everything it makes belongs to the
// caller.
#pragma once

#include <optional>

#include "absl/status/status.h"
#include "ledger/ledger.h"
#include "projections/engine/catalogue.h"
#include "projections/engine/rows.h"
#include "projections/engine/secrets.h"

namespace daybook::projections {

// Two instants that may be given alone or together; absent: now, and everything.
struct HistoryCut {
  std::optional<Timestamp> as_of;     // events that had occurred by then
  std::optional<Timestamp> known_at;  // commits that had been recorded by then
};

// Folds the events of one entity that pass `cut` into `table`, in the order of recording. Errors:
// those of reading the ledger, FailedPrecondition (an event that this program does not know),
// Internal (the view cannot apply one).
absl::Status FoldHistory(const ledger::Ledger& ledger, const Catalogue& catalogue, Secrets& secrets,
                         const View& view, const EntityRef& entity, const HistoryCut& cut,
                         RowTable& table);

}  // namespace daybook::projections
