#include "tools/daybook/verb.h"

namespace daybook::tools {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr uint64_t kLargestPage = 1000;

}  // namespace

bool FillRequest(Cli& cli, const Draft& draft, Message& request) {
  const auto zone = cli.zone();
  const absl::Status status = zone.ok() ? draft.Fill(request, *zone) : zone.status();
  if (!status.ok()) {
    cli.Fail(status);
    return false;
  }
  const FieldDescriptor* id = request.GetDescriptor()->FindFieldByName("request_id");
  if (id != nullptr && request.GetReflection()->GetString(request, id).empty()) {
    request.GetReflection()->SetString(&request, id, RandomRequestId());
  }
  return true;
}

bool TurnPage(const Message& response, Message& request) {
  const FieldDescriptor* next = response.GetDescriptor()->FindFieldByName("next_page_token");
  const FieldDescriptor* token = request.GetDescriptor()->FindFieldByName("page_token");
  if (next == nullptr || token == nullptr) return false;
  std::string text = response.GetReflection()->GetString(response, next);
  if (text.empty()) return false;
  request.GetReflection()->SetString(&request, token, std::move(text));
  return true;
}

void SetPageSize(Message& request, uint64_t wanted) {
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName("page_size");
  if (field == nullptr) return;
  const uint64_t size = wanted == 0 ? kLargestPage : std::min(wanted, kLargestPage);
  request.GetReflection()->SetInt32(&request, field, static_cast<int32_t>(size));
}

std::vector<const Message*> ListElements(const Message& response, const std::string& list) {
  std::vector<const Message*> elements;
  const FieldDescriptor* field = response.GetDescriptor()->FindFieldByName(list);
  for (int i = 0; i < response.GetReflection()->FieldSize(response, field); ++i) {
    elements.push_back(&response.GetReflection()->GetRepeatedMessage(response, field, i));
  }
  return elements;
}

}  // namespace daybook::tools
