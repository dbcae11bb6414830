#include "ledger/file_copy.h"

#include <algorithm>
#include <filesystem>

#include "ledger/figures.h"
#include "ledger/sha256.h"

namespace daybook::ledger {
namespace {

constexpr size_t kPieceBytes = 1024 * 1024;

absl::Status Pad(File* file, uint64_t at, uint64_t end) {
  const std::string zeros(std::min<uint64_t>(kPieceBytes, end - std::min(at, end)), '\0');
  while (at < end) {
    const size_t length = std::min<uint64_t>(zeros.size(), end - at);
    if (absl::Status written = file->WriteAt(at, {zeros.data(), length}); !written.ok()) {
      return written;
    }
    at += length;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CopyFile(FileSystem* fs, const std::string& from, const std::string& to,
                      const CopyOptions& options, v1::BackupFile* described) {
  auto in = fs->Open(from, /*create=*/false);
  if (!in.ok()) return in.status();
  auto out = fs->Open(to, /*create=*/true);
  if (!out.ok()) return out.status();
  if (absl::Status cut = (*out)->Truncate(0); !cut.ok()) return cut;
  Sha256 hash;
  hash.Start();
  uint64_t at = 0;
  std::string piece;
  do {
    const size_t wanted = std::min<uint64_t>(kPieceBytes, options.length - at);
    absl::Status status = (*in)->ReadAt(at, wanted, &piece);
    if (status.ok()) status = (*out)->WriteAt(at, piece);
    if (!status.ok()) return status;
    hash.Add(piece);
    at += piece.size();
    if (options.progress && !options.progress(piece.size())) {
      return absl::CancelledError("given up");
    }
  } while (piece.size() == kPieceBytes && at < options.length);
  if (absl::Status padded = Pad(out->get(), at, options.pad_to); !padded.ok()) return padded;
  if (described != nullptr) {
    described->set_bytes(at);
    described->set_sha256(HexOf(AsView(hash.Finish())));
  }
  return (*out)->SyncWithMetadata();
}

absl::Status MakeDirectories(FileSystem* fs, const std::string& directory) {
  if (directory.empty() || fs->Exists(directory)) return absl::OkStatus();
  const std::string parent = std::filesystem::path(directory).parent_path().string();
  if (absl::Status made = MakeDirectories(fs, parent); !made.ok()) return made;
  if (absl::Status made = fs->MakeDirectory(directory); !made.ok()) return made;
  return fs->SyncDirectory(parent.empty() ? "." : parent);
}

}  // namespace daybook::ledger
