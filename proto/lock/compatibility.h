// What may change in protos that stored events and clients depend on: things may be added, and
// nothing else. The rules are buf's FILE-level breaking rules, and any change of an option besides
// `deprecated` counts, because ours say how a field is sealed and with which status a reason
// travels.
//
// Thread-safe: a pure function.
#pragma once

#include <google/protobuf/descriptor.pb.h>

#include <string>
#include <vector>

namespace daybook::lock {

// Everything in `after` that breaks who was built with `before`, a line each: the name of the
// thing, a colon, what happened. Only files below daybook/ are compared.
std::vector<std::string> IncompatibleChanges(const google::protobuf::FileDescriptorSet& before,
                                             const google::protobuf::FileDescriptorSet& after);

}  // namespace daybook::lock
