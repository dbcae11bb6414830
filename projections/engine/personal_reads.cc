#include "projections/engine/personal_reads.h"

#include "ledger/sealed.h"

namespace daybook::projections {

using daybook::event::v1::RetentionClass;
using daybook::event::v1::Sealed;

void PersonalReads::Opened(const EntityRef& person, RetentionClass retention_class) {
  // Answers go from person to person, so the last one is nearly always the one.
  if (subjects_.empty() || !(subjects_.back().person == person)) subjects_.push_back({person});
  subjects_.back().classes |= uint32_t{1} << retention_class;
  ++subjects_.back().fields;
}

void PersonalReads::Clear() {
  subjects_.clear();
  redacted_ = 0;
}

std::string CallerOpener::Open(const Sealed& value, const EntityRef& person, bool* erased) const {
  *erased = false;
  if (value.form_case() == Sealed::FORM_NOT_SET) return {};
  if (disclosure_ != Disclosure::kClear) {
    reads_->Redacted();
    return {};
  }
  std::string text = secrets_->Open(value, person, erased);
  if (!*erased) reads_->Opened(person, value.ciphertext().retention_class());
  return text;
}

void DiscloseEvent(Secrets& secrets, Disclosure disclosure, const EntityRef& person,
                   const EventId& event, google::protobuf::Message* payload, PersonalReads* reads) {
  switch (disclosure) {
    case Disclosure::kSealed:
      return;
    case Disclosure::kRedacted:
      ledger::ForEachSealed(payload, [&](Sealed* value) {
        if (value->form_case() == Sealed::FORM_NOT_SET) return;
        value->mutable_redacted();
        reads->Redacted();
      });
      return;
    case Disclosure::kClear:
      break;
  }
  std::vector<RetentionClass> classes;
  ledger::ForEachSealed(
      payload, [&](Sealed* value) { classes.push_back(value->ciphertext().retention_class()); });
  secrets.OpenAll(payload, person, event);
  size_t next = 0;
  ledger::ForEachSealed(payload, [&](Sealed* value) {
    const RetentionClass retention_class = classes[next++];
    if (value->has_clear()) reads->Opened(person, retention_class);
  });
}

}  // namespace daybook::projections
