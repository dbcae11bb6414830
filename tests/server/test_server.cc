#include "tests/server/test_server.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace daybook::server {

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = std::filesystem::temp_directory_path() / "daybook-server-XXXXXX";
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::ostream& operator<<(std::ostream& out, const Told& told) {
  return out << static_cast<int>(told.code) << " " << told.reason << " '" << told.field << "'"
             << (told.retry ? " retry" : "");
}

Told ToldBy(const grpc::Status& status) {
  Told told{status.error_code(), "", "", false};
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return told;
  for (const auto& detail : details.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad_request;
    if (detail.UnpackTo(&info)) told.reason = info.reason();
    if (detail.UnpackTo(&bad_request)) told.field = bad_request.field_violations(0).field();
    told.retry |= detail.Is<google::rpc::RetryInfo>();
  }
  return told;
}

TestServer::TestServer(Settings settings) : settings_(std::move(settings)) {
  settings_.listen = "127.0.0.1:0";
  settings_.data_dir = directory_.path() + "/data";
  settings_.segment_mb = 8;
  settings_.views_cache_mb = 8;
  settings_.index_cache_mb = 8;
  Start();
}

void TestServer::Start() {
  auto started = Instance::Start(settings_, projections::Clock::System());
  INFO(started.status());
  REQUIRE(started.ok());
  instance_ = *std::move(started);
  channel_ = grpc::CreateChannel("127.0.0.1:" + std::to_string(instance_->port()),
                                 grpc::InsecureChannelCredentials());
}

void TestServer::RequireOk(const grpc::Status& status) {
  INFO(status.error_message());
  REQUIRE(ToldBy(status) == Told{});
}

void TestServer::PublishProgramme() {
  v1::PublishProgrammeRequest request;
  request.set_request_id("programme");
  auto* programme = request.mutable_programme();
  programme->set_programme_id("main");
  programme->set_name("Main");
  programme->set_currency("GBP");
  programme->set_zone("Europe/London");
  programme->mutable_effective_from()->set_seconds(1262304000);  // 2010-01-01
  auto* rule = programme->add_earn_rules();
  rule->set_rule_id("base");
  rule->set_points(1);
  rule->set_per_minor_units(100);
  programme->set_rounding(event::v1::ROUNDING_HALF_EVEN);
  programme->set_allocation_order(event::v1::ALLOCATION_ORDER_SOONEST_EXPIRY);
  programme->set_shortfall(event::v1::SHORTFALL_POLICY_DEBT);
  programme->set_expired_refund(event::v1::EXPIRED_REFUND_POLICY_LAPSE);
  programme->set_enrol_on_first_order(true);
  Get(&v1::PolicyService::Stub::PublishProgramme, request);
}

void TestServer::AwaitViews() {
  for (bool building = true; building;) {
    const auto list = Get(&v1::ViewService::Stub::ListViews, v1::ListViewsRequest());
    REQUIRE(list.views_size() == static_cast<int>(instance_->engine().catalogue().views().size()));
    building = false;
    for (const auto& view : list.views()) {
      REQUIRE(view.problem() == "");
      building |= view.state() != v1::View::STATE_SERVING;
    }
  }
}

v1::Balance TestServer::BalanceOf(const std::string& customer) {
  v1::GetBalanceRequest request;
  request.set_customer("customers/" + customer);
  request.set_programme("programmes/main");
  return Get(&v1::LoyaltyService::Stub::GetBalance, request).balance();
}

v1::RecordOrderRequest MakeOrder(const std::string& customer, const std::string& order,
                                 int64_t pence) {
  v1::RecordOrderRequest request;
  request.set_customer("customers/" + customer);
  request.set_order_id(order);
  request.set_currency("GBP");
  request.set_request_id("order-" + order);
  auto* line = request.add_lines();
  line->set_product("A");
  line->set_units(1);
  line->mutable_unit_price()->set_units(pence);
  line->mutable_unit_price()->set_scale(2);
  return request;
}

}  // namespace daybook::server
