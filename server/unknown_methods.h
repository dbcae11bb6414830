// Answers calls of methods that no service has: UNIMPLEMENTED, with a reason like every refusal.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

namespace daybook::server {

class UnknownMethods final : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;
};

}  // namespace daybook::server
