// Goal: what was sealed opens for its person, event and field and nowhere else; erased persons read
// as erased; types without personal fields are left alone.
#include "ledger/sealed.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/util/message_differencer.h>
#include <rapidcheck/catch.h>

#include <catch2/catch.hpp>

#include "daybook/event/v1/contacts.pb.h"
#include "daybook/event/v1/customers.pb.h"
#include "daybook/event/v1/sales.pb.h"
#include "ledger/memory_key_store.h"
#include "tests/ledger/seeded_random.h"

namespace daybook::ledger {
namespace {

using event::v1::CustomerAttributesChanged;
using event::v1::CustomerRegistered;
using event::v1::IdentifierChanged;
using event::v1::Sealed;
using google::protobuf::util::MessageDifferencer;

const EntityRef kAnna{"main", 2, "anna"};
const EntityRef kBert{"main", 2, "bert"};
constexpr EventId kEvent = {1, 2, 3};
constexpr EventId kOtherEvent = {4, 5, 6};

// A vault in memory and a sealer on it.
struct Sealing {
  explicit Sealing(uint64_t seed)
      : random(seed), vault(InMemory(&random)), sealer(vault.get(), &random) {}
  static std::unique_ptr<Vault> InMemory(SeededRandom* random) {
    const SecretKey master = random->DrawKey();
    auto store = std::make_unique<MemoryKeyStore>(Vault::FirstKeys(master, random));
    return *Vault::Open(std::move(store), master, random);
  }

