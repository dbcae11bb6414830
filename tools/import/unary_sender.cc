#include <deque>
#include <optional>
#include <thread>

#include "daybook/v1/cases.grpc.pb.h"
#include "daybook/v1/contacts.grpc.pb.h"
#include "daybook/v1/customers.grpc.pb.h"
#include "daybook/v1/holdings.grpc.pb.h"
#include "daybook/v1/loyalty.grpc.pb.h"
#include "daybook/v1/sales.grpc.pb.h"
#include "daybook/v1/warranty.grpc.pb.h"
#include "fmt/format.h"
#include "tools/import/sender.h"

namespace daybook::tools {
namespace {

constexpr std::chrono::milliseconds kFirstPause(50);
constexpr std::chrono::milliseconds kLongestPause(1000);

class UnarySender : public Sender {
 public:
  UnarySender(const Connection& connection, std::chrono::milliseconds retry_for)
      : connection_(connection),
        retry_for_(retry_for),
        customers_(connection.NewStub<v1::CustomerService>()),
        sales_(connection.NewStub<v1::SalesService>()),
        loyalty_(connection.NewStub<v1::LoyaltyService>()),
        contacts_(connection.NewStub<v1::ContactService>()),
        cases_(connection.NewStub<v1::CaseService>()),
        holdings_(connection.NewStub<v1::HoldingService>()),
        warranty_(connection.NewStub<v1::WarrantyService>()) {}

  std::optional<Failure> Send(v1::IngestRequest batch) override {
    BatchOutcome outcome;
    batch.set_batch(++last_batch_);
    outcome.response.set_batch(last_batch_);
    for (int i = 0; i < batch.items_size(); ++i) {
      if (auto failure = SendItem(batch.items(i), i, outcome.response)) return failure;
    }
    outcome.request = std::move(batch);
    outcomes_.push_back(std::move(outcome));
    return std::nullopt;
  }

  std::optional<Failure> Receive(BatchOutcome& outcome) override {
    outcome = std::move(outcomes_.front());
    outcomes_.pop_front();
    return std::nullopt;
  }

  size_t in_flight() const override { return outcomes_.size(); }

 private:
  std::optional<Failure> SendItem(const v1::IngestItem& item, int index,
                                  v1::IngestResponse& response) {
    const auto start = std::chrono::steady_clock::now();
    for (auto pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
      int events = 0;
      std::string position;
      const grpc::Status status = Call(item, events, position);
      if (status.ok()) {
        response.set_accepted(response.accepted() + 1);
        response.set_events(response.events() + static_cast<uint32_t>(events));
        response.set_position_token(position);
        return std::nullopt;
      }
      const Failure failure = ReadFailure(status);
      if (ToExitCode(failure) != ExitCode::kUnreachable && !IsRetryable(failure.reason)) {
        if (failure.reason.empty()) return failure;
        Refuse(failure, item, index, response);
        return std::nullopt;
      }
      if (std::chrono::steady_clock::now() - start > retry_for_) return failure;
      std::this_thread::sleep_for(pause);
    }
  }

  // As the stream would say it: paths begin with the command.
  static void Refuse(const Failure& failure, const v1::IngestItem& item, int index,
                     v1::IngestResponse& response) {
    v1::IngestRefusal& refusal = *response.add_refusals();
    refusal.set_item(static_cast<uint32_t>(index));
    refusal.set_code(failure.code);
    refusal.set_reason(failure.reason);
    refusal.set_message(failure.message);
    if (failure.violations.empty()) return;
    const auto* command = item.GetReflection()->GetOneofFieldDescriptor(
        item, v1::IngestItem::descriptor()->oneof_decl(0));
    const std::string& field = failure.violations.front().field;
    const bool has_command =
        field.compare(0, command->name().size() + 1, command->name() + ".") == 0;
    refusal.set_field(has_command ? field : command->name() + "." + field);
    refusal.set_message(failure.violations.front().description);
  }

  template <typename Stub, typename Request, typename Response>
  grpc::Status One(Stub& stub,
                   grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, int& events, std::string& position) {
    Response response;
    grpc::Status status = connection_.Call(stub, method, request, response);
    events = response.receipt().event_ids_size();
    position = response.receipt().position_token();
    return status;
  }

