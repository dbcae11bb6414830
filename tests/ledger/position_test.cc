// Goal: tokens say exactly what was put into them, merge by maximum, and nobody can make or change
// one.
#include <rapidcheck/catch.h>
#include <catch2/catch.hpp>

#include <map>

#include "ledger/page_token.h"
#include "ledger/position.h"
#include "tests/ledger/seeded_random.h"

namespace daybook::ledger {
namespace {

using Reached = std::map<uint32_t, std::pair<uint32_t, uint64_t>>;

LedgerId Ledger(uint8_t number) {
  LedgerId id{};
  id[0] = number;
  return id;
}

TokenKeys Keys(uint64_t seed = 1) {
  SeededRandom random(seed);
  TokenKeys keys;
  keys.Add(1, random.DrawKey());
  return keys;
}

PositionToken TokenOf(const Reached& reached) {
  PositionToken token(Ledger(1));
  for (const auto& [partition, at] : reached) {
    token.Raise({Epoch(at.first), PartitionId(partition), Sequence(at.second)});
  }
  return token;
}

Reached ReachedOf(const PositionToken& token) {
  Reached reached;
  for (const Position& position : token.positions()) {
    reached[position.partition.value()] = {position.epoch.value(), position.sequence.value()};
  }
  return reached;
}

}  // namespace

TEST_CASE("position tokens", "[position]") {
  const TokenKeys keys = Keys();

  rc::prop("what is sealed is opened", [&](const Reached& reached) {
    const PositionToken token = TokenOf(reached);
    RC_ASSERT(ReachedOf(token) == reached);
    const auto opened = PositionToken::Open(token.Seal(keys), keys);
    RC_ASSERT(opened.ok());
    RC_ASSERT(*opened == token);
  });

  rc::prop("merging takes the further of each partition, epoch first", [&](Reached a, Reached b) {
    for (auto& [partition, at] : a) at.first %= 3;
    for (auto& [partition, at] : b) {
      at.first %= 3;
      if (*rc::gen::arbitrary<bool>()) a.emplace(partition, at);
    }
    Reached expected = a;
    for (const auto& [partition, at] : b) expected[partition] = std::max(expected[partition], at);
    PositionToken ab = TokenOf(a);
    RC_ASSERT(ab.Merge(TokenOf(b)).ok());
    PositionToken ba = TokenOf(b);
    RC_ASSERT(ba.Merge(TokenOf(a)).ok());
    RC_ASSERT(ReachedOf(ab) == expected);
    RC_ASSERT(ab == ba);
    PositionToken again = ab;
    RC_ASSERT(again.Merge(TokenOf(b)).ok());
    RC_ASSERT(again == ab);
  });

  rc::prop("a changed text is refused", [&](const Reached& reached) {
    std::string text = TokenOf(reached).Seal(keys);
    const auto at = *rc::gen::inRange<size_t>(0, text.size());
    const char other = *rc::gen::elementOf(
        std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= \n"));
    RC_PRE(other != text[at]);
    text[at] = other;
    RC_ASSERT(absl::IsInvalidArgument(PositionToken::Open(text, keys).status()));
  });

  rc::prop("a cut or lengthened text is refused", [&](const Reached& reached, uint8_t more) {
    const std::string text = TokenOf(reached).Seal(keys);
    const auto length = *rc::gen::inRange<size_t>(0, text.size());
    RC_ASSERT_FALSE(PositionToken::Open(text.substr(0, length), keys).ok());
    RC_ASSERT_FALSE(PositionToken::Open(text + std::string(more % 5u + 1u, 'A'), keys).ok());
  });

  rc::prop("any text is refused", [&](const std::string& text) {
    RC_ASSERT_FALSE(PositionToken::Open(text, keys).ok());
    RC_ASSERT_FALSE(OpenPageToken(keys, Bytes16{}, text).ok());
  });
}

TEST_CASE("tokens of others are refused", "[position]") {
  const PositionToken token = TokenOf({{1, {1, 5}}});
  const TokenKeys keys = Keys();
  CHECK_FALSE(PositionToken::Open(token.Seal(Keys(2)), keys).ok());
  PositionToken other(Ledger(2));
  CHECK(absl::IsInvalidArgument(other.Merge(token)));
  // A page token is no position token, nor the other way round.
  CHECK_FALSE(PositionToken::Open(SealPageToken(keys, Bytes16{}, "cursor"), keys).ok());
  CHECK_FALSE(OpenPageToken(keys, Bytes16{}, token.Seal(keys)).ok());
}

TEST_CASE("after a rotation old tokens stay good and new ones have the new key", "[position]") {
  SeededRandom random(1);
  const SecretKey first = random.DrawKey(), second = random.DrawKey();
  TokenKeys before, after, only_second;
  before.Add(1, first);
  after.Add(1, first);
  after.Add(2, second);
  only_second.Add(2, second);
  const PositionToken token = TokenOf({{1, {1, 5}}});
  CHECK(PositionToken::Open(token.Seal(before), after).ok());
  CHECK(PositionToken::Open(token.Seal(after), only_second).ok());
  CHECK_FALSE(PositionToken::Open(token.Seal(before), only_second).ok());
}

TEST_CASE("a position token is short", "[position]") {
  PositionToken token(Ledger(1));
  for (uint32_t i = 0; i <= 32; ++i) token.Raise({Epoch(1), PartitionId(i), Sequence(1000000)});
  CHECK(token.Seal(Keys()).size() < 300);
  CHECK(token.Find(PartitionId(32)).has_value());
  CHECK_FALSE(token.Find(PartitionId(33)).has_value());
}

TEST_CASE("the text of a position token is frozen", "[position]") {
  TokenKeys keys;
  keys.Add(1, SecretKey(Bytes32{}));
  PositionToken token(Ledger(1));
  token.Raise({Epoch(1), PartitionId(0), Sequence(3)});
  token.Raise({Epoch(2), PartitionId(7), Sequence(300)});
  CHECK(token.Seal(keys) == "AQEBAAAAAAAAAAAAAAAAAAAAAgABAwcCrAKRY1XG6faoXAGeeZmtZvgG");
}

TEST_CASE("page tokens are good for their query only", "[position]") {
  const TokenKeys keys = Keys();
  rc::prop("round trip",
           [&](const std::string& cursor, const Bytes16& query, const Bytes16& other) {
             const std::string text = SealPageToken(keys, query, cursor);
             const auto opened = OpenPageToken(keys, query, text);
             RC_ASSERT(opened.ok());
             RC_ASSERT(*opened == cursor);
             RC_PRE(other != query);
             RC_ASSERT(absl::IsInvalidArgument(OpenPageToken(keys, other, text).status()));
           });
}

}  // namespace daybook::ledger
