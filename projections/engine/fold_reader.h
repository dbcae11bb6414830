// Stored folds, for looking only: what verifies a ledger reads what its views say of it.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "projections/engine/fold_storage.h"

namespace daybook::projections {

// As OpenFoldDatabase, but nothing on disk is changed, and writes fail. Nobody may write to it
// meanwhile. Errors: NotFound if there is none.
absl::StatusOr<std::unique_ptr<FoldDatabase>> OpenFoldDatabaseReadOnly(
    const std::string& directory);

}  // namespace daybook::projections
