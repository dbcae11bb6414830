#include "daybook/v1/access.grpc.pb.h"
#include "tools/daybook/nouns.h"
#include "tools/daybook/verb.h"

namespace daybook::tools {

using v1::AccessService;

void AddAccess(CLI::App& app, Cli& cli) {
  CLI::App& noun = AddNoun(app, "access", "Who has seen personal fields, or was refused");

  auto list = NewVerb<AccessService>(cli, noun, "list", "The record of accesses, for auditors",
                                     &AccessService::Stub::ListAccessRecords);
  list.NameOption("--customer", "subject", "customers", false)
      .Field("--actor", "Only by this actor");
  list.List("records", {"recorded_at", "actor.id", "actor.on_behalf_of", "subject", "method",
                        "outcome", "reason", "classes", "fields", "count", "purpose"});
}

}  // namespace daybook::tools
