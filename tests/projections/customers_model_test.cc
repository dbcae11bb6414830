// Goal: any sequence of customer commands leaves the profile, the look-ups and the refusals that a
// model of a few maps has; and folding the events anew gives the same bytes.
#include <rapidcheck/catch.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <optional>

#include "daybook/v1/customers.pb.h"
#include "projections/customers/customers.h"
#include "projections/engine/validation.h"
#include "projections/registry/registry.h"
#include "tests/projections/customer_requests.h"
#include "tests/projections/fakes.h"

namespace daybook::projections {
namespace {

using testing::At;
using testing::Attribute;
using testing::Change;
using testing::Identifier;
using testing::Lookup;
using testing::Move;
using testing::Outcome;
using testing::Profile;
using testing::Register;
using testing::Set;
using testing::World;
namespace ev = daybook::event::v1;
namespace v1 = daybook::v1;

constexpr int kCustomers = 3;
constexpr int kEmails = 2;
const char* const kPaths[] = {"city", "visits"};

Timestamp Hour(int hours) {
  return {At("2024-01-01T00:00:00Z").micros + hours * int64_t{3'600'000'000}};
}

struct ModelIdentifier {
  uint32_t number = 0;
  bool verified = false;
  bool invalid = false;
  bool shared = false;
  Timestamp changed;
};

struct ModelCustomer {
  bool known = false;
  ev::LifecycleStage stage = ev::LIFECYCLE_STAGE_UNSPECIFIED;
  Timestamp stage_since;
  uint32_t last_number = 0;
  std::map<int, ModelIdentifier> emails;                               // by which
  std::map<std::string, std::map<Timestamp, std::string>> attributes;  // by path, instant

  bool Closed(Timestamp effective) const {
    return stage == ev::LIFECYCLE_STAGE_DECEASED && effective >= stage_since;
  }
};

v1::IdentifierInput Email(int which, bool shared = false) {
  auto input = Identifier(ev::IDENTIFIER_KIND_EMAIL, (which % 2 == 0 ? "User" : "user") +
                                                         std::to_string(which) + "@Example.com");
  input.set_shared(shared);
  return input;
}

class Simulation {
 public:
  Simulation() { testing::PublishSchema(world_); }

  void Step(int hour) {
    world_.SetNow(Hour(hour));
    const int id = *rc::gen::inRange(0, kCustomers);
    switch (*rc::gen::weightedElement<int>({{3, 0}, {10, 1}, {1, 2}, {3, 3}})) {
      case 0:
        return RegisterOne(id);
      case 1:
        return ChangeEmail(id);
      case 2:
        return MoveStage(id);
      default:
        return SetAttribute(id);
    }
  }

  void Compare(int hour) {
    if (*rc::gen::arbitrary<bool>()) world_.Flush();
    world_.SetNow(Hour(hour));
    for (int id = 0; id < kCustomers; ++id) {
      if (model_[id].known) CompareProfile(id);
    }
    for (int which = 0; which < kEmails; ++which) CompareLookup(which);
    for (const char* view : {"", "customer_profile", "identifier_index"}) {
      RC_ASSERT(world_.Dump(view) == world_.DumpRebuilt(view));
    }
  }

 private:
  std::string Do(const google::protobuf::Message& request) { return Outcome(world_.Do(request)); }

  void RegisterOne(int id) {
    auto request = Register(std::to_string(id));
    request.set_stage(static_cast<ev::LifecycleStage>(*rc::gen::inRange(0, 6)));
    const std::string outcome = Do(request);
    auto& customer = model_[id];
    RC_ASSERT(outcome == (customer.known ? "CUSTOMER_EXISTS customer" : "OK"));
    if (customer.known) return;
    customer.known = true;
    customer.stage = request.stage() == ev::LIFECYCLE_STAGE_UNSPECIFIED
                         ? ev::LIFECYCLE_STAGE_CUSTOMER
                         : request.stage();
    customer.stage_since = world_.now();
  }

  void MoveStage(int id) {
    // The table once more, as pairs, so that a slip in the rule does not repeat itself here.
    static const std::string kAllowed = "12 13 15 21 23 25 34 35 42 43 45";
    const auto to = static_cast<ev::LifecycleStage>(*rc::gen::inRange(1, 6));
    const std::string outcome = Do(Move(std::to_string(id), to));
    auto& customer = model_[id];
    if (!customer.known) {
      RC_ASSERT(outcome == "CUSTOMER_UNKNOWN customer");
      return;
    }
    const std::string pair = std::to_string(customer.stage) + std::to_string(to);
    const bool allowed = kAllowed.find(pair) != std::string::npos;
    RC_ASSERT(outcome == (allowed ? "OK" : "LIFECYCLE_INVALID stage"));
    if (!allowed) return;
    customer.stage = to;
    customer.stage_since = world_.now();
  }

  void ChangeEmail(int id) {
    const int which = *rc::gen::inRange(0, kEmails);
    const auto action = static_cast<ev::IdentifierAction>(*rc::gen::inRange(1, 5));
    const bool shared = *rc::gen::arbitrary<bool>();
    const std::string outcome = Do(Change(std::to_string(id), Email(which, shared), action));
    auto& customer = model_[id];
    if (!customer.known) {
      RC_ASSERT(outcome == "CUSTOMER_UNKNOWN customer");
      return;
    }
    if (customer.Closed(world_.now())) {
      RC_ASSERT(outcome == "CUSTOMER_CLOSED customer");
      return;
    }
    const bool attached = customer.emails.contains(which);
    if (action == ev::IDENTIFIER_ACTION_ATTACHED) {
      RC_ASSERT(outcome == (attached ? "IDENTIFIER_ATTACHED identifier.value" : "OK"));
      if (!attached) {
        customer.emails[which] = {++customer.last_number, false, false, shared, world_.now()};
      }
      return;
    }
    RC_ASSERT(outcome == (attached ? "OK" : "IDENTIFIER_UNKNOWN identifier.value"));
    if (!attached) return;
    if (action == ev::IDENTIFIER_ACTION_DETACHED) {
      customer.emails.erase(which);
      return;
    }
    auto& email = customer.emails[which];
    email.changed = world_.now();
    email.invalid = action == ev::IDENTIFIER_ACTION_INVALIDATED;
    if (action == ev::IDENTIFIER_ACTION_VERIFIED) email.verified = true;
  }

  void SetAttribute(int id) {
    const std::string path = kPaths[*rc::gen::inRange(0, 2)];
    const std::string value =
        *rc::gen::inRange(0, 4) == 0 ? "" : std::to_string(*rc::gen::inRange(0, 5));
    auto input = Attribute(path, value);
    Timestamp from = world_.now();
    if (*rc::gen::arbitrary<bool>()) {
      from = Hour(*rc::gen::inRange(-10, 90));
      *input.mutable_effective_from() = ToProto(from);
    }
    const std::string outcome = Do(Set(std::to_string(id), {input}));
    auto& customer = model_[id];
    if (!customer.known) {
      RC_ASSERT(outcome == "CUSTOMER_UNKNOWN customer");
    } else if (customer.Closed(world_.now())) {
      RC_ASSERT(outcome == "CUSTOMER_CLOSED customer");
    } else {
      RC_ASSERT(outcome == "OK");
      customer.attributes[path][from] = value;
    }
  }

  void CompareProfile(int id) {
    const ModelCustomer& customer = model_[id];
    const v1::Customer profile = Profile(world_, std::to_string(id));
    RC_ASSERT(profile.stage() == customer.stage);
    std::map<uint32_t, std::pair<int, ModelIdentifier>> by_number;
    for (const auto& [which, email] : customer.emails) by_number[email.number] = {which, email};
    RC_ASSERT(profile.identifiers_size() == static_cast<int>(by_number.size()));
    int at = 0;
    for (const auto& [number, entry] : by_number) {
      const auto& identifier = profile.identifiers(at++);
      RC_ASSERT(identifier.identifier_number() == number);
      RC_ASSERT(identifier.value() == "user" + std::to_string(entry.first) + "@example.com");
      RC_ASSERT(identifier.verified() == entry.second.verified);
      RC_ASSERT(identifier.invalid() == entry.second.invalid);
      RC_ASSERT(identifier.shared() == entry.second.shared);
    }
    std::map<std::string, std::string> expected;
    for (const auto& [path, values] : customer.attributes) {
      auto after = values.upper_bound(world_.now());
      if (after != values.begin() && !std::prev(after)->second.empty()) {
        expected[path] = std::prev(after)->second;
      }
    }
    std::map<std::string, std::string> found;
    for (const auto& attribute : profile.attributes()) found[attribute.path()] = attribute.value();
    RC_ASSERT(found == expected);
  }

  void CompareLookup(int which) {
    std::vector<std::pair<int, std::pair<int64_t, std::string>>> ranked;
    for (int id = 0; id < kCustomers; ++id) {
      const auto found = model_[id].emails.find(which);
      if (found == model_[id].emails.end()) continue;
      const ModelIdentifier& email = found->second;
      const int rank = email.invalid   ? 5
                       : !email.shared ? (email.verified ? 1 : 2)
                                       : (email.verified ? 3 : 4);
      ranked.push_back({rank, {-email.changed.micros, std::to_string(id)}});
    }
    std::sort(ranked.begin(), ranked.end());
    std::vector<std::string> ids;
    for (const auto& entry : ranked) ids.push_back(entry.second.second);
    RC_ASSERT(Lookup(world_, Email(which)) == ids);
  }

  World world_{testing::DomainsOf(MakeRegistryDomain(), MakeCustomersDomain())};
  ModelCustomer model_[kCustomers];
};

TEST_CASE("customers are what the naive model says") {
  rc::prop("random commands", [] {
    Simulation simulation;
    const int steps = *rc::gen::inRange(1, 80);
    for (int hour = 0; hour < steps; ++hour) simulation.Step(hour);
    simulation.Compare(*rc::gen::inRange(steps, 100));
  });
}

}  // namespace
}  // namespace daybook::projections
