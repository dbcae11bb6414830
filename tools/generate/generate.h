// `daybook generate`: a made-up shop into files or into a server.
#pragma once

#include <optional>
#include <string>

#include "tools/common/connection.h"
#include "tools/common/exit_code.h"
#include "tools/generate/shop.h"

namespace daybook::tools {

struct GenerateOptions {
  ShopOptions shop;
  // Where files go; empty: into the server, in an import session.
  std::string folder;
  size_t batch_items = 500;
  size_t batches_in_flight = 4;
};

// A summary as JSON goes to standard output, progress and refusals by reason to standard error.
ExitCode RunGenerate(const GenerateOptions& options, const Connection& connection);

}  // namespace daybook::tools
