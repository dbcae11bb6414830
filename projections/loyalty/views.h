// The views of loyalty. `points`: accounts with their lots, the same fold as decision state.
// `points_statement`: what moved each account's points, and for each order why it earned what it
// did.
#pragma once

#include <memory>

#include "projections/engine/view.h"

namespace daybook::projections::loyalty {

inline constexpr char kPointsView[] = "points";
inline constexpr char kStatementView[] = "points_statement";

std::unique_ptr<View> MakePointsView();
std::unique_ptr<View> MakeStatementView();

}  // namespace daybook::projections::loyalty
