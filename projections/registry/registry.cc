#include "projections/registry/registry.h"

#include "daybook/event/v1/access.pb.h"
#include "projections/registry/access.h"
#include "projections/registry/access_queries.h"
#include "projections/registry/attribute_schema.h"
#include "projections/registry/decide.h"
#include "projections/registry/queries.h"
#include "projections/registry/state.h"

namespace daybook::projections {

namespace ev = daybook::event::v1;

Domain MakeRegistryDomain() {
  using namespace registry;
  Domain domain;
  domain.name = "registry";
  domain.events = {
      EventOf<ev::TenantCreated>(ev::EVENT_TYPE_TENANT_CREATED),
      EventOf<ev::AttributeSchemaPublished>(ev::EVENT_TYPE_ATTRIBUTE_SCHEMA_PUBLISHED),
      EventOf<ev::ImportSessionChanged>(ev::EVENT_TYPE_IMPORT_SESSION_CHANGED),
      EventOf<ev::LedgerLevelRaised>(ev::EVENT_TYPE_LEDGER_LEVEL_RAISED),
      EventOf<ev::AccessTokenChanged>(ev::EVENT_TYPE_ACCESS_TOKEN_CHANGED),
      EventOf<ev::AccessRecorded>(ev::EVENT_TYPE_ACCESS_RECORDED),
  };
  domain.commands = {
      Command(ValidatePublishAttributeSchema, DecidePublishAttributeSchema,
              AnswerPublishAttributeSchema),
      Command(ValidateOpenImportSession, DecideOpenImportSession, AnswerOpenImportSession),
      Command(ValidateCloseImportSession, DecideCloseImportSession, AnswerCloseImportSession),
  };
  // Whoever closes a session wants to ask next what came of it.
  domain.commands.back().settles_deadlines = true;
  domain.commands.push_back(Command(ValidateCreateTenant, DecideCreateTenant, AnswerCreateTenant));
  domain.commands.push_back(
      Command(ValidateIssueAccessToken, DecideIssueAccessToken, AnswerIssueAccessToken));
  domain.commands.push_back(
      Command(ValidateRotateAccessToken, DecideRotateAccessToken, AnswerRotateAccessToken));
  domain.commands.push_back(
      Command(ValidateRevokeAccessToken, DecideRevokeAccessToken, AnswerRevokeAccessToken));
  domain.policies = {
      {ev::EVENT_TYPE_ATTRIBUTE_SCHEMA_PUBLISHED,
       [](const google::protobuf::Message&) { return std::string(kAttributeSchemaId); },
       [](const google::protobuf::Message& payload) {
         return std::make_shared<const AttributeSchema>(
             static_cast<const ev::AttributeSchemaPublished&>(payload));
       }}};
  domain.queries = {
      Query("", ValidateGetAttributeSchema, ReadGetAttributeSchema),
      Query("", ValidateGetImportSession, ReadGetImportSession),
      Query("", ValidateGetTenant, ReadGetTenant),
      Query("", ValidateListTenants, ReadListTenants),
      Query("", ValidateListAccessTokens, ReadListAccessTokens),
  };
  domain.apply = Apply;
  return domain;
}

}  // namespace daybook::projections
