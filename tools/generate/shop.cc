#include "tools/generate/shop.h"

#include <algorithm>
#include <queue>
#include <vector>

#include "fmt/format.h"
#include "tools/generate/catalogue.h"
#include "tools/generate/random.h"

namespace daybook::tools {
namespace {

namespace event = daybook::event::v1;

constexpr int64_t kSecondsPerDay = 86'400;
constexpr int64_t kOpens = 8 * 3600;
constexpr int64_t kOpenFor = 12 * 3600;
constexpr int64_t kMinorPerPoint = 100;
constexpr int64_t kLeastRedemption = 100;
constexpr char kCurrency[] = "GBP";

// A command that comes later than the order that caused it.
struct Later {
  int64_t second;
  uint64_t number;  // Of equal seconds the earlier caused goes first.
  v1::IngestItem item;

  bool operator>(const Later& other) const {
    return std::pair(second, number) > std::pair(other.second, other.number);
  }
};

}  // namespace

class Shop::Impl {
 public:
  explicit Impl(const ShopOptions& options)
      : options_(options),
        random_(options.seed),
        customers_(options.customers),
        product_ranks_(options.products),
        customer_of_rank_(options.customers, options.seed),
        known_(options.customers, false),
        points_(options.customers, 0) {
    products_.reserve(options.products);
    for (uint64_t number = 0; number < options.products; ++number) {
      products_.push_back(MakeProduct(number, options.seed));
    }
    for (uint64_t day = 0; day < options.days; ++day) {
      total_weight_ += DayWeight(options.start_day + static_cast<int64_t>(day));
    }
  }

  bool Next(v1::IngestItem& item) {
    if (ready_.empty() && !Refill()) return false;
    item.Swap(&ready_.front());
    ready_.pop();
    ++produced_;
    return true;
  }

  uint64_t produced() const { return produced_; }
  uint64_t orders() const { return orders_; }

 private:
  // Makes the next moment's commands; false when there are no more.
  bool Refill() {
    while (at_ == times_.size() && day_ < options_.days) PlanDay();
    const bool order_left = at_ < times_.size();
    if (!later_.empty() && (!order_left || later_.top().second <= times_[at_])) {
      ready_.push(later_.top().item);
      later_.pop();
      return true;
    }
    if (!order_left) return false;
    MakeOrder(times_[at_++]);
    return true;
  }

  // The share of all orders that is due by the end of the day, less what has been, at random times
  // of opening.
  void PlanDay() {
    const int64_t day = options_.start_day + static_cast<int64_t>(day_++);
    weight_ += DayWeight(day);
    const auto due = static_cast<uint64_t>(static_cast<unsigned __int128>(options_.orders) *
                                           weight_ / total_weight_);
    times_.clear();
    at_ = 0;
    for (; planned_ < due; ++planned_) {
      times_.push_back(day * kSecondsPerDay + kOpens +
                       static_cast<int64_t>(random_.Below(kOpenFor)));
    }
    std::sort(times_.begin(), times_.end());
  }

  // What every command has.
  template <typename Request>
  void Fill(Request& request, int64_t second) {
    request.set_request_id(fmt::format("shop-{}-{}", options_.seed, ++requests_));
    v1::Provenance& provenance = *request.mutable_provenance();
    provenance.set_channel(random_.Percent(70) ? "web" : "store");
    if (!options_.import_session.empty()) provenance.set_import_session(options_.import_session);
    if (!options_.history) return;
    provenance.mutable_occurred_at()->set_seconds(second);
    provenance.set_zone("Europe/London");
  }

  static std::string CustomerName(uint64_t customer) {
    return fmt::format("customers/C{:07}", customer);
  }

  void MakeCustomer(uint64_t customer, int64_t second) {
    known_[customer] = true;
    v1::IngestItem item;
    v1::RegisterCustomerRequest& request = *item.mutable_register_customer();
    request.set_customer(CustomerName(customer));
    request.set_kind(random_.Percent(95) ? event::CUSTOMER_KIND_PERSON
                                         : event::CUSTOMER_KIND_ORGANISATION);
    request.set_stage(event::LIFECYCLE_STAGE_CUSTOMER);
    request.set_origin("shop");
    request.set_display_name(MakeName(random_));
    v1::IdentifierInput& email = *request.add_identifiers();
    email.set_kind(event::IDENTIFIER_KIND_EMAIL);
    email.set_value(fmt::format("c{}@example.com", customer));
    if (random_.Percent(30)) {
      v1::IdentifierInput& phone = *request.add_identifiers();
      phone.set_kind(event::IDENTIFIER_KIND_PHONE);
      phone.set_value(MakePhone(random_));
      phone.set_shared(true);
    }
    Fill(request, second);
    ready_.push(std::move(item));
  }

  void MakeOrder(int64_t second) {
    const uint64_t customer = customer_of_rank_(customers_.Draw(random_));
    if (!known_[customer]) MakeCustomer(customer, second);
    v1::IngestItem item;
    v1::RecordOrderRequest& request = *item.mutable_record_order();
    request.set_customer(CustomerName(customer));
    request.set_order_id(fmt::format("O{:08}", ++orders_));
    request.set_currency(kCurrency);
    int64_t amount = 0;
    const int64_t lines = random_.Between(1, 4) + (random_.Percent(20) ? random_.Between(1, 8) : 0);
    for (int64_t i = 0; i < lines; ++i) amount += AddLine(request);
    Fill(request, second);
    // Rounded down, so that what is counted here is never more than what the programme paid.
    points_[customer] += amount / kMinorPerPoint;
    if (random_.Percent(options_.returns_percent)) PlanReturn(request, customer, second);
    if (random_.Percent(options_.redemptions_percent)) PlanRedemption(customer, second);
    if (random_.Percent(options_.contacts_percent)) PlanContact(customer, second);
    ready_.push(std::move(item));
  }

