// Goal: the lock lets additions through and names every change that would break stored events or
// clients.
#include "proto/lock/compatibility.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <functional>

#include "daybook/event/v1/sealed.pb.h"
#include "daybook/v1/errors.pb.h"
#include "tests/proto/descriptors.h"

namespace daybook::lock {
namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;

FileDescriptorSet Locked() {
  static const auto* const set = new FileDescriptorSet(ReadDescriptors(PROTO_LOCK));
  return *set;
}

FileDescriptorProto* File(FileDescriptorSet* set, const std::string& name) {
  for (auto& file : *set->mutable_file()) {
    if (file.name() == name) return &file;
  }
  throw std::runtime_error("no file " + name);
}

template <typename List>
auto* Named(List* list, const std::string& name) {
  for (auto& item : *list) {
    if (item.name() == name) return &item;
  }
  throw std::runtime_error("nothing is called " + name);
}

template <typename List>
void Drop(List* list, const std::string& name) {
  for (int i = 0; i < list->size(); ++i) {
    if (list->Get(i).name() == name) return list->DeleteSubrange(i, 1);
  }
  throw std::runtime_error("nothing is called " + name);
}

// What the lock says about one change of the protos.
std::vector<std::string> After(const std::function<void(FileDescriptorSet*)>& change) {
  FileDescriptorSet changed = Locked();
  change(&changed);
  return IncompatibleChanges(Locked(), changed);
}

DescriptorProto* Event(FileDescriptorSet* set, const std::string& file, const std::string& name) {
  return Named(File(set, "daybook/event/v1/" + file)->mutable_message_type(), name);
}

TEST_CASE("nothing changed, nothing found") {
  CHECK(IncompatibleChanges(Locked(), Locked()).empty());
  REQUIRE(Locked().file_size() > 10);
}

TEST_CASE("additions are compatible") {
  const auto changes = After([](FileDescriptorSet* set) {
    auto* const file = File(set, "daybook/event/v1/customers.proto");
    file->add_message_type()->set_name("CustomerThoughtOf");
    auto* const field = Named(file->mutable_message_type(), "CustomerRegistered")->add_field();
    field->set_name("mood");
    field->set_number(99);
    field->set_type(FieldDescriptorProto::TYPE_STRING);
    auto* const value =
        Named(File(set, "daybook/event/v1/envelope.proto")->mutable_enum_type(), "EventType")
            ->add_value();
    value->set_name("EVENT_TYPE_CUSTOMER_THOUGHT_OF");
    value->set_number(999);
    auto* const service =
        Named(File(set, "daybook/v1/customers.proto")->mutable_service(), "CustomerService");
    service->add_method()->set_name("ThinkOfCustomer");
    set->add_file()->set_name("daybook/v1/thoughts.proto");
    Event(set, "customers.proto", "LifecycleChanged")
        ->mutable_field(0)
        ->mutable_options()
        ->set_deprecated(true);
  });
  CHECK(changes.empty());
}

TEST_CASE("each incompatible change is found and named") {
  struct Case {
    std::string name;
    std::function<void(FileDescriptorSet*)> change;
  };
  const std::vector<Case> cases = {
      {"daybook.event.v1.CustomerRegistered.origin: the field is gone",
       [](auto* set) {
         Drop(Event(set, "customers.proto", "CustomerRegistered")->mutable_field(), "origin");
       }},
      {"daybook.event.v1.CustomerRegistered.origin: the field is gone",
       [](auto* set) {
         Named(Event(set, "customers.proto", "CustomerRegistered")->mutable_field(), "origin")
             ->set_number(77);
       }},
      {"daybook.event.v1.CustomerRegistered.origin: the name was 'origin' and is 'source'",
       [](auto* set) {
         Named(Event(set, "customers.proto", "CustomerRegistered")->mutable_field(), "origin")
             ->set_name("source");
       }},
      {"daybook.event.v1.CustomerRegistered.origin: the type was 'TYPE_STRING' and is 'TYPE_BYTES'",
       [](auto* set) {
         Named(Event(set, "customers.proto", "CustomerRegistered")->mutable_field(), "origin")
             ->set_type(FieldDescriptorProto::TYPE_BYTES);
       }},
      {"daybook.event.v1.CustomerRegistered.kind: the type was "
       "'.daybook.event.v1.CustomerKind' and is '.daybook.event.v1.LifecycleStage'",
       [](auto* set) {
         Named(Event(set, "customers.proto", "CustomerRegistered")->mutable_field(), "kind")
             ->set_type_name(".daybook.event.v1.LifecycleStage");
       }},
      {"daybook.event.v1.CustomerRegistered.origin: the label was 'LABEL_OPTIONAL' and is "
       "'LABEL_REPEATED'",
       [](auto* set) {
         Named(Event(set, "customers.proto", "CustomerRegistered")->mutable_field(), "origin")
             ->set_label(FieldDescriptorProto::LABEL_REPEATED);
       }},
      {"daybook.event.v1.AttributeChange.plain_value: the oneof was 'value' and is ''",
       [](auto* set) {
         Named(Event(set, "customers.proto", "AttributeChange")->mutable_field(), "plain_value")
             ->clear_oneof_index();
       }},
      {"daybook.event.v1.CustomerRegistered.display_name: an option has changed",
       [](auto* set) {
         Named(Event(set, "customers.proto", "CustomerRegistered")->mutable_field(), "display_name")
             ->mutable_options()
             ->Clear();
       }},
      {"daybook.event.v1.LifecycleChanged: the message is gone",
       [](auto* set) {
         Drop(File(set, "daybook/event/v1/customers.proto")->mutable_message_type(),
              "LifecycleChanged");
       }},
      {"daybook.event.v1.LifecycleStage.LIFECYCLE_STAGE_FORMER: the value is gone",
       [](auto* set) {
         Drop(Named(File(set, "daybook/event/v1/customers.proto")->mutable_enum_type(),
                    "LifecycleStage")
                  ->mutable_value(),
              "LIFECYCLE_STAGE_FORMER");
       }},
      {"daybook.event.v1.Actor.Kind.KIND_MODEL: the name was 'KIND_MODEL' and is 'KIND_ROBOT'",
       [](auto* set) {
         Named(Named(Event(set, "envelope.proto", "Actor")->mutable_enum_type(), "Kind")
                   ->mutable_value(),
               "KIND_MODEL")
             ->set_name("KIND_ROBOT");
       }},
      {"daybook.event.v1.personal: the extension is gone",
       [](auto* set) { File(set, "daybook/event/v1/sealed.proto")->clear_extension(); }},
      {"daybook.v1.Reason.REASON_DISK_FULL: an option has changed",
       [](auto* set) {
         Named(Named(File(set, "daybook/v1/errors.proto")->mutable_enum_type(), "Reason")
                   ->mutable_value(),
               "REASON_DISK_FULL")
             ->mutable_options()
             ->SetExtension(v1::status_code, 3);
       }},
      {"daybook.v1.CustomerService: the service is gone",
       [](auto* set) { File(set, "daybook/v1/customers.proto")->clear_service(); }},
      {"daybook.v1.CustomerService.GetCustomer: the method is gone",
       [](auto* set) {
         Drop(File(set, "daybook/v1/customers.proto")->mutable_service(0)->mutable_method(),
              "GetCustomer");
       }},
      {"daybook.v1.CustomerService.GetCustomer: the answer was "
       "'.daybook.v1.GetCustomerResponse' and is '.daybook.v1.Customer'",
       [](auto* set) {
         Named(File(set, "daybook/v1/customers.proto")->mutable_service(0)->mutable_method(),
               "GetCustomer")
             ->set_output_type(".daybook.v1.Customer");
       }},
      {"daybook.v1.CustomerService.GetCustomer: answer streaming was '0' and is '1'",
       [](auto* set) {
         Named(File(set, "daybook/v1/customers.proto")->mutable_service(0)->mutable_method(),
               "GetCustomer")
             ->set_server_streaming(true);
       }},
      {"daybook/v1/customers.proto: the file is gone",
       [](auto* set) { Drop(set->mutable_file(), "daybook/v1/customers.proto"); }},
      {"daybook/v1/common.proto: the package was 'daybook.v1' and is 'daybook.v2'",
       [](auto* set) { File(set, "daybook/v1/common.proto")->set_package("daybook.v2"); }},
  };
  for (const Case& c : cases) {
    const auto changes = After(c.change);
    INFO(c.name << "\nfound: " << fmt::format("{}", fmt::join(changes, "\n")));
    REQUIRE_FALSE(changes.empty());
    CHECK(changes.front() == c.name);
  }
}

TEST_CASE("a reserved number stays reserved") {
  FileDescriptorSet before = Locked();
  auto* const range = Event(&before, "customers.proto", "LifecycleChanged")->add_reserved_range();
  range->set_start(7);
  range->set_end(9);
  const auto changes = IncompatibleChanges(before, Locked());
  REQUIRE(changes.size() == 2);
  CHECK(changes[1] == "daybook.event.v1.LifecycleChanged: number 8 is not reserved any more");
}

}  // namespace
}  // namespace daybook::lock
