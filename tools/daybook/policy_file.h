// Policies as TOML files: the keys are the fields of the event that publishes the policy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "daybook/event/v1/cases.pb.h"
#include "daybook/event/v1/loyalty.pb.h"
#include "daybook/event/v1/registry.pb.h"
#include "daybook/event/v1/warranty.pb.h"

namespace daybook::tools {

// Reads a programme and checks every range that can be checked without a server. `overrides` are
// TOML lines such as "expires_after = { months = 12 }" that replace keys of the file.
// InvalidArgument with a line "FILE:LINE: what" for every problem.
absl::StatusOr<event::v1::ProgrammePublished> ParseProgramme(
    std::string_view toml, const std::string& file, const std::vector<std::string>& overrides);

// The same for an attribute schema.
absl::StatusOr<event::v1::AttributeSchemaPublished> ParseAttributeSchema(std::string_view toml,
                                                                         const std::string& file);

// The same for a service level agreement and for warranty terms; their ranges are the server's to
// check.
absl::StatusOr<event::v1::SlaPublished> ParseSla(std::string_view toml, const std::string& file);
absl::StatusOr<event::v1::WarrantyTermsPublished> ParseWarrantyTerms(std::string_view toml,
                                                                     const std::string& file);

// As a file that reads back to an equal programme, but for the version, which the server gives: it
// is a comment.
std::string ProgrammeToToml(const event::v1::ProgrammePublished& programme);

}  // namespace daybook::tools
