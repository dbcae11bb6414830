#include "ledger/manifest.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <filesystem>

#include "ledger/data_files.h"
#include "ledger/figures.h"
#include "ledger/sha256.h"

namespace daybook::ledger {
namespace {

constexpr size_t kPieceBytes = 1024 * 1024;
// A million files would not need more.
constexpr size_t kMaxManifestBytes = 256 * 1024 * 1024;

std::string DirectoryOf(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

absl::Status RemoveIfThere(FileSystem* fs, const std::string& path) {
  const absl::Status removed = fs->Remove(path);
  return absl::IsNotFound(removed) ? absl::OkStatus() : removed;
}

absl::Status WriteWhole(FileSystem* fs, const std::string& path, std::string_view text) {
  auto file = fs->Open(path, /*create=*/true);
  if (!file.ok()) return file.status();
  absl::Status status = (*file)->Truncate(0);
  if (status.ok()) status = (*file)->WriteAt(0, text);
  if (status.ok()) status = (*file)->SyncWithMetadata();
  return status;
}

}  // namespace

absl::Status WriteJsonFile(FileSystem* fs, const std::string& path,
                           const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string text;
  const auto printed = google::protobuf::util::MessageToJsonString(message, &text, options);
  if (!printed.ok()) return absl::InternalError(printed.ToString());
  const std::string unfinished = path + ".new";
  if (absl::Status written = WriteWhole(fs, unfinished, text); !written.ok()) return written;
  if (absl::Status named = fs->Rename(unfinished, path); !named.ok()) return named;
  return fs->SyncDirectory(DirectoryOf(path));
}

absl::StatusOr<v1::BackupManifest> ReadManifest(FileSystem* fs, const std::string& folder) {
  const DataFiles names(folder);
  auto file = fs->Open(names.manifest, /*create=*/false);
  if (absl::IsNotFound(file.status())) {
    return absl::NotFoundError(
        fs->Exists(names.unfinished)
            ? fmt::format("{} holds an unfinished backup: it was cut off, or is being made", folder)
            : fmt::format("{} holds no backup", folder));
  }
  if (!file.ok()) return file.status();
  std::string text;
  if (absl::Status read = (*file)->ReadAt(0, kMaxManifestBytes, &text); !read.ok()) return read;
  v1::BackupManifest manifest;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;  // those of a later program, if the format is the same
  const auto parsed = google::protobuf::util::JsonStringToMessage(text, &manifest, options);
  if (!parsed.ok()) {
    return absl::DataLossError(fmt::format("{} is damaged: {}", names.manifest, parsed.ToString()));
  }
  if (manifest.format() != kManifestFormat) {
    return absl::FailedPreconditionError(fmt::format(
        "{} has format {}, which a later program wrote", names.manifest, manifest.format()));
  }
  return manifest;
}

absl::Status WriteManifest(FileSystem* fs, const std::string& folder,
                           const v1::BackupManifest& manifest) {
  const DataFiles names(folder);
  absl::Status status = WriteJsonFile(fs, names.manifest, manifest);
  if (status.ok()) status = RemoveIfThere(fs, names.unfinished);
  return status.ok() ? fs->SyncDirectory(folder) : status;
}

absl::Status BeginBackup(FileSystem* fs, const std::string& folder) {
  const DataFiles names(folder);
  absl::Status status = WriteWhole(fs, names.unfinished, "");
  if (status.ok()) status = fs->SyncDirectory(folder);
  if (status.ok()) status = RemoveIfThere(fs, names.manifest);
  return status.ok() ? fs->SyncDirectory(folder) : status;
}

absl::StatusOr<v1::BackupFile> DescribeFile(FileSystem* fs, const std::string& folder,
                                            const std::string& path,
                                            const std::function<void(uint64_t)>& read) {
  auto file = fs->Open(folder + "/" + path, /*create=*/false);
  if (!file.ok()) return file.status();
  Sha256 hash;
  hash.Start();
  uint64_t size = 0;
  std::string piece;
  do {
    if (absl::Status got = (*file)->ReadAt(size, kPieceBytes, &piece); !got.ok()) return got;
    hash.Add(piece);
    size += piece.size();
    if (read) read(piece.size());
  } while (piece.size() == kPieceBytes);
  v1::BackupFile described;
  described.set_path(path);
  described.set_bytes(size);
  described.set_sha256(HexOf(AsView(hash.Finish())));
  return described;
}

}  // namespace daybook::ledger
