#include "ledger/file_system.h"
#include "ledger/read_only_file_system.h"

#include <catch2/catch.hpp>

#include "temporary_directory.h"

namespace daybook::ledger {
TEST_CASE("file system: files are written, read, renamed, listed and removed") {
  FileSystem* fs = FileSystem::Posix();
  TemporaryDirectory directory;
  CHECK(absl::IsNotFound(fs->Open(directory / "a", false).status()));
  auto file = fs->Open(directory / "a", true);
  REQUIRE(file.ok());
  REQUIRE((*file)->WriteAt(3, "hello").ok());
  REQUIRE((*file)->Sync().ok());
  REQUIRE((*file)->SyncWithMetadata().ok());
  CHECK(*(*file)->Size() == 8);
  std::string bytes;
  REQUIRE((*file)->ReadAt(0, 100, &bytes).ok());
  CHECK(bytes == std::string("\0\0\0hello", 8));
  REQUIRE((*file)->ReadAt(50, 10, &bytes).ok());
  CHECK(bytes.empty());
  REQUIRE((*file)->Truncate(5).ok());
  CHECK(*(*file)->Size() == 5);

  REQUIRE(fs->MakeDirectory(directory / "d").ok());
  REQUIRE(fs->MakeDirectory(directory / "d").ok());
  CHECK_FALSE(fs->MakeDirectory(directory / "a").ok());
  REQUIRE(fs->Rename(directory / "a", directory / "b").ok());
  REQUIRE(fs->SyncDirectory(directory.path()).ok());
  CHECK(fs->Exists(directory / "b"));
  CHECK_FALSE(fs->Exists(directory / "a"));
  CHECK(*fs->List(directory.path()) == std::vector<std::string>{"b", "d"});
  CHECK(absl::IsNotFound(fs->List(directory / "none").status()));
  CHECK(*fs->FreeBytes(directory.path()) > 0);
  REQUIRE(fs->Remove(directory / "b").ok());
  CHECK(absl::IsNotFound(fs->Remove(directory / "b")));
}

TEST_CASE("file system: a lock keeps others out until it is let go") {
  FileSystem* fs = FileSystem::Posix();
  TemporaryDirectory directory;
  auto lock = fs->Lock(directory / "lock");
  REQUIRE(lock.ok());
  CHECK(absl::IsFailedPrecondition(fs->Lock(directory / "lock").status()));
  lock->reset();
  CHECK(fs->Lock(directory / "lock").ok());
}

TEST_CASE("file system: a full device is told from a broken one") {
  auto full = FileSystem::Posix()->Open("/dev/full", false);
  if (!full.ok()) return;
  CHECK(absl::IsResourceExhausted((*full)->WriteAt(0, "x")));
}

TEST_CASE("file system: one for looking only changes nothing", "[file_system]") {
  TemporaryDirectory directory;
  FileSystem* const real = FileSystem::Posix();
  FileSystem* const looking = ReadOnlyFileSystem();
  const std::string path = directory / "file";
  {
    const auto file = real->Open(path, true).value();
    REQUIRE(file->WriteAt(0, "bytes").ok());
  }
  const auto file = looking->Open(path, false).value();
  std::string bytes;
  REQUIRE(file->ReadAt(0, 10, &bytes).ok());
  CHECK(bytes == "bytes");
  CHECK(!file->WriteAt(0, "other").ok());
  CHECK(!file->Truncate(0).ok());
  CHECK(absl::IsFailedPrecondition(looking->Open(directory / "new", true).status()));
  CHECK(absl::IsFailedPrecondition(looking->Remove(path)));
  CHECK(absl::IsFailedPrecondition(looking->Rename(path, directory / "other")));
  CHECK(absl::IsFailedPrecondition(looking->MakeDirectory(directory / "folder")));
  CHECK(absl::IsNotFound(looking->Lock(directory / "LOCK").status()));
  CHECK(real->List(directory.path()).value() == std::vector<std::string>{"file"});
  // Those who look share; whoever writes is kept out, and keeps them out.
  {
    const auto first = looking->Lock(path);
    const auto second = looking->Lock(path);
    CHECK(first.ok());
    CHECK(second.ok());
    CHECK(absl::IsFailedPrecondition(real->Lock(path).status()));
  }
  const auto writer = real->Lock(path);
  CHECK(writer.ok());
  CHECK(absl::IsFailedPrecondition(looking->Lock(path).status()));
}

}  // namespace daybook::ledger
