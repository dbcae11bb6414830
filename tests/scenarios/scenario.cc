#include "tests/scenarios/scenario.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <vector>

#include "projections/engine/validation.h"
#include "tests/projections/engine_world.h"
#include "tests/scenarios/json_match.h"

namespace daybook::scenarios {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::Struct;
using google::protobuf::Value;
using projections::Caller;
using projections::CommandOutcome;
using projections::MaybeRefusal;
using projections::testing::EngineWorld;

Struct ReadJson(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  Struct json;
  const auto status = google::protobuf::util::JsonStringToMessage(text.str(), &json);
  INFO(path << ": " << std::string(status.message()));
  REQUIRE(status.ok());
  return json;
}

const Value* Find(const Struct& json, const std::string& key) {
  const auto it = json.fields().find(key);
  return it == json.fields().end() ? nullptr : &it->second;
}

std::string TextOf(const Struct& json, const std::string& key) {
  const Value* value = Find(json, key);
  return value == nullptr ? "" : value->string_value();
}

std::unique_ptr<Message> NewMessage(const std::string& name) {
  const Descriptor* type =
      DescriptorPool::generated_pool()->FindMessageTypeByName("daybook.v1." + name);
  INFO("message daybook.v1." << name);
  REQUIRE(type != nullptr);
  return std::unique_ptr<Message>(MessageFactory::generated_factory()->GetPrototype(type)->New());
}

std::string ResponseName(std::string request) {
  const size_t at = request.rfind("Request");
  REQUIRE(at != std::string::npos);
  return request.replace(at, std::string::npos, "Response");
}

// "{n}" becomes the number.
std::string Numbered(std::string text, int number) {
  for (size_t at = 0; (at = text.find("{n}", at)) != std::string::npos;)
    text.replace(at, 3, std::to_string(number));
  return text;
}

std::string ReasonName(const MaybeRefusal& refusal) {
  if (!refusal) return "";
  return daybook::v1::Reason_Name(refusal->reason).substr(std::string_view("REASON_").size());
}

class Player {
 public:
  explicit Player(std::string folder) : folder_(std::move(folder)) {}

  void PlaySteps(const Value& steps, const std::string& where) {
    for (const Value& step : steps.list_value().values()) {
      ++step_;
      INFO(where << ", step " << step_ << ": " << TextOf(step.struct_value(), "say"));
      PlayStep(step.struct_value());
    }
  }

 private:
  void PlayStep(const Struct& step) {
    if (const std::string file = TextOf(step, "use"); !file.empty()) {
      const Struct shared = ReadJson(folder_ + "/" + file);
      REQUIRE(Find(shared, "steps") != nullptr);
      PlaySteps(*Find(shared, "steps"), file);
    } else if (const std::string instant = TextOf(step, "clock"); !instant.empty()) {
      MoveClock(instant);
    } else if (const std::string how = TextOf(step, "restart"); !how.empty()) {
      Restart(how);
    } else if (Find(step, "at_once") != nullptr) {
      DoAtOnce(step);
    } else if (Find(step, "do") != nullptr) {
      Do(step);
    } else {
      Ask(step);
    }
  }

  void MoveClock(const std::string& instant) {
    google::protobuf::Timestamp timestamp;
    REQUIRE(google::protobuf::util::TimeUtil::FromString(instant, &timestamp));
    world_.clock().Set(projections::FromProto(timestamp));
    world_.Settle();
  }

  void Restart(const std::string& how) {
    INFO("restart: " << how);
    REQUIRE((how == "stop" || how == "crash" || how == "forget"));
    if (how == "crash") {
      world_.Crash();
    } else {
      world_.Stop();
    }
    if (how == "forget") world_.ForgetFolds();
    world_.Start();
  }

