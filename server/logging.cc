#include "server/logging.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <iterator>

#include "server/errors.h"

namespace daybook::server {
namespace {

// Between the message and its named values on their way through spdlog; in no text that we log.
constexpr char kSeparator = '\x1f';
constexpr size_t kTraceIdAt = 3;
constexpr size_t kTraceIdLength = 32;

void AppendJson(std::string_view text, spdlog::memory_buf_t* out) {
  out->push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(*out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

void AppendTime(std::chrono::system_clock::time_point time, spdlog::memory_buf_t* out) {
  const auto micros =
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  fmt::format_to(std::back_inserter(*out), "{:%Y-%m-%dT%H:%M:%S}.{:06}Z",
                 fmt::gmtime(static_cast<std::time_t>(micros / 1'000'000)), micros % 1'000'000);
}

class LineFormatter : public spdlog::formatter {
 public:
  explicit LineFormatter(LogFormat format) : format_(format) {}

  void format(const spdlog::details::log_msg& line, spdlog::memory_buf_t& out) override {
    std::string_view text(line.payload.data(), line.payload.size());
    const std::string_view level(spdlog::level::to_string_view(line.level).data(),
                                 spdlog::level::to_string_view(line.level).size());
    const std::string_view message = Next(&text);
    if (format_ == LogFormat::kJson) {
      out.append(std::string_view("{\"time\":\""));
      AppendTime(line.time, &out);
      out.append(std::string_view("\",\"level\":"));
      AppendJson(level, &out);
      out.append(std::string_view(",\"message\":"));
      AppendJson(message, &out);
      while (!text.empty()) {
        out.push_back(',');
        AppendJson(Next(&text), &out);
        out.push_back(':');
        AppendJson(Next(&text), &out);
      }
      out.push_back('}');
    } else {
      AppendTime(line.time, &out);
      fmt::format_to(std::back_inserter(out), " {:<8} {}", level, message);
      while (!text.empty()) {
        const std::string_view name = Next(&text);
        fmt::format_to(std::back_inserter(out), " {}={}", name, Next(&text));
      }
    }
    out.push_back('\n');
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(format_);
  }

 private:
  // Takes the part before the next separator off `text`.
  static std::string_view Next(std::string_view* text) {
    const size_t end = std::min(text->find(kSeparator), text->size());
    const std::string_view part = text->substr(0, end);
    text->remove_prefix(std::min(end + 1, text->size()));
    return part;
  }

  const LogFormat format_;
};

// Protobuf says on its own that a text is not UTF-8; the call's answer says it too.
void LogProtobuf(google::protobuf::LogLevel level, const char*, int, const std::string& message) {
  Log(level == google::protobuf::LOGLEVEL_FATAL ? spdlog::level::critical : spdlog::level::debug,
      message, {{"source", "protobuf"}});
}

void LogGrpc(gpr_log_func_args* args) {
  const auto level =
      args->severity == GPR_LOG_SEVERITY_ERROR ? spdlog::level::warn : spdlog::level::debug;
  Log(level, args->message, {{"source", "grpc"}});
}

}  // namespace

void SetUpLogging(spdlog::level::level_enum level, LogFormat format) {
  auto logger = std::make_shared<spdlog::logger>("daybook",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_formatter(MakeLogFormatter(format));
  logger->set_level(level);
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
  google::protobuf::SetLogHandler(LogProtobuf);
  gpr_set_log_function(LogGrpc);
}

void Log(spdlog::level::level_enum level, std::string_view message,
         std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  if (!spdlog::should_log(level)) return;
  std::string line(message);
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    line += kSeparator;
    line += name;
    line += kSeparator;
    line += value;
  }
  spdlog::default_logger_raw()->log(level, spdlog::string_view_t(line.data(), line.size()));
}

void LogRefusal(std::string_view method, const projections::Refusal& refusal,
                std::string_view traceparent) {
  const grpc::StatusCode code = CodeOf(refusal.reason);
  const bool ours = code == grpc::StatusCode::INTERNAL || code == grpc::StatusCode::DATA_LOSS;
  const auto level = ours ? spdlog::level::err : spdlog::level::debug;
  if (!spdlog::should_log(level)) return;
  Log(level, ours ? std::string_view(refusal.message) : "refused",
      {{"method", method},
       {"reason", NameOf(refusal.reason)},
       {"field", refusal.field},
       {"trace_id", traceparent.empty() ? std::string_view()
                                        : traceparent.substr(kTraceIdAt, kTraceIdLength)}});
}

std::unique_ptr<spdlog::formatter> MakeLogFormatter(LogFormat format) {
  return std::make_unique<LineFormatter>(format);
}

}  // namespace daybook::server
