// Goal: the walk over a commit's requests sees what protobuf wrote, and nothing else makes it
// stumble.
#include <rapidcheck/catch.h>
#include <catch2/catch.hpp>

#include "daybook/event/v1/envelope.pb.h"
#include "ledger/request_key.h"
#include "ledger/request_walk.h"

namespace daybook::ledger {
namespace {

// Names are ASCII; other strings of the message may be anything that protobuf takes.
std::string Text() { return *rc::gen::container<std::string>(rc::gen::inRange<char>(' ', '~')); }

event::v1::RequestRecord MakeRequest() {
  event::v1::RequestRecord request;
  request.set_request_id(Text());
  request.set_entity_kind(static_cast<event::v1::EntityKind>(*rc::gen::inRange(0, 10)));
  request.set_entity_id(Text());
  request.set_fingerprint(*rc::gen::arbitrary<std::string>());
  request.set_fingerprint_version(*rc::gen::arbitrary<uint32_t>());
  request.set_first_event(*rc::gen::arbitrary<uint32_t>());
  request.set_event_count(*rc::gen::arbitrary<uint32_t>());
  request.set_answer(*rc::gen::arbitrary<std::string>());
  request.set_source(Text());
  request.set_source_event_id(Text());
  return request;
}

}  // namespace

TEST_CASE("walking over requests", "[request_walk]") {
  rc::prop("sees what was written", [] {
    event::v1::CommitRequests requests;
    const int count = *rc::gen::inRange(0, 5);
    for (int i = 0; i < count; ++i) *requests.add_requests() = MakeRequest();
    int seen = 0;
    const std::string bytes = requests.SerializeAsString();
    RC_ASSERT(WalkRequests(bytes, [&](const RequestNames& names, uint32_t index) {
                RC_ASSERT(index == static_cast<uint32_t>(seen));
                const event::v1::RequestRecord& request = requests.requests(seen++);
                RC_ASSERT(names.request_id == request.request_id());
                RC_ASSERT(names.entity_kind == request.entity_kind());
                RC_ASSERT(names.entity_id == request.entity_id());
                RC_ASSERT(names.source == request.source());
                RC_ASSERT(names.source_event_id == request.source_event_id());
              }).ok());
    RC_ASSERT(seen == count);
  });

  rc::prop("of any bytes ends", [](const std::string& bytes) {
    WalkRequests(bytes, [](const RequestNames&, uint32_t) {}).IgnoreError();
  });

  rc::prop("of cut bytes is no success with other requests", [] {
    event::v1::CommitRequests requests;
    *requests.add_requests() = MakeRequest();
    const std::string bytes = requests.SerializeAsString();
    const auto length = *rc::gen::inRange<size_t>(1, bytes.size());
    RC_ASSERT(absl::IsDataLoss(
        WalkRequests(bytes.substr(0, length), [](const RequestNames&, uint32_t) {})));
  });
}

TEST_CASE("names are told apart wherever one ends and the next begins", "[request_walk]") {
  CHECK(KeyOfRequest("a", 2, "bc", "d") != KeyOfRequest("ab", 2, "c", "d"));
  CHECK(KeyOfRequest("a", 2, "bc", "d") != KeyOfRequest("a", 2, "b", "cd"));
  CHECK(KeyOfRequest("a", 2, "b", "c") != KeyOfRequest("a", 3, "b", "c"));
  CHECK(KeyOfSource("a", 2, "b", "c", "d") != KeyOfRequest("a", 2, "b", "cd"));
  CHECK(KeyOfSource("a", 2, "b", "cd", "") != KeyOfSource("a", 2, "b", "c", "d"));
  CHECK(KeyOfRequest("a", 2, "b", "c") == KeyOfRequest("a", 2, "b", "c"));
}

}  // namespace daybook::ledger