  // The request of a step; a command that says no request id gets one of its own.
  std::unique_ptr<Message> Request(const Struct& step, const std::string& name, int number = 0) {
    std::unique_ptr<Message> request = NewMessage(name);
    std::string json;
    if (const Value* fields = Find(step, "request")) {
      REQUIRE(google::protobuf::util::MessageToJsonString(*fields, &json).ok());
    }
    const auto status = google::protobuf::util::JsonStringToMessage(
        json.empty() ? "{}" : Numbered(json, number), request.get());
    INFO(name << ": " << std::string(status.message()));
    REQUIRE(status.ok());
    const auto* id = request->GetDescriptor()->FindFieldByName("request_id");
    if (id != nullptr && request->GetReflection()->GetString(*request, id).empty()) {
      request->GetReflection()->SetString(request.get(), id,
                                          fmt::format("step-{}-{}", step_, number));
    }
    return request;
  }

  void Do(const Struct& step) {
    const std::string name = TextOf(step, "do");
    const auto request = Request(step, name);
    const auto response = NewMessage(ResponseName(name));
    const CommandOutcome outcome = world_.Do(*request, response.get());
    CheckRefusal(step, outcome.refusal);
    if (const Value* repeated = Find(step, "repeated"))
      CHECK(outcome.repeated == repeated->bool_value());
    if (!outcome.refusal) CheckAnswer(step, *response);
  }

  void Ask(const Struct& step) {
    const std::string name = TextOf(step, "ask");
    const auto request = Request(step, name);
    const auto response = NewMessage(ResponseName(name));
    const MaybeRefusal refusal = world_.Ask(*request, response.get());
    CheckRefusal(step, refusal);
    if (!refusal) CheckAnswer(step, *response);
  }

  // Sends all before the engine decides the first.
  void DoAtOnce(const Struct& step) {
    const std::string name = TextOf(step, "do");
    const int count = static_cast<int>(Find(step, "at_once")->number_value());
    std::vector<std::unique_ptr<Message>> messages;
    std::map<std::string, int> outcomes;
    for (int i = 1; i <= count; ++i) {
      messages.push_back(Request(step, name, i));
      const Message& request = *messages.back();
      messages.push_back(NewMessage(ResponseName(name)));
      world_.engine().Execute(
          Caller{}, request, messages.back().get(), [&outcomes](const CommandOutcome& outcome) {
            ++outcomes[outcome.refusal ? ReasonName(outcome.refusal) : "accepted"];
          });
    }
    world_.Settle();
    Value found;
    for (const auto& [outcome, times] : outcomes) {
      (*found.mutable_struct_value()->mutable_fields())[outcome].set_number_value(times);
    }
    REQUIRE(Find(step, "outcomes") != nullptr);
    CHECK(FirstDifference(*Find(step, "outcomes"), found) == "");
  }

  void CheckRefusal(const Struct& step, const MaybeRefusal& refusal) {
    INFO("refusal: " << (refusal ? refusal->field + ": " + refusal->message : "none"));
    REQUIRE(ReasonName(refusal) == TextOf(step, "refused"));
    if (Find(step, "field") != nullptr) CHECK(refusal->field == TextOf(step, "field"));
  }

  void CheckAnswer(const Struct& step, const Message& response) {
    const Value* expected = Find(step, "answer");
    if (expected == nullptr) return;
    google::protobuf::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    options.always_print_primitive_fields = true;
    std::string json;
    REQUIRE(google::protobuf::util::MessageToJsonString(response, &json, options).ok());
    Value found;
    REQUIRE(google::protobuf::util::JsonStringToMessage(json, &found).ok());
    INFO("answer: " << json);
    CHECK(FirstDifference(*expected, found) == "");
  }

  const std::string folder_;
  EngineWorld world_;
  int step_ = 0;
};

}  // namespace

void PlayScenario(const std::string& folder, const std::string& file) {
  const Struct scenario = ReadJson(folder + "/" + file);
  REQUIRE(Find(scenario, "then") != nullptr);
  Player player(folder);
  for (const char* part : {"given", "when", "then"}) {
    if (const Value* steps = Find(scenario, part)) player.PlaySteps(*steps, part);
  }
}

}  // namespace daybook::scenarios
