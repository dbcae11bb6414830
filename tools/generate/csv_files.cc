#include "tools/generate/csv_files.h"

#include <cstring>
#include <filesystem>

#include "absl/time/time.h"
#include "fmt/format.h"
#include "tools/common/decimal.h"
#include "tools/common/field.h"

namespace daybook::tools {
namespace {

namespace event = daybook::event::v1;

constexpr char kHeader[] =
    "kind,id,customer,time,channel,name,email,phone,product,category,units,unit_price,currency,"
    "points,programme,means,"
    "direction,purpose,disposition,duration,code,agent,note\n";

// The cells of one line, in the order of the header.
struct Line {
  std::string kind, id, customer, time, channel, name, email, phone, product, category, units,
      unit_price, currency, points, programme, means, direction, purpose, disposition, duration,
      code, agent, note;

  void Write(std::FILE* file) const {
    const std::string* cells[] = {
        &kind,      &id,       &customer,    &time,       &channel,  &name,   &email,     &phone,
        &product,   &category, &units,       &unit_price, &currency, &points, &programme, &means,
        &direction, &purpose,  &disposition, &duration,   &code,     &agent,  &note};
    std::string text;
    for (const std::string* cell : cells) {
      if (cell != cells[0]) text += ',';
      // No value of the shop has a quote or a line end.
      text += cell->find(',') == std::string::npos ? *cell : '"' + *cell + '"';
    }
    text += '\n';
    std::fwrite(text.data(), 1, text.size(), file);
  }
};

std::string IdOf(const std::string& name) { return name.substr(name.rfind('/') + 1); }

std::string ToText(const event::UnitPrice& price) {
  return tools::ToText(Decimal{price.units(), price.scale()});
}

template <typename Request>
Line NewLine(const char* kind, const Request& request, std::string id) {
  Line line;
  line.kind = kind;
  line.id = std::move(id);
  line.customer = IdOf(request.customer());
  line.channel = request.provenance().channel();
  if (request.provenance().has_occurred_at()) {
    line.time = absl::FormatTime(
        "%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(request.provenance().occurred_at().seconds()),
        absl::UTCTimeZone());
  }
  return line;
}

template <typename Enum>
std::string Short(Enum value, const google::protobuf::EnumDescriptor* type) {
  return value == 0 ? "" : ShortName(type->FindValueByNumber(value));
}

Line ToLine(const v1::RegisterCustomerRequest& request) {
  Line line = NewLine("customer", request, Short(request.kind(), event::CustomerKind_descriptor()));
  line.name = request.display_name();
  for (const v1::IdentifierInput& identifier : request.identifiers()) {
    (identifier.kind() == event::IDENTIFIER_KIND_EMAIL ? line.email : line.phone) =
        identifier.value();
  }
  return line;
}

Line ToLine(const v1::RedeemPointsRequest& request) {
  Line line = NewLine("redemption", request, request.redemption_id());
  line.points = fmt::format("{}", request.points());
  line.programme = IdOf(request.programme());
  line.code = request.reference();
  return line;
}

Line ToLine(const v1::RecordContactRequest& request) {
  Line line = NewLine("contact", request, request.contact_id());
  line.means = Short(request.channel(), event::ContactChannel_descriptor());
  line.direction = Short(request.direction(), event::ContactDirection_descriptor());
  line.purpose = Short(request.purpose(), event::ContactPurpose_descriptor());
  line.disposition = Short(request.disposition(), event::ContactDisposition_descriptor());
  if (request.has_duration()) line.duration = fmt::format("{}", request.duration().seconds());
  line.code = request.wrap_up_code();
  line.agent = request.agent_id();
  line.note = request.note();
  return line;
}

}  // namespace

absl::Status CsvFiles::NextFile() {
  if (absl::Status status = Close(); !status.ok()) return status;
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  const std::string path = fmt::format("{}/shop-{:03}.csv", folder_, ++files_);
  file_.reset(std::fopen(path.c_str(), "wbe"));
  if (file_ == nullptr)
    return absl::NotFoundError(fmt::format("{}: {}", path, std::strerror(errno)));
  std::fputs(kHeader, file_.get());
  return absl::OkStatus();
}

absl::Status CsvFiles::Close() {
  if (file_ == nullptr) return absl::OkStatus();
  const bool failed = std::fflush(file_.get()) != 0 || std::ferror(file_.get()) != 0;
  file_.reset();
  return failed ? absl::InternalError(folder_ + ": cannot be written") : absl::OkStatus();
}

absl::Status CsvFiles::Write(const v1::IngestItem& item) {
  if (lines_ >= files_ * kLinesPerFile) {
    if (absl::Status status = NextFile(); !status.ok()) return status;
  }
  const auto write = [&](const Line& line) {
    line.Write(file_.get());
    ++lines_;
  };
  switch (item.command_case()) {
    case v1::IngestItem::kRegisterCustomer:
      write(ToLine(item.register_customer()));
      break;
    case v1::IngestItem::kRedeemPoints:
      write(ToLine(item.redeem_points()));
      break;
    case v1::IngestItem::kRecordContact:
      write(ToLine(item.record_contact()));
      break;
    case v1::IngestItem::kRecordOrder: {
      Line line = NewLine("order", item.record_order(), item.record_order().order_id());
      line.currency = item.record_order().currency();
      for (const v1::OrderLineInput& input : item.record_order().lines()) {
        line.product = input.product();
        line.name = input.name();
        line.category = input.category();
        line.units = fmt::format("{}", input.units());
        line.unit_price = ToText(input.unit_price());
        write(line);
      }
      break;
    }
    case v1::IngestItem::kRecordReturn: {
      Line line = NewLine("return", item.record_return(), item.record_return().return_id());
      line.code = item.record_return().reason();
      for (const v1::ReturnLineInput& input : item.record_return().lines()) {
        line.product = input.product();
        line.units = fmt::format("{}", input.units());
        line.unit_price = ToText(input.unit_price());
        write(line);
      }
      break;
    }
    default:
      return absl::InvalidArgumentError("a command that has no place in the files");
  }
  return absl::OkStatus();
}

}  // namespace daybook::tools
