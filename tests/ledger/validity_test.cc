#include "ledger/validity.h"

#include <rapidcheck/catch.h>

#include <catch2/catch.hpp>
#include <set>
#include <vector>

#include "daybook/event/v1/envelope.pb.h"
#include "sample_commit.h"

namespace daybook::ledger {
namespace {

constexpr PartitionId kPartition{7};

std::string GenesisBodyOf(const LedgerId& id, uint32_t partition) {
  event::v1::GenesisBody body;
  body.set_ledger_id(std::string(AsView(id)));
  body.set_partition(partition);
  return body.SerializeAsString();
}

WriterId Writer(uint8_t n) {
  WriterId writer{};
  writer[0] = n;
  return writer;
}

// A record with few numbers, so that they meet often.
struct Draft {
  RecordKind kind = RecordKind::kCommit;
  uint32_t partition = kPartition.value();
  uint32_t epoch = 1;
  uint64_t term = 1;
  uint8_t writer = 1;
  uint64_t sequence = 0;
  int64_t recorded_at = 0;
};

std::string Record(const Draft& draft) {
  RecordHeader header;
  header.kind = draft.kind;
  header.partition = PartitionId(draft.partition);
  header.epoch = Epoch(draft.epoch);
  header.term = Term(draft.term);
  header.writer = Writer(draft.writer);
  header.sequence = Sequence(draft.sequence);
  header.recorded_at = Timestamp{draft.recorded_at};
  if (draft.kind == RecordKind::kCommit) {
    return CommitBuilder("main", "", "").Finish(header, SampleLedgerId());
  }
  const std::string body =
      draft.kind == RecordKind::kGenesis ? GenesisBodyOf(SampleLedgerId(), draft.partition) : "";
  return EncodeControlRecord(header, body, SampleLedgerId());
}

// The rule of ledger.md 4.2 once more, over the whole history each time instead of a running state.
class NaiveRule {
 public:
  Verdict Judge(const Draft& record) {
    const Verdict verdict = JudgeAgainstHistory(record);
    if (verdict == Verdict::kValid) valid_.push_back(record);
    return verdict;
  }
  uint64_t last() const { return LastSequence(); }

 private:
  bool Opened() const { return !valid_.empty(); }
  uint32_t CurrentEpoch() const {
    uint32_t epoch = 1;
    for (const Draft& d : valid_) epoch = std::max(epoch, d.epoch);
    return epoch;
  }
  // The last valid claim or epoch record: what says which term it is.
  const Draft* Ruler() const {
    const Draft* ruler = nullptr;
    for (const Draft& d : valid_) {
      if (d.kind == RecordKind::kClaim || d.kind == RecordKind::kEpoch) ruler = &d;
    }
    return ruler;
  }
  uint64_t CurrentTerm() const { return Ruler() == nullptr ? 0 : Ruler()->term; }
  uint64_t LastSequence() const {
    uint64_t last = 0;
    for (const Draft& d : valid_) {
      if (d.kind == RecordKind::kCommit) last = d.sequence;
    }
    return last;
  }
  bool IsOwner(const Draft& d) const {
    const Draft* ruler = Ruler();
    if (ruler == nullptr || ruler->kind != RecordKind::kClaim) return false;
    if (closed_terms_.count(ruler->term) > 0) return false;
    return d.term == ruler->term && d.writer == ruler->writer;
  }

  Verdict JudgeAgainstHistory(const Draft& d) {
    if (d.partition != kPartition.value()) return Verdict::kVoid;
    if (d.kind == RecordKind::kGenesis) {
      return !Opened() && d.epoch == 1 ? Verdict::kValid : Verdict::kVoid;
    }
    if (!Opened()) return Verdict::kVoid;
    if (d.kind == RecordKind::kEpoch) {
      return d.epoch == CurrentEpoch() + 1 && d.term == CurrentTerm() + 1 ? Verdict::kValid
                                                                          : Verdict::kVoid;
    }
    if (d.epoch != CurrentEpoch()) return Verdict::kVoid;
    if (d.kind == RecordKind::kClaim) {
      return d.term == CurrentTerm() + 1 ? Verdict::kValid : Verdict::kVoid;
    }
    if (d.kind == RecordKind::kHandOver) {
      if (!IsOwner(d)) return Verdict::kVoid;
      closed_terms_.insert(d.term);
      return Verdict::kValid;
    }
    if (d.kind != RecordKind::kCommit) return Verdict::kVoid;
    if (d.sequence <= LastSequence()) return Verdict::kDuplicate;
    if (!IsOwner(d)) return Verdict::kVoid;
    if (d.sequence == LastSequence() + 1) return Verdict::kValid;
    closed_terms_.insert(d.term);
    return Verdict::kVoid;
  }

