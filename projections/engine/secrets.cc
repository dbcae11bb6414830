#include "projections/engine/secrets.h"

#include "ledger/fingerprint.h"
#include "ledger/sealed.h"
#include "ledger/sealed_plan.h"
#include "projections/engine/refusal.h"

namespace daybook::projections {

namespace {

class VaultSecrets : public Secrets {
 public:
  explicit VaultSecrets(ledger::Vault* vault)
      : vault_(vault), sealer_(vault, ledger::RandomSource::System()), fingerprinter_(vault) {
    for (uint32_t version = 1; version <= vault->CurrentVersion(ledger::KeyPurpose::kToken);
         ++version) {
      auto key = vault->KeyOfVersion(ledger::KeyPurpose::kToken, version);
      CheckInvariant(key.ok(), "the vault lacks a token key");
      token_keys_.Add(version, *key);
    }
  }

  absl::Status Seal(google::protobuf::Message* payload, const EntityRef& person,
                    const EventId& event) override {
    return sealer_.Seal(person, event, payload);
  }

  void HandOn(google::protobuf::Message* payload, const EventId& event) override {
    CheckInvariant(ledger::EventSealer::HandOn(event, payload).ok(),
                   "a sealed value could not be handed on");
  }

  void OpenAll(google::protobuf::Message* payload, const EntityRef& person,
               const EventId& event) override {
    CheckInvariant(sealer_.Open(person, event, payload).ok(), "a sealed value does not open");
  }

  bool HasSealed(const google::protobuf::Descriptor* type) override {
    return ledger::HasSealedFields(type);
  }

  std::string Open(const daybook::event::v1::Sealed& value, const EntityRef& person,
                   bool* erased) const override {
    *erased = false;
    if (value.has_clear()) return value.clear();
    daybook::event::v1::Sealed copy = value;
    if (value.has_ciphertext()) {
      CheckInvariant(sealer_.OpenValue(person, &copy).ok(), "a sealed value does not open");
    }
    *erased = copy.has_erased();
    return copy.has_clear() ? copy.clear() : std::string();
  }

  std::string HashPersonal(std::string_view tenant, std::string_view text) const override {
    auto hash = vault_->IdentifierHash(std::string(tenant), text);
    CheckInvariant(hash.ok(), "the vault cannot hash an identifier");
    return std::string(ledger::AsView(*hash));
  }

  absl::Status Fingerprint(const EntityRef& /*entity*/, const google::protobuf::Message& request,
                           daybook::event::v1::RequestRecord* record) override {
    const ledger::Fingerprint print = fingerprinter_.Of(request);
    record->set_fingerprint(std::string(ledger::AsView(print.value)));
    record->set_fingerprint_version(print.version);
    record->set_fingerprint_key(print.key);
    return absl::OkStatus();
  }

  absl::StatusOr<bool> Matches(const EntityRef& /*entity*/,
                               const google::protobuf::Message& request,
                               const daybook::event::v1::RequestRecord& record) override {
    return fingerprinter_.Matches(record.fingerprint_version(), record.fingerprint_key(),
                                  record.fingerprint(), request);
  }

  // The first version for ever: a commit's ids must come out the same whenever they are made.
  ledger::Bytes32 EventIdKey() override {
    auto key = vault_->KeyOfVersion(ledger::KeyPurpose::kEventId, 1);
    CheckInvariant(key.ok(), "the vault lacks the event id key");
    return key->bytes();
  }
  const ledger::TokenKeys& token_keys() const override { return token_keys_; }
  absl::Status Sync() override { return vault_->Sync(); }

 private:
  ledger::Vault* const vault_;
  ledger::EventSealer sealer_;
  mutable ledger::Fingerprinter fingerprinter_;
  ledger::TokenKeys token_keys_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<const DecodedCommit>> DecodeForFolds(const ledger::CommitView& view,
                                                                    const EventCatalogue& catalogue,
                                                                    Secrets& secrets) {
  auto decoded = DecodedCommit::Decode(view, catalogue);
  if (!decoded.ok()) return decoded.status();
  for (const Event& event : (*decoded)->events()) {
    if (!secrets.HasSealed(event.message->GetDescriptor())) continue;
    // Nobody else has seen it yet.
    secrets.HandOn(const_cast<google::protobuf::Message*>(event.message), event.id);
  }
  return decoded;
}

std::unique_ptr<Secrets> Secrets::Make(ledger::Vault* vault) {
  return std::make_unique<VaultSecrets>(vault);
}

}  // namespace daybook::projections
