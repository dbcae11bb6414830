#include "tools/common/connection.h"

#include <grpcpp/support/client_interceptor.h>

#include <utility>
#include <vector>

namespace daybook::tools {
namespace {

// A page of 1,000 profiles with 100 attributes each stays below it.
constexpr int kMaxAnswerBytes = 256 * 1024 * 1024;
constexpr int kMaxReconnectDelayMs = 1000;

using Headers = std::vector<std::pair<std::string, std::string>>;

Headers HeadersOf(const Credentials& credentials) {
  Headers headers;
  const auto add = [&headers](const char* name, const char* before, const std::string& value) {
    if (!value.empty()) headers.emplace_back(name, before + value);
  };
  add("authorization", "Bearer ", credentials.token);
  add("daybook-purpose", "", credentials.purpose);
  add("daybook-legal-basis", "", credentials.legal_basis);
  return headers;
}

// Adds headers to a call. gRPC's call credentials would do it too, but not without TLS.
class SendsHeaders final : public grpc::experimental::Interceptor {
 public:
  explicit SendsHeaders(const Headers& headers) : headers_(headers) {}
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    using grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->insert(headers_.begin(), headers_.end());
    }
    methods->Proceed();
  }

 private:
  const Headers& headers_;
};

class SendsHeadersFactory final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit SendsHeadersFactory(Headers headers) : headers_(std::move(headers)) {}
  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo*) override {
    return new SendsHeaders(headers_);
  }

 private:
  const Headers headers_;
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
  Headers headers = HeadersOf(credentials);
  if (headers.empty()) {
    channel_ = grpc::CreateCustomChannel(server, channel, arguments);
    return;
  }
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> factories;
  factories.push_back(std::make_unique<SendsHeadersFactory>(std::move(headers)));
  channel_ = grpc::experimental::CreateCustomChannelWithInterceptors(server, channel, arguments,
                                                                     std::move(factories));
}

}  // namespace daybook::tools
