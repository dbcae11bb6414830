// Addresses to listen on, as the settings say them: "127.0.0.1:7430", "[::1]:0", "localhost:7430".
#pragma once

#include <string>

#include "absl/status/status.h"

namespace daybook::server {

// Host and port. Errors: InvalidArgument.
absl::Status CheckAddress(const std::string& address);

// The same, of an address that only this machine can reach. Errors: InvalidArgument.
absl::Status CheckLoopback(const std::string& address);

// Whether a server could listen on a loopback address now; port 0 and an empty address are always
// free. Somebody may still be quicker: it is asked so that most mistakes are found before anything
// is made. Errors: Unavailable.
absl::Status CheckFree(const std::string& address);

}  // namespace daybook::server
