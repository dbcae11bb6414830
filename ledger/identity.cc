#include "ledger/identity.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstring>

#include "absl/strings/escaping.h"
#include "ledger/crc32c.h"

namespace daybook::ledger {
namespace {

constexpr std::string_view kFirstLine = "daybook ledger, format 1\n";
constexpr std::string_view kAnyFormat = "daybook ledger, format ";
constexpr size_t kMaxBytes = 1024;

std::string Hex(const LedgerId& id) {
  return absl::BytesToHexString({reinterpret_cast<const char*>(id.data()), id.size()});
}

std::string Format(const LedgerIdentity& identity) {
  const std::string text =
      fmt::format("{}id = {}\nentity_partitions = {}\naccess_partitions = {}\n", kFirstLine,
                  Hex(identity.id), identity.entity_partitions, identity.access_partitions);
  return fmt::format("{}crc32c = {:08x}\n", text, Crc32c(text));
}

// Reads what Format writes, without checking anything but that the values are there.
bool Parse(const std::string& text, LedgerIdentity* identity) {
  char id[33];
  const std::string format = std::string(kFirstLine) +
                             "id = %32[0-9a-f]\nentity_partitions = %u\naccess_partitions = %u\n";
  if (std::sscanf(text.c_str(), format.c_str(), id, &identity->entity_partitions,
                  &identity->access_partitions) != 3) {
    return false;
  }
  const std::string bytes = absl::HexStringToBytes(id);
  if (bytes.size() != identity->id.size()) return false;
  std::memcpy(identity->id.data(), bytes.data(), bytes.size());
  return true;
}

}  // namespace

absl::Status WriteIdentity(FileSystem* file_system, const std::string& path,
                           const LedgerIdentity& identity) {
  auto file = file_system->Open(path, /*create=*/true);
  if (!file.ok()) return file.status();
  absl::Status status = (*file)->Truncate(0);
  if (status.ok()) status = (*file)->WriteAt(0, Format(identity));
  if (status.ok()) status = (*file)->SyncWithMetadata();
  return status;
}

absl::StatusOr<LedgerIdentity> ReadIdentity(FileSystem* file_system, const std::string& path) {
  auto file = file_system->Open(path, /*create=*/false);
  if (!file.ok()) return file.status();
  std::string text;
  if (absl::Status status = (*file)->ReadAt(0, kMaxBytes, &text); !status.ok()) return status;
  const bool ours = text.rfind(kAnyFormat, 0) == 0;
  if (ours && text.rfind(kFirstLine, 0) != 0) {
    return absl::FailedPreconditionError(path + ": a later program wrote this ledger");
  }
  LedgerIdentity identity;
  if (!Parse(text, &identity) || Format(identity) != text || identity.entity_partitions == 0) {
    return absl::DataLossError(path + ": damaged or changed");
  }
  return identity;
}

}  // namespace daybook::ledger
