#include "daybook/v1/customers.grpc.pb.h"
#include "tools/daybook/nouns.h"
#include "tools/daybook/verb.h"

namespace daybook::tools {

using v1::CustomerService;

namespace {

void AddAttribute(CLI::App& noun, Cli& cli) {
  auto verb = NewVerb<CustomerService>(cli, noun, "attribute",
                                       "Give attributes values: customer attribute C city=Rome",
                                       &CustomerService::Stub::ChangeAttributes);
  verb.Name("customer", "customers").Mutation();
  verb.app()
      .add_option_function<std::vector<std::string>>(
          "attributes",
          [draft = verb.draft()](const std::vector<std::string>& pairs) {
            for (size_t i = 0; i < pairs.size(); ++i) {
              const size_t equals = pairs[i].find('=');
              if (equals == std::string::npos)
                throw CLI::ValidationError(pairs[i], "is not PATH=VALUE");
              const std::string element = "attributes[" + std::to_string(i) + "].";
              draft->Add(pairs[i], element + "path", pairs[i].substr(0, equals));
              draft->Add(pairs[i], element + "value", pairs[i].substr(equals + 1));
            }
          },
          "PATH=VALUE each; an empty value removes the attribute")
      ->required();
  verb.Call();
}

void AddWrites(CLI::App& noun, Cli& cli) {
  auto enter = NewVerb<CustomerService>(cli, noun, "register", "Make a customer known",
                                        &CustomerService::Stub::RegisterCustomer);
  enter.NameOption("customer", "customer", "customers", false)
      .Field("--kind", "person or organisation")
      .Field("--stage", "suspect, prospect, customer, ...")
      .Field("--origin", "Where the customer came from")
      .Field("--display-name,--name", "Name as it is written on a letter", "display_name")
      .Elements("--identifier", "identifiers", "kind=phone,value=+441632960000[,issuer=...]")
      .Elements("--attribute", "attributes", "path=...,value=...")
      .Mutation();
  enter.Call();

  AddAttribute(noun, cli);

  auto identifier = NewVerb<CustomerService>(cli, noun, "identifier",
                                             "Attach, detach, verify or invalidate an identifier",
                                             &CustomerService::Stub::ChangeIdentifier);
  identifier.Name("customer", "customers")
      .Required("action,--action", "attached, detached, verified or invalidated", "action")
      .Required("--kind", "phone, email, card, device, social or external", "identifier.kind")
      .Required("--value", "The identifier", "identifier.value")
      .Field("--issuer", "Network or system that gave it", "identifier.issuer")
      .Field("--region", "Country of a phone number without one, as in GB", "identifier.region")
      .Flag("--shared", "Several customers may have it", "identifier.shared")
      .Mutation();
  identifier.Call();

  auto lifecycle =
      NewVerb<CustomerService>(cli, noun, "lifecycle", "Move a customer to another stage",
                               &CustomerService::Stub::ChangeLifecycle);
  lifecycle.Name("customer", "customers")
      .Required("stage", "suspect, prospect, customer, former or deceased")
      .Field("--reason", "A code")
      .Mutation();
  lifecycle.Call();
}

}  // namespace

void AddCustomer(CLI::App& app, Cli& cli) {
  CLI::App& noun = AddNoun(app, "customer", "Who the customers are");
  AddWrites(noun, cli);

  auto show = NewVerb<CustomerService>(cli, noun, "show", "One customer's profile",
                                       &CustomerService::Stub::GetCustomer);
  show.Name("customer", "customers").Read();
  show.Call();

  auto lookup =
      NewVerb<CustomerService>(cli, noun, "lookup", "Customers by any identifier, best first",
                               &CustomerService::Stub::LookupCustomers);
  lookup
      .Required("kind,--kind", "phone, email, card, device, social or external", "identifier.kind")
      .Required("value,--value", "The identifier, written in any way", "identifier.value")
      .Field("--issuer", "Network or system that gave it", "identifier.issuer")
      .Field("--region", "Country of a phone number without one, as in GB", "identifier.region")
      .Field("--limit", "At most this many, 1 to 100", "page_size")
      .ReadFreshness();
  lookup.Call();

  auto list = NewVerb<CustomerService>(cli, noun, "list", "All customers",
                                       &CustomerService::Stub::ListCustomers);
  list.ReadFreshness();
  list.List("customers", {"name", "kind", "stage", "origin", "display_name", "registered_at"});
}

}  // namespace daybook::tools
