#include "daybook/v1/clock.pb.h"
#include "projections/engine/clock_guard.h"
#include "projections/engine/validation.h"
#include "server/services/services.h"

namespace daybook::server {
namespace {

using projections::Caller;
using projections::MaybeRefusal;
using Where = MethodTable::Where;

}  // namespace

std::unique_ptr<MethodTable> MakeClockService(const CallHost& host,
                                              projections::ClockGuard* clock) {
  auto service = std::make_unique<MethodTable>("daybook.v1.ClockService", host);
  service->Function<v1::GetClockRequest, v1::GetClockResponse>(
      "GetClock", Where::kAtOnce,
      [clock](const Caller&, const v1::GetClockRequest&,
              v1::GetClockResponse* response) -> MaybeRefusal {
        *response->mutable_used() = projections::ToProto(clock->Now());
        *response->mutable_claimed() = projections::ToProto(clock->Claimed());
        response->set_leapt(clock->Leapt());
        return std::nullopt;
      });
  service->Function<v1::ReleaseClockRequest, v1::ReleaseClockResponse>(
      "ReleaseClock", Where::kAtOnce,
      [clock](const Caller&, const v1::ReleaseClockRequest&,
              v1::ReleaseClockResponse* response) -> MaybeRefusal {
        clock->Release();
        *response->mutable_used() = projections::ToProto(clock->Now());
        return std::nullopt;
      });
  service->Complete();
  return service;
}

}  // namespace daybook::server
