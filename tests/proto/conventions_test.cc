// Goal: whoever reads a proto finds every part explained, and what all requests, answers and events
// have in common is the same everywhere.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <map>
#include <regex>
#include <set>

#include "daybook/event/v1/envelope.pb.h"
#include "daybook/event/v1/sealed.pb.h"
#include "daybook/v1/errors.pb.h"
#include "tests/proto/descriptors.h"

namespace daybook {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;

bool Is(const std::string& name, const char* pattern) {
  return std::regex_match(name, std::regex(pattern));
}
constexpr char kPascal[] = "([A-Z][a-z0-9]*)+";
constexpr char kLowerSnake[] = "[a-z][a-z0-9]*(_[a-z0-9]+)*";

std::string UpperSnake(const std::string& pascal) {
  std::string upper;
  for (size_t i = 0; i < pascal.size(); ++i) {
    if (i > 0 && std::isupper(pascal[i]) != 0) upper += '_';
    upper += static_cast<char>(std::toupper(pascal[i]));
  }
  return upper;
}

template <typename Part>
void CheckComment(const Part* part) {
  google::protobuf::SourceLocation location;
  INFO(part->full_name() << " needs a comment in front of it");
  CHECK((part->GetSourceLocation(&location) && !location.leading_comments.empty()));
}

void ForEachMethod(const std::function<void(const MethodDescriptor*)>& visit) {
  for (const FileDescriptor* file : OurFiles()) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) visit(file->service(s)->method(m));
    }
  }
}

TEST_CASE("every message, field, enum, value, service and method is explained") {
  for (const FileDescriptor* file : OurFiles()) {
    ForEachMessage(file, [](const Descriptor* message) {
      CheckComment(message);
      for (int i = 0; i < message->field_count(); ++i) CheckComment(message->field(i));
    });
    ForEachEnum(file, [](const EnumDescriptor* type) {
      CheckComment(type);
      for (int i = 0; i < type->value_count(); ++i) CheckComment(type->value(i));
    });
    for (int i = 0; i < file->extension_count(); ++i) CheckComment(file->extension(i));
    for (int s = 0; s < file->service_count(); ++s) CheckComment(file->service(s));
  }
  ForEachMethod([](const MethodDescriptor* method) { CheckComment(method); });
}

TEST_CASE("names are as buf's standard rules want them") {
  for (const FileDescriptor* file : OurFiles()) {
    INFO(file->name());
    CHECK(Is(file->package(), "daybook(\\.[a-z]+)*\\.v[0-9]+"));
    std::string folder = file->package();
    std::replace(folder.begin(), folder.end(), '.', '/');
    CHECK(file->name().substr(0, file->name().rfind('/')) == folder);
    CHECK(Is(file->name().substr(folder.size() + 1), "[a-z][a-z0-9_]*\\.proto"));
    ForEachMessage(file, [](const Descriptor* message) {
      INFO(message->full_name());
      CHECK(Is(message->name(), kPascal));
      for (int i = 0; i < message->field_count(); ++i) {
        INFO(message->field(i)->name());
        CHECK(Is(message->field(i)->name(), kLowerSnake));
      }
      for (int i = 0; i < message->real_oneof_decl_count(); ++i) {
        CHECK(Is(message->oneof_decl(i)->name(), kLowerSnake));
      }
    });
    ForEachEnum(file, [](const EnumDescriptor* type) {
      CHECK(Is(type->name(), kPascal));
      CHECK_FALSE(type->options().allow_alias());
      const std::string prefix = UpperSnake(type->name()) + "_";
      for (int i = 0; i < type->value_count(); ++i) {
        const auto* const value = type->value(i);
        INFO(value->full_name());
        CHECK(Is(value->name(), "[A-Z][A-Z0-9]*(_[A-Z0-9]+)*"));
        CHECK(value->name().rfind(prefix, 0) == 0);
        CHECK((value->number() == 0) == (value->name() == prefix + "UNSPECIFIED"));
      }
    });
  }
}

TEST_CASE("services and methods are named alike, each method with messages of its own") {
  std::set<std::string> used;
  for (const FileDescriptor* file : OurFiles()) {
    for (int s = 0; s < file->service_count(); ++s) {
      CHECK(Is(file->service(s)->name(), "([A-Z][a-z0-9]*)+Service"));
    }
  }
  ForEachMethod([&](const MethodDescriptor* method) {
    INFO(method->full_name());
    CHECK(Is(method->name(), kPascal));
    CHECK(method->input_type()->name() == method->name() + "Request");
    CHECK(method->output_type()->name() == method->name() + "Response");
    CHECK(used.insert(method->input_type()->full_name()).second);
    CHECK(used.insert(method->output_type()->full_name()).second);
  });
}

// Methods that change nothing in the ledger by themselves: a stream of requests, and the upkeep of
// views and clock.
const std::set<std::string> kNeither = {"CreateBackup", "Ingest", "RebuildView", "ReleaseClock"};

bool IsRead(const MethodDescriptor* method) {
  return Is(method->name(), "(Get|List|Lookup|Explain|Quote|Subscribe|Ping).*");
}

void CheckField(const Descriptor* message, const std::string& name, int number,
                const std::string& type) {
  INFO(message->full_name() << "." << name << " = " << number << " of " << type);
  const FieldDescriptor* const field = message->FindFieldByName(name);
  REQUIRE(field != nullptr);
  CHECK(field->number() == number);
  CHECK_FALSE(field->is_repeated());
  CHECK((field->message_type() != nullptr ? field->message_type()->full_name()
                                          : field->type_name()) == type);
}

