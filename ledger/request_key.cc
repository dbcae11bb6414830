#include "ledger/request_key.h"

#include <initializer_list>
#include <string>

#include "ledger/sha256.h"
#include "ledger/varint.h"

namespace daybook::ledger {
namespace {

RequestKey KeyOf(char domain, uint16_t kind, std::initializer_list<std::string_view> names) {
  // Kept, because this runs twice for every command.
  thread_local std::string input;
  input.assign(1, domain);
  AppendBig(kind, &input);
  for (std::string_view name : names) {
    AppendBig(static_cast<uint32_t>(name.size()), &input);
    input.append(name);
  }
  const Bytes32 hash = Sha256Of(input);
  RequestKey key;
  std::memcpy(key.bytes.data(), hash.data(), key.bytes.size());
  return key;
}

}  // namespace

RequestKey KeyOfRequest(std::string_view tenant, uint16_t kind, std::string_view id,
                        std::string_view request_id) {
  return KeyOf('r', kind, {tenant, id, request_id});
}

RequestKey KeyOfSource(std::string_view tenant, uint16_t kind, std::string_view id,
                       std::string_view source, std::string_view source_event_id) {
  return KeyOf('s', kind, {tenant, id, source, source_event_id});
}

}  // namespace daybook::ledger
