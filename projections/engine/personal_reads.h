// What a caller gets to see of persons, and what it has seen: the one place where sealed values are
// opened for an answer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "projections/engine/caller.h"
#include "projections/engine/secrets.h"

namespace daybook::projections {

// The personal values that one call has opened or kept back. One thread at a time.
class PersonalReads {
 public:
  struct Subject {
    EntityRef person;
    uint32_t classes = 0;  // bit n: RetentionClass n
    uint32_t fields = 0;   // values opened
  };

  void Opened(const EntityRef& person, daybook::event::v1::RetentionClass retention_class);
  void Redacted() { ++redacted_; }

  const std::vector<Subject>& subjects() const { return subjects_; }
  uint32_t redacted() const { return redacted_; }
  void Clear();

 private:
  std::vector<Subject> subjects_;
  uint32_t redacted_ = 0;
};

// Opens values of views as the caller may see them: kSealed and kRedacted get an empty text.
class CallerOpener : public Opener {
 public:
  // `secrets` and `reads` outlive it.
  CallerOpener(const Secrets* secrets, Disclosure disclosure, PersonalReads* reads)
      : secrets_(secrets), disclosure_(disclosure), reads_(reads) {}

  std::string Open(const daybook::event::v1::Sealed& value, const EntityRef& person,
                   bool* erased) const override;
  std::string HashPersonal(std::string_view tenant, std::string_view text) const override {
    return secrets_->HashPersonal(tenant, text);
  }

 private:
  const Secrets* const secrets_;
  const Disclosure disclosure_;
  PersonalReads* const reads_;
};

// Brings the sealed values of a stored event's payload into the form that the caller may see.
// Throws InvariantBroken if a value does not open.
void DiscloseEvent(Secrets& secrets, Disclosure disclosure, const EntityRef& person,
                   const EventId& event, google::protobuf::Message* payload, PersonalReads* reads);

}  // namespace daybook::projections