  SeededRandom random;
  std::unique_ptr<Vault> vault;
  EventSealer sealer;
};

IdentifierChanged Identifier() {
  IdentifierChanged event;
  event.set_identifier_number(1);
  event.mutable_normalised()->set_clear("+441632960960");
  event.mutable_as_given()->set_clear("01632 960960");
  return event;
}

CustomerAttributesChanged Attributes(const std::vector<std::string>& values) {
  CustomerAttributesChanged event;
  for (const std::string& value : values) {
    auto* const change = event.add_changes();
    change->set_path("note");
    if (value.empty()) {
      change->set_removed(true);
    } else {
      change->mutable_personal_value()->set_clear(value);
    }
  }
  return event;
}

TEST_CASE("a sealed event shows nothing and opens to what it was") {
  Sealing s(1);
  IdentifierChanged event = Identifier();
  REQUIRE(s.sealer.Seal(kAnna, kEvent, &event).ok());
  const std::string stored = event.SerializeAsString();
  CHECK(stored.find("960960") == std::string::npos);
  CHECK(stored.find("anna") == std::string::npos);
  REQUIRE(event.normalised().has_ciphertext());
  const auto& ciphertext = event.as_given().ciphertext();
  CHECK(ciphertext.retention_class() == event::v1::RETENTION_CLASS_IDENTIFIER);
  CHECK(ciphertext.slot() == 2u << 16);
  CHECK(ciphertext.key_id().size() == 16);
  CHECK(ciphertext.nonce().size() == 12);
  CHECK(ciphertext.ciphertext().size() == 12 + kGcmTagBytes);
  CHECK(ciphertext.origin_event_id().empty());
  CHECK(ciphertext.nonce() != event.normalised().ciphertext().nonce());

  REQUIRE(s.sealer.Open(kAnna, kEvent, &event).ok());
  CHECK(MessageDifferencer::Equals(event, Identifier()));
}

TEST_CASE("values of a repeated field are numbered, and all of them come back") {
  Sealing s(2);
  CustomerAttributesChanged event = Attributes({"red", "", "green", "blue"});
  REQUIRE(s.sealer.Seal(kAnna, kEvent, &event).ok());
  CHECK(event.changes(0).personal_value().ciphertext().slot() == 1u << 16);
  CHECK(event.changes(2).personal_value().ciphertext().slot() == (1u << 16 | 1));
  CHECK(event.changes(3).personal_value().ciphertext().slot() == (1u << 16 | 2));
  REQUIRE(s.sealer.Open(kAnna, kEvent, &event).ok());
  CHECK(MessageDifferencer::Equals(event, Attributes({"red", "", "green", "blue"})));

  rc::prop("round trip", [&](const std::vector<std::string>& values) {
    CustomerAttributesChanged random_event = Attributes(values);
    RC_ASSERT(s.sealer.Seal(kBert, kEvent, &random_event).ok());
    RC_ASSERT(s.sealer.Open(kBert, kEvent, &random_event).ok());
    RC_ASSERT(MessageDifferencer::Equals(random_event, Attributes(values)));
  });
}

TEST_CASE("a ciphertext opens for no other person, event, field or content") {
  Sealing s(3);
  IdentifierChanged event = Identifier();
  REQUIRE(s.sealer.Seal(kAnna, kEvent, &event).ok());
  const auto refused = [&](const EntityRef& person, const EventId& id, IdentifierChanged copy) {
    return absl::IsDataLoss(s.sealer.Open(person, id, &copy));
  };
  CHECK(refused(kBert, kEvent, event));
  CHECK(refused({"other", 2, "anna"}, kEvent, event));
  CHECK(refused({"main", 3, "anna"}, kEvent, event));
  CHECK(refused(kAnna, kOtherEvent, event));

  IdentifierChanged swapped = event;
  swapped.mutable_normalised()->Swap(swapped.mutable_as_given());
  CHECK(refused(kAnna, kEvent, swapped));
  IdentifierChanged moved = event;
  *moved.mutable_normalised() = event.as_given();
  moved.mutable_normalised()->mutable_ciphertext()->set_slot(1 << 16);
  CHECK(refused(kAnna, kEvent, moved));
  IdentifierChanged other_class = event;
  other_class.mutable_normalised()->mutable_ciphertext()->set_retention_class(
      event::v1::RETENTION_CLASS_PROFILE);
  CHECK(refused(kAnna, kEvent, other_class));

  for (const int field : {1, 4, 5}) {
    IdentifierChanged damaged = event;
    auto* const ciphertext = damaged.mutable_normalised()->mutable_ciphertext();
    std::string* const bytes = field == 1   ? ciphertext->mutable_key_id()
                               : field == 4 ? ciphertext->mutable_nonce()
                                            : ciphertext->mutable_ciphertext();
    bytes->at(3) = static_cast<char>(bytes->at(3) ^ 1);
    CHECK(refused(kAnna, kEvent, damaged));
    bytes->resize(2);
    CHECK(refused(kAnna, kEvent, damaged));
  }
}

TEST_CASE("the ordinals within a field are bound too") {
  Sealing s(4);
  CustomerAttributesChanged event = Attributes({"red", "green"});
  REQUIRE(s.sealer.Seal(kAnna, kEvent, &event).ok());
  auto* const first = event.mutable_changes(0)->mutable_personal_value()->mutable_ciphertext();
  first->set_slot(event.changes(1).personal_value().ciphertext().slot());
  CHECK(absl::IsDataLoss(s.sealer.Open(kAnna, kEvent, &event)));
}

TEST_CASE("an erased person's values read as erased, other people's do not") {
  Sealing s(5);
  IdentifierChanged anna = Identifier();
  IdentifierChanged bert = Identifier();
  REQUIRE(s.sealer.Seal(kAnna, kEvent, &anna).ok());
  REQUIRE(s.sealer.Seal(kBert, kEvent, &bert).ok());
  REQUIRE(s.vault->Destroy(kAnna).ok());
  REQUIRE(s.sealer.Open(kAnna, kEvent, &anna).ok());
  CHECK(anna.normalised().has_erased());
  CHECK(anna.as_given().has_erased());
  REQUIRE(s.sealer.Open(kBert, kEvent, &bert).ok());
  CHECK(bert.normalised().clear() == "+441632960960");
  IdentifierChanged again = Identifier();
  CHECK(absl::IsFailedPrecondition(s.sealer.Seal(kAnna, kEvent, &again)));
}

TEST_CASE("a value that was handed on opens by itself and inside another event") {
  Sealing s(6);
  CustomerRegistered event;
  event.mutable_display_name()->set_clear("Anna");
  REQUIRE(s.sealer.Seal(kAnna, kEvent, &event).ok());
  Sealed kept = event.display_name();
  CHECK(absl::IsInvalidArgument(s.sealer.OpenValue(kAnna, &kept)));

  REQUIRE(EventSealer::HandOn(kEvent, &event).ok());
  REQUIRE(EventSealer::HandOn(kOtherEvent, &event).ok());
  kept = event.display_name();
  CHECK(kept.ciphertext().origin_event_id() == AsView(kEvent));
  Sealed foreign = kept;
  CHECK(absl::IsDataLoss(s.sealer.OpenValue(kBert, &foreign)));
  // Sealing the event that it was put into leaves it as it is.
  CustomerRegistered carrier;
  *carrier.mutable_display_name() = kept;
  REQUIRE(s.sealer.Seal(kAnna, kOtherEvent, &carrier).ok());
  REQUIRE(s.sealer.Open(kAnna, kOtherEvent, &carrier).ok());
  CHECK(carrier.display_name().clear() == "Anna");

  REQUIRE(s.sealer.OpenValue(kAnna, &kept).ok());
  CHECK(kept.clear() == "Anna");
  REQUIRE(s.sealer.OpenValue(kAnna, &kept).ok());
  CHECK(kept.clear() == "Anna");

  kept = event.display_name();
  REQUIRE(s.vault->Destroy(kAnna).ok());
  REQUIRE(s.sealer.OpenValue(kAnna, &kept).ok());
  CHECK(kept.has_erased());
}

TEST_CASE("values that must not be sealed are refused") {
  Sealing s(7);
  CustomerRegistered event;
  event.mutable_display_name()->set_clear(std::string(kMaxClearBytes + 1, 'x'));
  CHECK(absl::IsInvalidArgument(s.sealer.Seal(kAnna, kEvent, &event)));
  event.mutable_display_name()->set_clear(std::string(kMaxClearBytes, 'x'));
  REQUIRE(s.sealer.Seal(kAnna, kEvent, &event).ok());
  // Sealed twice: whose event is it?
  CHECK(absl::IsInvalidArgument(s.sealer.Seal(kAnna, kOtherEvent, &event)));
}

TEST_CASE("a key that is neither here nor destroyed is a loss, not an erasure") {
  Sealing s(8);
  Sealing elsewhere(9);
  CustomerRegistered event;
  event.mutable_display_name()->set_clear("Anna");
  REQUIRE(elsewhere.sealer.Seal(kAnna, kEvent, &event).ok());
  CHECK(absl::IsDataLoss(s.sealer.Open(kAnna, kEvent, &event)));
}

TEST_CASE("types without personal fields cost no key and stay as they are") {
  CHECK(HasSealedFields(CustomerRegistered::descriptor()));
  CHECK(HasSealedFields(CustomerAttributesChanged::descriptor()));
  CHECK(HasSealedFields(event::v1::ContactOutcomeRecorded::descriptor()));
  CHECK_FALSE(HasSealedFields(event::v1::OrderCompleted::descriptor()));
  const EventSealer needs_no_vault(nullptr, nullptr);
  event::v1::OrderCompleted order;
  order.set_order_id("o");
  CHECK(needs_no_vault.Seal(kAnna, kEvent, &order).ok());
  CHECK(needs_no_vault.Open(kAnna, kEvent, &order).ok());
  CHECK(EventSealer::HandOn(kEvent, &order).ok());
  CHECK(order.order_id() == "o");
}

// Descriptors of the plan's cache live for ever, so this pool does too.
const google::protobuf::Descriptor* TypeWith(const std::string& name,
                                             google::protobuf::FieldDescriptorProto field) {
  static auto* const pool =
      new google::protobuf::DescriptorPool(google::protobuf::DescriptorPool::generated_pool());
  google::protobuf::FileDescriptorProto file;
  file.set_name(name + ".proto");
  file.set_package("test");
  file.add_dependency("daybook/event/v1/sealed.proto");
  file.set_syntax("proto3");
  auto* const type = file.add_message_type();
  type->set_name(name);
  field.set_name("value");
  field.set_number(1);
  field.set_type(google::protobuf::FieldDescriptorProto::TYPE_MESSAGE);
  *type->add_field() = field;
  const auto* const built = pool->BuildFile(file);
  REQUIRE(built != nullptr);
  return built->message_type(0);
}

TEST_CASE("plans find what is missing in a schema, and types that contain themselves end") {
  google::protobuf::FieldDescriptorProto field;
  field.set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
  field.set_type_name(".daybook.event.v1.Sealed");
  CHECK_FALSE(SealedPlanOf(TypeWith("WithoutOption", field)).problem.empty());

  auto* const personal = field.mutable_options()->MutableExtension(event::v1::personal);
  personal->set_retention_class(event::v1::RETENTION_CLASS_PROFILE);
  CHECK_FALSE(SealedPlanOf(TypeWith("WithoutSlot", field)).problem.empty());
  personal->set_slot(256);
  CHECK_FALSE(SealedPlanOf(TypeWith("SlotTooLarge", field)).problem.empty());
  personal->set_slot(255);
  const auto* const good = TypeWith("Good", field);
  CHECK(SealedPlanOf(good).problem.empty());
  CHECK(SealedPlanOf(good).steps.at(0).slot == 255);
  CHECK(&SealedPlanOf(good) == &SealedPlanOf(good));

  field.clear_options();
  field.set_type_name(".test.ContainsItself");
  CHECK_FALSE(HasSealedFields(TypeWith("ContainsItself", field)));
}

TEST_CASE("the associated data is frozen") {
  const std::string data = SealedAssociatedData(
      {"main", 2, "4711"}, event::v1::RETENTION_CLASS_CONVERSATION,
      std::string("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10", 16),
      1u << 16 | 2);
  std::string hex;
  for (const char c : data) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  CHECK(hex ==
        "01"
        "046d61696e"
        "0002"
        "0434373131"
        "03000000"
        "0102030405060708090a0b0c0d0e0f10"
        "02000100");
}

}  // namespace
}  // namespace daybook::ledger
