// What the events of a case make of it: the one fold that decision state and the views share.
#pragma once

#include <optional>
#include <string>

#include "projections/cases/rows.h"
#include "projections/engine/event.h"

namespace daybook::projections::cases {

// True for the events that FoldCase takes.
bool IsCaseEvent(EventType type);

// A case before and after one of its events.
struct CaseStep {
  std::string case_id;
  CaseRow before;
  CaseRow after;
};

// Applies a case's event to its row; nothing for other events. Total: of a case whose opening is
// not there `seen` stays false.
std::optional<CaseStep> FoldCase(const Event& event, RowGroup& rows);

}  // namespace daybook::projections::cases
