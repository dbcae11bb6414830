// Seals the personal fields of events on their way into the ledger and opens them on their way out.
//
// A Sealed field has one of three arms. Seal turns `clear` into `ciphertext`; Open turns
// `ciphertext` into `clear`, or into `erased` if its key was destroyed. A ciphertext is bound to
// {tenant, person, class, event id, slot}, so it opens in no other place; HandOn writes the event
// id into it, and what was handed on can be kept and opened by itself.
//
// Thread-safe for different messages.
#pragma once

#include <google/protobuf/message.h>
#include <functional>

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "daybook/event/v1/sealed.pb.h"
#include "ledger/crypto.h"
#include "ledger/sealed_plan.h"
#include "ledger/types.h"
#include "ledger/vault.h"

namespace daybook::ledger {

// ❄ Longest clear value; sealed.proto says the same.
inline constexpr size_t kMaxClearBytes = 65536;

class EventSealer {
 public:
  // Both must outlive the sealer.
  EventSealer(Vault* vault, RandomSource* random) : vault_(vault), random_(random) {}

  // Seals every clear value in `payload`, whose person is `person` and whose event will be
  // `event_id`. Keys that it makes are durable only after Vault::Sync. A ciphertext that was handed
  // on from another event stays. Errors: FailedPrecondition (the person's key is destroyed),
  // InvalidArgument (too long, a ciphertext of unknown origin), Internal (the type lacks the option
  // `personal`); then part of `payload` may be sealed.
  absl::Status Seal(const EntityRef& person, const EventId& event_id,
                    google::protobuf::Message* payload) const;

  // Opens every ciphertext in `payload`. Errors: DataLoss (not sealed for this person, event and
  // field, or damaged, or its key was never in this vault); then part of `payload` may be opened.
  absl::Status Open(const EntityRef& person, const EventId& event_id,
                    google::protobuf::Message* payload) const;

  // Opens one value that was handed on. Errors: as Open; InvalidArgument if it was not handed on.
  absl::Status OpenValue(const EntityRef& person, event::v1::Sealed* value) const;

  // Lets every ciphertext in `payload` say which event it is from, so that it may be kept
  // elsewhere.
  static absl::Status HandOn(const EventId& event_id, google::protobuf::Message* payload);

  // Calls `visit` for every ciphertext in `payload`. Errors: Internal (the type lacks the option
  // `personal`).
  static absl::Status ForEachCiphertext(
      google::protobuf::Message* payload,
      const std::function<void(const event::v1::Ciphertext&)>& visit);

 private:
  absl::Status OpenCiphertext(const EntityRef& person, std::string_view event_id,
                              event::v1::Sealed* value) const;

  Vault* const vault_;
  RandomSource* const random_;
};

// Calls `visit` for every Sealed value in `payload`, in the order in which they stand.
void ForEachSealed(google::protobuf::Message* payload,
                   const std::function<void(event::v1::Sealed*)>& visit);

// ❄ What the tag of a ciphertext covers besides the value (FORMAT.md, "AAD").
std::string SealedAssociatedData(const EntityRef& person, uint32_t retention_class,
                                 std::string_view event_id, uint32_t slot);

}  // namespace daybook::ledger
