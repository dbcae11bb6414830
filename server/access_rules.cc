#include "server/access_rules.h"

#include "absl/container/flat_hash_map.h"
#include "daybook/v1/access.pb.h"
#include "daybook/v1/ingest.pb.h"
#include "daybook/v1/roles.pb.h"

namespace daybook::server {

using google::protobuf::Descriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using projections::RoleSet;

namespace {

using RolesByRequest = absl::flat_hash_map<const Descriptor*, RoleSet>;

void AddMethods(const FileDescriptor* file, RolesByRequest* roles) {
  for (int s = 0; s < file->service_count(); ++s) {
    for (int m = 0; m < file->service(s)->method_count(); ++m) {
      const MethodDescriptor* method = file->service(s)->method(m);
      (*roles)[method->input_type()] = RolesFor(method);
    }
  }
}

RoleSet RolesForMethod(const char* service, const char* method) {
  const auto* found =
      v1::ListAccessRecordsRequest::descriptor()->file()->FindServiceByName(service);
  return RolesFor(found->FindMethodByName(method));
}

}  // namespace

RoleSet RolesFor(const MethodDescriptor* method) {
  return projections::RolesIn(method->options().GetExtension(v1::access).roles());
}

RoleSet RolesForRequest(const Descriptor* request) {
  // A request stands in the file of the service that takes it; the items of a batch name them all.
  static const RolesByRequest& roles = *[] {
    auto* made = new RolesByRequest;
    const FileDescriptor* ingest = v1::IngestItem::descriptor()->file();
    for (int i = 0; i < ingest->dependency_count(); ++i) AddMethods(ingest->dependency(i), made);
    return made;
  }();
  const auto found = roles.find(request);
  return found == roles.end() ? RoleSet() : found->second;
}

RoleSet RolesForEvent(uint16_t type) {
  static const RoleSet tokens = RolesForMethod("AccessService", "ListAccessTokens");
  static const RoleSet accesses = RolesForMethod("AccessService", "ListAccessRecords");
  switch (type) {
    case event::v1::EVENT_TYPE_ACCESS_TOKEN_CHANGED:
      return tokens;
    case event::v1::EVENT_TYPE_ACCESS_RECORDED:
      return accesses;
    default:
      return RoleSet::All();
  }
}

}  // namespace daybook::server
