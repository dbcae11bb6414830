#include <fmt/format.h>

#include <algorithm>

#include "daybook/v1/views.pb.h"
#include "server/services/services.h"

namespace daybook::server {
namespace {

using projections::Caller;
using projections::MaybeRefusal;
using projections::Refuse;
using Where = MethodTable::Where;

constexpr std::string_view kCollection = "views/";
constexpr std::string_view kAll = "-";

std::string NameOf(std::string_view view) { return fmt::format("{}{}", kCollection, view); }

// "views/NAME" → NAME.
MaybeRefusal ParseView(const std::string& name, std::string* view) {
  if (name.empty()) return Refuse(v1::REASON_FIELD_REQUIRED, "view", "say which view");
  if (!name.starts_with(kCollection) || name.size() == kCollection.size()) {
    return Refuse(v1::REASON_FIELD_INVALID, "view", "not of the form views/NAME");
  }
  *view = name.substr(kCollection.size());
  return std::nullopt;
}

MaybeRefusal FromStatus(const absl::Status& status) {
  const std::string message(status.message());
  if (absl::IsNotFound(status)) return Refuse(v1::REASON_VIEW_UNKNOWN, "view", message);
  if (absl::IsDataLoss(status)) return Refuse(v1::REASON_DATA_LOSS, "", message);
  if (absl::IsUnavailable(status) || absl::IsFailedPrecondition(status)) {
    return Refuse(v1::REASON_OVERLOADED, "", message);
  }
  return Refuse(v1::REASON_INTERNAL, "", message);
}

v1::View::State StateOf(projections::ViewMode mode) {
  switch (mode) {
    case projections::ViewMode::kServing:
      return v1::View::STATE_SERVING;
    case projections::ViewMode::kBuilding:
      return v1::View::STATE_BUILDING;
    case projections::ViewMode::kRebuilding:
      return v1::View::STATE_REBUILDING;
    case projections::ViewMode::kStopped:
      return v1::View::STATE_STOPPED;
  }
  return v1::View::STATE_UNSPECIFIED;
}

void Fill(const projections::ViewStatus& status, v1::View* view) {
  view->set_name(NameOf(status.name));
  view->set_version(status.version);
  view->set_state(StateOf(status.mode));
  for (const auto& [partition, sequence] : status.positions) {
    auto* position = view->add_positions();
    position->set_partition(partition.value());
    position->set_sequence(sequence.value());
  }
  view->set_lag_commits(status.lag_commits);
  view->set_build_done(status.build_done);
  view->set_build_total(status.build_total);
  view->set_build_eta_seconds(status.build_eta_seconds);
  view->set_problem(status.problem);
}

}  // namespace

std::unique_ptr<MethodTable> MakeViewService(const CallHost& host) {
  auto service = std::make_unique<MethodTable>("daybook.v1.ViewService", host);
  projections::ViewHost* const views = &host.engine->views();
  service->Function<v1::ListViewsRequest, v1::ListViewsResponse>(
      "ListViews", Where::kAtOnce,
      [views](const Caller&, const auto&, v1::ListViewsResponse* response) -> MaybeRefusal {
        std::vector<projections::ViewStatus> all = views->Status();
        std::sort(all.begin(), all.end(),
                  [](const auto& a, const auto& b) { return a.name < b.name; });
        for (const auto& status : all) Fill(status, response->add_views());
        return std::nullopt;
      });
  service->Function<v1::RebuildViewRequest, v1::RebuildViewResponse>(
      "RebuildView", Where::kInBackground,
      [views](const Caller&, const v1::RebuildViewRequest& request, auto*) -> MaybeRefusal {
        std::string view;
        if (auto refusal = ParseView(request.view(), &view)) return refusal;
        const absl::Status status = views->Rebuild(view == kAll ? std::string() : view);
        return status.ok() ? std::nullopt : FromStatus(status);
      });
  service->Function<v1::GetViewDigestRequest, v1::GetViewDigestResponse>(
      "GetViewDigest", Where::kInBackground,
      [views](const Caller&, const v1::GetViewDigestRequest& request,
              v1::GetViewDigestResponse* response) -> MaybeRefusal {
        std::string view;
        if (auto refusal = ParseView(request.view(), &view)) return refusal;
        const auto digest = views->Digest(view);
        if (!digest.ok()) return FromStatus(digest.status());
        response->set_digest(digest->digest);
        response->set_rows(digest->rows);
        for (const auto& [partition, at] : digest->positions) {
          auto* position = response->add_positions();
          position->set_partition(partition.value());
          position->set_sequence(at.sequence.value());
        }
        return std::nullopt;
      });
  service->Complete();
  return service;
}

}  // namespace daybook::server
