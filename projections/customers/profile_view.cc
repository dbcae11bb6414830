// The view customer_profile and its queries.
#include <algorithm>
#include <optional>

#include "daybook/event/v1/customers.pb.h"
#include "ledger/record.h"
#include "projections/customers/decide.h"
#include "projections/customers/rules.h"
#include "projections/customers/views.h"
#include "projections/engine/validation.h"
#include "projections/page.h"

namespace daybook::projections::customers {

namespace ev = daybook::event::v1;

namespace {

constexpr int32_t kStandardPage = 100;
constexpr int32_t kMaxPage = 1000;

// "path, zero byte, instant": the values of one path stand together, in the order in which they
// begin to hold.
std::string AttributePrefix(std::string_view path) { return std::string(path) + '\0'; }
std::string AttributeKey(std::string_view path, Timestamp effective_from) {
  std::string key = AttributePrefix(path);
  AppendKey(effective_from, &key);
  return key;
}
// Greater than all keys of the path, less than those of the next.
std::string AfterPath(std::string_view path) { return std::string(path) + '\1'; }
std::string_view PathOf(std::string_view key) { return key.substr(0, key.find('\0')); }

class ProfileView : public View {
 public:
  std::string_view name() const override { return kProfileView; }
  uint32_t version() const override { return 1; }
  bool Wants(EventType type) const override {
    return type == ev::EVENT_TYPE_CUSTOMER_REGISTERED ||
           type == ev::EVENT_TYPE_CUSTOMER_ATTRIBUTES_CHANGED ||
           type == ev::EVENT_TYPE_IDENTIFIER_CHANGED || type == ev::EVENT_TYPE_LIFECYCLE_CHANGED;
  }
  void Apply(const Event& event, ViewState& state) const override {
    switch (event.type) {
      case ev::EVENT_TYPE_CUSTOMER_REGISTERED:
        return ApplyRegistered(event, state.entity());
      case ev::EVENT_TYPE_LIFECYCLE_CHANGED:
        return state.entity().Mutable<ProfileRow>().set_stage(
            event.As<ev::LifecycleChanged>().to());
      case ev::EVENT_TYPE_IDENTIFIER_CHANGED:
        return ApplyIdentifier(event.As<ev::IdentifierChanged>(), state.entity());
      case ev::EVENT_TYPE_CUSTOMER_ATTRIBUTES_CHANGED:
        return ApplyAttributes(event, state.entity());
      default:
        return;
    }
  }

 private:
  static void ApplyRegistered(const Event& event, RowGroup& rows) {
    const auto& registered = event.As<ev::CustomerRegistered>();
    auto& row = rows.Mutable<ProfileRow>();
    row.set_registered(true);
    row.set_kind(registered.kind());
    row.set_stage(registered.stage());
    row.set_origin(registered.origin());
    if (registered.has_display_name()) *row.mutable_display_name() = registered.display_name();
    row.set_registered_at_us(event.occurred_at.micros);
  }

  static void ApplyIdentifier(const ev::IdentifierChanged& changed, RowGroup& rows) {
    const std::string key = KeyOf(uint64_t{changed.identifier_number()});
    if (changed.action() == ev::IDENTIFIER_ACTION_ATTACHED) {
      auto& row = rows.Mutable<ProfileIdentifierRow>(key);
      row.set_kind(changed.kind());
      row.set_issuer(changed.issuer());
      *row.mutable_normalised() = changed.normalised();
      *row.mutable_as_given() = changed.as_given();
      row.set_shared(changed.shared());
      return;
    }
    // As of an instant, the event that attached it may be left out: then the rest means nothing.
    if (rows.Find<ProfileIdentifierRow>(key) == nullptr) return;
    if (changed.action() == ev::IDENTIFIER_ACTION_DETACHED) {
      rows.Erase<ProfileIdentifierRow>(key);
    } else if (changed.action() == ev::IDENTIFIER_ACTION_VERIFIED) {
      auto& row = rows.Mutable<ProfileIdentifierRow>(key);
      row.set_verified(true);
      row.set_invalid(false);
    } else if (changed.action() == ev::IDENTIFIER_ACTION_INVALIDATED) {
      rows.Mutable<ProfileIdentifierRow>(key).set_invalid(true);
    }
  }

  static void ApplyAttributes(const Event& event, RowGroup& rows) {
    for (const auto& change : event.As<ev::CustomerAttributesChanged>().changes()) {
      auto& row = rows.Mutable<ProfileAttributeRow>(
          AttributeKey(change.path(), FromProto(change.effective_from())));
      row.Clear();
      if (change.has_personal_value()) {
        *row.mutable_personal_value() = change.personal_value();
      } else if (change.removed()) {
        row.set_removed(true);
      } else {
        row.set_plain_value(change.plain_value());
      }
      row.set_event_id(std::string(ledger::AsView(event.id)));
    }
  }
};

// Turns the rows of one customer into an answer.
class ProfileReader {
 public:
  ProfileReader(const ReadScope& scope, std::string_view id, const RowGroup& rows)
      : scope_(scope),
        rows_(rows),
        person_{scope.tenant(), ev::ENTITY_KIND_CUSTOMER, std::string(id)} {}

