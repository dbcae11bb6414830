#include "server/address.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <memory>
#include <string_view>
#include <system_error>

namespace daybook::server {
namespace {

struct HostAndPort {
  std::string host;  // without brackets
  uint16_t port = 0;
};

bool Parse(const std::string& address, HostAndPort* out) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return false;
  const std::string_view port = std::string_view(address).substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out->port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) return false;
  out->host = address.substr(0, colon);
  if (out->host.size() > 2 && out->host.front() == '[' && out->host.back() == ']') {
    out->host = out->host.substr(1, out->host.size() - 2);
  }
  return !out->host.empty();
}

// 0, or the error of binding a socket to the address as a server does.
int TryToBind(const addrinfo& address) {
  const int fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int on = 1;  // connections of a server that has just ended are in nobody's way
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const int error = ::bind(fd, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  ::close(fd);
  return error;
}

}  // namespace

absl::Status CheckAddress(const std::string& address) {
  HostAndPort parsed;
  if (Parse(address, &parsed)) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("'{}' is not ADDRESS:PORT", address));
}

absl::Status CheckLoopback(const std::string& address) {
  if (absl::Status status = CheckAddress(address); !status.ok()) return status;
  const std::string host = address.substr(0, address.rfind(':'));
  const bool v4 = host.starts_with("127.") && std::count(host.begin(), host.end(), '.') == 3 &&
                  host.find_first_not_of("0123456789.") == std::string::npos;
  if (v4 || host == "localhost" || host == "[::1]") return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("'{}' is not a loopback address (127.0.0.1, [::1], localhost)", address));
}

absl::Status CheckFree(const std::string& address) {
  HostAndPort parsed;
  if (!Parse(address, &parsed) || parsed.port == 0) return absl::OkStatus();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int problem =
      ::getaddrinfo(parsed.host.c_str(), std::to_string(parsed.port).c_str(), &hints, &found);
  if (problem != 0) {
    return absl::UnavailableError(
        fmt::format("cannot listen on {}: {}", address, ::gai_strerror(problem)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
  // A name may stand for several addresses; one is enough to serve on.
  int error = 0;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    error = TryToBind(*one);
    if (error == 0) return absl::OkStatus();
  }
  return absl::UnavailableError(
      fmt::format("cannot listen on {}: {}{}", address, std::generic_category().message(error),
                  error == EADDRINUSE ? ": is another server there?" : ""));
}

}  // namespace daybook::server
