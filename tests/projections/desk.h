// A service desk in the engine's stand-in, and requests about cases in a line each.
#pragma once

#include <string>
#include <string_view>

#include "daybook/v1/cases.pb.h"
#include "daybook/v1/policies.pb.h"
#include "tests/projections/fakes.h"

namespace daybook::projections::testing {

// Agreement "main": Europe/London, Monday to Friday 08-18, no holidays; first answer 4 h, escalated
// one hour before; next answer 2 h; resolution 30 h, standing still while PENDING or
// WAITING_FOR_CUSTOMER. Urgent cases: first answer 1 h. Effective from 2000 on.
daybook::event::v1::SlaPublished DeskSla();
daybook::v1::PublishSlaRequest Publish(const daybook::event::v1::SlaPublished& sla);
daybook::v1::OpenCaseRequest OpenCase(const std::string& customer, const std::string& case_id);
daybook::v1::ChangeCaseRequest Change(const std::string& customer, const std::string& case_id,
                                      daybook::event::v1::CaseAction action);

struct Desk {
  // Without an agreement.
  Desk();

  // "OK", or reason and field.
  std::string Do(const google::protobuf::Message& request) { return Outcome(world.Do(request)); }
  // Sets the clock and fires what is due, then does it.
  std::string DoAt(std::string_view now, const google::protobuf::Message& request);
  // The case now; fails the test if there is none.
  daybook::v1::Case Case(const std::string& customer, const std::string& case_id);
  daybook::v1::GetCaseSummaryResponse Summary();
  // Ids "customer/case" of a queue, most urgent first, in pages of the size.
  std::vector<std::string> Queue(const std::string& queue, int page_size = 1000);

  World world;
};

}  // namespace daybook::projections::testing
