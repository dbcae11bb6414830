// Events as they leave the server: from the bytes of a commit to daybook.event.v1.Event, with
// sealed fields in the form that the reader may see: opened (`erased` where the key is gone),
// `redacted`, or as they are stored.
//
// Thread-safe.
#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <functional>

#include "absl/status/status.h"
#include "daybook/event/v1/envelope.pb.h"
#include "ledger/record.h"
#include "projections/engine/event.h"
#include "projections/engine/personal_reads.h"
#include "projections/engine/secrets.h"

namespace daybook::server {

// For whom events are made.
struct EventReader {
  // `reads` outlives it: gets what is opened of persons.
  EventReader(const projections::Caller& caller, projections::PersonalReads* noted)
      : roles(caller.roles), disclosure(caller.disclosure()), reads(noted) {}

  projections::RoleSet roles;
  projections::Disclosure disclosure;
  projections::PersonalReads* reads;
};

class EventOut {
 public:
  // Both outlive it.
  EventOut(const projections::EventCatalogue* catalogue, projections::Secrets* secrets)
      : catalogue_(catalogue), secrets_(secrets) {}

  using Wanted = std::function<bool(const ledger::EventView&)>;
  // Appends the commit's events from number `first` on that are wanted (all, if `wanted` is empty)
  // and that the reader's roles may see.
  // Errors: FailedPrecondition (a type that this program does not know), DataLoss.
  absl::Status Append(const ledger::CommitView& commit, size_t first, const Wanted& wanted,
                      const EventReader& reader,
                      google::protobuf::RepeatedPtrField<event::v1::Event>* out) const;

 private:
  absl::Status FillPayload(const ledger::EventView& event, const std::string& tenant,
                           const EventReader& reader, google::protobuf::Any* out) const;

  const projections::EventCatalogue* const catalogue_;
  projections::Secrets* const secrets_;
};

}  // namespace daybook::server
