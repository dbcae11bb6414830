#include "projections/engine/history.h"

#include "projections/engine/view_fold.h"

namespace daybook::projections {

absl::Status FoldHistory(const ledger::Ledger& ledger, const Catalogue& catalogue, Secrets& secrets,
                         const View& view, const EntityRef& entity, const HistoryCut& cut,
                         RowTable& table) {
  absl::Status problem;
  const absl::Status read =
      ledger.ReadEntity(entity, ledger::Sequence(), [&](const ledger::CommitPtr& commit) {
        // recorded_at never goes backwards in a partition.
        if (cut.known_at && commit->header().recorded_at > *cut.known_at) return false;
        auto decoded = DecodeForFolds(commit->view(), catalogue.events(), secrets);
        if (!decoded.ok()) {
          problem = decoded.status();
          return false;
        }
        try {
          for (const Event& event : (*decoded)->events()) {
            if (event.entity_id != entity.id ||
                static_cast<uint16_t>(event.entity_kind) != entity.kind)
              continue;
            if (cut.as_of && event.occurred_at > *cut.as_of) continue;
            ApplyToView(view, event, secrets, table);
          }
        } catch (const InvariantBroken& broken) {
          problem = absl::InternalError(broken.what());
          return false;
        }
        return true;
      });
  return read.ok() ? problem : read;
}

}  // namespace daybook::projections
