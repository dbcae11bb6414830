// The views of cases and the questions to them.
//   cases         group: the customer; cases with what happened to them and who had them, as of any
//                 instant
//   case_queue    index: the queue; its open cases, most urgent first
//   case_summary  index: counts of the tenant, per partition
#pragma once

#include <memory>
#include <string_view>

#include "daybook/v1/cases.pb.h"
#include "daybook/v1/policies.pb.h"
#include "projections/engine/domain.h"

namespace daybook::projections::cases {

inline constexpr char kCasesView[] = "cases";
inline constexpr char kQueueView[] = "case_queue";
inline constexpr char kSummaryView[] = "case_summary";

std::unique_ptr<View> MakeCasesView();
std::unique_ptr<View> MakeQueueView();
std::unique_ptr<View> MakeSummaryView();

// Questions to `cases`. CASE_UNKNOWN; a customer without cases has an empty list.
MaybeRefusal ValidateGetCase(const daybook::v1::GetCaseRequest& request, EntityRef* entity);
MaybeRefusal ReadCase(const ReadScope& scope, const daybook::v1::GetCaseRequest& request,
                      daybook::v1::GetCaseResponse* response);
MaybeRefusal ValidateListCases(const daybook::v1::ListCasesRequest& request, EntityRef* entity);
MaybeRefusal ReadCases(const ReadScope& scope, const daybook::v1::ListCasesRequest& request,
                       daybook::v1::ListCasesResponse* response);
MaybeRefusal ValidateListCaseEntries(const daybook::v1::ListCaseEntriesRequest& request,
                                     EntityRef* entity);
MaybeRefusal ReadCaseEntries(const ReadScope& scope,
                             const daybook::v1::ListCaseEntriesRequest& request,
                             daybook::v1::ListCaseEntriesResponse* response);

// The question to `case_queue`; always now.
MaybeRefusal ValidateListCaseQueue(const daybook::v1::ListCaseQueueRequest& request,
                                   EntityRef* entity);
MaybeRefusal ReadCaseQueue(const ReadScope& scope, const daybook::v1::ListCaseQueueRequest& request,
                           daybook::v1::ListCaseQueueResponse* response);

// The question to `case_summary`; always now.
MaybeRefusal ValidateSummary(const daybook::v1::GetCaseSummaryRequest& request, EntityRef* entity);
MaybeRefusal ReadSummary(const ReadScope& scope, const daybook::v1::GetCaseSummaryRequest& request,
                         daybook::v1::GetCaseSummaryResponse* response);

// Questions to the policies.
MaybeRefusal ValidateGetSla(const daybook::v1::GetSlaRequest& request, EntityRef* entity);
MaybeRefusal ReadSla(const ReadScope& scope, const daybook::v1::GetSlaRequest& request,
                     daybook::v1::GetSlaResponse* response);
MaybeRefusal ValidateListSlas(const daybook::v1::ListSlasRequest& request, EntityRef* entity);
MaybeRefusal ReadSlas(const ReadScope& scope, const daybook::v1::ListSlasRequest& request,
                      daybook::v1::ListSlasResponse* response);

}  // namespace daybook::projections::cases
