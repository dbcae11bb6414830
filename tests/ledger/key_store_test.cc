// Goal: a key that was synced is there after every crash, a key that was destroyed never is, and
// nothing in between keeps the store from opening; damage to what was synced is never taken for a
// crash.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <set>

#include "ledger/file_key_store.h"
#include "ledger/memory_key_store.h"
#include "tests/ledger/memory_file_system.h"
#include "tests/ledger/seeded_random.h"

namespace daybook::ledger {
namespace {

constexpr LedgerId kLedger = {1, 2, 3};
constexpr char kDirectory[] = "d/keys";
constexpr char kFile[] = "d/keys/vault";
constexpr FileKeyStoreOptions kSmall{4};

StoredKey RandomKey(SeededRandom* random) {
  StoredKey key;
  key.version = 7;
  key.id = random->Draw<16>();
  key.wrapped_by = random->Draw<16>();
  key.nonce = random->Draw<12>();
  key.wrapped = random->Draw<32>();
  key.tag = random->Draw<16>();
  return key;
}

std::unique_ptr<FileKeyStore> Made(MemoryFileSystem* fs, const std::vector<StoredKey>& first = {}) {
  REQUIRE(FileKeyStore::MakeDirectory(fs, kDirectory).ok());
  REQUIRE(FileKeyStore::Create(fs, kDirectory, kLedger, first, kSmall).ok());
  auto store = FileKeyStore::Open(fs, kDirectory, kLedger, kSmall);
  REQUIRE(store.ok());
  return *std::move(store);
}

absl::StatusOr<std::unique_ptr<FileKeyStore>> Opened(MemoryFileSystem* fs) {
  return FileKeyStore::Open(fs, kDirectory, kLedger, kSmall);
}

void KeepsTheContract(KeyStore* store) {
  SeededRandom random(1);
  const StoredKey key = RandomKey(&random);
  const StoredKey other = RandomKey(&random);
  CHECK(store->StateOf(key.id) == KeyState::kMissing);
  CHECK(absl::IsNotFound(store->Get(key.id).status()));
  REQUIRE(store->Add(key).ok());
  CHECK(absl::IsAlreadyExists(store->Add(key)));
  REQUIRE(store->Add(other).ok());
  CHECK(*store->Get(key.id) == key);
  REQUIRE(store->Sync().ok());
  CHECK(*store->Get(key.id) == key);

  const KeyId never{9};
  REQUIRE(store->Destroy({key.id, never}).ok());
  REQUIRE(store->Destroy({key.id}).ok());
  CHECK(store->StateOf(key.id) == KeyState::kDestroyed);
  CHECK(store->StateOf(never) == KeyState::kDestroyed);
  CHECK(absl::IsFailedPrecondition(store->Get(key.id).status()));
  CHECK(absl::IsFailedPrecondition(store->Add(key)));
  CHECK(*store->Get(other.id) == other);
}

TEST_CASE("both key stores keep the contract") {
  MemoryKeyStore memory({});
  KeepsTheContract(&memory);
  MemoryFileSystem fs;
  KeepsTheContract(Made(&fs).get());
}

TEST_CASE("keys and tombstones are found again, and destroyed keys are not in the file") {
  MemoryFileSystem fs;
  SeededRandom random(2);
  const StoredKey kept = RandomKey(&random);
  const StoredKey lost = RandomKey(&random);
  {
    const auto store = Made(&fs, {kept});
    REQUIRE(store->Add(lost).ok());
    REQUIRE(store->Sync().ok());
    CHECK(fs.Contents(kFile).find(AsView(lost.wrapped)) != std::string::npos);
    REQUIRE(store->Destroy({lost.id}).ok());
  }
  const auto store = Opened(&fs);
  REQUIRE(store.ok());
  CHECK(*(*store)->Get(kept.id) == kept);
  CHECK((*store)->StateOf(lost.id) == KeyState::kDestroyed);
  CHECK(fs.Contents(kFile).find(AsView(kept.wrapped)) != std::string::npos);
  CHECK(fs.Contents(kFile).find(AsView(lost.wrapped)) == std::string::npos);
}

TEST_CASE("a sync without new keys touches nothing, and one with many is one write and one sync") {
  MemoryFileSystem fs;
  SeededRandom random(3);
  const auto store = Made(&fs);
  int before = fs.calls();
  REQUIRE(store->Sync().ok());
  CHECK(fs.calls() == before);
  for (int i = 0; i < 100; ++i) REQUIRE(store->Add(RandomKey(&random)).ok());
  before = fs.calls();
  REQUIRE(store->Sync().ok());
  CHECK(fs.calls() == before + 2);
}

TEST_CASE("without room nothing is lost, and it goes on when there is") {
  MemoryFileSystem fs;
  SeededRandom random(4);
  const StoredKey key = RandomKey(&random);
  {
    const auto store = Made(&fs);
    REQUIRE(store->Add(key).ok());
    fs.FailAfter(0, absl::ResourceExhaustedError("full"));
    CHECK(absl::IsResourceExhausted(store->Sync()));
    CHECK(absl::IsResourceExhausted(store->Destroy({KeyId{5}})));
    CHECK(store->Get(key.id).ok());
    fs.Mend();
    CHECK(store->Sync().ok());
  }
  fs.Crash(&random);
  const auto store = Opened(&fs);
  REQUIRE(store.ok());
  CHECK(*(*store)->Get(key.id) == key);
  CHECK((*store)->StateOf(KeyId{5}) == KeyState::kDestroyed);
}

TEST_CASE("after a failed sync nothing is written any more, reads go on") {
  MemoryFileSystem fs;
  SeededRandom random(5);
  const auto store = Made(&fs);
  const StoredKey key = RandomKey(&random);
  REQUIRE(store->Add(key).ok());
  fs.FailAfter(1);
  CHECK_FALSE(store->Sync().ok());
  fs.Mend();
  const int before = fs.calls();
  CHECK_FALSE(store->Sync().ok());
  CHECK_FALSE(store->Destroy({key.id}).ok());
  CHECK(fs.calls() == before);
  CHECK(store->StateOf(key.id) == KeyState::kDestroyed);
}

TEST_CASE("damage to what was synced is refused and named") {
  SeededRandom random(6);
  MemoryFileSystem fs;
  {
    const auto store = Made(&fs);
    for (int i = 0; i < 5; ++i) {
      REQUIRE(store->Add(RandomKey(&random)).ok());
      REQUIRE(store->Sync().ok());
    }
  }
  SECTION("a byte of an earlier slot") {
    fs.Damage(kFile, kVaultHeaderBytes + 2 * kKeySlotBytes + 60, "x");
    const auto store = Opened(&fs);
    CHECK(absl::IsDataLoss(store.status()));
    CHECK(std::string(store.status().message()).find("slot 2") != std::string::npos);
  }
  SECTION("an earlier slot emptied") {
    fs.Damage(kFile, kVaultHeaderBytes + 3 * kKeySlotBytes, std::string(kKeySlotBytes, '\0'));
    CHECK(absl::IsDataLoss(Opened(&fs).status()));
  }
  SECTION("a slot stands twice") {
    const std::string file = fs.Contents(kFile);
    fs.Damage(kFile, kVaultHeaderBytes + 2 * kKeySlotBytes,
              file.substr(kVaultHeaderBytes + kKeySlotBytes, kKeySlotBytes));
    CHECK(absl::IsDataLoss(Opened(&fs).status()));
  }
  SECTION("the header") {
    fs.Damage(kFile, 40, "x");
    CHECK(absl::IsDataLoss(Opened(&fs).status()));
  }
  SECTION("a slot of a later program") {
    std::string later;
    AppendKeySlot({static_cast<SlotState>(9), 4, RandomKey(&random)}, &later);
    fs.Damage(kFile, kVaultHeaderBytes + 5 * kKeySlotBytes, later);
    CHECK(absl::IsFailedPrecondition(Opened(&fs).status()));
  }
  SECTION("another ledger") {
    CHECK(absl::IsFailedPrecondition(
        FileKeyStore::Open(&fs, kDirectory, LedgerId{9}, kSmall).status()));
  }
  SECTION("two at once") {
    const auto first = Opened(&fs);
    REQUIRE(first.ok());
    CHECK(absl::IsFailedPrecondition(Opened(&fs).status()));
  }
  SECTION("a second creation") {
    CHECK(absl::IsAlreadyExists(FileKeyStore::Create(&fs, kDirectory, kLedger, {}, kSmall)));
  }
}

TEST_CASE("a crash while a store is made leaves none or a whole one") {
  SeededRandom random(7);
  const std::vector<StoredKey> first = {RandomKey(&random), RandomKey(&random)};
  for (int calls = 0; calls < 10; ++calls) {
    for (int repeat = 0; repeat < 20; ++repeat) {
      MemoryFileSystem fs;
      fs.FailAfter(calls);
      (void)FileKeyStore::MakeDirectory(&fs, kDirectory);
      const absl::Status made = FileKeyStore::Create(&fs, kDirectory, kLedger, first, kSmall);
      fs.Crash(&random);
      if (!made.ok() && !fs.Exists(kFile)) {
        REQUIRE(FileKeyStore::Create(&fs, kDirectory, kLedger, first, kSmall).ok());
      }
      const auto store = Opened(&fs);
      REQUIRE(store.ok());
      for (const StoredKey& key : first) CHECK(*(*store)->Get(key.id) == key);
    }
  }
}

// What a run has been promised.
struct Promises {
  std::vector<StoredKey> durable;
  std::vector<StoredKey> destroyed;  // acknowledged
  std::set<KeyId> attempted;         // their destruction was asked for
};

// Adds, syncs and destroys at random until the power goes.
void RunUntilPowerGoes(FileKeyStore* store, SeededRandom* random, Promises* promises) {
  std::vector<StoredKey> added;
  for (int step = 0; step < 30; ++step) {
    switch (random->Below(4)) {
      case 0:
      case 1:
        added.push_back(RandomKey(random));
        if (!store->Add(added.back()).ok()) added.pop_back();
        break;
      case 2: {
        const std::vector<StoredKey> now = std::exchange(added, {});
        if (!store->Sync().ok()) return;
        promises->durable.insert(promises->durable.end(), now.begin(), now.end());
        break;
      }
      default: {
        if (promises->durable.empty()) break;
        const size_t which = random->Below(promises->durable.size());
        const StoredKey key = promises->durable[which];
        promises->durable.erase(promises->durable.begin() + static_cast<ptrdiff_t>(which));
        promises->attempted.insert(key.id);
        if (!store->Destroy({key.id, random->Draw<16>()}).ok()) return;
        promises->destroyed.push_back(key);
      }
    }
  }
}

TEST_CASE("every promise survives crashes at every call") {
  const uint64_t base = 20240607;
  for (uint64_t seed = base; seed < base + 1500; ++seed) {
    INFO("seed " << seed);
    SeededRandom random(seed);
    MemoryFileSystem fs;
    Promises promises;
    auto store = Made(&fs);
    for (int life = 0; life < 4; ++life) {
      fs.FailAfter(static_cast<int>(random.Below(25)));
      RunUntilPowerGoes(store.get(), &random, &promises);
      store.reset();
      fs.Crash(&random);
      if (random.Below(2) == 0) {
        // The power goes again while the store opens.
        fs.FailAfter(static_cast<int>(random.Below(4)));
        (void)Opened(&fs);
        fs.Crash(&random);
      }
      auto reopened = Opened(&fs);
      INFO("life " << life << ": " << reopened.status());
      REQUIRE(reopened.ok());
      store = *std::move(reopened);
      const std::string file = fs.Contents(kFile);
      for (const StoredKey& key : promises.durable) REQUIRE(*store->Get(key.id) == key);
      for (const StoredKey& key : promises.destroyed) {
        REQUIRE(store->StateOf(key.id) == KeyState::kDestroyed);
        REQUIRE(file.find(AsView(key.wrapped)) == std::string::npos);
      }
      for (const KeyId& id : promises.attempted) {
        const auto key = store->Get(id);
        const bool whole_or_destroyed = key.ok() || absl::IsFailedPrecondition(key.status());
        REQUIRE(whole_or_destroyed);
      }
    }
  }
}

TEST_CASE("the bytes of a slot are frozen") {
  StoredKey key;
  key.purpose = KeyPurpose::kTenant;
  key.version = 2;
  for (uint8_t i = 0; i < 16; ++i) key.id[i] = i;
  key.wrapped_by.fill(0xbb);
  key.nonce.fill(0xcc);
  key.wrapped.fill(0xdd);
  key.tag.fill(0xee);
  std::string bytes;
  AppendKeySlot({SlotState::kLive, 3, key}, &bytes);
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  const auto repeat = [](const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
  };
  CHECK(hex.substr(0, 248) ==
        "0104"
        "0000"
        "02000000"
        "03000000"
        "000102030405060708090a0b0c0d0e0f" +
            repeat("bb", 16) + repeat("cc", 12) + repeat("dd", 32) + repeat("ee", 16) +
            repeat("00", 20));
  CHECK(hex.substr(248) == "2b608ef7");
  KeySlot read;
  REQUIRE(ReadKeySlot(bytes, &read) == SlotVerdict::kGood);
  CHECK(read.key == key);
  CHECK(read.batch == 3);
}

}  // namespace
}  // namespace daybook::ledger
