// Who had a case, and for how long: accountability, from the events alone. A holder is a queue and
// an assignee; time counts while the case is open.
#pragma once

#include "daybook/v1/cases.pb.h"
#include "projections/cases/case_fold.h"

namespace daybook::projections::cases {

// Ends and begins the time of those whom an event took the case from and gave it to.
void NoteHolder(Timestamp at, const CaseStep& step, RowGroup& rows);
// Adds them in order of queue and assignee; the time of who has it now counts up to `at`.
void FillHolders(const RowGroup& rows, std::string_view case_id, Timestamp at,
                 google::protobuf::RepeatedPtrField<daybook::v1::CaseHolder>* holders);

}  // namespace daybook::projections::cases
