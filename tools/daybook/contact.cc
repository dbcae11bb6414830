#include "daybook/v1/contacts.grpc.pb.h"
#include "tools/daybook/nouns.h"
#include "tools/daybook/verb.h"

namespace daybook::tools {

using v1::ContactService;

void AddContact(CLI::App& app, Cli& cli) {
  CLI::App& noun = AddNoun(app, "contact", "What was said between company and customer");

  auto record = NewVerb<ContactService>(cli, noun, "record", "Record one contact with its outcome",
                                        &ContactService::Stub::RecordContact);
  record.Name("customer", "customers")
      .Required("contact_id", "Id of the contact, unique in the customer")
      .Required("--channel", "phone, email, sms, chat, letter, social, visit or push")
      .Required("--direction", "inbound or outbound")
      .Required("--purpose", "service, marketing, transactional, research or collection")
      .Field("--disposition",
             "reached, no_answer, busy, message_left, invalid, refused or abandoned")
      .Field("--duration", "Seconds")
      .Field("--wrap-up-code", "Code that the agent chose")
      .Field("--note", "What was said; stored sealed")
      .Field("--agent", "Opaque id of the agent", "agent_id")
      .Field("--campaign", "Campaign", "campaign_id")
      .Field("--channel-detail", "What carried it more exactly: a code", "channel_detail")
      .Field("--campaign-contacts", "Contacts of the campaign with the customer by this one",
             "campaign_contacts")
      .Mutation();
  record.Call();

  auto list = NewVerb<ContactService>(cli, noun, "list", "A customer's contacts, newest first",
                                      &ContactService::Stub::ListContacts);
  list.Name("customer", "customers").Read();
  list.List("contacts", {"name", "occurred_at", "channel", "direction", "purpose", "disposition",
                         "duration", "wrap_up_code", "agent_id", "campaign_id", "note"});

  auto summary = NewVerb<ContactService>(cli, noun, "summary", "Counts over all customers",
                                         &ContactService::Stub::GetContactSummary);
  summary.Field("--campaign", "Only contacts of this campaign", "campaign_id").ReadFreshness();
  summary.Call();
}

}  // namespace daybook::tools
