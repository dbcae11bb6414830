#include "tools/common/connection.h"

namespace daybook::tools {
namespace {

// A page of 1,000 profiles with 100 attributes each stays below it.
constexpr int kMaxAnswerBytes = 256 * 1024 * 1024;
constexpr int kMaxReconnectDelayMs = 1000;

}  // namespace

Connection::Connection(const std::string& server, std::chrono::milliseconds timeout)
    : timeout_(timeout) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectDelayMs);
  channel_ = grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace daybook::tools
