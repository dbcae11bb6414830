// Goal: the order is the same however little memory there is.
#include "tools/import/external_sort.h"

#include <rapidcheck/catch.h>

#include <algorithm>
#include <catch2/catch.hpp>

namespace daybook::tools {
namespace {

using Records = std::vector<std::pair<std::string, std::string>>;

Records Sort(const Records& records, size_t memory, size_t* spills = nullptr) {
  ExternalSort sort(memory, "/tmp");
  for (const auto& [key, payload] : records) REQUIRE(sort.Add(key, payload).ok());
  REQUIRE(sort.Finish().ok());
  Records sorted;
  std::string_view key;
  std::string_view payload;
  while (true) {
    const auto more = sort.Next(key, payload);
    REQUIRE(more.ok());
    if (!*more) break;
    sorted.emplace_back(key, payload);
  }
  CHECK(sort.size() == records.size());
  if (spills != nullptr) *spills = sort.spills();
  return sorted;
}

Records Naive(Records records) {
  std::stable_sort(records.begin(), records.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  return records;
}

TEST_CASE("nothing sorts to nothing", "[external_sort]") { CHECK(Sort({}, 100).empty()); }

TEST_CASE("tiny memory gives what a naive stable sort gives", "[external_sort][property]") {
  rc::prop("same order", [] {
    const auto records = *rc::gen::container<Records>(
        rc::gen::pair(rc::gen::container<std::string>(rc::gen::element('a', 'b', '\0', '\xff')),
                      rc::gen::arbitrary<std::string>()));
    const auto memory = *rc::gen::element<size_t>(1, 64, 500, 1'000'000);
    RC_ASSERT(Sort(records, memory) == Naive(records));
  });
}

TEST_CASE("more runs than files may be open are merged on the way", "[external_sort]") {
  Records records;
  uint64_t state = 1;
  for (int i = 0; i < 2000; ++i) {
    state = state * 6364136223846793005 + 1442695040888963407;
    records.emplace_back("key" + std::to_string((state >> 33) % 300), std::to_string(i));
  }
  size_t spills = 0;
  CHECK(Sort(records, 120, &spills) == Naive(records));
  CHECK(spills > 256);
}

TEST_CASE("a folder that is not there is an error, not a crash", "[external_sort]") {
  ExternalSort sort(1, "/nowhere/at/all");
  CHECK(sort.Add("a", "1").ok());
  CHECK_FALSE(sort.Add("b", "2").ok());
}

}  // namespace
}  // namespace daybook::tools