  // False if the customer is not registered.
  bool Read(daybook::v1::Customer* out) const {
    const auto* profile = rows_.Find<ProfileRow>();
    if (profile == nullptr || !profile->registered()) return false;
    out->set_name(CustomerName(person_.id));
    out->set_kind(profile->kind());
    out->set_stage(profile->stage());
    out->set_origin(profile->origin());
    if (profile->has_display_name()) {
      bool erased = false;
      out->set_display_name(Open(profile->display_name(), &erased));
      out->set_display_name_erased(erased);
    }
    *out->mutable_registered_at() = ToProto({profile->registered_at_us()});
    ReadIdentifiers(out);
    ReadAttributes(out);
    return true;
  }

 private:
  std::string Open(const ev::Sealed& value, bool* erased) const {
    return scope_.opener().Open(value, person_, erased);
  }

  void ReadIdentifiers(daybook::v1::Customer* out) const {
    rows_.Scan<ProfileIdentifierRow>(
        {}, [&](std::string_view key, const ProfileIdentifierRow& row) {
          auto* identifier = out->add_identifiers();
          bool erased = false;
          identifier->set_identifier_number(static_cast<uint32_t>(NumberFromKey(key)));
          identifier->set_kind(row.kind());
          identifier->set_issuer(row.issuer());
          identifier->set_value(Open(row.normalised(), &erased));
          identifier->set_as_given(Open(row.as_given(), &erased));
          identifier->set_erased(erased);
          identifier->set_verified(row.verified());
          identifier->set_invalid(row.invalid());
          identifier->set_shared(row.shared());
          return true;
        });
  }

  // Leaps from path to path, so that a profile costs what it shows and not how often its values
  // changed.
  void ReadAttributes(daybook::v1::Customer* out) const {
    std::string from;
    for (;;) {
      std::optional<std::string> path;
      rows_.Scan<ProfileAttributeRow>({}, from, ScanOrder::kAscending,
                                      [&](std::string_view key, const ProfileAttributeRow&) {
                                        path = std::string(PathOf(key));
                                        return false;
                                      });
      if (!path) return;
      rows_.Scan<ProfileAttributeRow>(AttributePrefix(*path), AttributeKey(*path, scope_.at()),
                                      ScanOrder::kDescending,
                                      [&](std::string_view key, const ProfileAttributeRow& row) {
                                        AddAttribute(*path, key, row, out);
                                        return false;
                                      });
      from = AfterPath(*path);
    }
  }

  void AddAttribute(const std::string& path, std::string_view key, const ProfileAttributeRow& row,
                    daybook::v1::Customer* out) const {
    if (row.removed()) return;
    auto* attribute = out->add_attributes();
    attribute->set_path(path);
    if (row.has_personal_value()) {
      bool erased = false;
      attribute->set_value(Open(row.personal_value(), &erased));
      attribute->set_erased(erased);
    } else {
      attribute->set_value(row.plain_value());
    }
    *attribute->mutable_effective_from() = ToProto(InstantFromKey(key.substr(path.size() + 1)));
    ledger::EventId id{};
    if (row.event_id().size() == id.size()) {
      std::copy(row.event_id().begin(), row.event_id().end(), id.begin());
    }
    attribute->set_event_id(ledger::FormatEventId(id));
  }

  const ReadScope& scope_;
  const RowGroup& rows_;
  const EntityRef person_;
};

}  // namespace

std::unique_ptr<View> MakeProfileView() { return std::make_unique<ProfileView>(); }

MaybeRefusal ValidateGetCustomer(const daybook::v1::GetCustomerRequest& request,
                                 EntityRef* entity) {
  return NameCustomer("customer", request.customer(), entity);
}

MaybeRefusal ReadGetCustomer(const ReadScope& scope, const daybook::v1::GetCustomerRequest& request,
                             daybook::v1::GetCustomerResponse* response) {
  std::string id;
  if (auto refusal = ParseCustomer("customer", request.customer(), &id)) return refusal;
  const ProfileReader reader(scope, id, scope.entity());
  return reader.Read(response->mutable_customer()) ? std::nullopt : RefuseUnknown();
}

MaybeRefusal ValidateListCustomers(const daybook::v1::ListCustomersRequest& request, EntityRef*) {
  if (auto refusal = RefuseHistory(request.read())) return refusal;
  int32_t ignored = 0;
  return CheckPageSize("page_size", request.page_size(), kStandardPage, kMaxPage, &ignored);
}

MaybeRefusal ReadListCustomers(const ReadScope& scope,
                               const daybook::v1::ListCustomersRequest& request,
                               daybook::v1::ListCustomersResponse* response) {
  int32_t page_size = 0;
  if (auto refusal =
          CheckPageSize("page_size", request.page_size(), kStandardPage, kMaxPage, &page_size)) {
    return refusal;
  }
  std::string last;
  Page page(page_size);
  scope.ScanEntities(ev::ENTITY_KIND_CUSTOMER, request.page_token(),
                     [&](std::string_view id, const RowGroup& rows, std::string_view cursor) {
                       daybook::v1::Customer customer;
                       if (!ProfileReader(scope, id, rows).Read(&customer)) return true;
                       if (page.full()) {
                         response->set_next_page_token(last);
                         return false;
                       }
                       page.Add(customer);
                       *response->add_customers() = std::move(customer);
                       last = std::string(cursor);
                       return true;
                     });
  return std::nullopt;
}

}  // namespace daybook::projections::customers
