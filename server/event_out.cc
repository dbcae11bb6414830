#include "server/event_out.h"

#include <fmt/format.h>

#include <memory>
#include <optional>

#include "projections/engine/refusal.h"
#include "projections/engine/validation.h"
#include "server/access_rules.h"

namespace daybook::server {
namespace {

template <typename Message>
bool Parse(std::string_view bytes, Message* out) {
  return out->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

absl::Status Damaged(const ledger::CommitView& commit, const char* what) {
  return absl::DataLossError(fmt::format("partition {} sequence {}: {} does not parse",
                                         commit.header().partition.value(),
                                         commit.header().sequence.value(), what));
}

// What is said once for a commit.
struct Common {
  event::v1::EventContext context;
  event::v1::CommitRequests requests;

  const event::v1::RequestRecord* RequestOf(uint32_t index) const {
    for (const auto& request : requests.requests()) {
      if (index >= request.first_event() && index - request.first_event() < request.event_count()) {
        return &request;
      }
    }
    return nullptr;
  }
};

}  // namespace

absl::Status EventOut::FillPayload(const ledger::EventView& event, const std::string& tenant,
                                   const EventReader& reader, google::protobuf::Any* out) const {
  const projections::EventSpec* spec = catalogue_->Find(event.type);
  if (spec == nullptr || event.schema_version > spec->schema_version) {
    return absl::FailedPreconditionError(
        fmt::format("event type {} version {} is not known", event.type, event.schema_version));
  }
  const auto* type = spec->prototype->GetDescriptor();
  out->set_type_url(fmt::format("type.googleapis.com/{}", type->full_name()));
  if (!secrets_->HasSealed(type)) {
    out->set_value(event.payload.data(), event.payload.size());
    return absl::OkStatus();
  }
  std::unique_ptr<google::protobuf::Message> payload(spec->prototype->New());
  if (!Parse(event.payload, payload.get())) return absl::DataLossError("a payload does not parse");
  try {
    projections::DiscloseEvent(*secrets_, reader.disclosure,
                               {tenant, event.entity_kind, std::string(event.entity_id)}, event.id,
                               payload.get(), reader.reads);
  } catch (const projections::InvariantBroken& broken) {
    return absl::DataLossError(broken.what());
  }
  payload->SerializeToString(out->mutable_value());
  return absl::OkStatus();
}

absl::Status EventOut::Append(const ledger::CommitView& commit, size_t first, const Wanted& wanted,
                              const EventReader& reader,
                              google::protobuf::RepeatedPtrField<event::v1::Event>* out) const {
  const ledger::RecordHeader& header = commit.header();
  const std::string tenant(commit.tenant());
  std::optional<Common> common;  // parsed for the first event that is wanted
  for (size_t i = first; i < commit.events().size(); ++i) {
    const ledger::EventView& view = commit.events()[i];
    if (wanted && !wanted(view)) continue;
    if (!reader.roles.HasAnyOf(RolesForEvent(view.type))) continue;
    if (!common) {
      common.emplace();
      if (!Parse(commit.context(), &common->context)) return Damaged(commit, "the context");
      if (!Parse(commit.requests(), &common->requests)) return Damaged(commit, "the requests");
    }
    event::v1::Event* event = out->Add();
    event->set_event_id(ledger::FormatEventId(view.id));
    event->set_type(static_cast<event::v1::EventType>(view.type));
    event->set_schema_version(view.schema_version);
    event->set_tenant(tenant);
    event->set_entity_kind(static_cast<event::v1::EntityKind>(view.entity_kind));
    event->set_entity_id(std::string(view.entity_id));
    *event->mutable_occurred_at() = projections::ToProto(view.occurred_at);
    *event->mutable_recorded_at() = projections::ToProto(header.recorded_at);
    event->set_partition(header.partition.value());
    event->set_sequence(header.sequence.value());
    event->set_index(static_cast<uint32_t>(i));
    event->set_epoch(header.epoch.value());
    event->set_registry_sequence(header.registry_sequence.value());
    *event->mutable_context() = common->context;
    if (!view.context_override.empty()) {
      event::v1::EventContext own;
      if (!Parse(view.context_override, &own)) return Damaged(commit, "an event's context");
      event->mutable_context()->MergeFrom(own);
    }
    if (const auto* request = common->RequestOf(static_cast<uint32_t>(i))) {
      event->set_request_id(request->request_id());
      event->set_source(request->source());
      event->set_source_event_id(request->source_event_id());
    }
    absl::Status status = FillPayload(view, tenant, reader, event->mutable_payload());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace daybook::server
