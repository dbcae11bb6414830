// The views of warranties and the questions to them.
//   warranties        group: the asset; it, its warranties and claims, as of any instant
//   claim_board       index: the state of a claim; claims in it, oldest first
//   customer_assets   group: the customer; what they own
#pragma once

#include <memory>
#include <string_view>

#include "daybook/v1/policies.pb.h"
#include "daybook/v1/warranty.pb.h"
#include "projections/engine/domain.h"

namespace daybook::projections::warranty {

inline constexpr char kWarrantiesView[] = "warranties";
inline constexpr char kBoardView[] = "claim_board";
inline constexpr char kCustomerAssetsView[] = "customer_assets";

std::unique_ptr<View> MakeWarrantiesView();
std::unique_ptr<View> MakeBoardView();
std::unique_ptr<View> MakeCustomerAssetsView();

// ASSET_UNKNOWN. What has ended by the instant has ended, recorded or not.
MaybeRefusal ValidateGetWarrantyStatus(const daybook::v1::GetWarrantyStatusRequest& request,
                                       EntityRef* entity);
MaybeRefusal ReadWarrantyStatus(const ReadScope& scope,
                                const daybook::v1::GetWarrantyStatusRequest& request,
                                daybook::v1::GetWarrantyStatusResponse* response);

// ASSET_UNKNOWN. Of claims under a former owner who claimed is left out.
MaybeRefusal ValidateListClaims(const daybook::v1::ListClaimsRequest& request, EntityRef* entity);
MaybeRefusal ReadClaims(const ReadScope& scope, const daybook::v1::ListClaimsRequest& request,
                        daybook::v1::ListClaimsResponse* response);

MaybeRefusal ValidateListClaimBoard(const daybook::v1::ListClaimBoardRequest& request,
                                    EntityRef* entity);
MaybeRefusal ReadClaimBoard(const ReadScope& scope,
                            const daybook::v1::ListClaimBoardRequest& request,
                            daybook::v1::ListClaimBoardResponse* response);

// Nobody owns anything who is not known: an empty list.
MaybeRefusal ValidateListCustomerAssets(const daybook::v1::ListCustomerAssetsRequest& request,
                                        EntityRef* entity);
MaybeRefusal ReadCustomerAssets(const ReadScope& scope,
                                const daybook::v1::ListCustomerAssetsRequest& request,
                                daybook::v1::ListCustomerAssetsResponse* response);

// TERMS_UNKNOWN.
MaybeRefusal ValidateGetTerms(const daybook::v1::GetWarrantyTermsRequest& request,
                              EntityRef* entity);
MaybeRefusal ReadTerms(const ReadScope& scope, const daybook::v1::GetWarrantyTermsRequest& request,
                       daybook::v1::GetWarrantyTermsResponse* response);

}  // namespace daybook::projections::warranty
