// Names in the directory of an embedded ledger, and its clock.
#pragma once

#include <chrono>
#include <string>

#include "ledger/types.h"

namespace daybook::ledger {

struct EmbeddedFiles {
  explicit EmbeddedFiles(const std::string& directory)
      : lock(directory + "/LOCK"),
        identity(directory + "/ledger.id"),
        segments(directory + "/segments"),
        index(directory + "/index"),
        witness(directory + "/witness"),
        new_identity(directory + "/ledger.id.new"),
        unfinished_identity(directory + "/ledger.id.unfinished") {}

  const std::string lock, identity, segments, index, witness;
  const std::string new_identity;         // while the ledger is being made
  const std::string unfinished_identity;  // while it is being restored or recovered
};

inline Timestamp SystemTime() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count()};
}

}  // namespace daybook::ledger
