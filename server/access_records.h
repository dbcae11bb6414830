// Reads the record of accesses for people: of one person through the index, else through the access
// partitions one after the other.
//
// Thread-safe; blocks on the disk.
#pragma once

#include "daybook/v1/access.pb.h"
#include "projections/engine/engine.h"

namespace daybook::server {

class AccessRecords {
 public:
  // `engine` outlives it.
  explicit AccessRecords(projections::Engine* engine) : engine_(engine) {}

  // A page of what the caller's tenant has; everything that was answered before is in it.
  projections::MaybeRefusal List(const projections::Caller& caller,
                                 const v1::ListAccessRecordsRequest& request,
                                 v1::ListAccessRecordsResponse* response) const;

 private:
  projections::Engine* const engine_;
};

}  // namespace daybook::server
