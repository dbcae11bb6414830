// The questions about points and programmes. Validate* looks at the request alone; Read* is a pure
// function of the rows and of the instant: what is due by then counts as passed, recorded or not.
#pragma once

#include "daybook/v1/loyalty.pb.h"
#include "daybook/v1/policies.pb.h"
#include "projections/engine/domain.h"

namespace daybook::projections::loyalty {

// View `points`. NOT_ENROLLED where the customer has no account.
MaybeRefusal ValidateGetBalance(const daybook::v1::GetBalanceRequest& request, EntityRef* entity);
MaybeRefusal ReadBalance(const ReadScope& scope, const daybook::v1::GetBalanceRequest& request,
                         daybook::v1::GetBalanceResponse* response);
MaybeRefusal ValidateListBalances(const daybook::v1::ListBalancesRequest& request,
                                  EntityRef* entity);
MaybeRefusal ReadBalances(const ReadScope& scope, const daybook::v1::ListBalancesRequest& request,
                          daybook::v1::ListBalancesResponse* response);
MaybeRefusal ValidateListLots(const daybook::v1::ListLotsRequest& request, EntityRef* entity);
MaybeRefusal ReadLots(const ReadScope& scope, const daybook::v1::ListLotsRequest& request,
                      daybook::v1::ListLotsResponse* response);

// View `points_statement`. Recorded entries only: each names its event. ORDER_UNKNOWN,
// PROGRAMME_UNKNOWN.
MaybeRefusal ValidateListStatement(const daybook::v1::ListStatementRequest& request,
                                   EntityRef* entity);
MaybeRefusal ReadStatement(const ReadScope& scope, const daybook::v1::ListStatementRequest& request,
                           daybook::v1::ListStatementResponse* response);
MaybeRefusal ValidateExplainPoints(const daybook::v1::ExplainPointsRequest& request,
                                   EntityRef* entity);
MaybeRefusal ReadExplanation(const ReadScope& scope,
                             const daybook::v1::ExplainPointsRequest& request,
                             daybook::v1::ExplainPointsResponse* response);

// From the policies alone. PROGRAMME_UNKNOWN.
MaybeRefusal ValidateGetProgramme(const daybook::v1::GetProgrammeRequest& request,
                                  EntityRef* entity);
MaybeRefusal ReadProgramme(const ReadScope& scope, const daybook::v1::GetProgrammeRequest& request,
                           daybook::v1::GetProgrammeResponse* response);
MaybeRefusal ValidateListProgrammes(const daybook::v1::ListProgrammesRequest& request,
                                    EntityRef* entity);
MaybeRefusal ReadProgrammes(const ReadScope& scope,
                            const daybook::v1::ListProgrammesRequest& request,
                            daybook::v1::ListProgrammesResponse* response);

}  // namespace daybook::projections::loyalty
