#include "server/unknown_methods.h"

#include <fmt/format.h>

#include "server/errors.h"

namespace daybook::server {
namespace {

class Refused final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Refused(const std::string& method) {
    Finish(ToStatus({v1::REASON_METHOD_UNKNOWN, "",
                     fmt::format("this server has no method {}", Shortened(method, 200))}));
  }
  void OnDone() override { delete this; }
  void OnCancel() override {}
};

}  // namespace

grpc::ServerGenericBidiReactor* UnknownMethods::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  return new Refused(context->method());
}

}  // namespace daybook::server
