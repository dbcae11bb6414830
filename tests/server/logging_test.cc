// Goal: a log line is one JSON object whatever is in it.
#include "server/logging.h"

#include <spdlog/details/log_msg.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <catch2/catch.hpp>
#include <sstream>

#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"

namespace daybook::server {
namespace {

// What `log` writes to the default logger, which is put back afterwards.
std::string Written(LogFormat format, const std::function<void()>& log) {
  std::ostringstream out;
  auto logger = std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(out));
  logger->set_formatter(MakeLogFormatter(format));
  auto before = spdlog::default_logger();
  spdlog::set_default_logger(logger);
  log();
  spdlog::set_default_logger(before);
  return out.str();
}

google::protobuf::Struct Parsed(const std::string& line) {
  google::protobuf::Struct object;
  INFO(line);
  REQUIRE(google::protobuf::util::JsonStringToMessage(line, &object).ok());
  return object;
}

TEST_CASE("a line is an object with time, level, message and named values") {
  const std::string line = Written(LogFormat::kJson, [] {
    Log(spdlog::level::info, "serving", {{"port", "7430"}, {"empty", ""}, {"path", "a\\\"b\n"}});
  });
  CHECK(line.find('\n') == line.size() - 1);
  const auto object = Parsed(line);
  CHECK(object.fields().at("level").string_value() == "info");
  CHECK(object.fields().at("message").string_value() == "serving");
  CHECK(object.fields().at("port").string_value() == "7430");
  CHECK(object.fields().at("path").string_value() == "a\\\"b\n");
  CHECK(object.fields().count("empty") == 0);
  CHECK(object.fields().at("time").string_value().size() == 27);
}

TEST_CASE("lines of others come out in the same form") {
  const std::string line = Written(LogFormat::kJson, [] { spdlog::warn("view {}", "points"); });
  CHECK(Parsed(line).fields().at("message").string_value() == "view points");
}

TEST_CASE("text is for people") {
  const std::string line = Written(LogFormat::kText, [] {
    Log(spdlog::level::warn, "slow", {{"method", "m"}});
  });
  CHECK_THAT(line, Catch::Contains("warning") && Catch::Contains("slow method=m\n"));
}

TEST_CASE("a refusal that is our fault is an error with its trace id") {
  const std::string trace = "0123456789abcdef0123456789abcdef";
  const std::string line = Written(LogFormat::kJson, [&] {
    LogRefusal("S/M", {v1::REASON_INTERNAL, "", "broken"}, "00-" + trace + "-0123456789abcdef-01");
    LogRefusal("S/M", {v1::REASON_FIELD_INVALID, "f", "words"}, "");
  });
  const auto object = Parsed(line);  // the second is for debugging only
  CHECK(object.fields().at("trace_id").string_value() == trace);
  CHECK(object.fields().at("reason").string_value() == "INTERNAL");
  CHECK(object.fields().at("level").string_value() == "error");
}

}  // namespace
}  // namespace daybook::server
