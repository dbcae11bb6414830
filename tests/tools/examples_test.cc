// Goal: what ships works: every example is read, and a shop through files is the shop itself.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "tools/common/toml_table.h"
#include "tools/daybook/policy_file.h"
#include "tools/generate/csv_files.h"
#include "tools/generate/shop.h"
#include "tools/import/command.h"

namespace daybook::tools {
namespace {

std::string Example(const std::string& name) { return std::string(DAYBOOK_EXAMPLES) + "/" + name; }

Mapping MappingOf(const std::string& name) {
  const auto text = ReadTextFile(Example(name));
  REQUIRE(text.ok());
  const auto mapping = ParseMapping(*text, name);
  INFO(mapping.status().ToString());
  REQUIRE(mapping.ok());
  return *mapping;
}

// A folder of its own, gone at the end.
class Folder {
 public:
  Folder() {
    std::string path = std::filesystem::temp_directory_path() / "daybook-tools-XXXXXX";
    REQUIRE(mkdtemp(path.data()) != nullptr);
    path_ = path;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// What is left when ids that each way makes for itself are taken away.
std::string Core(v1::IngestItem item) {
  google::protobuf::Message& request = RequestOf(item);
  const auto* provenance = request.GetDescriptor()->FindFieldByName("provenance");
  auto& of =
      static_cast<v1::Provenance&>(*request.GetReflection()->MutableMessage(&request, provenance));
  of.clear_source();
  of.clear_source_event_id();
  request.GetReflection()->ClearField(&request,
                                      request.GetDescriptor()->FindFieldByName("request_id"));
  return item.ShortDebugString();
}

TEST_CASE("every mapping and programme that ships is read", "[examples]") {
  for (const auto& entry : std::filesystem::directory_iterator(DAYBOOK_EXAMPLES)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".toml") continue;
    INFO(name);
    const auto text = ReadTextFile(entry.path().string());
    REQUIRE(text.ok());
    if (name.find("programme") != std::string::npos) {
      const auto programme = ParseProgramme(*text, name, {});
      INFO(programme.status().ToString());
      CHECK(programme.ok());
    } else if (name.find("schema") != std::string::npos) {
      CHECK(ParseAttributeSchema(*text, name).ok());
    } else if (name.find("_sla") != std::string::npos) {
      const auto sla = ParseSla(*text, name);
      INFO(sla.status().ToString());
      CHECK(sla.ok());
    } else if (name.find("warranty") != std::string::npos) {
      const auto terms = ParseWarrantyTerms(*text, name);
      INFO(terms.status().ToString());
      CHECK(terms.ok());
    } else {
      MappingOf(name);
    }
  }
}

TEST_CASE("a shop through files is the shop itself", "[examples]") {
  ShopOptions options;
  options.customers = 60;
  options.orders = 400;
  options.days = 60;
  options.returns_percent = 30;
  options.redemptions_percent = 30;
  options.seed = 11;
  const Folder folder;
  std::map<std::string, int> direct;
  {
    Shop shop(options);
    CsvFiles files(folder.path());
    v1::IngestItem item;
    while (shop.Next(item)) {
      ++direct[Core(item)];
      REQUIRE(files.Write(item).ok());
    }
    REQUIRE(files.Close().ok());
  }
  const Mapping mapping = MappingOf("generated_shop.toml");
  const auto refused = *RefusedLines::Create("");
  Intake intake(mapping, {}, *refused);
  REQUIRE(intake.ReadFile(folder.path() + "/shop-001.csv", {}).ok());
  REQUIRE(intake.Finish().ok());
  CommandBuilder builder(mapping, intake, "", *refused);
  std::map<std::string, int> through_files;
  Group group;
  while (*intake.NextGroup(group)) {
    const auto command = builder.Build(group);
    REQUIRE(command);
    ++through_files[Core(command->item)];
  }
  CHECK(refused->count() == 0);
  CHECK(direct == through_files);
}

TEST_CASE("the retail mapping: orders, returns, and lines without a customer", "[examples]") {
  const Mapping mapping = MappingOf("online_retail.toml");
  const auto refused = *RefusedLines::Create("");
  Intake intake(mapping, {}, *refused);
  const std::string file =
      "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
      "536365,85123A,\"HEART, WHITE\",6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
      "536365,POST,\xa3 5 VOUCHER,1,2010-12-01 08:26:00,2.550,17850,United Kingdom\n"
      "536366,71053,,1,2010-12-01 08:20:00,3.39,,United Kingdom\n"
      "C536367,85123A,HEART,-2,2010-12-02 09:00:00,2.55,17850.0,United Kingdom\n"
      "536368,22752,BAD,0,2010-12-02 09:00:00,2.55,17850.0,United Kingdom\n";
  REQUIRE(intake.Read(FromMemory(file, 64), "r.csv", {}).ok());
  REQUIRE(intake.Finish().ok());
  CommandBuilder builder(mapping, intake, "s", *refused);
  Group group;
  REQUIRE(*intake.NextGroup(group));
  const auto order = builder.Build(group);
  REQUIRE(order);
  CHECK(order->item.record_order().customer() == "customers/17850");
  REQUIRE(order->item.record_order().lines_size() == 2);
  CHECK(order->item.record_order().lines(0).name() == "HEART, WHITE");
  CHECK(order->item.record_order().lines(1).name() == "\xc2\xa3 5 VOUCHER");
  CHECK(order->item.record_order().lines(1).unit_price().units() == 255);
  REQUIRE(*intake.NextGroup(group));
  const auto give_back = builder.Build(group);
  REQUIRE(give_back);
  CHECK(give_back->item.record_return().return_id() == "C536367");
  CHECK(give_back->item.record_return().lines(0).units() == 2);
  CHECK_FALSE(*intake.NextGroup(group));
  CHECK(refused->by_reason() ==
        std::map<std::string, uint64_t>{{"CUSTOMER_MISSING", 1}, {"FIELD_INVALID", 1}});
}

}  // namespace
}  // namespace daybook::tools
