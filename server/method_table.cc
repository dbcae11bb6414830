#include "server/method_table.h"

#include <fmt/format.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>

#include "daybook/v1/common.pb.h"
#include "ledger/check.h"
#include "server/access_rules.h"

namespace daybook::server {

using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using grpc::internal::RpcMethod;
using projections::MaybeRefusal;

namespace {

const google::protobuf::Message* PrototypeOf(const google::protobuf::Descriptor* type) {
  return google::protobuf::MessageFactory::generated_factory()->GetPrototype(type);
}

MaybeRefusal TooManyReads() {
  return projections::Refuse(v1::REASON_OVERLOADED, "", "too many reads wait");
}

// The field with the read options of a query, or null.
const FieldDescriptor* ReadOptionsOf(const google::protobuf::Descriptor* request) {
  const auto* field = request->FindFieldByName("read");
  return field != nullptr && field->message_type() == v1::ReadOptions::descriptor() ? field
                                                                                    : nullptr;
}

bool AsksForHistory(const google::protobuf::Message& request, const FieldDescriptor* field) {
  if (field == nullptr || !request.GetReflection()->HasField(request, field)) return false;
  const auto& options =
      static_cast<const v1::ReadOptions&>(request.GetReflection()->GetMessage(request, field));
  return options.has_as_of() || options.has_known_at();
}

void RunQuery(UnaryCall& call) {
  call.host().engine->Query(
      call.caller(), call.request(), call.response(),
      [&call](const MaybeRefusal& refusal) { call.Finish(refusal); }, &call.reads());
}

// True if the caller may not ask for it, and has been told so.
bool Refused(const MethodTable::MayAsk& may_ask, UnaryCall& call) {
  if (!may_ask) return false;
  const MaybeRefusal refusal = may_ask(call.caller(), call.request());
  if (refusal) call.Finish(refusal);
  return refusal.has_value();
}

void RunQueryInBackground(UnaryCall& call) {
  const bool taken = call.host().background->Post([&call] {
    try {
      RunQuery(call);
    } catch (const projections::InvariantBroken& broken) {
      call.Finish(projections::Refuse(v1::REASON_INTERNAL, "", broken.what()));
    }
  });
  if (!taken) call.Finish(TooManyReads());
}

}  // namespace

MethodTable::MethodTable(std::string_view service, const CallHost& host)
    : host_(host),
      service_(google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
          std::string(service))) {
  DAYBOOK_CHECK(service_ != nullptr, "a service is served that no proto describes");
}

void MethodTable::Command(std::string_view name, MayAsk may_ask) {
  const auto* method = Find(name, false, false);
  DAYBOOK_CHECK(host_.engine->catalogue().FindCommand(method->input_type()) != nullptr,
                "a method is served that no domain decides");
  Add(method, [may_ask = std::move(may_ask)](UnaryCall& call) {
    if (Refused(may_ask, call)) return;
    call.host().engine->Execute(
        call.caller(), call.request(), call.response(),
        [&call](const projections::CommandOutcome& outcome) { call.Finish(outcome.refusal); });
  });
}

void MethodTable::Query(std::string_view name, MayAsk may_ask) {
  const auto* method = Find(name, false, false);
  DAYBOOK_CHECK(host_.engine->catalogue().FindQuery(method->input_type()) != nullptr,
                "a method is served that no domain answers");
  Add(method, [options = ReadOptionsOf(method->input_type()),
               may_ask = std::move(may_ask)](UnaryCall& call) {
    if (Refused(may_ask, call)) return;
    if (AsksForHistory(call.request(), options)) {
      RunQueryInBackground(call);
    } else {
      RunQuery(call);
    }
  });
}

void MethodTable::LongQuery(std::string_view name) {
  const auto* method = Find(name, false, false);
  DAYBOOK_CHECK(host_.engine->catalogue().FindQuery(method->input_type()) != nullptr,
                "a method is served that no domain answers");
  Add(method, RunQueryInBackground);
}

void MethodTable::Unary(std::string_view name, const google::protobuf::Descriptor* request,
                        const google::protobuf::Descriptor* response, Where where,
                        std::function<MaybeRefusal(UnaryCall&)> function) {
  const auto* method = Find(name, false, false);
  DAYBOOK_CHECK(method->input_type() == request && method->output_type() == response,
                "a function answers a method of other messages");
  if (where == Where::kAtOnce) {
    Add(method, [function = std::move(function)](UnaryCall& call) { call.Finish(function(call)); });
    return;
  }
  Add(method, [function = std::move(function)](UnaryCall& call) {
    const bool taken =
        call.host().background->Post([&call, &function] { call.Finish(function(call)); });
    if (!taken) call.Finish(TooManyReads());
  });
}

void MethodTable::Add(const MethodDescriptor* method, std::function<void(UnaryCall&)> handle) {
  const UnaryMethod& added =
      methods_.emplace_back(UnaryMethod{Guarded(method), PrototypeOf(method->input_type()),
                                        PrototypeOf(method->output_type()), std::move(handle)});
  Register(method, RpcMethod::NORMAL_RPC,
           new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
               [this, &added](grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                              grpc::ByteBuffer* response) {
                 return UnaryCall::Start(host_, added, context, request, response);
               }));
}

void MethodTable::ServerStream(std::string_view name,
                               std::function<Writer*(grpc::CallbackServerContext*,
                                                     const grpc::ByteBuffer&, const GuardedMethod&)>
                                   start) {
  const auto* method = Find(name, false, true);
  Register(method, RpcMethod::SERVER_STREAMING,
           new grpc::internal::CallbackServerStreamingHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
               [start = std::move(start), guarded = Guarded(method)](
                   grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
                 return start(context, *request, guarded);
               }));
}

void MethodTable::BidiStream(
    std::string_view name,
    std::function<Stream*(grpc::CallbackServerContext*, const GuardedMethod&)> start) {
  const auto* method = Find(name, true, true);
  Register(method, RpcMethod::BIDI_STREAMING,
           new grpc::internal::CallbackBidiHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
               [start = std::move(start), guarded = Guarded(method)](
                   grpc::CallbackServerContext* context) { return start(context, guarded); }));
}

const MethodDescriptor* MethodTable::Find(std::string_view name, bool client_streams,
                                          bool server_streams) {
  const auto* method = service_->FindMethodByName(std::string(name));
  DAYBOOK_CHECK(method != nullptr, "a method is served that its service does not have");
  DAYBOOK_CHECK(
      method->client_streaming() == client_streams && method->server_streaming() == server_streams,
      "a method is served with another direction than its service says");
  return method;
}

GuardedMethod MethodTable::Guarded(const MethodDescriptor* method) {
  const projections::RoleSet roles = RolesFor(method);
  DAYBOOK_CHECK(!roles.empty(), "a method is served without a rule of who may call it");
  return {&host_.metrics->AddMethod(fmt::format("{}/{}", service_->full_name(), method->name())),
          roles};
}

void MethodTable::Register(const MethodDescriptor* method, RpcMethod::RpcType type,
                           grpc::internal::MethodHandler* handler) {
  const std::string& path =
      paths_.emplace_back(fmt::format("/{}/{}", service_->full_name(), method->name()));
  const int index = static_cast<int>(paths_.size()) - 1;
  AddMethod(new grpc::internal::RpcServiceMethod(path.c_str(), type, nullptr));
  MarkMethodRawCallback(index, handler);
}

void MethodTable::Complete() const {
  DAYBOOK_CHECK(static_cast<int>(paths_.size()) == service_->method_count(),
                "a service has methods that are not served");
}

}  // namespace daybook::server
