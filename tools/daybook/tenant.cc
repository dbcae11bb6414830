#include "daybook/v1/tenants.grpc.pb.h"
#include "tools/daybook/nouns.h"
#include "tools/daybook/verb.h"

namespace daybook::tools {

using v1::TenantService;

void AddTenant(CLI::App& app, Cli& cli) {
  CLI::App& noun = AddNoun(app, "tenant", "The companies that share a server");

  auto create = NewVerb<TenantService>(cli, noun, "create", "Make a tenant known",
                                       &TenantService::Stub::CreateTenant);
  create.Name("tenant", "tenants")
      .Required("--days-in", "IANA zone in which its days begin, for instance Europe/London",
                "zone")
      .Required("--currency", "ISO 4217 code of its main currency")
      .Required("--language", "BCP 47 tag of its main language, for instance en-GB")
      .Mutation();
  create.Call();

  auto show =
      NewVerb<TenantService>(cli, noun, "show", "One tenant", &TenantService::Stub::GetTenant);
  show.Name("tenant", "tenants");
  show.Call();

  auto list =
      NewVerb<TenantService>(cli, noun, "list", "All tenants", &TenantService::Stub::ListTenants);
  list.List("tenants", {"name", "zone", "currency", "language", "created_at"});
}

}  // namespace daybook::tools
