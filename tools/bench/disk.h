// What the disk itself can do, measured in the moment and place of everything else.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "tools/bench/samples.h"

namespace daybook::tools {

// pwrite of `bytes` bytes, one after the other, into a preallocated file full of zeros, each with
// fdatasync: what a ledger's segment costs. The file is removed. Errors: Internal.
absl::StatusOr<Samples> MeasureSyncs(const std::string& directory, size_t bytes, size_t count);

}  // namespace daybook::tools
