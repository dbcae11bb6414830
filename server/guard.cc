#include "server/guard.h"

#include <algorithm>

namespace daybook::server {
namespace {

constexpr size_t kTraceparentLength = 55;

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsZero(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '0'; });
}

}  // namespace

bool IsTraceparent(std::string_view text) {
  if (text.size() != kTraceparentLength || text.substr(0, 3) != "00-") return false;
  const std::string_view trace = text.substr(3, 32);
  const std::string_view parent = text.substr(36, 16);
  return text[35] == '-' && text[52] == '-' && IsHex(trace) && IsHex(parent) &&
         IsHex(text.substr(53)) && !IsZero(trace) && !IsZero(parent);
}

std::string TraceparentOf(const grpc::CallbackServerContext& context) {
  const auto& headers = context.client_metadata();
  const auto found = headers.find("traceparent");
  if (found == headers.end()) return {};
  const std::string_view text(found->second.data(), found->second.size());
  return IsTraceparent(text) ? std::string(text) : std::string();
}

// The server listens on loopback addresses only, so whoever reaches it has an account on this
// machine: tenant main, every right.
projections::MaybeRefusal Guard::Admit(const grpc::CallbackServerContext& context,
                                       std::string_view /*method*/,
                                       projections::Caller* caller) const {
  caller->role = "admin";
  caller->traceparent = TraceparentOf(context);
  return std::nullopt;
}

}  // namespace daybook::server
