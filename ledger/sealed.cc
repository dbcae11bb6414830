#include "ledger/sealed.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include "ledger/coding.h"

namespace daybook::ledger {
namespace {

using event::v1::Ciphertext;
using event::v1::Sealed;
using google::protobuf::DynamicCastToGenerated;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr char kAssociatedDataVersion = 1;
constexpr uint32_t kMaxOrdinal = 0xffff;

// What is done with one Sealed value. `slot`: as stored, the field's slot and the value's ordinal.
using Visit = std::function<absl::Status(const SealedStep& step, uint32_t slot, Sealed* value)>;

// Calls `visit` for every Sealed value of a message, depth first in order of field number. Which
// values count and in what order decides their ordinals: frozen.
class Walk {
 public:
  explicit Walk(const Visit& visit) : visit_(visit) {}

  absl::Status Over(Message* message) {
    const SealedPlan& plan = SealedPlanOf(message->GetDescriptor());
    if (!plan.problem.empty()) return absl::InternalError(plan.problem);
    const Reflection* const reflection = message->GetReflection();
    for (const SealedStep& step : plan.steps) {
      if (step.field->is_repeated()) {
        const int count = reflection->FieldSize(*message, step.field);
        for (int i = 0; i < count; ++i) {
          Message* const below = reflection->MutableRepeatedMessage(message, step.field, i);
          if (auto status = Into(step, below); !status.ok()) return status;
        }
      } else if (reflection->HasField(*message, step.field)) {
        Message* const below = reflection->MutableMessage(message, step.field);
        if (auto status = Into(step, below); !status.ok()) return status;
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Into(const SealedStep& step, Message* below) {
    if (!step.is_sealed) return Over(below);
    auto* const value = DynamicCastToGenerated<Sealed>(below);
    if (value == nullptr) return absl::InternalError("only compiled messages can be sealed");
    const uint32_t ordinal = seen_[step.slot & 0xff]++;
    if (ordinal > kMaxOrdinal) {
      return absl::InvalidArgumentError(
          fmt::format("{}: more than 65536 values", step.field->full_name()));
    }
    return visit_(step, step.slot << 16 | ordinal, value);
  }

  const Visit& visit_;
  std::array<uint32_t, 256> seen_{};
};

absl::Status WalkOver(Message* message, const Visit& visit) {
  if (!HasSealedFields(message->GetDescriptor())) return absl::OkStatus();
  return Walk(visit).Over(message);
}

absl::Status NotOpening(std::string_view why) {
  return absl::DataLossError(fmt::format("a sealed value does not open: {}", why));
}

}  // namespace

std::string SealedAssociatedData(const EntityRef& person, uint32_t retention_class,
                                 std::string_view event_id, uint32_t slot) {
  std::string data(1, kAssociatedDataVersion);
  AppendEntityKey(person.tenant, person.kind, person.id, &data);
  AppendLittle(retention_class, &data);
  data.append(event_id);
  AppendLittle(slot, &data);
  return data;
}

void ForEachSealed(Message* payload, const std::function<void(Sealed*)>& visit) {
  WalkOver(payload, [&](const SealedStep&, uint32_t, Sealed* value) {
    visit(value);
    return absl::OkStatus();
  }).IgnoreError();
}

absl::Status EventSealer::Seal(const EntityRef& person, const EventId& event_id,
                               Message* payload) const {
  // Most events have several values of one class: its key is looked up once.
  std::array<std::optional<DataKey>, event::v1::RetentionClass_ARRAYSIZE> keys;
  return WalkOver(payload, [&](const SealedStep& step, uint32_t slot, Sealed* value) {
    if (value->has_ciphertext() && value->ciphertext().origin_event_id().empty()) {
      return absl::InvalidArgumentError(
          fmt::format("{}: a ciphertext that does not say its event", step.field->full_name()));
    }
    if (!value->has_clear()) return absl::OkStatus();
    if (value->clear().size() > kMaxClearBytes) {
      return absl::InvalidArgumentError(
          fmt::format("{}: longer than {} bytes", step.field->full_name(), kMaxClearBytes));
    }
    std::optional<DataKey>& key = keys[step.retention_class];
    if (!key) {
      auto ensured = vault_->EnsureKey(person, static_cast<RetentionClass>(step.retention_class));
      if (!ensured.ok()) return ensured.status();
      key = *ensured;
    }
    const auto nonce = random_->Draw<12>();
    std::string sealed = SealAesGcm(
        key->key, nonce, SealedAssociatedData(person, step.retention_class, AsView(event_id), slot),
        value->clear());
    Ciphertext* const ciphertext = value->mutable_ciphertext();
    ciphertext->set_key_id(std::string(AsView(key->id)));
    ciphertext->set_retention_class(static_cast<RetentionClass>(step.retention_class));
    ciphertext->set_slot(slot);
    ciphertext->set_nonce(std::string(AsView(nonce)));
    ciphertext->set_ciphertext(std::move(sealed));
    return absl::OkStatus();
  });
}

absl::Status EventSealer::Open(const EntityRef& person, const EventId& event_id,
                               Message* payload) const {
  return WalkOver(payload, [&](const SealedStep& step, uint32_t /*slot*/, Sealed* value) {
    if (!value->has_ciphertext()) return absl::OkStatus();
    const Ciphertext& ciphertext = value->ciphertext();
    // The ordinal may have changed by an upcaster; the field's own slot and class may not.
    if (ciphertext.slot() >> 16 != step.slot ||
        static_cast<uint32_t>(ciphertext.retention_class()) != step.retention_class) {
      return NotOpening("it was sealed in another field");
    }
    const bool handed_on = !ciphertext.origin_event_id().empty();
    return OpenCiphertext(person, handed_on ? ciphertext.origin_event_id() : AsView(event_id),
                          value);
  });
}

absl::Status EventSealer::OpenValue(const EntityRef& person, Sealed* value) const {
  if (!value->has_ciphertext()) return absl::OkStatus();
  if (value->ciphertext().origin_event_id().empty()) {
    return absl::InvalidArgumentError("a sealed value does not say its event");
  }
  return OpenCiphertext(person, value->ciphertext().origin_event_id(), value);
}

absl::Status EventSealer::OpenCiphertext(const EntityRef& person, std::string_view event_id,
                                         Sealed* value) const {
  const Ciphertext& ciphertext = value->ciphertext();
  KeyId id;
  if (ciphertext.key_id().size() != id.size() || event_id.size() != EventId{}.size()) {
    return NotOpening("an id has the wrong length");
  }
  std::copy_n(ciphertext.key_id().begin(), id.size(), reinterpret_cast<char*>(id.data()));
  const auto key = vault_->FindKey(id);
  if (absl::IsFailedPrecondition(key.status())) {
    value->mutable_erased();
    return absl::OkStatus();
  }
  if (absl::IsNotFound(key.status())) return NotOpening("its key was never in this vault");
  if (!key.ok()) return key.status();
  const std::string associated = SealedAssociatedData(
      person, static_cast<uint32_t>(ciphertext.retention_class()), event_id, ciphertext.slot());
  std::string clear;
  if (!OpenAesGcm(*key, ciphertext.nonce(), associated, ciphertext.ciphertext(), &clear)) {
    return NotOpening("it was not sealed for this person, event and field, or it is damaged");
  }
  value->set_clear(std::move(clear));
  return absl::OkStatus();
}

absl::Status EventSealer::HandOn(const EventId& event_id, Message* payload) {
  return WalkOver(payload, [&](const SealedStep&, uint32_t, Sealed* value) {
    if (value->has_ciphertext() && value->ciphertext().origin_event_id().empty()) {
      value->mutable_ciphertext()->set_origin_event_id(std::string(AsView(event_id)));
    }
    return absl::OkStatus();
  });
}

absl::Status EventSealer::ForEachCiphertext(Message* payload,
                                            const std::function<void(const Ciphertext&)>& visit) {
  return WalkOver(payload, [&](const SealedStep&, uint32_t, Sealed* value) {
    if (value->has_ciphertext()) visit(value->ciphertext());
    return absl::OkStatus();
  });
}

}  // namespace daybook::ledger
