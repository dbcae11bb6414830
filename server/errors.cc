#include "server/errors.h"

#include <fmt/format.h>

#include <map>

#include "daybook/v1/errors.pb.h"
#include "google/rpc/code.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/limits.h"

namespace daybook::server {
namespace {

struct Entry {
  grpc::StatusCode code = grpc::StatusCode::UNKNOWN;
  std::string name;
  bool retry = false;
};

constexpr std::string_view kPrefix = "REASON_";

const Entry& Find(projections::Reason reason) {
  static const std::map<int, Entry>& catalogue = *[] {
    auto* made = new std::map<int, Entry>;
    const auto* reasons = v1::Reason_descriptor();
    for (int i = 0; i < reasons->value_count(); ++i) {
      const auto* value = reasons->value(i);
      const auto& options = value->options();
      (*made)[value->number()] = {
          static_cast<grpc::StatusCode>(options.GetExtension(v1::status_code)),
          value->name().substr(kPrefix.size()), options.GetExtension(v1::retry)};
    }
    return made;
  }();
  const auto found = catalogue.find(reason);
  return found == catalogue.end() ? catalogue.at(v1::REASON_UNSPECIFIED) : found->second;
}

}  // namespace

grpc::StatusCode CodeOf(projections::Reason reason) { return Find(reason).code; }
std::string_view NameOf(projections::Reason reason) { return Find(reason).name; }
bool MayRetry(projections::Reason reason) { return Find(reason).retry; }

const std::string& NameOf(grpc::StatusCode code) {
  return google::rpc::Code_Name(static_cast<google::rpc::Code>(code));
}

std::string Shortened(std::string_view text, size_t max) {
  if (text.size() <= max) return std::string(text);
  size_t end = max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end));
}

grpc::Status ToStatus(const projections::Refusal& refusal) {
  const Entry& entry = Find(refusal.reason);
  const std::string description = Shortened(refusal.message, kMaxStatusMessageBytes);
  // Most clients print the message alone: "is required" would not say what.
  const std::string message = refusal.field.empty()
                                  ? description
                                  : Shortened(fmt::format("{}: {}", refusal.field, refusal.message),
                                              kMaxStatusMessageBytes);
  google::rpc::Status status;
  status.set_code(entry.code);
  status.set_message(message);
  google::rpc::ErrorInfo info;
  info.set_reason(entry.name);
  info.set_domain(kErrorDomain);
  status.add_details()->PackFrom(info);
  if (!refusal.field.empty()) {
    google::rpc::BadRequest bad_request;
    auto* violation = bad_request.add_field_violations();
    violation->set_field(refusal.field);
    violation->set_description(description);
    violation->set_reason(entry.name);
    status.add_details()->PackFrom(bad_request);
  }
  if (entry.retry) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_nanos(
        static_cast<int32_t>(std::chrono::nanoseconds(kRetryDelay).count()));
    status.add_details()->PackFrom(retry);
  }
  return grpc::Status(entry.code, message, status.SerializeAsString());
}

}  // namespace daybook::server
