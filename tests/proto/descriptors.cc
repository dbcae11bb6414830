#include "tests/proto/descriptors.h"

#include <fstream>
#include <stdexcept>

namespace daybook {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorSet;

std::vector<const FileDescriptor*> Build() {
  auto* const pool = new DescriptorPool;
  std::vector<const FileDescriptor*> ours;
  const FileDescriptorSet set = ReadDescriptors(DESCRIPTORS);
  for (const auto& file : set.file()) {
    const FileDescriptor* const built = pool->BuildFile(file);
    if (built == nullptr) throw std::runtime_error("cannot build " + file.name());
    if (file.name().rfind("daybook/", 0) == 0) ours.push_back(built);
  }
  return ours;
}

void ForMessageAndNested(const Descriptor* message,
                         const std::function<void(const Descriptor*)>& visit) {
  visit(message);
  for (int i = 0; i < message->nested_type_count(); ++i) {
    ForMessageAndNested(message->nested_type(i), visit);
  }
}

}  // namespace

FileDescriptorSet ReadDescriptors(const std::string& path) {
  FileDescriptorSet set;
  std::ifstream file(path, std::ios::binary);
  if (!file || !set.ParseFromIstream(&file)) throw std::runtime_error("cannot read " + path);
  return set;
}

const std::vector<const FileDescriptor*>& OurFiles() {
  static const auto* const files = new std::vector<const FileDescriptor*>(Build());
  return *files;
}

void ForEachMessage(const FileDescriptor* file,
                    const std::function<void(const Descriptor*)>& visit) {
  for (int i = 0; i < file->message_type_count(); ++i) {
    ForMessageAndNested(file->message_type(i), visit);
  }
}

void ForEachEnum(const FileDescriptor* file,
                 const std::function<void(const EnumDescriptor*)>& visit) {
  for (int i = 0; i < file->enum_type_count(); ++i) visit(file->enum_type(i));
  ForEachMessage(file, [&](const Descriptor* message) {
    for (int i = 0; i < message->enum_type_count(); ++i) visit(message->enum_type(i));
  });
}

}  // namespace daybook
