// Who calls, and whether they may: the one place that every call passes before anything of it is
// looked at.
//
// Thread-safe.
#pragma once

#include <grpcpp/server_context.h>

#include <string>
#include <string_view>

#include "projections/engine/engine.h"
#include "projections/engine/refusal.h"

namespace daybook::server {

class Guard {
 public:
  // Fills `caller`, or says why the call is refused. `method` is
  // "daybook.v1.SalesService/RecordOrder".
  projections::MaybeRefusal Admit(const grpc::CallbackServerContext& context,
                                  std::string_view method, projections::Caller* caller) const;
};

// The W3C traceparent in a call's headers if it is well formed, else nothing.
std::string TraceparentOf(const grpc::CallbackServerContext& context);
// "00-<32 hex>-<16 hex>-<2 hex>", lower case, ids not zero.
bool IsTraceparent(std::string_view text);

}  // namespace daybook::server
