// Goal: a person's keys come back after a restart, are gone for ever once destroyed, and nothing in
// the vault's file says whose they are.
#include "ledger/vault.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <thread>

#include "ledger/file_vault.h"
#include "ledger/key_wrap.h"
#include "ledger/memory_key_store.h"
#include "tests/ledger/memory_file_system.h"
#include "tests/ledger/seeded_random.h"

namespace daybook::ledger {
namespace {

using event::v1::RETENTION_CLASS_COMMERCIAL;
using event::v1::RETENTION_CLASS_IDENTIFIER;
using event::v1::RETENTION_CLASS_PROFILE;

constexpr LedgerId kLedger = {7};
constexpr char kDirectory[] = "d/keys";
constexpr char kFile[] = "d/keys/vault";
const EntityRef kAnna{"main", 2, "anna-has-a-long-customer-id"};
const EntityRef kBert{"main", 2, "bert"};

// A vault on a disk in memory that can be opened again and again.
struct Place {
  explicit Place(uint64_t seed, size_t cached_keys = 100)
      : random(seed), master(&fs, kDirectory, &random), options{cached_keys} {
    REQUIRE(CreateFileVault(&fs, kDirectory, kLedger, &master, &random, {4}).ok());
    Reopen();
  }
  absl::Status TryReopen() {
    vault.reset();
    auto opened = OpenFileVault(&fs, kDirectory, kLedger, &master, &random, options, {4});
    if (opened.ok()) vault = *std::move(opened);
    return opened.status();
  }
  void Reopen() { REQUIRE(TryReopen().ok()); }

