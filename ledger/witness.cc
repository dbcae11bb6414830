#include "ledger/witness.h"

#include <fmt/format.h>

#include <tuple>

#include "ledger/coding.h"
#include "ledger/crc32c.h"

namespace daybook::ledger {
namespace {

// "DBKW" when read as bytes.
constexpr uint32_t kWitnessMagic = 0x574b4244;
constexpr uint16_t kWitnessVersion = 1;

// Each slot has a block of its own, so that a torn write of one spares the other.
constexpr uint64_t kSlotStride = 4096;
constexpr size_t kSlots = 2;
constexpr size_t kSlotBytes = 60;

constexpr size_t kMagicAt = 0;
constexpr size_t kVersionAt = 4;
constexpr size_t kReservedAt = 6;
constexpr size_t kLedgerIdAt = 8;
constexpr size_t kEpochAt = 24;
constexpr size_t kReserved2At = 28;
constexpr size_t kGroupAt = 32;
constexpr size_t kChainAt = 40;
constexpr size_t kCrcAt = 56;

std::string EncodeSlot(const Witness& witness, const LedgerId& ledger_id) {
  std::string slot(kSlotBytes, '\0');
  StoreLittle(kWitnessMagic, &slot[kMagicAt]);
  StoreLittle(kWitnessVersion, &slot[kVersionAt]);
  StoreLittle<uint16_t>(0, &slot[kReservedAt]);
  std::memcpy(&slot[kLedgerIdAt], ledger_id.data(), ledger_id.size());
  StoreLittle(witness.epoch.value(), &slot[kEpochAt]);
  StoreLittle<uint32_t>(0, &slot[kReserved2At]);
  StoreLittle(witness.group.value(), &slot[kGroupAt]);
  std::memcpy(&slot[kChainAt], witness.chain.data(), witness.chain.size());
  StoreLittle(Crc32c({slot.data(), kCrcAt}), &slot[kCrcAt]);
  return slot;
}

// Empty if the slot holds nothing whole. Errors: FailedPrecondition.
absl::StatusOr<std::optional<Witness>> DecodeSlot(std::string_view slot,
                                                  const LedgerId& ledger_id) {
  if (LoadLittle<uint32_t>(&slot[kMagicAt]) != kWitnessMagic ||
      LoadLittle<uint32_t>(&slot[kCrcAt]) != Crc32c(slot.substr(0, kCrcAt))) {
    return std::optional<Witness>();
  }
  if (LoadLittle<uint16_t>(&slot[kVersionAt]) != kWitnessVersion) {
    return absl::FailedPreconditionError("witness of a later version");
  }
  if (slot.substr(kLedgerIdAt, ledger_id.size()) != AsView(ledger_id)) {
    return absl::FailedPreconditionError("witness of another ledger");
  }
  Witness witness;
  witness.epoch = Epoch(LoadLittle<uint32_t>(&slot[kEpochAt]));
  witness.group = GroupNumber(LoadLittle<uint64_t>(&slot[kGroupAt]));
  std::memcpy(witness.chain.data(), &slot[kChainAt], witness.chain.size());
  return std::optional<Witness>(witness);
}

bool IsNewer(const Witness& a, const Witness& b) {
  return std::tie(a.epoch, a.group) > std::tie(b.epoch, b.group);
}

std::string ParentOf(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Gives the file its whole length at once, so that later syncs carry no metadata.
absl::Status MakeEmpty(FileSystem* fs, const std::string& path, File* file) {
  const std::string zeros(kSlots * kSlotStride, '\0');
  if (absl::Status written = file->WriteAt(0, zeros); !written.ok()) return written;
  if (absl::Status synced = file->SyncWithMetadata(); !synced.ok()) return synced;
  return fs->SyncDirectory(ParentOf(path));
}

}  // namespace

absl::StatusOr<std::unique_ptr<WitnessFile>> WitnessFile::Open(FileSystem* fs,
                                                               const std::string& path,
                                                               const LedgerId& ledger_id) {
  absl::StatusOr<std::unique_ptr<File>> file = fs->Open(path, /*create=*/true);
  if (!file.ok()) return file.status();
  absl::StatusOr<uint64_t> size = (*file)->Size();
  if (!size.ok()) return size.status();
  // Shorter: its making was interrupted, and nothing was stored in it yet.
  if (*size < kSlots * kSlotStride) {
    if (absl::Status made = MakeEmpty(fs, path, file->get()); !made.ok()) return made;
  }
  std::unique_ptr<WitnessFile> witness(new WitnessFile(*std::move(file), ledger_id));
  if (absl::Status loaded = witness->Load(); !loaded.ok()) {
    return absl::Status(loaded.code(), fmt::format("{}: {}", path, std::string(loaded.message())));
  }
  return witness;
}

absl::StatusOr<std::optional<Witness>> WitnessFile::Read(FileSystem* fs, const std::string& path,
                                                         const LedgerId& ledger_id) {
  absl::StatusOr<std::unique_ptr<File>> file = fs->Open(path, /*create=*/false);
  if (absl::IsNotFound(file.status())) return std::optional<Witness>();
  if (!file.ok()) return file.status();
  WitnessFile witness(*std::move(file), ledger_id);
  if (absl::Status loaded = witness.Load(); !loaded.ok()) return loaded;
  return witness.newest_;
}

absl::Status WitnessFile::Load() {
  size_t damaged = 0;
  for (size_t i = 0; i < kSlots; ++i) {
    std::string slot;
    if (absl::Status read = file_->ReadAt(i * kSlotStride, kSlotBytes, &slot); !read.ok()) {
      return read;
    }
    slot.resize(kSlotBytes, '\0');
    absl::StatusOr<std::optional<Witness>> stored = DecodeSlot(slot, ledger_id_);
    if (!stored.ok()) return stored.status();
    if (!stored->has_value()) {
      if (slot.find_first_not_of('\0') != std::string::npos) ++damaged;
      continue;
    }
    if (!newest_.has_value() || IsNewer(**stored, *newest_)) {
      newest_ = **stored;
      next_slot_ = (i + 1) % kSlots;
    }
  }
  if (damaged == kSlots) return absl::DataLossError("both slots of the witness are damaged");
  return absl::OkStatus();
}

absl::Status WitnessFile::Store(const Witness& witness) {
  if (failed_) {
    return absl::FailedPreconditionError("the witness takes no writes after a failed one");
  }
  if (newest_.has_value() && !IsNewer(witness, *newest_)) return absl::OkStatus();
  absl::Status stored = file_->WriteAt(next_slot_ * kSlotStride, EncodeSlot(witness, ledger_id_));
  if (stored.ok()) stored = file_->Sync();
  if (!stored.ok()) {
    failed_ = true;
    return stored;
  }
  newest_ = witness;
  next_slot_ = (next_slot_ + 1) % kSlots;
  return absl::OkStatus();
}

}  // namespace daybook::ledger