  int64_t AddLine(v1::RecordOrderRequest& request) {
    const Product& product = products_[product_ranks_.Draw(random_)];
    v1::OrderLineInput& line = *request.add_lines();
    line.set_product(product.code);
    line.set_name(product.name);
    line.set_category(product.category.data(), product.category.size());
    line.set_units(random_.Percent(70) ? 1 : random_.Between(2, 12));
    uint32_t scale = 2;
    int64_t units = product.price_minor;
    for (; scale > 0 && units % 10 == 0; --scale) units /= 10;
    line.mutable_unit_price()->set_units(units);
    line.mutable_unit_price()->set_scale(scale);
    return line.units() * product.price_minor;
  }

  int64_t InDays(int64_t second, int64_t least, int64_t most) {
    return second + random_.Between(least, most) * kSecondsPerDay + random_.Between(0, 3600);
  }

  void PlanReturn(const v1::RecordOrderRequest& order, uint64_t customer, int64_t second) {
    v1::IngestItem item;
    v1::RecordReturnRequest& request = *item.mutable_record_return();
    request.set_customer(order.customer());
    request.set_return_id("R" + order.order_id().substr(1));
    request.set_reason(random_.Percent(50) ? "damaged" : "unwanted");
    for (const v1::OrderLineInput& line : order.lines()) {
      if (request.lines_size() > 0 && !random_.Percent(40)) continue;
      v1::ReturnLineInput& back = *request.add_lines();
      back.set_product(line.product());
      *back.mutable_unit_price() = line.unit_price();
      back.set_units(random_.Between(1, line.units()));
      int64_t price = line.unit_price().units();
      for (uint32_t scale = line.unit_price().scale(); scale < 2; ++scale) price *= 10;
      points_[customer] -= price * back.units() / kMinorPerPoint + 1;
    }
    Plan(request, std::move(item), InDays(second, 1, 28));
  }

  void PlanRedemption(uint64_t customer, int64_t second) {
    if (options_.programme.empty() || points_[customer] < kLeastRedemption) return;
    v1::IngestItem item;
    v1::RedeemPointsRequest& request = *item.mutable_redeem_points();
    request.set_customer(CustomerName(customer));
    request.set_programme("programmes/" + options_.programme);
    request.set_redemption_id(fmt::format("V{:08}", ++redemptions_));
    request.set_points(random_.Between(1, points_[customer] / kLeastRedemption) * kLeastRedemption);
    request.set_reference("voucher");
    points_[customer] -= request.points();
    Plan(request, std::move(item), InDays(second, 1, 14));
  }

  void PlanContact(uint64_t customer, int64_t second) {
    v1::IngestItem item;
    v1::RecordContactRequest& request = *item.mutable_record_contact();
    request.set_customer(CustomerName(customer));
    request.set_contact_id(fmt::format("K{:08}", ++contacts_));
    const bool inbound = random_.Percent(60);
    request.set_channel(static_cast<event::ContactChannel>(random_.Between(1, 4)));
    request.set_direction(inbound ? event::CONTACT_DIRECTION_INBOUND
                                  : event::CONTACT_DIRECTION_OUTBOUND);
    request.set_purpose(inbound ? event::CONTACT_PURPOSE_SERVICE
                                : event::CONTACT_PURPOSE_MARKETING);
    request.set_agent_id(fmt::format("agent-{}", random_.Between(1, 20)));
    request.set_disposition(inbound
                                ? event::CONTACT_DISPOSITION_REACHED
                                : static_cast<event::ContactDisposition>(random_.Between(1, 4)));
    if (request.disposition() == event::CONTACT_DISPOSITION_REACHED) {
      request.mutable_duration()->set_seconds(random_.Between(20, 900));
      request.set_wrap_up_code(inbound ? "question" : "offer");
      request.set_note(inbound ? "Asked when the order would arrive."
                               : "Told about the new season.");
    }
    Plan(request, std::move(item), InDays(second, 0, 10));
  }

  template <typename Request>
  void Plan(Request& request, v1::IngestItem item, int64_t second) {
    Fill(request, second);
    later_.push({second, ++plans_, std::move(item)});
  }

  const ShopOptions options_;
  Random random_;
  const Zipf customers_;
  const Zipf product_ranks_;
  const Shuffle customer_of_rank_;
  std::vector<Product> products_;
  std::vector<bool> known_;
  // At most what the customer has: what is planned counts as done.
  std::vector<int64_t> points_;

  uint64_t total_weight_ = 0;
  uint64_t weight_ = 0;
  uint64_t day_ = 0;
  uint64_t planned_ = 0;
  std::vector<int64_t> times_;
  size_t at_ = 0;
  std::queue<v1::IngestItem> ready_;
  std::priority_queue<Later, std::vector<Later>, std::greater<>> later_;

  uint64_t produced_ = 0;
  uint64_t requests_ = 0;
  uint64_t orders_ = 0;
  uint64_t redemptions_ = 0;
  uint64_t contacts_ = 0;
  uint64_t plans_ = 0;
};

Shop::Shop(const ShopOptions& options) : impl_(std::make_unique<Impl>(options)) {}
Shop::~Shop() = default;

bool Shop::Next(v1::IngestItem& item) { return impl_->Next(item); }
uint64_t Shop::produced() const { return impl_->produced(); }
uint64_t Shop::orders() const { return impl_->orders(); }

}  // namespace daybook::tools
