#include "proto/lock/compatibility.h"

#include <map>
#include <utility>

namespace daybook::lock {
namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::EnumDescriptorProto;
using google::protobuf::EnumValueDescriptorProto;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::MethodDescriptorProto;
using google::protobuf::ServiceDescriptorProto;

constexpr char kOurs[] = "daybook/";

// Extensions are unknown fields here, and so part of the bytes.
template <typename Options>
std::string OptionsOf(Options options) {
  options.clear_deprecated();
  return options.SerializeAsString();
}

class Comparison {
 public:
  std::vector<std::string> Of(const FileDescriptorSet& before, const FileDescriptorSet& after) {
    std::map<std::string, const FileDescriptorProto*> files;
    for (const auto& file : after.file()) files[file.name()] = &file;
    for (const auto& file : before.file()) {
      if (file.name().rfind(kOurs, 0) != 0) continue;
      const auto found = files.find(file.name());
      if (found == files.end()) {
        Found(file.name(), "the file is gone");
      } else {
        File(file, *found->second);
      }
    }
    return std::move(changes_);
  }

 private:
  void Found(const std::string& name, const std::string& what) {
    changes_.push_back(name + ": " + what);
  }
  void Same(const std::string& name, const std::string& what, const std::string& before,
            const std::string& after) {
    if (before != after) Found(name, what + " was '" + before + "' and is '" + after + "'");
  }

  template <typename T>
  void Options(const std::string& name, const T& before, const T& after) {
    if (OptionsOf(before) != OptionsOf(after)) Found(name, "an option has changed");
  }

  // Pairs what has the same key in both lists; what has lost its counterpart is gone.
  template <typename List, typename Key, typename Compare>
  void Paired(const std::string& scope, const char* kind, const List& before, const List& after,
              const Key& key, const Compare& compare) {
    std::map<decltype(key(before.Get(0))), const typename List::value_type*> now;
    for (const auto& item : after) now[key(item)] = &item;
    for (const auto& item : before) {
      const std::string name = scope + "." + item.name();
      const auto found = now.find(key(item));
      if (found == now.end()) {
        Found(name, std::string("the ") + kind + " is gone");
      } else {
        compare(name, item, *found->second);
      }
    }
  }

  template <typename List, typename Compare>
  void ByName(const std::string& scope, const char* kind, const List& before, const List& after,
              const Compare& compare) {
    Paired(
        scope, kind, before, after, [](const auto& item) { return item.name(); }, compare);
  }

  template <typename List, typename Compare>
  void ByNumber(const std::string& scope, const char* kind, const List& before, const List& after,
                const Compare& compare) {
    Paired(
        scope, kind, before, after, [](const auto& item) { return item.number(); }, compare);
  }

  void File(const FileDescriptorProto& before, const FileDescriptorProto& after) {
    const std::string& scope = before.package();
    Same(before.name(), "the package", before.package(), after.package());
    Same(before.name(), "the syntax", before.syntax(), after.syntax());
    ByName(scope, "message", before.message_type(), after.message_type(),
           [this](const auto& name, const auto& a, const auto& b) { Message(name, a, b); });
    ByName(scope, "enum", before.enum_type(), after.enum_type(),
           [this](const auto& name, const auto& a, const auto& b) { Enum(name, a, b); });
    ByName(scope, "service", before.service(), after.service(),
           [this](const auto& name, const auto& a, const auto& b) { Service(name, a, b); });
    ByNumber(scope, "extension", before.extension(), after.extension(),
             [&](const auto& name, const auto& a, const auto& b) {
               Same(name, "the extended type", a.extendee(), b.extendee());
               Field(name, a, b, {}, {});
             });
  }

  void Message(const std::string& scope, const DescriptorProto& before,
               const DescriptorProto& after) {
    ByNumber(scope, "field", before.field(), after.field(),
             [&](const auto& name, const auto& a, const auto& b) {
               Field(name, a, b, OneofOf(before, a), OneofOf(after, b));
             });
    ByName(scope, "message", before.nested_type(), after.nested_type(),
           [this](const auto& name, const auto& a, const auto& b) { Message(name, a, b); });
    ByName(scope, "enum", before.enum_type(), after.enum_type(),
           [this](const auto& name, const auto& a, const auto& b) { Enum(name, a, b); });
    for (const auto& range : before.reserved_range()) {
      // The end is exclusive.
      for (int number = range.start(); number < range.end(); ++number) {
        if (!IsReserved(after, number)) {
          Found(scope, "number " + std::to_string(number) + " is not reserved any more");
        }
      }
    }
    Options(scope, before.options(), after.options());
  }

  static std::string OneofOf(const DescriptorProto& message, const FieldDescriptorProto& field) {
    return field.has_oneof_index() ? message.oneof_decl(field.oneof_index()).name() : "";
  }

  static bool IsReserved(const DescriptorProto& message, int number) {
    for (const auto& range : message.reserved_range()) {
      if (number >= range.start() && number < range.end()) return true;
    }
    return false;
  }

  void Field(const std::string& name, const FieldDescriptorProto& before,
             const FieldDescriptorProto& after, const std::string& oneof_before,
             const std::string& oneof_after) {
    Same(name, "the name", before.name(), after.name());
    Same(name, "the type", FieldDescriptorProto::Type_Name(before.type()),
         FieldDescriptorProto::Type_Name(after.type()));
    Same(name, "the type", before.type_name(), after.type_name());
    Same(name, "the label", FieldDescriptorProto::Label_Name(before.label()),
         FieldDescriptorProto::Label_Name(after.label()));
    Same(name, "the JSON name", before.json_name(), after.json_name());
    Same(name, "the oneof", oneof_before, oneof_after);
    Options(name, before.options(), after.options());
  }

  void Enum(const std::string& scope, const EnumDescriptorProto& before,
            const EnumDescriptorProto& after) {
    ByNumber(scope, "value", before.value(), after.value(),
             [this](const auto& name, const EnumValueDescriptorProto& a,
                    const EnumValueDescriptorProto& b) {
               Same(name, "the name", a.name(), b.name());
               Options(name, a.options(), b.options());
             });
  }

  void Service(const std::string& scope, const ServiceDescriptorProto& before,
               const ServiceDescriptorProto& after) {
    ByName(
        scope, "method", before.method(), after.method(),
        [this](const auto& name, const MethodDescriptorProto& a, const MethodDescriptorProto& b) {
          Same(name, "the request", a.input_type(), b.input_type());
          Same(name, "the answer", a.output_type(), b.output_type());
          Same(name, "request streaming", std::to_string(a.client_streaming()),
               std::to_string(b.client_streaming()));
          Same(name, "answer streaming", std::to_string(a.server_streaming()),
               std::to_string(b.server_streaming()));
          Options(name, a.options(), b.options());
        });
  }

  std::vector<std::string> changes_;
};

}  // namespace

std::vector<std::string> IncompatibleChanges(const FileDescriptorSet& before,
                                             const FileDescriptorSet& after) {
  return Comparison().Of(before, after);
}

}  // namespace daybook::lock