  grpc::Status Call(const v1::IngestItem& item, int& events, std::string& position) {
    using Customers = v1::CustomerService::Stub;
    using Sales = v1::SalesService::Stub;
    using Loyalty = v1::LoyaltyService::Stub;
    using Contacts = v1::ContactService::Stub;
    using Cases = v1::CaseService::Stub;
    using Holdings = v1::HoldingService::Stub;
    using Warranty = v1::WarrantyService::Stub;
    switch (item.command_case()) {
      case v1::IngestItem::kRegisterCustomer:
        return One(*customers_, &Customers::RegisterCustomer, item.register_customer(), events,
                   position);
      case v1::IngestItem::kChangeAttributes:
        return One(*customers_, &Customers::ChangeAttributes, item.change_attributes(), events,
                   position);
      case v1::IngestItem::kChangeIdentifier:
        return One(*customers_, &Customers::ChangeIdentifier, item.change_identifier(), events,
                   position);
      case v1::IngestItem::kChangeLifecycle:
        return One(*customers_, &Customers::ChangeLifecycle, item.change_lifecycle(), events,
                   position);
      case v1::IngestItem::kRecordOrder:
        return One(*sales_, &Sales::RecordOrder, item.record_order(), events, position);
      case v1::IngestItem::kCancelOrder:
        return One(*sales_, &Sales::CancelOrder, item.cancel_order(), events, position);
      case v1::IngestItem::kRecordReturn:
        return One(*sales_, &Sales::RecordReturn, item.record_return(), events, position);
      case v1::IngestItem::kIssueRefund:
        return One(*sales_, &Sales::IssueRefund, item.issue_refund(), events, position);
      case v1::IngestItem::kEnrol:
        return One(*loyalty_, &Loyalty::Enrol, item.enrol(), events, position);
      case v1::IngestItem::kRedeemPoints:
        return One(*loyalty_, &Loyalty::RedeemPoints, item.redeem_points(), events, position);
      case v1::IngestItem::kReverseRedemption:
        return One(*loyalty_, &Loyalty::ReverseRedemption, item.reverse_redemption(), events,
                   position);
      case v1::IngestItem::kAdjustPoints:
        return One(*loyalty_, &Loyalty::AdjustPoints, item.adjust_points(), events, position);
      case v1::IngestItem::kTransferPoints:
        return One(*loyalty_, &Loyalty::TransferPoints, item.transfer_points(), events, position);
      case v1::IngestItem::kRecordContact:
        return One(*contacts_, &Contacts::RecordContact, item.record_contact(), events, position);
      case v1::IngestItem::kOpenCase:
        return One(*cases_, &Cases::OpenCase, item.open_case(), events, position);
      case v1::IngestItem::kChangeCase:
        return One(*cases_, &Cases::ChangeCase, item.change_case(), events, position);
      case v1::IngestItem::kOpenHolding:
        return One(*holdings_, &Holdings::OpenHolding, item.open_holding(), events, position);
      case v1::IngestItem::kChangeHolding:
        return One(*holdings_, &Holdings::ChangeHolding, item.change_holding(), events, position);
      case v1::IngestItem::kCloseHolding:
        return One(*holdings_, &Holdings::CloseHolding, item.close_holding(), events, position);
      case v1::IngestItem::kRegisterAsset:
        return One(*warranty_, &Warranty::RegisterAsset, item.register_asset(), events, position);
      case v1::IngestItem::kChangeAsset:
        return One(*warranty_, &Warranty::ChangeAsset, item.change_asset(), events, position);
      case v1::IngestItem::kIssueWarranty:
        return One(*warranty_, &Warranty::IssueWarranty, item.issue_warranty(), events, position);
      case v1::IngestItem::kSubmitClaim:
        return One(*warranty_, &Warranty::SubmitClaim, item.submit_claim(), events, position);
      case v1::IngestItem::kDecideClaim:
        return One(*warranty_, &Warranty::DecideClaim, item.decide_claim(), events, position);
      case v1::IngestItem::kSettleClaim:
        return One(*warranty_, &Warranty::SettleClaim, item.settle_claim(), events, position);
      case v1::IngestItem::COMMAND_NOT_SET:
        break;
    }
    return grpc::Status(grpc::StatusCode::INTERNAL, "an item without a command");
  }

  const Connection connection_;
  const std::chrono::milliseconds retry_for_;
  std::unique_ptr<v1::CustomerService::Stub> customers_;
  std::unique_ptr<v1::SalesService::Stub> sales_;
  std::unique_ptr<v1::LoyaltyService::Stub> loyalty_;
  std::unique_ptr<v1::ContactService::Stub> contacts_;
  std::unique_ptr<v1::CaseService::Stub> cases_;
  std::unique_ptr<v1::HoldingService::Stub> holdings_;
  std::unique_ptr<v1::WarrantyService::Stub> warranty_;
  std::deque<BatchOutcome> outcomes_;
  uint64_t last_batch_ = 0;
};

}  // namespace

std::unique_ptr<Sender> NewUnarySender(const Connection& connection,
                                       std::chrono::milliseconds retry_for) {
  return std::make_unique<UnarySender>(connection, retry_for);
}

}  // namespace daybook::tools
