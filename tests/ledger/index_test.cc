// Goal: the index answers as a naive model does, wherever the boundary between table, frozen tail
// and fresh tail lies, and after every reopening.
#include <catch2/catch.hpp>

#include <filesystem>
#include <map>
#include <random>

#include "ledger/index.h"
#include "tests/ledger/ledger_driver.h"

namespace daybook::ledger {
namespace {

constexpr uint32_t kPartitions = 3;
constexpr int kEntities = 6;

LedgerId TestLedger() {
  LedgerId id{};
  id[0] = 9;
  return id;
}

EntityRef Entity(int number) {
  // Ids that are beginnings of others: their rows must not run into each other.
  return {"main", 2, std::string(static_cast<size_t>(number) + 1, 'c')};
}

// Groups of commits and, beside them, what there should be to find.
class Model {
 public:
  explicit Model(uint64_t seed) : random_(seed) {}

  void AddGroup(Index* index) {
    IndexBatch batch;
    std::vector<RecordPlace> places;
    std::vector<CommitPtr> kept;
    const size_t count = 1 + random_() % 5;
    for (size_t i = 0; i < count; ++i) {
      const int entity = static_cast<int>(random_() % kEntities);
      const PartitionId partition(1 + static_cast<uint32_t>(entity) % kPartitions);
      RecordHeader header;
      header.epoch = Epoch(1);
      header.partition = partition;
      header.term = Term(1);
      header.sequence = Sequence(partitions_[partition].size() + 1);
      TestCommit what;
      what.entity = Entity(entity);
      what.request_id = "r" + std::to_string(next_);
      what.source_event_id = "s" + std::to_string(next_);
      what.events = 1 + random_() % 3;
      ++next_;
      const CommitPtr commit = MakeTestCommit(TestLedger(), header, what);
      const IndexEntry entry{header.sequence,
                             {1 + next_ / 50, static_cast<uint32_t>(random_() % 100000),
                              static_cast<uint32_t>(random_() % 1000)}};
      partitions_[partition].push_back(entry);
      entities_[entity].push_back(entry);
      requests_.push_back({what, {partition, header.sequence, 0}});
      places.push_back({});  // a record that is no commit
      places.push_back(entry.place);
      REQUIRE(batch.Add(commit->view(), places.size() - 1).ok());
      kept.push_back(commit);
    }
    group_.group = group_.group.next();
    states_.assign(1, {PartitionId(0), PartitionState()});
    states_[0].state.last = Sequence(group_.group.value());
    REQUIRE(index->WaitForRoom().ok());
    index->Add(batch, places, group_, states_);
  }

  void Check(const Index& index) {
    for (const auto& [partition, entries] : partitions_) {
      const uint64_t from = 1 + random_() % entries.size();
      std::vector<IndexEntry> found;
      for (Sequence next(from);;) {
        const auto page = index.ListPartition(partition, next, 1 + random_() % 10).value();
        if (page.empty()) break;
        found.insert(found.end(), page.begin(), page.end());
        next = page.back().sequence.next();
      }
      REQUIRE(found == std::vector<IndexEntry>(
                           entries.begin() + static_cast<std::ptrdiff_t>(from) - 1, entries.end()));
    }
    for (int entity = 0; entity < kEntities; ++entity) {
      const uint64_t after = random_() % 40;
      std::vector<IndexEntry> expected, found;
      for (const IndexEntry& entry : entities_[entity]) {
        if (entry.sequence.value() > after) expected.push_back(entry);
      }
      for (Sequence last(after);;) {
        const auto page =
            index.ListEntity(EntityKey(Entity(entity)), last, 1 + random_() % 10).value();
        if (page.empty()) break;
        found.insert(found.end(), page.begin(), page.end());
        last = page.back().sequence;
      }
      REQUIRE(found == expected);
    }
    for (int i = 0; i < 20; ++i) CheckRequest(index, requests_[random_() % requests_.size()]);
    REQUIRE_FALSE(index.FindRequest(KeyOfRequest("main", 2, "c", "never")).value().has_value());
  }

  const GroupPlace& group() const { return group_; }
  const std::vector<NamedPartitionState>& states() const { return states_; }

 private:
  struct Request {
    TestCommit what;
    RequestPlace place;
  };

