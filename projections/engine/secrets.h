// What the engine needs of keys: sealing, opening, hashing, ids and fingerprints, over the ledger's
// vault. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daybook/event/v1/envelope.pb.h"
#include "daybook/event/v1/sealed.pb.h"
#include "google/protobuf/message.h"
#include "ledger/record.h"
#include "ledger/signed_token.h"
#include "ledger/types.h"
#include "ledger/vault.h"
#include "projections/engine/view.h"

namespace daybook::projections {

class Secrets : public Opener {
 public:
  // `vault` must outlive it.
  static std::unique_ptr<Secrets> Make(ledger::Vault* vault);

  // Seals every clear value in `payload` for `person`; the values are bound to the event.
  virtual absl::Status Seal(google::protobuf::Message* payload, const EntityRef& person,
                            const EventId& event) = 0;
  // Names the event in every sealed value, so that each can be kept and opened on its own.
  virtual void HandOn(google::protobuf::Message* payload, const EventId& event) = 0;
  // Opens every sealed value of a payload that was handed on; `erased` where the key is gone.
  virtual void OpenAll(google::protobuf::Message* payload, const EntityRef& person,
                       const EventId& event) = 0;
  // True if messages of this type can hold sealed values.
  virtual bool HasSealed(const google::protobuf::Descriptor* type) = 0;

  // Sets fingerprint, its version and key of `record` for `request`.
  virtual absl::Status Fingerprint(const EntityRef& entity,
                                   const google::protobuf::Message& request,
                                   daybook::event::v1::RequestRecord* record) = 0;
  // True if `request` is what `record` was made for, by the version and key stored there.
  virtual absl::StatusOr<bool> Matches(const EntityRef& entity,
                                       const google::protobuf::Message& request,
                                       const daybook::event::v1::RequestRecord& record) = 0;
  // Key of event ids.
  virtual ledger::Bytes32 EventIdKey() = 0;
  // Keys of position and page tokens.
  virtual const ledger::TokenKeys& token_keys() const = 0;
  // Makes all keys given out so far durable; before each group.
  virtual absl::Status Sync() = 0;
};

// A stored commit as folds want it: payloads parsed, sealed values handed on. Errors: those of
// DecodedCommit::Decode.
absl::StatusOr<std::shared_ptr<const DecodedCommit>> DecodeForFolds(const ledger::CommitView& view,
                                                                    const EventCatalogue& catalogue,
                                                                    Secrets& secrets);

}  // namespace daybook::projections