TEST_CASE("requests that change something can be repeated safely, and are answered by a receipt") {
  int changing = 0;
  ForEachMethod([&](const MethodDescriptor* method) {
    if (IsRead(method) || kNeither.count(method->name()) > 0) {
      CHECK(method->input_type()->FindFieldByName("request_id") == nullptr);
      return;
    }
    ++changing;
    CheckField(method->input_type(), "request_id", 101, "string");
    CheckField(method->input_type(), "validate_only", 102, "bool");
    CheckField(method->input_type(), "provenance", 103, "daybook.v1.Provenance");
    CheckField(method->output_type(), "receipt", 101, "daybook.v1.Receipt");
  });
  CHECK(changing > 10);
}

TEST_CASE("reads of views say what they stand on") {
  int reads = 0;
  ForEachMethod([&](const MethodDescriptor* method) {
    if (method->input_type()->FindFieldByName("read") == nullptr &&
        method->output_type()->FindFieldByName("position") == nullptr) {
      return;
    }
    ++reads;
    CHECK(IsRead(method));
    CheckField(method->input_type(), "read", 101, "daybook.v1.ReadOptions");
    CheckField(method->output_type(), "position", 101, "daybook.v1.ReadPosition");
  });
  CHECK(reads > 5);
}

TEST_CASE("lists are paged alike") {
  ForEachMethod([](const MethodDescriptor* method) {
    if (method->input_type()->FindFieldByName("page_token") == nullptr) return;
    INFO(method->full_name());
    CHECK(method->input_type()->FindFieldByName("page_token")->type() ==
          FieldDescriptor::TYPE_STRING);
    REQUIRE(method->input_type()->FindFieldByName("page_size") != nullptr);
    CHECK(method->input_type()->FindFieldByName("page_size")->type() ==
          FieldDescriptor::TYPE_INT32);
    CHECK(method->output_type()->FindFieldByName("next_page_token") != nullptr);
  });
}

bool IsSealed(const Descriptor* message) {
  return message != nullptr && message->full_name() == event::v1::Sealed::descriptor()->full_name();
}

// Adds the Sealed fields of `message` and of what it holds; a field reached twice is one field.
void CollectSealed(const Descriptor* message, std::set<const Descriptor*>* seen,
                   std::set<const FieldDescriptor*>* sealed) {
  if (!seen->insert(message).second) return;
  for (int i = 0; i < message->field_count(); ++i) {
    const FieldDescriptor* const field = message->field(i);
    if (field->message_type() == nullptr) continue;
    if (IsSealed(field->message_type())) {
      sealed->insert(field);
    } else {
      CollectSealed(field->message_type(), seen, sealed);
    }
  }
}

TEST_CASE("every sealed field of an event has a class and a slot of its own in that event") {
  size_t found = 0;
  for (const FileDescriptor* file : OurFiles()) {
    if (file->package() != "daybook.event.v1") continue;
    ForEachMessage(file, [&](const Descriptor* message) {
      std::set<const Descriptor*> seen;
      std::set<const FieldDescriptor*> sealed;
      CollectSealed(message, &seen, &sealed);
      std::set<uint32_t> slots;
      for (const FieldDescriptor* field : sealed) {
        INFO(message->full_name() << " through " << field->full_name());
        REQUIRE(field->options().HasExtension(event::v1::personal));
        const auto& personal = field->options().GetExtension(event::v1::personal);
        CHECK(personal.retention_class() != event::v1::RETENTION_CLASS_UNSPECIFIED);
        CHECK(personal.slot() >= 1);
        CHECK(personal.slot() <= 255);
        CHECK(slots.insert(personal.slot()).second);
        ++found;
      }
    });
  }
  CHECK(found >= 4);
}

TEST_CASE("only sealed fields are called personal") {
  for (const FileDescriptor* file : OurFiles()) {
    ForEachMessage(file, [](const Descriptor* message) {
      for (int i = 0; i < message->field_count(); ++i) {
        const FieldDescriptor* const field = message->field(i);
        if (!field->options().HasExtension(event::v1::personal)) continue;
        INFO(field->full_name());
        CHECK(IsSealed(field->message_type()));
      }
    });
  }
}

TEST_CASE("every event type has its message") {
  const auto* const types = event::v1::EventType_descriptor();
  const std::string prefix = "EVENT_TYPE_";
  std::map<std::string, int> messages;
  for (const FileDescriptor* file : OurFiles()) {
    if (file->package() != "daybook.event.v1") continue;
    for (int i = 0; i < file->message_type_count(); ++i) {
      ++messages[prefix + UpperSnake(file->message_type(i)->name())];
    }
  }
  for (int i = 0; i < types->value_count(); ++i) {
    if (types->value(i)->number() == 0) continue;
    INFO(types->value(i)->name());
    CHECK(messages[types->value(i)->name()] == 1);
  }
}

TEST_CASE("every reason has a status code, and only what may pass by itself is worth a retry") {
  const auto* const reasons = v1::Reason_descriptor();
  for (int i = 0; i < reasons->value_count(); ++i) {
    const auto& options = reasons->value(i)->options();
    INFO(reasons->value(i)->name());
    const int code = options.GetExtension(v1::status_code);
    CHECK(code >= 1);
    CHECK(code <= 16);
    const bool may_pass = code == 4 || code == 8 || code == 14;
    if (options.GetExtension(v1::retry)) CHECK(may_pass);
  }
}

}  // namespace
}  // namespace daybook
