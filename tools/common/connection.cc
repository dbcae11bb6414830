#include "tools/common/connection.h"

#include <grpcpp/support/client_interceptor.h>

#include <utility>
#include <vector>

namespace daybook::tools {
namespace {

// A page of 1,000 profiles with 100 attributes each stays below it.
constexpr int kMaxAnswerBytes = 256 * 1024 * 1024;
constexpr int kMaxReconnectDelayMs = 1000;

// Adds the token to a call. gRPC's call credentials would do it too, but not on loopback without
// TLS.
class SendsToken final : public grpc::experimental::Interceptor {
 public:
  explicit SendsToken(const std::string& header) : header_(header) {}
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    using grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->emplace("authorization", header_);
    }
    methods->Proceed();
  }

 private:
  const std::string& header_;
};

class SendsTokenFactory final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit SendsTokenFactory(const std::string& token) : header_("Bearer " + token) {}
  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo*) override {
    return new SendsToken(header_);
  }

 private:
  const std::string header_;
};

}  // namespace

Connection::Connection(const std::string& server, std::chrono::milliseconds timeout,
                       const Credentials& credentials)
    : timeout_(timeout) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectDelayMs);
  std::shared_ptr<grpc::ChannelCredentials> channel = grpc::InsecureChannelCredentials();
  if (credentials.tls) {
    channel = grpc::SslCredentials({credentials.tls_ca, credentials.tls_key, credentials.tls_cert});
  }
  if (credentials.token.empty()) {
    channel_ = grpc::CreateCustomChannel(server, channel, arguments);
    return;
  }
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> factories;
  factories.push_back(std::make_unique<SendsTokenFactory>(credentials.token));
  channel_ = grpc::experimental::CreateCustomChannelWithInterceptors(server, channel, arguments,
                                                                     std::move(factories));
}

}  // namespace daybook::tools
