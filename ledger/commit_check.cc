#include "ledger/commit_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "daybook/event/v1/envelope.pb.h"
#include "ledger/figures.h"
#include "ledger/request_walk.h"
#include "ledger/sealed.h"

namespace daybook::ledger {
namespace {

constexpr std::string_view kReport =
    "Keep a copy of the ledger as it is and report it as a defect.";

template <typename Message>
bool Parses(std::string_view bytes) {
  Message message;
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace

CommitCheck::CommitCheck(uint32_t entity_partitions, const PayloadTypes& types,
                         const VaultCheck* vault, Findings* findings)
    : entity_partitions_(entity_partitions), types_(types), vault_(vault), findings_(findings) {}

void CommitCheck::Damage(std::string_view check, const CommitView& commit, const RecordPlace& place,
                         std::string text, std::string_view advice) {
  findings_->OfCommit(check, commit.header().partition, commit.header().sequence, place,
                      std::move(text), advice);
}

CommitCheck::Requests CommitCheck::Check(const CommitView& commit, const RecordPlace& place,
                                         Sequence registry) {
  const RecordHeader& header = commit.header();
  if (header.partition != kRegistryPartition && header.registry_sequence > registry) {
    Damage("records", commit, place,
           fmt::format("was decided with commit {} of the registry, which comes later",
                       header.registry_sequence.value()),
           kReport);
  }
  Sequence& known = registry_[header.partition];
  if (header.registry_sequence < known) {
    Damage("records", commit, place, "knows less of the registry than the commit before it",
           kReport);
  }
  known = std::max(known, header.registry_sequence);
  if (!Parses<event::v1::EventContext>(commit.context())) {
    Damage("events", commit, place, "its context does not parse", kReport);
  }
  for (size_t i = 0; i < commit.events().size(); ++i) CheckEvent(commit, place, i);
  return CheckRequests(commit, place);
}

CommitCheck::Requests CommitCheck::CheckRequests(const CommitView& commit,
                                                 const RecordPlace& place) {
  Requests counted;
  const auto once = [&](const RequestKey& key, std::string_view what, std::string_view id) {
    if (requests_.insert(key).second) return;
    Damage("requests", commit, place,
           fmt::format("{} \"{}\" was recorded for this entity before", what, std::string(id)),
           kReport);
  };
  const absl::Status walked =
      WalkRequests(commit.requests(), [&](const RequestNames& names, uint32_t) {
        if (!names.request_id.empty()) {
          ++counted.requests;
          once(KeyOfRequest(commit.tenant(), names.entity_kind, names.entity_id, names.request_id),
               "request id", names.request_id);
        }
        if (!names.source_event_id.empty()) {
          ++counted.source_events;
          once(KeyOfSource(commit.tenant(), names.entity_kind, names.entity_id, names.source,
                           names.source_event_id),
               "source event id", names.source_event_id);
        }
      });
  if (!walked.ok() || !Parses<event::v1::CommitRequests>(commit.requests())) {
    Damage("requests", commit, place, "its requests do not parse", kReport);
  }
  return counted;
}

void CommitCheck::CheckEvent(const CommitView& commit, const RecordPlace& place, size_t index) {
  const EventView& event = commit.events()[index];
  const RecordHeader& header = commit.header();
  // Access records are about entities of other partitions.
  if (header.partition < kFirstAccessPartition) {
    const EntityRef entity{std::string(commit.tenant()), event.entity_kind,
                           std::string(event.entity_id)};
    if (PartitionOf(entity, entity_partitions_) != header.partition) {
      Damage("records", commit, place,
             fmt::format("event {} is about an entity of partition {}", index,
                         PartitionOf(entity, entity_partitions_).value()),
             kReport);
    }
  }
  if (!event.context_override.empty() && !Parses<event::v1::EventContext>(event.context_override)) {
    Damage("events", commit, place, fmt::format("the context of event {} does not parse", index),
           kReport);
  }
  if (!IsOwnId(commit, index)) ++foreign_ids_;
  CheckPayload(commit, place, event);
}

bool CommitCheck::IsOwnId(const CommitView& commit, size_t index) const {
  if (vault_ == nullptr || vault_->id_makers().empty()) return true;
  const RecordHeader& header = commit.header();
  return std::any_of(vault_->id_makers().begin(), vault_->id_makers().end(),
                     [&](const auto& maker) {
                       return maker->Make(header.epoch, header.partition, header.sequence,
                                          static_cast<uint16_t>(index),
                                          header.recorded_at) == commit.events()[index].id;
                     });
}

void CommitCheck::CheckPayload(const CommitView& commit, const RecordPlace& place,
                               const EventView& event) {
  if (!types_) return;
  const google::protobuf::Message* const prototype = types_(event.type, event.schema_version);
  if (prototype == nullptr) {
    Damage("events", commit, place,
           fmt::format("event type {} version {} is not known to this program", event.type,
                       event.schema_version),
           "A later program wrote it: use that one.");
    return;
  }
  auto& payload = scratch_[prototype];
  if (payload == nullptr) payload.reset(prototype->New());
  if (!payload->ParseFromArray(event.payload.data(), static_cast<int>(event.payload.size()))) {
    Damage("events", commit, place,
           fmt::format("the payload of an event of type {} does not parse", event.type), kReport);
    return;
  }
  if (vault_ != nullptr) CheckKeys(commit, place, payload.get());
}

void CommitCheck::CheckKeys(const CommitView& commit, const RecordPlace& place,
                            google::protobuf::Message* payload) {
  const absl::Status walked =
      EventSealer::ForEachCiphertext(payload, [&](const event::v1::Ciphertext& ciphertext) {
        KeyId id{};
        if (ciphertext.key_id().size() != id.size()) {
          Damage("keys", commit, place, "a sealed value names no key", kReport);
          return;
        }
        std::copy_n(ciphertext.key_id().begin(), id.size(), reinterpret_cast<char*>(id.data()));
        const KeyState state = vault_->StateOf(id);
        if (state == KeyState::kDestroyed) ++erased_values_;
        if (state != KeyState::kMissing) return;
        Damage("keys", commit, place,
               fmt::format("a value is sealed under key {}, which the vault does not have",
                           HexOf(ciphertext.key_id())),
               "The vault is older than the ledger, or another one's: put the right one in its "
               "place.");
      });
  if (!walked.ok()) {
    Damage("keys", commit, place, std::string(walked.message()), kReport);
  }
}

void CommitCheck::Finish() {
  if (erased_values_ > 0) {
    findings_->Note("keys", "",
                    fmt::format("{} sealed values are erased: their keys were destroyed on purpose",
                                erased_values_));
  }
  if (foreign_ids_ > 0) {
    findings_->Note("events", "",
                    fmt::format("the ids of {} events are not those that this ledger would give: "
                                "they were imported from another ledger, or the vault is another's",
                                foreign_ids_));
  }
}

}  // namespace daybook::ledger