  static void CheckRequest(const Index& index, const Request& request) {
    const EntityRef& entity = request.what.entity;
    for (const RequestKey& key :
         {KeyOfRequest(entity.tenant, entity.kind, entity.id, request.what.request_id),
          KeyOfSource(entity.tenant, entity.kind, entity.id, "", request.what.source_event_id)}) {
      const auto found = index.FindRequest(key).value();
      REQUIRE(found.has_value());
      REQUIRE(found->partition == request.place.partition);
      REQUIRE(found->sequence == request.place.sequence);
    }
  }

  std::mt19937_64 random_;
  std::map<PartitionId, std::vector<IndexEntry>> partitions_;
  std::map<int, std::vector<IndexEntry>> entities_;
  std::vector<Request> requests_;
  GroupPlace group_;
  std::vector<NamedPartitionState> states_;
  uint64_t next_ = 0;
};

}  // namespace

TEST_CASE("the index answers like a naive model", "[index]") {
  for (const bool in_memory : {true, false}) {
    for (uint64_t seed = 0; seed < 5; ++seed) {
      INFO("seed " << seed << ", in memory " << in_memory);
      TemporaryDirectory directory;
      IndexOptions options;
      options.in_memory = in_memory;
      options.freeze_commits = 5 + seed * 20;
      options.freeze_age = std::chrono::milliseconds(0);
      auto index = Index::Open(directory.path(), TestLedger(), options, nullptr).value();
      Model model(seed);
      for (int i = 0; i < 200; ++i) {
        model.AddGroup(index.get());
        if (i % 7 == 0) model.Check(*index);
        if (i % 31 == 0) REQUIRE(index->Flush().ok());
      }
      model.Check(*index);
      if (in_memory) continue;
      REQUIRE(index->Flush().ok());
      index = nullptr;
      std::string discarded;
      index = Index::Open(directory.path(), TestLedger(), options, &discarded).value();
      CHECK(discarded.empty());
      CHECK(index->opened_at().reached == model.group());
      CHECK(index->opened_at().states == model.states());
      model.Check(*index);
      model.AddGroup(index.get());
      model.Check(*index);
    }
  }
}

TEST_CASE("long runs of commits are cut into rows", "[index]") {
  IndexOptions options;
  options.in_memory = true;
  auto index = Index::Open("", TestLedger(), options, nullptr).value();
  Model model(3);
  for (int i = 0; i < 1000; ++i) model.AddGroup(index.get());
  REQUIRE(index->Flush().ok());
  model.Check(*index);
  for (int i = 0; i < 300; ++i) model.AddGroup(index.get());
  model.Check(*index);
}

TEST_CASE("the tail stays within its memory by waiting for the table", "[index]") {
  IndexOptions options;
  options.in_memory = true;
  options.max_tail_bytes = 300 * 1024;
  auto index = Index::Open("", TestLedger(), options, nullptr).value();
  Model model(4);
  for (int i = 0; i < 2000; ++i) model.AddGroup(index.get());
  model.Check(*index);
}

TEST_CASE("an index that was not flushed is begun where it was", "[index]") {
  TemporaryDirectory directory;
  IndexOptions options;
  options.freeze_age = std::chrono::milliseconds(0);
  Model model(5);
  GroupPlace flushed;
  {
    auto index = Index::Open(directory.path(), TestLedger(), options, nullptr).value();
    CHECK(index->opened_at().reached == GroupPlace());
    model.AddGroup(index.get());
    REQUIRE(index->Flush().ok());
    flushed = model.group();
    model.AddGroup(index.get());
  }
  const auto index = Index::Open(directory.path(), TestLedger(), options, nullptr).value();
  CHECK(index->opened_at().reached == flushed);
}

TEST_CASE("a checkpoint is read back or refused", "[index]") {
  IndexCheckpoint checkpoint;
  checkpoint.ledger = TestLedger();
  checkpoint.reached = {GroupNumber(77), 3, 4096, 1000, {1, 2, 3}};
  NamedPartitionState state{PartitionId(5),
                            {true, Epoch(2), Term(9), {}, true, Sequence(1 << 20), Timestamp{-5}}};
  checkpoint.states = {state, state};
  const std::string row = EncodeCheckpoint(checkpoint);
  IndexCheckpoint read;
  REQUIRE(DecodeCheckpoint(row, &read));
  CHECK(read == checkpoint);
  for (size_t length = 0; length < row.size(); ++length) {
    CHECK_FALSE(DecodeCheckpoint(row.substr(0, length), &read));
  }
}

}  // namespace daybook::ledger