  MemoryFileSystem fs;
  SeededRandom random;
  FileMasterKey master;
  VaultOptions options;
  std::unique_ptr<Vault> vault;
};

bool Same(const SecretKey& a, const SecretKey& b) { return a.view() == b.view(); }

TEST_CASE("a key is the same on every call and after a restart, and differs by person and class") {
  Place place(1);
  const auto profile = place.vault->EnsureKey(kAnna, RETENTION_CLASS_PROFILE);
  const auto identifier = place.vault->EnsureKey(kAnna, RETENTION_CLASS_IDENTIFIER);
  const auto bert = place.vault->EnsureKey(kBert, RETENTION_CLASS_PROFILE);
  REQUIRE((profile.ok() && identifier.ok() && bert.ok()));
  CHECK(profile->id != identifier->id);
  CHECK(profile->id != bert->id);
  CHECK_FALSE(Same(profile->key, identifier->key));
  CHECK_FALSE(Same(profile->key, bert->key));
  CHECK(Same(place.vault->EnsureKey(kAnna, RETENTION_CLASS_PROFILE)->key, profile->key));

  REQUIRE(place.vault->Sync().ok());
  place.vault.reset();
  place.fs.Crash(&place.random);
  place.Reopen();
  CHECK(Same(*place.vault->FindKey(profile->id), profile->key));
  CHECK(Same(place.vault->EnsureKey(kBert, RETENTION_CLASS_PROFILE)->key, bert->key));
}

TEST_CASE("a key that was never synced is another one after a crash, under the same id") {
  Place place(2);
  REQUIRE(place.vault->EnsureTenant("main").ok());
  const auto before = place.vault->EnsureKey(kAnna, RETENTION_CLASS_PROFILE);
  REQUIRE(before.ok());
  place.vault.reset();
  place.fs.Crash(&place.random);
  place.Reopen();
  CHECK(absl::IsNotFound(place.vault->FindKey(before->id).status()));
  const auto after = place.vault->EnsureKey(kAnna, RETENTION_CLASS_PROFILE);
  CHECK(after->id == before->id);
  CHECK_FALSE(Same(after->key, before->key));
}

TEST_CASE("a destroyed person never gets a key again") {
  Place place(3);
  const auto key = place.vault->EnsureKey(kAnna, RETENTION_CLASS_PROFILE);
  const auto bert = place.vault->EnsureKey(kBert, RETENTION_CLASS_PROFILE);
  REQUIRE((key.ok() && bert.ok()));
  REQUIRE(place.vault->Destroy(kAnna).ok());
  for (int life = 0; life < 2; ++life) {
    CHECK(place.vault->IsDestroyed(kAnna));
    CHECK_FALSE(place.vault->IsDestroyed(kBert));
    CHECK(absl::IsFailedPrecondition(place.vault->FindKey(key->id).status()));
    CHECK(absl::IsFailedPrecondition(
        place.vault->EnsureKey(kAnna, RETENTION_CLASS_PROFILE).status()));
    // Also a class that she never had a key of, and one that only a later program knows.
    CHECK(absl::IsFailedPrecondition(
        place.vault->EnsureKey(kAnna, RETENTION_CLASS_COMMERCIAL).status()));
    CHECK(absl::IsFailedPrecondition(
        place.vault->EnsureKey(kAnna, static_cast<RetentionClass>(99)).status()));
    CHECK(Same(*place.vault->FindKey(bert->id), bert->key));
    place.vault.reset();
    place.fs.Crash(&place.random);
    place.Reopen();
  }
}

TEST_CASE("one class can be destroyed and the others kept") {
  Place place(4);
  const auto profile = place.vault->EnsureKey(kAnna, RETENTION_CLASS_PROFILE);
  const auto commercial = place.vault->EnsureKey(kAnna, RETENTION_CLASS_COMMERCIAL);
  REQUIRE(place.vault->Destroy(kAnna, {RETENTION_CLASS_PROFILE}).ok());
  CHECK(absl::IsFailedPrecondition(place.vault->FindKey(profile->id).status()));
  CHECK(
      absl::IsFailedPrecondition(place.vault->EnsureKey(kAnna, RETENTION_CLASS_PROFILE).status()));
  CHECK(Same(*place.vault->FindKey(commercial->id), commercial->key));
  CHECK(place.vault->EnsureKey(kAnna, RETENTION_CLASS_IDENTIFIER).ok());
  CHECK_FALSE(place.vault->IsDestroyed(kAnna));
}

TEST_CASE("the file holds no names and no keys") {
  Place place(5);
  const auto key = place.vault->EnsureKey(kAnna, RETENTION_CLASS_PROFILE);
  REQUIRE(place.vault->Sync().ok());
  const std::string file = place.fs.Contents(kFile);
  CHECK(file.find(kAnna.id) == std::string::npos);
  CHECK(file.find(kAnna.tenant) == std::string::npos);
  CHECK(file.find(key->key.view()) == std::string::npos);
  CHECK(file.find(place.vault->CurrentKey(KeyPurpose::kToken).key.view()) == std::string::npos);
  CHECK(file.find(AsView(key->id)) != std::string::npos);
}

TEST_CASE("service keys are there from the beginning, rotate, and keep their old versions") {
  Place place(6);
  const ServiceKey first = place.vault->CurrentKey(KeyPurpose::kToken);
  const ServiceKey untouched = place.vault->CurrentKey(KeyPurpose::kFingerprint);
  CHECK(first.version == 1);
  CHECK(*place.vault->Rotate(KeyPurpose::kToken) == 2);
  CHECK(*place.vault->Rotate(KeyPurpose::kToken) == 3);
  CHECK(absl::IsInvalidArgument(place.vault->Rotate(KeyPurpose::kKeyId).status()));
  const ServiceKey third = place.vault->CurrentKey(KeyPurpose::kToken);
  place.vault.reset();
  place.fs.Crash(&place.random);
  place.Reopen();
  CHECK(place.vault->CurrentVersion(KeyPurpose::kToken) == 3);
  CHECK(Same(place.vault->CurrentKey(KeyPurpose::kToken).key, third.key));
  CHECK(Same(*place.vault->KeyOfVersion(KeyPurpose::kToken, 1), first.key));
  CHECK(absl::IsNotFound(place.vault->KeyOfVersion(KeyPurpose::kToken, 4).status()));
  CHECK(Same(place.vault->CurrentKey(KeyPurpose::kFingerprint).key, untouched.key));
}

TEST_CASE("identifier hashes belong to a tenant, last, and change only with the index key") {
  Place place(7);
  const auto hash = place.vault->IdentifierHash("main", "+441632960960");
  REQUIRE(hash.ok());
  CHECK(*place.vault->IdentifierHash("main", "+441632960961") != *hash);
  CHECK(*place.vault->IdentifierHash("other", "+441632960960") != *hash);
  // Without a Sync: hashes are stored by views, which do not wait for one.
  place.vault.reset();
  place.fs.Crash(&place.random);
  place.Reopen();
  CHECK(*place.vault->IdentifierHash("main", "+441632960960") == *hash);
  CHECK(*place.vault->IndexKeyVersion("main") == 1);
  CHECK(*place.vault->RotateOfTenant(KeyPurpose::kIndex, "main") == 2);
  place.Reopen();
  CHECK(*place.vault->IndexKeyVersion("main") == 2);
  CHECK(*place.vault->IdentifierHash("main", "+441632960960") != *hash);
  CHECK(absl::IsInvalidArgument(place.vault->IdentifierHash("", "x").status()));
}

TEST_CASE("a new tenant key wraps new keys, the old one opens the old ones") {
  Place place(8);
  const auto before = place.vault->EnsureKey(kAnna, RETENTION_CLASS_PROFILE);
  const auto hash = place.vault->IdentifierHash("main", "x");
  CHECK(*place.vault->RotateOfTenant(KeyPurpose::kTenant, "main") == 2);
  const auto after = place.vault->EnsureKey(kBert, RETENTION_CLASS_PROFILE);
  REQUIRE(place.vault->Sync().ok());
  place.Reopen();
  CHECK(Same(*place.vault->FindKey(before->id), before->key));
  CHECK(Same(*place.vault->FindKey(after->id), after->key));
  CHECK(*place.vault->IdentifierHash("main", "x") == *hash);
}

TEST_CASE("more keys than the cache holds all stay in reach") {
  Place place(9, 8);
  std::vector<DataKey> keys;
  for (int i = 0; i < 100; ++i) {
    keys.push_back(
        *place.vault->EnsureKey({"main", 2, fmt::format("c{}", i)}, RETENTION_CLASS_PROFILE));
    if (i % 7 == 0) REQUIRE(place.vault->Sync().ok());
  }
  for (const DataKey& key : keys) CHECK(Same(*place.vault->FindKey(key.id), key.key));
}

TEST_CASE("the cache of keys is bounded and keeps what is used") {
  KeyCache cache(8);
  SeededRandom random(10);
  const KeyId used = random.Draw<16>();
  const SecretKey secret = random.DrawKey();
  cache.Insert(used, secret);
  SecretKey found;
  for (int i = 0; i < 100; ++i) {
    cache.Insert(random.Draw<16>(), random.DrawKey());
    if (i % 3 == 0) CHECK(cache.Find(used, &found));
    CHECK(cache.size() <= 8);
  }
  CHECK(Same(found, secret));
  cache.Erase(used);
  CHECK_FALSE(cache.Find(used, &found));
}

TEST_CASE("another master key, a foreign key in the store and a swapped slot are refused") {
  Place place(11);
  const auto anna = place.vault->EnsureKey(kAnna, RETENTION_CLASS_PROFILE);
  const auto bert = place.vault->EnsureKey(kBert, RETENTION_CLASS_PROFILE);
  REQUIRE(place.vault->Sync().ok());
  place.vault.reset();

  CallbackMasterKey other([] { return std::string(64, 'a'); });
  CHECK(absl::IsFailedPrecondition(
      OpenFileVault(&place.fs, kDirectory, kLedger, &other, &place.random).status()));

  // Bert's wrapped key under Anna's id.
  auto store = FileKeyStore::Open(&place.fs, kDirectory, kLedger, {4});
  REQUIRE(store.ok());
  const auto root = (*store)->Get(kRootKeyId);
  StoredKey forged = *(*store)->Get(bert->id);
  const StoredKey tenant_key = *(*store)->Get(forged.wrapped_by);
  forged.id = anna->id;
  const auto master = place.master.Get(false);
  const auto vault =
      Vault::Open(std::make_unique<MemoryKeyStore>([&] {
                    auto keys = std::vector<StoredKey>{*root, tenant_key, forged};
                    for (const auto purpose : {KeyPurpose::kToken, KeyPurpose::kFingerprint,
                                               KeyPurpose::kEventId, KeyPurpose::kSigning}) {
                      const Hmac key_ids(*UnwrapKey(*root, *master));
                      keys.push_back(*(*store)->Get(ServiceKeyId(key_ids, purpose, {}, 1)));
                    }
                    return keys;
                  }()),
                  *master, &place.random);
  REQUIRE(vault.ok());
  CHECK(absl::IsDataLoss((*vault)->FindKey(anna->id).status()));
}

TEST_CASE("names beyond their limits are refused") {
  Place place(12);
  for (const EntityRef& person :
       {EntityRef{"", 2, "x"}, EntityRef{"main", 2, ""}, EntityRef{"main", 2, std::string(65, 'x')},
        EntityRef{std::string(33, 'x'), 2, "x"}}) {
    CHECK(
        absl::IsInvalidArgument(place.vault->EnsureKey(person, RETENTION_CLASS_PROFILE).status()));
    CHECK(absl::IsInvalidArgument(place.vault->Destroy(person)));
  }
  CHECK(absl::IsInvalidArgument(
      place.vault->EnsureKey(kAnna, event::v1::RETENTION_CLASS_UNSPECIFIED).status()));
}

TEST_CASE("a destruction that failed half-way is completed when it is tried again") {
  for (int calls = 0; calls < 12; ++calls) {
    Place place(100 + static_cast<uint64_t>(calls));
    const auto key = place.vault->EnsureKey(kAnna, RETENTION_CLASS_PROFILE);
    REQUIRE(place.vault->Sync().ok());
    place.fs.FailAfter(calls);
    const bool acknowledged = place.vault->Destroy(kAnna).ok();
    CHECK(absl::IsFailedPrecondition(place.vault->FindKey(key->id).status()));
    place.vault.reset();
    place.fs.Crash(&place.random);
    place.Reopen();
    if (acknowledged) CHECK(place.vault->IsDestroyed(kAnna));
    REQUIRE(place.vault->Destroy(kAnna).ok());
    place.Reopen();
    CHECK(place.vault->IsDestroyed(kAnna));
    CHECK(absl::IsFailedPrecondition(place.vault->FindKey(key->id).status()));
  }
}

TEST_CASE("threads that seal, sync and destroy get along") {
  Place place(13, 16);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const EntityRef person{"main", 2, fmt::format("c{}", (i * 7 + t) % 50)};
        const auto key = place.vault->EnsureKey(person, RETENTION_CLASS_PROFILE);
        const bool fine = key.ok() || absl::IsFailedPrecondition(key.status());
        if (!fine || !place.vault->Sync().ok()) ++wrong;
        if (t == 0 && i % 20 == 0 && !place.vault->Destroy(person).ok()) ++wrong;
        if (t == 0 && i % 20 == 0 && place.vault->EnsureKey(person, RETENTION_CLASS_PROFILE).ok()) {
          ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("on a real disk the files are their owner's only") {
  char name[] = "/tmp/daybook-vault-XXXXXX";
  REQUIRE(mkdtemp(name) != nullptr);
  const std::string directory = std::string(name) + "/keys";
  FileSystem* const fs = FileSystem::Posix();
  RandomSource* const random = RandomSource::System();
  FileMasterKey master(fs, directory, random);
  REQUIRE(CreateFileVault(fs, directory, kLedger, &master, random).ok());
  KeyId id{};
  {
    const auto vault = OpenFileVault(fs, directory, kLedger, &master, random);
    REQUIRE(vault.ok());
    const auto key = (*vault)->EnsureKey(kAnna, RETENTION_CLASS_PROFILE);
    REQUIRE(key.ok());
    id = key->id;
    REQUIRE((*vault)->Sync().ok());
  }
  const auto vault = OpenFileVault(fs, directory, kLedger, &master, random);
  REQUIRE(vault.ok());
  CHECK((*vault)->FindKey(id).ok());
  for (const std::string& path : {directory + "/vault", master.path()}) {
    struct stat info {};
    REQUIRE(stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    unlink(path.c_str());
  }
  unlink((directory + "/LOCK").c_str());
  rmdir(directory.c_str());
  rmdir(name);
}

TEST_CASE("master keys are 64 hexadecimal digits") {
  CHECK(ParseMasterKey(std::string(64, '0')).ok());
  const auto key = ParseMasterKey(std::string(62, '0') + "aF\n");
  REQUIRE(key.ok());
  CHECK(key->bytes()[31] == 0xaf);
  for (const std::string& text : {std::string(), std::string(63, '0'), std::string(65, '0'),
                                  std::string(63, '0') + "g", std::string(63, '0') + "\n"}) {
    CHECK(absl::IsInvalidArgument(ParseMasterKey(text).status()));
  }
}

TEST_CASE("key ids are frozen") {
  Bytes32 bytes;
  for (uint8_t i = 0; i < 32; ++i) bytes[i] = i;
  const Hmac key_ids{SecretKey(bytes)};
  const auto hex = [](const KeyId& id) {
    std::string text;
    for (const uint8_t b : id) text += fmt::format("{:02x}", b);
    return text;
  };
  const std::string person = EntityKey({"main", 2, "4711"});
  CHECK(hex(DataKeyId(key_ids, person, 3)) == "0f91f57229513a7e340f24d6e7fab200");
  CHECK(hex(PersonTombstoneId(key_ids, person)) == "8e585894527ff7e4f7fb45365b93d225");
  CHECK(hex(ServiceKeyId(key_ids, KeyPurpose::kTenant, "main", 1)) ==
        "0ac1c1b2970fd45dea238d9bfa8c1d67");
  CHECK(hex(ServiceKeyId(key_ids, KeyPurpose::kToken, "", 2)) ==
        "4308c680d2031026cbe98c40ca116de4");
}

}  // namespace
}  // namespace daybook::ledger
