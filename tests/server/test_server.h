// A server in this process, on a free loopback port and a directory of its own, and a client of it.
//
//   TestServer server;
//   server.PublishProgramme();
//   v1::RecordOrderResponse answer;
//   CHECK(server.Call(&v1::SalesService::Stub::RecordOrder, MakeOrder("C1", "o1", 750),
//   &answer).ok()); server.Restart();
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "daybook/v1/contacts.grpc.pb.h"
#include "daybook/v1/customers.grpc.pb.h"
#include "daybook/v1/imports.grpc.pb.h"
#include "daybook/v1/ingest.grpc.pb.h"
#include "daybook/v1/ledger.grpc.pb.h"
#include "daybook/v1/loyalty.grpc.pb.h"
#include "daybook/v1/policies.grpc.pb.h"
#include "daybook/v1/sales.grpc.pb.h"
#include "daybook/v1/views.grpc.pb.h"
#include "server/instance.h"

namespace daybook::server {

// A directory that goes when this does.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// What a client is told besides the code.
struct Told {
  grpc::StatusCode code = grpc::StatusCode::OK;
  std::string reason{};
  std::string field{};
  bool retry = false;
  friend bool operator==(const Told&, const Told&) = default;
};
std::ostream& operator<<(std::ostream& out, const Told& told);
Told ToldBy(const grpc::Status& status);

class TestServer {
 public:
  explicit TestServer(Settings settings = {});
  ~TestServer() = default;

  Instance& instance() { return *instance_; }
  const std::string& directory() const { return directory_.path(); }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  void Start();
  void Stop() { instance_.reset(); }
  void Restart() {
    Stop();
    Start();
  }

  // One call of a service's method.
  template <typename Stub, typename Request, typename Response>
  grpc::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    Stub stub(channel_);
    return (stub.*method)(&context, request, response);
  }
  // The same for calls that must succeed.
  template <typename Stub, typename Request, typename Response>
  Response Get(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
               const Request& request) {
    Response response;
    RequireOk(Call(method, request, &response));
    return response;
  }

  // One point a pound; the first order enrols.
  void PublishProgramme();
  // Returns when every view serves and none is being built.
  void AwaitViews();
  v1::Balance BalanceOf(const std::string& customer);

 private:
  static void RequireOk(const grpc::Status& status);

  TemporaryDirectory directory_;
  Settings settings_;
  std::unique_ptr<Instance> instance_;
  std::shared_ptr<grpc::Channel> channel_;
};

// An order of one line; its request id is "order-" and its id.
v1::RecordOrderRequest MakeOrder(const std::string& customer, const std::string& order,
                                 int64_t pence);

}  // namespace daybook::server
