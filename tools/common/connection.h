// A channel to a server and what every call over it shares.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>

namespace daybook::tools {

// How a client shows who it is and why it asks, and knows the server.
struct Credentials {
  std::string token;  // "daybook_..."; empty: none
  // For the record of accesses: codes, or empty.
  std::string purpose, legal_basis;
  bool tls = false;
  // PEM texts. Without authorities those of the machine are trusted; certificate and key of the
  // client where the server asks for them.
  std::string tls_ca, tls_cert, tls_key;
};

// Any thread may use a connection. Copies share the channel.
class Connection {
 public:
  // Connects when the first call is made; `server` is host:port. Token and
  // purpose go with every call.
  Connection(const std::string& server, std::chrono::milliseconds timeout,
             const Credentials& credentials = {});

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  template <typename Service>
  std::unique_ptr<typename Service::Stub> NewStub() const {
    return Service::NewStub(channel_);
  }

  // One call with the connection's deadline.
  template <typename Stub, typename Request, typename Response>
  grpc::Status Call(Stub& stub,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response) const {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + timeout_);
    return (stub.*method)(&context, request, &response);
  }

  std::chrono::milliseconds timeout() const { return timeout_; }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::chrono::milliseconds timeout_;
};

}  // namespace daybook::tools
