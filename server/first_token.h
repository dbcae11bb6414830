// The way into a server that asks for tokens: while no token of tenant main is good for both an
// administrator and an operator, a start issues one and puts it into the data directory, readable
// by its owner only. Whoever can read that directory could read everything in it anyway.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "projections/engine/engine.h"

namespace daybook::server {

// The file's name in the data directory.
inline constexpr char kFirstTokenFile[] = "admin.token";

// Waits until the token is recorded. Errors: Internal, or what the ledger says.
absl::Status EnsureFirstToken(projections::Engine* engine, const std::string& data_directory);

}  // namespace daybook::server
