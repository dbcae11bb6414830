#include "ledger/key_slot.h"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/check.h"
#include "ledger/coding.h"
#include "ledger/crc32c.h"

namespace daybook::ledger {
namespace {

constexpr std::string_view kMagic = "DBKVAULT";
constexpr uint16_t kVersion = 1;
constexpr size_t kHeaderCrcOffset = kVaultHeaderBytes - 4;
constexpr size_t kReservedOffset = 2;
constexpr size_t kIdOffset = 12;
constexpr size_t kCrcOffset = kKeySlotBytes - 4;

template <size_t N>
void Append(const std::array<uint8_t, N>& bytes, std::string* out) {
  out->append(reinterpret_cast<const char*>(bytes.data()), N);
}

template <size_t N>
void Take(std::string_view* bytes, std::array<uint8_t, N>* out) {
  std::copy_n(bytes->begin(), N, reinterpret_cast<char*>(out->data()));
  bytes->remove_prefix(N);
}

}  // namespace

void AppendKeySlot(const KeySlot& slot, std::string* out) {
  const size_t start = out->size();
  const bool live = slot.state == SlotState::kLive;
  const StoredKey& key = slot.key;
  out->push_back(static_cast<char>(slot.state));
  out->push_back(live ? static_cast<char>(key.purpose) : '\0');
  AppendLittle<uint16_t>(0, out);
  AppendLittle<uint32_t>(live ? key.version : 0, out);
  AppendLittle<uint32_t>(slot.batch, out);
  Append(key.id, out);
  if (live) {
    Append(key.wrapped_by, out);
    Append(key.nonce, out);
    Append(key.wrapped, out);
    Append(key.tag, out);
  }
  out->resize(start + kCrcOffset, '\0');
  AppendLittle<uint32_t>(Crc32c(std::string_view(*out).substr(start)), out);
}

SlotVerdict ReadKeySlot(std::string_view bytes, KeySlot* slot) {
  DAYBOOK_CHECK(bytes.size() == kKeySlotBytes, "a key slot has one size");
  *slot = KeySlot{};
  StoredKey& key = slot->key;
  std::copy_n(bytes.begin() + kIdOffset, key.id.size(), reinterpret_cast<char*>(key.id.data()));
  if (bytes.find_first_not_of('\0') == std::string_view::npos) return SlotVerdict::kEmpty;
  if (LoadLittle<uint32_t>(bytes.data() + kCrcOffset) != Crc32c(bytes.substr(0, kCrcOffset))) {
    return SlotVerdict::kBad;
  }
  slot->state = static_cast<SlotState>(bytes[0]);
  const bool known = slot->state >= SlotState::kLive && slot->state <= SlotState::kVoid &&
                     LoadLittle<uint16_t>(bytes.data() + kReservedOffset) == 0;
  if (!known) return SlotVerdict::kLater;
  key.purpose = static_cast<KeyPurpose>(bytes[1]);
  key.version = LoadLittle<uint32_t>(bytes.data() + 4);
  slot->batch = LoadLittle<uint32_t>(bytes.data() + 8);
  bytes.remove_prefix(kIdOffset);
  Take(&bytes, &key.id);
  Take(&bytes, &key.wrapped_by);
  Take(&bytes, &key.nonce);
  Take(&bytes, &key.wrapped);
  Take(&bytes, &key.tag);
  return SlotVerdict::kGood;
}

std::string WrapAssociatedData(const StoredKey& key) {
  std::string data;
  data.push_back(static_cast<char>(key.purpose));
  AppendLittle<uint32_t>(key.version, &data);
  Append(key.id, &data);
  Append(key.wrapped_by, &data);
  return data;
}

std::string VaultHeader(const LedgerId& ledger_id) {
  std::string header(kMagic);
  AppendLittle<uint16_t>(kVersion, &header);
  AppendLittle<uint16_t>(kKeySlotBytes, &header);
  Append(ledger_id, &header);
  header.resize(kHeaderCrcOffset, '\0');
  AppendLittle<uint32_t>(Crc32c(header), &header);
  return header;
}

absl::Status CheckVaultHeader(std::string_view bytes, const LedgerId& ledger_id) {
  if (bytes.size() < kVaultHeaderBytes || bytes.substr(0, kMagic.size()) != kMagic) {
    return absl::DataLossError("vault: the file does not begin with a vault header");
  }
  bytes = bytes.substr(0, kVaultHeaderBytes);
  if (LoadLittle<uint32_t>(bytes.data() + kHeaderCrcOffset) !=
      Crc32c(bytes.substr(0, kHeaderCrcOffset))) {
    return absl::DataLossError("vault: the header is damaged");
  }
  const auto version = LoadLittle<uint16_t>(bytes.data() + kMagic.size());
  if (version != kVersion) {
    return absl::FailedPreconditionError(
        fmt::format("vault: format {} is later than this program's {}", version, kVersion));
  }
  if (bytes.substr(kMagic.size() + 4, ledger_id.size()) != AsView(ledger_id)) {
    return absl::FailedPreconditionError("vault: belongs to another ledger");
  }
  return absl::OkStatus();
}

}  // namespace daybook::ledger
