// Goal: a repeat of a request has its fingerprint, whatever is left out of it says; any other
// request has another; and both stay true through rotations and new fields.
#include "ledger/fingerprint.h"

#include <fmt/format.h>
#include <rapidcheck/catch.h>

#include <catch2/catch.hpp>

#include "daybook/v1/contacts.pb.h"
#include "daybook/v1/customers.pb.h"
#include "daybook/v1/sales.pb.h"
#include "ledger/memory_key_store.h"
#include "tests/ledger/seeded_random.h"

namespace daybook::ledger {
namespace {

struct Printing {
  explicit Printing(uint64_t seed) : random(seed) {
    const SecretKey master = random.DrawKey();
    vault = *Vault::Open(std::make_unique<MemoryKeyStore>(Vault::FirstKeys(master, &random)),
                         master, &random);
    prints = std::make_unique<Fingerprinter>(vault.get());
  }
  SeededRandom random;
  std::unique_ptr<Vault> vault;
  std::unique_ptr<Fingerprinter> prints;
};

v1::RecordOrderRequest Order() {
  v1::RecordOrderRequest request;
  request.set_customer("customers/4711");
  request.set_order_id("o1");
  request.set_currency("GBP");
  auto* const line = request.add_lines();
  line->set_product("p");
  line->set_units(2);
  request.set_request_id("r1");
  request.mutable_provenance()->set_channel("web");
  return request;
}

bool Matches(Printing* p, const Fingerprint& print, const google::protobuf::Message& request) {
  const auto same = p->prints->Matches(print.version, print.key, AsView(print.value), request);
  REQUIRE(same.ok());
  return *same;
}

TEST_CASE("what is left out changes nothing, everything else does") {
  Printing p(1);
  const Fingerprint print = p.prints->Of(Order());
  CHECK(print.version == 1);
  CHECK(print.key == 1);
  v1::RecordOrderRequest same = Order();
  same.set_request_id("r2");
  same.set_validate_only(true);
  CHECK(Matches(&p, print, same));

  v1::RecordOrderRequest other = Order();
  other.mutable_lines(0)->set_units(3);
  CHECK_FALSE(Matches(&p, print, other));
  other = Order();
  other.mutable_provenance()->set_channel("store");
  CHECK_FALSE(Matches(&p, print, other));
  other = Order();
  other.clear_currency();
  CHECK_FALSE(Matches(&p, print, other));
  // The same bytes as another message are another request.
  v1::RecordReturnRequest with_same_bytes;
  v1::RecordOrderRequest small;
  small.set_customer("customers/4711");
  with_same_bytes.set_customer("customers/4711");
  CHECK_FALSE(Matches(&p, p.prints->Of(small), with_same_bytes));
}

TEST_CASE("freshness is left out of reads") {
  Printing p(2);
  v1::GetCustomerRequest read;
  read.set_customer("customers/4711");
  const Fingerprint print = p.prints->Of(read);
  read.mutable_read()->set_at_least("token");
  CHECK(Matches(&p, print, read));
}

TEST_CASE("an old fingerprint matches after a rotation, new ones use the new key") {
  Printing p(3);
  const Fingerprint old = p.prints->Of(Order());
  REQUIRE(p.vault->Rotate(KeyPurpose::kFingerprint).ok());
  const Fingerprint fresh = p.prints->Of(Order());
  CHECK(fresh.key == 2);
  CHECK(fresh.value != old.value);
  CHECK(Matches(&p, old, Order()));
  CHECK(Matches(&p, fresh, Order()));
  CHECK(absl::IsNotFound(p.prints->Matches(1, 3, AsView(old.value), Order()).status()));
  CHECK(absl::IsUnimplemented(p.prints->Matches(2, 1, AsView(old.value), Order()).status()));
  CHECK_FALSE(*p.prints->Matches(1, 1, "short", Order()));
}

TEST_CASE("a field that this program does not know yet stands where it will stand") {
  Printing p(4);
  // Field 103 (provenance) as a program that lacks fields 2 and 3 sees the request: those come
  // last.
  v1::RecordOrderRequest known = Order();
  const Fingerprint print = p.prints->Of(known);
  v1::RecordOrderRequest before;
  *before.mutable_provenance() = known.provenance();
  v1::RecordOrderRequest rest = known;
  rest.clear_provenance();
  auto* const fields = before.GetReflection()->MutableUnknownFields(&before);
  REQUIRE(fields->ParseFromString(rest.SerializeAsString()));
  CHECK(Matches(&p, print, before));
}

TEST_CASE("requests with the same fields have the same fingerprint, and only those") {
  Printing p(5);
  const auto text = rc::gen::container<std::string>(rc::gen::inRange(' ', '~'));
  rc::prop("as equal as the requests", [&](bool flag) {
    const std::string a = *text;
    const std::string b = *text;
    v1::RecordContactRequest one, two;
    one.set_note(a);
    two.set_note(flag ? a : b);
    two.set_validate_only(flag);
    two.set_request_id(b);
    RC_ASSERT(Matches(&p, p.prints->Of(one), two) == (one.note() == two.note()));
  });
}

TEST_CASE("the fingerprint's input is frozen") {
  // Under a known key: the vault's is random, so the store is made here.
  class Counting : public RandomSource {
   public:
    void Fill(uint8_t* out, size_t length) override {
      for (size_t i = 0; i < length; ++i) out[i] = static_cast<uint8_t>(i);
    }
  } random;
  const SecretKey master = random.DrawKey();
  const auto vault = Vault::Open(
      std::make_unique<MemoryKeyStore>(Vault::FirstKeys(master, &random)), master, &random);
  REQUIRE(vault.ok());
  Fingerprinter prints(vault->get());
  std::string hex;
  for (const uint8_t b : prints.Of(Order()).value) hex += fmt::format("{:02x}", b);
  CHECK(hex == "3069fc404eb1e248ba1b1ccee9dd36fb6de11e1520b85db83011209c628b11d4");
}

}  // namespace
}  // namespace daybook::ledger
