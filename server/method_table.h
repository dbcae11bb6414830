// A gRPC service as a list of its methods, one line each. Method names and message types come from
// the service's descriptor; what a method does comes from the engine's catalogue, or from a
// function.
//
//   MethodTable table("daybook.v1.SalesService", host);
//   table.Command("RecordOrder");
//   table.Query("GetOrder");
//
// Bytes come in raw, so that a call has its messages on its own arena and a request that does not
// parse gets a reason like any other. Filled before it is registered, immutable afterwards;
// outlives the server. A name that the service does not have, and a method without an entry, end
// the process: both are mistakes of the program, found at the first start.
#pragma once

#include <google/protobuf/descriptor.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/support/server_callback.h>

#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "server/unary_call.h"

namespace daybook::server {

class MethodTable final : public grpc::Service {
 public:
  // `host` outlives the table.
  MethodTable(std::string_view service, const CallHost& host);

  // Whether a caller may ask for this: what a method's roles cannot say.
  using MayAsk = std::function<projections::MaybeRefusal(const projections::Caller&,
                                                         const google::protobuf::Message&)>;
  // The engine decides it.
  void Command(std::string_view method, MayAsk may_ask = {});
  // The engine answers it from a view; in the background where it asks for history.
  void Query(std::string_view method, MayAsk may_ask = {});
  // The same for answers that rest on many customers: always in the background.
  void LongQuery(std::string_view method);

  // Where a function runs.
  enum class Where { kAtOnce, kInBackground };
  // A function answers it. Not to block if it runs at once.
  template <typename Request, typename Response>
  void Function(std::string_view method, Where where,
                std::function<projections::MaybeRefusal(const projections::Caller&, const Request&,
                                                        Response*)>
                    function) {
    Unary(method, Request::descriptor(), Response::descriptor(), where,
          [function = std::move(function)](UnaryCall& call) {
            return function(call.caller(), static_cast<const Request&>(call.request()),
                            static_cast<Response*>(call.response()));
          });
  }
  // The same for one that shows events: `function` notes what it opens of persons.
  template <typename Request, typename Response>
  void EventFunction(
      std::string_view method, Where where,
      std::function<projections::MaybeRefusal(const projections::Caller&, const Request&, Response*,
                                              projections::PersonalReads*)>
          function) {
    Unary(method, Request::descriptor(), Response::descriptor(), where,
          [function = std::move(function)](UnaryCall& call) {
            return function(call.caller(), static_cast<const Request&>(call.request()),
                            static_cast<Response*>(call.response()), &call.reads());
          });
  }

  using Writer = grpc::ServerWriteReactor<grpc::ByteBuffer>;
  using Stream = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;
  // A stream of answers to one request. `start` must not block; gRPC owns what it returns.
  void ServerStream(std::string_view method,
                    std::function<Writer*(grpc::CallbackServerContext*, const grpc::ByteBuffer&,
                                          const GuardedMethod&)>
                        start);
  // Streams both ways.
  void BidiStream(std::string_view method,
                  std::function<Stream*(grpc::CallbackServerContext*, const GuardedMethod&)> start);

  // To be called when all methods are there.
  void Complete() const;
  // "daybook.v1.SalesService".
  const std::string& name() const { return service_->full_name(); }

 private:
  const google::protobuf::MethodDescriptor* Find(std::string_view method, bool client_streams,
                                                 bool server_streams);
  // Answers a call from a function that gives the outcome at once.
  void Unary(std::string_view method, const google::protobuf::Descriptor* request,
             const google::protobuf::Descriptor* response, Where where,
             std::function<projections::MaybeRefusal(UnaryCall&)> function);
  void Add(const google::protobuf::MethodDescriptor* method,
           std::function<void(UnaryCall&)> handle);
  void Register(const google::protobuf::MethodDescriptor* method,
                grpc::internal::RpcMethod::RpcType type, grpc::internal::MethodHandler* handler);
  GuardedMethod Guarded(const google::protobuf::MethodDescriptor* method);

  const CallHost& host_;
  const google::protobuf::ServiceDescriptor* service_;
  std::deque<std::string> paths_;  // gRPC keeps pointers to them
  std::deque<UnaryMethod> methods_;
};

}  // namespace daybook::server
