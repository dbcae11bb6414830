// Log lines on stderr: one JSON object a line, or text for people. Never payloads, ids of persons
// or tokens: names of methods, reasons, counts and places only.
//
// Everything that logs through spdlog comes out in this form, protobuf's and gRPC's own words too.
#pragma once

#include <spdlog/common.h>
#include <spdlog/formatter.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "projections/engine/refusal.h"

namespace daybook::server {

enum class LogFormat { kJson, kText };

// Once, before other threads log.
void SetUpLogging(spdlog::level::level_enum level, LogFormat format);

// A line with named values besides its message: {"message": "...", "method": "...", ...}. Names are
// lower-case words with '_'; "time", "level" and "message" are taken.
void Log(spdlog::level::level_enum level, std::string_view message,
         std::initializer_list<std::pair<std::string_view, std::string_view>> fields);

// What was refused and why: an error if the fault is ours, else for debugging only.
void LogRefusal(std::string_view method, const projections::Refusal& refusal,
                std::string_view traceparent);

// The formatter of either form, for tests.
std::unique_ptr<spdlog::formatter> MakeLogFormatter(LogFormat format);

}  // namespace daybook::server
