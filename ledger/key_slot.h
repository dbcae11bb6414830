// ❄ The bytes of the vault file: a header block, then slots of one size. FORMAT.md, "Vault file",
// is the page for people.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "ledger/key_store.h"

namespace daybook::ledger {

inline constexpr size_t kVaultHeaderBytes = 4096;
inline constexpr size_t kKeySlotBytes = 128;

enum class SlotState : uint8_t {
  kLive = 1,
  kTombstone = 2,  // only the id is kept
  kVoid = 3,       // a place lost to a crash; nothing was ever here
};

// A slot as values. `batch` is the number of the first slot of the write that the slot was appended
// by: whatever stands before it had been synced by then, so only what stands behind the highest
// batch can be a torn append. 0 in tombstones that overwrote a key.
struct KeySlot {
  SlotState state = SlotState::kVoid;
  uint32_t batch = 0;
  StoredKey key;
};

enum class SlotVerdict {
  kGood,
  kEmpty,  // zeros
  kBad,    // torn or damaged
  kLater,  // whole, but written by a later program
};

void AppendKeySlot(const KeySlot& slot, std::string* out);
// Reads kKeySlotBytes. A bad slot's `key.id` is still what stands in its place, for the redo of a
// destruction.
SlotVerdict ReadKeySlot(std::string_view bytes, KeySlot* slot);

// What the AES-GCM tag of a wrapped key covers besides the key: purpose, version, id and wrapping
// key's id.
std::string WrapAssociatedData(const StoredKey& key);

std::string VaultHeader(const LedgerId& ledger_id);
// Errors: DataLoss (damaged), FailedPrecondition (another ledger's, or a later version's).
absl::Status CheckVaultHeader(std::string_view bytes, const LedgerId& ledger_id);

}  // namespace daybook::ledger
