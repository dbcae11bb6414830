#include "ledger/vault_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/key_slot.h"

namespace daybook::ledger {
namespace {

constexpr uint32_t kSlotsPerRead = 8192;

uint64_t OffsetOf(uint32_t slot) { return kVaultHeaderBytes + uint64_t{kKeySlotBytes} * slot; }

// Everything that the slots say, in the order of the file.
class SlotReader {
 public:
  absl::Status Take(uint32_t number, std::string_view bytes) {
    KeySlot slot;
    const SlotVerdict verdict = ReadKeySlot(bytes, &slot);
    if (verdict != SlotVerdict::kEmpty) file_.end = OffsetOf(number + 1);
    if (verdict == SlotVerdict::kLater) {
      return absl::FailedPreconditionError(
          fmt::format("vault: slot {} was written by a later program", number));
    }
    if (verdict != SlotVerdict::kGood) {
      // Behind the last good slot everything is empty: not worth remembering one by one.
      if (verdict == SlotVerdict::kBad || !empty_run_) {
        holes_.push_back({number, verdict == SlotVerdict::kEmpty, slot.key.id});
      }
      empty_run_ = verdict == SlotVerdict::kEmpty;
      return absl::OkStatus();
    }
    empty_run_ = false;
    if (slot.batch > number) Fault(number, "was written before its batch began");
    last_batch_ = std::max(last_batch_, slot.batch);
    if (slot.state == SlotState::kTombstone) file_.destroyed.insert(slot.key.id);
    if (slot.state == SlotState::kLive) live_.push_back({number, slot.key});
    return absl::OkStatus();
  }

  VaultFile Finish() {
    absl::flat_hash_set<KeyId> seen;
    for (const Live& live : live_) {
      if (file_.destroyed.contains(live.key.id)) {
        Fault(live.slot, "holds a key whose destruction was cut off", true);
      } else if (!seen.insert(live.key.id).second) {
        Fault(live.slot, "has the id of an earlier one");
      } else {
        file_.keys.push_back(live.key);
      }
    }
    for (const Hole& hole : holes_) {
      if (hole.slot >= last_batch_) {
        if (!hole.empty) Fault(hole.slot, "is the end of a torn write", true);
      } else if (!hole.empty && file_.destroyed.contains(hole.id)) {
        Fault(hole.slot, "was being overwritten by its tombstone", true);
      } else {
        Fault(hole.slot, "is damaged though it was synced");
      }
    }
    return std::move(file_);
  }

 private:
  struct Hole {
    uint32_t slot;
    bool empty;
    KeyId id;
  };
  struct Live {
    uint32_t slot;
    StoredKey key;
  };

  void Fault(uint32_t slot, std::string_view what, bool mended = false) {
    file_.faults.push_back({OffsetOf(slot), fmt::format("slot {} {}", slot, what), mended});
  }

  VaultFile file_;
  std::vector<Hole> holes_;
  std::vector<Live> live_;
  uint32_t last_batch_ = 0;
  bool empty_run_ = false;
};

}  // namespace

absl::StatusOr<VaultFile> ReadVaultFile(FileSystem* fs, const std::string& path,
                                        const LedgerId& ledger_id) {
  auto file = fs->Open(path, /*create=*/false);
  if (!file.ok()) return file.status();
  std::string bytes;
  if (auto status = (*file)->ReadAt(0, kVaultHeaderBytes, &bytes); !status.ok()) return status;
  if (auto status = CheckVaultHeader(bytes, ledger_id); !status.ok()) return status;
  SlotReader reader;
  for (uint32_t first = 0;; first += kSlotsPerRead) {
    const size_t wanted = kSlotsPerRead * kKeySlotBytes;
    if (auto status = (*file)->ReadAt(OffsetOf(first), wanted, &bytes); !status.ok()) return status;
    const bool last = bytes.size() < wanted;
    bytes.resize((bytes.size() + kKeySlotBytes - 1) / kKeySlotBytes * kKeySlotBytes, '\0');
    for (uint32_t i = 0; i < bytes.size() / kKeySlotBytes; ++i) {
      const auto slot = std::string_view(bytes).substr(i * kKeySlotBytes, kKeySlotBytes);
      if (auto status = reader.Take(first + i, slot); !status.ok()) return status;
    }
    if (last) return reader.Finish();
  }
}

}  // namespace daybook::ledger
