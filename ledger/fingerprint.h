// The fingerprint of a request: tells a repeat of a request id from another request that uses the
// same id, without keeping the request. A keyed hash, so that nobody can guess a poor request from
// it.
//
// Thread-safe.
#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "ledger/crypto.h"
#include "ledger/types.h"
#include "ledger/vault.h"

namespace daybook::ledger {

// As stored in a RequestRecord.
struct Fingerprint {
  uint32_t version = 0;  // of the input's layout
  uint32_t key = 0;      // version of the vault's fingerprint key
  Bytes32 value{};
};

class Fingerprinter {
 public:
  // The vault must outlive it.
  explicit Fingerprinter(Vault* vault) : vault_(vault) {}

  // By the current layout and key. What is left out: request id, validate-only, trace and freshness
  // (FORMAT.md, "Fingerprint").
  Fingerprint Of(const google::protobuf::Message& request);

  // Whether `request` is the one that a stored fingerprint was made of, by whatever layout and key
  // it was made. Errors: NotFound (no such key), Unimplemented (a later version's layout).
  absl::StatusOr<bool> Matches(uint32_t version, uint32_t key, std::string_view value,
                               const google::protobuf::Message& request);

 private:
  absl::StatusOr<std::shared_ptr<const Hmac>> KeyOf(uint32_t version);

  Vault* const vault_;
  std::mutex mutex_;
  absl::flat_hash_map<uint32_t, std::shared_ptr<const Hmac>> keys_;
};

}  // namespace daybook::ledger
