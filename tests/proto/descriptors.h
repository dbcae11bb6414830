// The descriptors of all our protos, with comments, as protoc wrote them for this build.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <functional>
#include <string>
#include <vector>

namespace daybook {

google::protobuf::FileDescriptorSet ReadDescriptors(const std::string& path);

// Our files (daybook/...), built from what protoc wrote; they live for ever. Options of ours can be
// read in a program that links the messages which define them.
const std::vector<const google::protobuf::FileDescriptor*>& OurFiles();

// All messages of a file, nested ones too.
void ForEachMessage(const google::protobuf::FileDescriptor* file,
                    const std::function<void(const google::protobuf::Descriptor*)>& visit);
// All enums of a file, nested ones too.
void ForEachEnum(const google::protobuf::FileDescriptor* file,
                 const std::function<void(const google::protobuf::EnumDescriptor*)>& visit);

}  // namespace daybook
