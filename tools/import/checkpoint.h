// How far an import is, beside the import: a resume skips what is settled. Only a matter of speed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/import/importer.h"

namespace daybook::tools {

struct Checkpoint {
  // Of mapping, session and files; another one makes the checkpoint worthless.
  std::string fingerprint;
  // Groups that are settled, in the order of the import.
  uint64_t groups = 0;
  // Length of the file of refused lines.
  uint64_t refused_bytes = 0;
  ImportSummary summary;
};

// Depends on the mapping's text, the session and every file's name, size and time of change.
std::string FingerprintOf(const std::string& mapping_text, const std::string& session,
                          const std::vector<std::string>& files);

// Nothing if there is no checkpoint, or one of another fingerprint. InvalidArgument if the path
// cannot be written, or holds something that is no checkpoint and must not be lost to one.
absl::StatusOr<std::optional<Checkpoint>> ReadCheckpoint(const std::string& path,
                                                         const std::string& fingerprint);

// Replaces the file in one step. Internal if it cannot be written.
absl::Status WriteCheckpoint(const std::string& path, const Checkpoint& checkpoint);

}  // namespace daybook::tools