  std::vector<Draft> valid_;
  std::set<uint64_t> closed_terms_;
};

// A record that is often the right one: half of the numbers are those that the state asks for.
Draft NextDraft(const PartitionState& state) {
  const auto near = [](uint64_t value) {
    const int64_t step = *rc::gen::weightedElement<int64_t>({{1, -1}, {6, 0}, {2, 1}, {1, 2}});
    return step < 0 && value == 0 ? 0 : value + static_cast<uint64_t>(step);
  };
  Draft draft;
  draft.kind = *rc::gen::weightedElement<RecordKind>({{1, RecordKind::kGenesis},
                                                      {3, RecordKind::kClaim},
                                                      {9, RecordKind::kCommit},
                                                      {1, RecordKind::kHandOver},
                                                      {1, RecordKind::kEpoch},
                                                      {1, RecordKind::kSourcePosition}});
  const bool follows = draft.kind == RecordKind::kClaim || draft.kind == RecordKind::kEpoch;
  draft.partition = *rc::gen::weightedElement<uint32_t>({{20, 7}, {1, 8}});
  draft.epoch =
      static_cast<uint32_t>(near(state.epoch.value() + (draft.kind == RecordKind::kEpoch ? 1 : 0)));
  draft.term = near(state.term.value() + (follows ? 1 : 0));
  draft.writer =
      *rc::gen::weightedElement<uint8_t>({{5, state.writer[0]}, {1, uint8_t{1}}, {1, uint8_t{2}}});
  draft.sequence = draft.kind == RecordKind::kCommit ? near(state.last.value() + 1) : 0;
  return draft;
}

// A rule that has read a genesis, a claim by writer 1 and commits up to `last`.
ValidityRule Opened(uint64_t last) {
  ValidityRule rule(kPartition, SampleLedgerId());
  REQUIRE(rule.Judge(Record({RecordKind::kGenesis, 7, 1, 0, 0, 0, 10}), nullptr, nullptr) ==
          Verdict::kValid);
  REQUIRE(rule.Judge(Record({RecordKind::kClaim, 7, 1, 1, 1, 0, 20}), nullptr, nullptr) ==
          Verdict::kValid);
  for (uint64_t s = 1; s <= last; ++s) {
    REQUIRE(rule.Judge(Record({RecordKind::kCommit, 7, 1, 1, 1, s, 30}), nullptr, nullptr) ==
            Verdict::kValid);
  }
  return rule;
}

}  // namespace

TEST_CASE("validity: agrees with a naive reading of the whole history") {
  rc::prop("random histories", [] {
    size_t valid = 0;
    size_t duplicates = 0;
    for (int history = 0; history < 20; ++history) {
      ValidityRule rule(kPartition, SampleLedgerId());
      NaiveRule naive;
      for (int i = 0; i < 60; ++i) {
        Draft draft = NextDraft(rule.state());
        // Most histories begin as they should.
        if (history > 2 && i == 0) draft = {RecordKind::kGenesis, 7, 1, 0, 0};
        if (history > 2 && i == 1) draft = {RecordKind::kClaim, 7, 1, 1, 1};
        const Verdict expected = naive.Judge(draft);
        RC_ASSERT(rule.Judge(Record(draft), nullptr, nullptr) == expected);
        RC_ASSERT(rule.state().last.value() == naive.last());
        valid += expected == Verdict::kValid;
        duplicates += expected == Verdict::kDuplicate;
      }
    }
    RC_CLASSIFY(valid > 100);
    RC_CLASSIFY(duplicates > 20);
  });
}

TEST_CASE("validity: going on from a stored state is going on") {
  rc::prop("restored half-way", [] {
    ValidityRule rule(kPartition, SampleLedgerId());
    for (int i = 0; i < 30; ++i) {
      const std::string record = Record(NextDraft(rule.state()));
      ValidityRule restored(kPartition, SampleLedgerId());
      restored.Restore(rule.state());
      RC_ASSERT(restored.Judge(record, nullptr, nullptr) == rule.Judge(record, nullptr, nullptr));
      RC_ASSERT(restored.state() == rule.state());
    }
  });
}

TEST_CASE("validity: a hole closes the term, and the same writer needs a new one") {
  ValidityRule rule = Opened(1);
  const char* reason = nullptr;
  CHECK(rule.Judge(Record({RecordKind::kCommit, 7, 1, 1, 1, 3}), nullptr, &reason) ==
        Verdict::kVoid);
  CHECK(std::string(reason) == "sequence leaves a hole; the term is closed");
  CHECK_FALSE(rule.state().term_open);
  CHECK(rule.Judge(Record({RecordKind::kCommit, 7, 1, 1, 1, 2}), nullptr, nullptr) ==
        Verdict::kVoid);
  CHECK(rule.Judge(Record({RecordKind::kClaim, 7, 1, 2, 1}), nullptr, nullptr) == Verdict::kValid);
  CHECK(rule.Judge(Record({RecordKind::kCommit, 7, 1, 2, 1, 2}), nullptr, nullptr) ==
        Verdict::kValid);
}

TEST_CASE("validity: a former owner's hole does not close the term of the present one") {
  ValidityRule rule = Opened(1);
  REQUIRE(rule.Judge(Record({RecordKind::kClaim, 7, 1, 2, 2}), nullptr, nullptr) ==
          Verdict::kValid);
  CHECK(rule.Judge(Record({RecordKind::kCommit, 7, 1, 1, 1, 9}), nullptr, nullptr) ==
        Verdict::kVoid);
  CHECK(rule.state().term_open);
}

TEST_CASE("validity: recorded_at is the latest of all valid records") {
  ValidityRule rule = Opened(0);
  CHECK(rule.state().last_recorded_at.micros == 20);
  rule.Judge(Record({RecordKind::kCommit, 7, 1, 1, 1, 5, 99}), nullptr, nullptr);
  CHECK(rule.state().last_recorded_at.micros == 20);
}

TEST_CASE("validity: damage stops at valid records only, and changes nothing") {
  ValidityRule rule = Opened(1);
  const PartitionState before = rule.state();
  std::string next = Record({RecordKind::kCommit, 7, 1, 1, 1, 2});
  next.back() = static_cast<char>(next.back() ^ 1);
  CHECK(rule.Judge(next, nullptr, nullptr) == Verdict::kStop);
  CHECK(rule.Judge(next.substr(0, next.size() - 1), nullptr, nullptr) == Verdict::kStop);
  CHECK(rule.Judge(next + "x", nullptr, nullptr) == Verdict::kStop);
  CHECK(rule.state() == before);
  std::string old = Record({RecordKind::kCommit, 7, 1, 1, 1, 1});
  old.back() = static_cast<char>(old.back() ^ 1);
  CHECK(rule.Judge(old, nullptr, nullptr) == Verdict::kDuplicate);
  next[50] = static_cast<char>(next[50] ^ 1);
  CHECK(rule.Judge(next, nullptr, nullptr) == Verdict::kVoid);
}

TEST_CASE("validity: what a later program wrote stops, but not in another partition") {
  ValidityRule rule = Opened(1);
  RecordHeader header = SampleHeader();
  header.kind = static_cast<RecordKind>(99);
  CHECK(rule.Judge(EncodeControlRecord(header, "", SampleLedgerId()), nullptr, nullptr) ==
        Verdict::kStop);
  header.partition = PartitionId(8);
  CHECK(rule.Judge(EncodeControlRecord(header, "", SampleLedgerId()), nullptr, nullptr) ==
        Verdict::kVoid);
  header = SampleHeader();
  header.kind = RecordKind::kClaim;
  header.term = Term(2);
  header.encoding = static_cast<PayloadEncoding>(1);
  CHECK(rule.Judge(EncodeControlRecord(header, "", SampleLedgerId()), nullptr, nullptr) ==
        Verdict::kStop);
  CHECK(rule.state().term == Term(1));
}

TEST_CASE("validity: a genesis must be of the same ledger and partition") {
  ValidityRule rule(kPartition, SampleLedgerId());
  LedgerId other{};
  RecordHeader header;
  header.kind = RecordKind::kGenesis;
  header.epoch = Epoch(1);
  header.partition = kPartition;
  const char* reason = nullptr;
  CHECK(rule.Judge(EncodeControlRecord(header, GenesisBodyOf(other, 7), SampleLedgerId()), nullptr,
                   &reason) == Verdict::kStop);
  CHECK(std::string(reason) == "genesis of another ledger");
  CHECK(rule.Judge(EncodeControlRecord(header, GenesisBodyOf(SampleLedgerId(), 8), other), nullptr,
                   nullptr) == Verdict::kStop);
  CHECK_FALSE(rule.state().opened);
  CHECK(rule.Judge(EncodeControlRecord(header, GenesisBodyOf(SampleLedgerId(), 7), other), nullptr,
                   nullptr) == Verdict::kValid);
}

}  // namespace daybook::ledger
