// proto_lock_check LOCK CURRENT: compares two descriptor sets, part of every build before generated
// code is compiled. Exit code 0: compatible; 1: incompatible changes, named on stderr; 2: a file
// cannot be read.
#include <google/protobuf/descriptor.pb.h>

#include <cstdio>
#include <fstream>

#include "proto/lock/compatibility.h"

namespace {

bool Read(const char* path, google::protobuf::FileDescriptorSet* set) {
  std::ifstream file(path, std::ios::binary);
  if (file && set->ParseFromIstream(&file)) return true;
  std::fprintf(stderr, "%s: not a descriptor set\n", path);
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s LOCK CURRENT\n", argv[0]);
    return 2;
  }
  google::protobuf::FileDescriptorSet lock, current;
  if (!Read(argv[1], &lock) || !Read(argv[2], &current)) return 2;
  const auto changes = daybook::lock::IncompatibleChanges(lock, current);
  for (const std::string& change : changes)
    std::fprintf(stderr, "proto lock: %s\n", change.c_str());
  if (changes.empty()) return 0;
  std::fprintf(stderr,
               "Stored events and clients depend on what stood there: add beside it instead. "
               "proto/README.md says "
               "when proto/lock/update is right.\n");
  return 1;
}
