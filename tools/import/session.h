// The import session around what is sent: opened before, closed after.
#pragma once

#include <optional>
#include <string>

#include "tools/common/connection.h"
#include "tools/common/failure.h"

namespace daybook::tools {

// Opens the session, or finds it open.
std::optional<Failure> OpenSession(const Connection& connection, const std::string& id,
                                   const std::string& source);

// True if the session had been closed before. Then what it brought may still be sent again and
// comes back as repeats, and the server refuses anything new.
bool IsSessionClosed(const Failure& failure);

// Closes it, or finds it closed; waits until everything that fell due meanwhile has fired, however
// long that takes.
std::optional<Failure> CloseSession(const Connection& connection, const std::string& id);

}  // namespace daybook::tools
