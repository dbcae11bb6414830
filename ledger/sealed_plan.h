// Where in a message type the Sealed fields are: found once per type through its descriptor, so
// that types without any cost a look-up and nothing else.
//
// Thread-safe. Descriptors must live for ever, as those of compiled messages do.
#pragma once

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace daybook::ledger {

// A step down from a message: either a Sealed field, or a field whose messages contain some further
// down.
struct SealedStep {
  const google::protobuf::FieldDescriptor* field = nullptr;
  bool is_sealed = false;
  // Of a Sealed field: what its option (daybook.event.v1.personal) says.
  uint32_t retention_class = 0;
  uint32_t slot = 0;
};

struct SealedPlan {
  // In order of field number; empty if no message of the type can hold a Sealed value.
  std::vector<SealedStep> steps;
  // Why values of the type must not be sealed: the first field without a proper option. Empty if
  // all is well.
  std::string problem;
};

const SealedPlan& SealedPlanOf(const google::protobuf::Descriptor* type);

// True if messages of the type can hold Sealed values.
bool HasSealedFields(const google::protobuf::Descriptor* type);

}  // namespace daybook::ledger
