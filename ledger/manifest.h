// What a backup holds and how it is told from an unfinished one: the manifest, a JSON file that is
// written last and gone before anything of the backup is changed.
//
// Thread-safe: no state.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daybook/v1/maintenance.pb.h"
#include "ledger/file_system.h"

namespace daybook::ledger {

inline constexpr uint32_t kManifestFormat = 1;

// Errors: NotFound (no manifest: no backup, or an unfinished one, and the text says which),
// DataLoss (it does not parse), FailedPrecondition (a later program's).
absl::StatusOr<v1::BackupManifest> ReadManifest(FileSystem* fs, const std::string& folder);
// Replaces it, durably and as a whole, and removes the mark of an unfinished backup.
absl::Status WriteManifest(FileSystem* fs, const std::string& folder,
                           const v1::BackupManifest& manifest);
// Marks the backup as unfinished, durably, and then removes its manifest.
absl::Status BeginBackup(FileSystem* fs, const std::string& folder);

// Size and SHA-256 of a file, read in pieces; `read` (may be empty) is told of each.
absl::StatusOr<v1::BackupFile> DescribeFile(FileSystem* fs, const std::string& folder,
                                            const std::string& path,
                                            const std::function<void(uint64_t)>& read);

// A message as a JSON file, durably under its name: all of it or the one before.
absl::Status WriteJsonFile(FileSystem* fs, const std::string& path,
                           const google::protobuf::Message& message);

}  // namespace daybook::ledger
