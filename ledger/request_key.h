// What a request id, or a source's event id, is looked up by: 16 bytes that nobody can make
// collide, whatever lengths the names have. Part of the index only, so free to change with it.
// Thread-safe.
#pragma once

#include <cstring>
#include <string_view>

#include "ledger/types.h"

namespace daybook::ledger {

// First 16 bytes of a SHA-256: already evenly spread, so its first eight serve hash tables as they
// are.
struct RequestKey {
  Bytes16 bytes{};
  friend auto operator<=>(const RequestKey&, const RequestKey&) = default;
};

struct RequestKeyHash {
  size_t operator()(const RequestKey& key) const {
    size_t hash;
    std::memcpy(&hash, key.bytes.data(), sizeof hash);
    return hash;
  }
};

RequestKey KeyOfRequest(std::string_view tenant, uint16_t kind, std::string_view id,
                        std::string_view request_id);
RequestKey KeyOfSource(std::string_view tenant, uint16_t kind, std::string_view id,
                       std::string_view source, std::string_view source_event_id);

}  // namespace daybook::ledger
