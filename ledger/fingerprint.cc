#include "ledger/fingerprint.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "ledger/check.h"
#include "ledger/coding.h"

namespace daybook::ledger {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Message;
using google::protobuf::internal::WireFormatLite;

constexpr uint32_t kInputVersion = 1;
// ❄ Top-level fields that do not make a request another one. Of input version 1.
constexpr std::string_view kLeftOut[] = {"read", "request_id", "traceparent", "tracestate",
                                         "validate_only"};

// Numbers of the fields left out, looked up by name once per type.
const std::vector<int>& NumbersLeftOut(const Descriptor* type) {
  struct Cache {
    std::shared_mutex mutex;
    absl::flat_hash_map<const Descriptor*, std::unique_ptr<const std::vector<int>>> by_type;
  };
  static Cache* const cache = new Cache;
  {
    const std::shared_lock lock(cache->mutex);
    const auto found = cache->by_type.find(type);
    if (found != cache->by_type.end()) return *found->second;
  }
  auto numbers = std::make_unique<std::vector<int>>();
  for (const std::string_view name : kLeftOut) {
    const auto* const field = type->FindFieldByName(std::string(name));
    if (field != nullptr) numbers->push_back(field->number());
  }
  const std::unique_lock lock(cache->mutex);
  return *cache->by_type.try_emplace(type, std::move(numbers)).first->second;
}

struct Field {
  int number;
  std::string_view bytes;  // tag and value
};

// The top-level fields of `wire` without those left out.
std::vector<Field> FieldsOf(std::string_view wire, const std::vector<int>& left_out) {
  std::vector<Field> fields;
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const uint8_t*>(wire.data()),
                                               static_cast<int>(wire.size()));
  while (input.CurrentPosition() < static_cast<int>(wire.size())) {
    const auto start = static_cast<size_t>(input.CurrentPosition());
    const uint32_t tag = input.ReadTag();
    DAYBOOK_CHECK(tag != 0 && WireFormatLite::SkipField(&input, tag),
                  "protobuf cannot read what it wrote");
    const int number = WireFormatLite::GetTagFieldNumber(tag);
    if (std::find(left_out.begin(), left_out.end(), number) != left_out.end()) continue;
    fields.push_back(
        {number, wire.substr(start, static_cast<size_t>(input.CurrentPosition()) - start)});
  }
  // Fields that this program does not know come last; a program that knows them writes them by
  // number.
  const auto by_number = [](const Field& a, const Field& b) { return a.number < b.number; };
  if (!std::is_sorted(fields.begin(), fields.end(), by_number)) {
    std::stable_sort(fields.begin(), fields.end(), by_number);
  }
  return fields;
}

void SerializeDeterministically(const Message& request, std::string* out) {
  out->clear();
  google::protobuf::io::StringOutputStream stream(out);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  DAYBOOK_CHECK(request.SerializePartialToCodedStream(&coded), "a request cannot be serialised");
}

Bytes32 HashOf(const Hmac& key, const Message& request) {
  thread_local std::string wire;
  thread_local std::vector<std::string_view> parts;
  SerializeDeterministically(request, &wire);
  const Descriptor* const type = request.GetDescriptor();
  std::string head(1, static_cast<char>(kInputVersion));
  AppendLittle(static_cast<uint16_t>(type->full_name().size()), &head);
  head += type->full_name();
  parts.assign(1, head);
  for (const Field& field : FieldsOf(wire, NumbersLeftOut(type))) parts.push_back(field.bytes);
  return key.Of(parts.data(), parts.size());
}

}  // namespace

Fingerprint Fingerprinter::Of(const Message& request) {
  const uint32_t version = vault_->CurrentVersion(KeyPurpose::kFingerprint);
  const auto key = KeyOf(version);
  DAYBOOK_CHECK(key.ok(), "the vault lost its current fingerprint key");
  return {kInputVersion, version, HashOf(**key, request)};
}

absl::StatusOr<bool> Fingerprinter::Matches(uint32_t version, uint32_t key, std::string_view value,
                                            const Message& request) {
  if (version != kInputVersion) {
    return absl::UnimplementedError(
        fmt::format("fingerprint of version {}, this program knows {}", version, kInputVersion));
  }
  const auto hmac = KeyOf(key);
  if (!hmac.ok()) return hmac.status();
  return EqualInConstantTime(AsView(HashOf(**hmac, request)), value);
}

absl::StatusOr<std::shared_ptr<const Hmac>> Fingerprinter::KeyOf(uint32_t version) {
  const std::lock_guard lock(mutex_);
  if (const auto known = keys_.find(version); known != keys_.end()) return known->second;
  const auto key = vault_->KeyOfVersion(KeyPurpose::kFingerprint, version);
  if (!key.ok()) return key.status();
  return keys_[version] = std::make_shared<const Hmac>(*key);
}

}  // namespace daybook::ledger
