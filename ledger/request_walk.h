// Walks over the requests of a commit (serialised CommitRequests) and picks out what the index
// needs, without parsing the messages: this runs once for every commit that is written.
// Thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace daybook::ledger {

// The names of one request; views into the walked bytes.
struct RequestNames {
  std::string_view request_id;
  uint16_t entity_kind = 0;
  std::string_view entity_id;
  std::string_view source;
  std::string_view source_event_id;
};

// Calls `visit(names, index)` for each request, in order. Errors: DataLoss if the bytes are not
// CommitRequests.
absl::Status WalkRequests(std::string_view requests,
                          absl::FunctionRef<void(const RequestNames&, uint32_t)> visit);

}  // namespace daybook::ledger
